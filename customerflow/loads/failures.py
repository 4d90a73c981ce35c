"""What it means that the database could not do something."""

from django.db import DataError, OperationalError


def is_final(error: Exception) -> bool:
    """Return whether to give up: of the database's own failures only a deadlock (SQLSTATE 40P01) passes by itself."""
    return isinstance(error, OperationalError) and getattr(error.__cause__, "sqlstate", "") != "40P01"


def is_disk_full(error: OperationalError) -> bool:
    """Return whether the database has no room any more (SQLSTATE 53100; SQLite says it in words)."""
    return getattr(error.__cause__, "sqlstate", "") == "53100" or "disk is full" in str(error)


def is_out_of_range(error: DataError | OperationalError) -> bool:
    """Return whether a sum has more digits than the database takes (SQLSTATE 22003; SQLite says it in words)."""
    return getattr(error.__cause__, "sqlstate", "") == "22003" or "integer overflow" in str(error)
