"""
Temporary tables of the connection.

Nobody else sees them, and they go when the connection goes. On SQLite they are outside of the database file, so writing
them takes no lock from staff.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from django.db import connection

CACHE_KIB = 64 * 1024


class Scratch:
    """A temporary table: its columns with their types, the first of them the key, a whole number."""

    def __init__(self, name: str, columns: dict[str, str]) -> None:
        self.is_sqlite = connection.vendor == "sqlite"
        self.bare, self.columns = name, columns
        self.name = f"{'temp' if self.is_sqlite else 'pg_temp'}.{name}"

    def create(self) -> None:
        """Make it, empty."""
        self.drop()
        # Only this makes it the number of the row itself on SQLite.
        key, *_rest = self.columns
        types = self.columns | {key: f"{'integer' if self.is_sqlite else 'bigint'} PRIMARY KEY"}
        declared = ", ".join(f'"{name}" {db_type}' for name, db_type in types.items())
        run(f"CREATE TEMPORARY TABLE {self.bare} ({declared})")

    def drop(self) -> None:
        """Remove it, if it is there."""
        run(f"DROP TABLE IF EXISTS {self.name}")

    def analyze(self) -> None:
        """Tell PostgreSQL's planner what is in it; it knows nothing of temporary tables by itself."""
        if not self.is_sqlite:
            run(f"ANALYZE {self.name}")

    def add(self, rows: list[tuple]) -> None:
        """Add rows, each with a value for every column."""
        names = ", ".join(f'"{name}"' for name in self.columns)
        with connection.cursor() as cursor:
            if not self.is_sqlite:
                with cursor.copy(f"COPY {self.name} ({names}) FROM STDIN") as copy:
                    for row in rows:
                        copy.write_row(row)
                return
            places = ", ".join(["%s"] * len(self.columns))
            with _at_once():
                cursor.executemany(f"INSERT INTO {self.name} ({names}) VALUES ({places})", rows)


@contextmanager
def _at_once() -> Iterator[None]:
    """
    Write several rows at once on SQLite.

    Not with `atomic`: it would take the write lock of the database, and these tables are outside of it.
    """
    if connection.in_atomic_block:
        yield
        return
    run("BEGIN DEFERRED")
    try:
        yield
    except BaseException:
        run("ROLLBACK")
        raise
    run("COMMIT")


def run(sql: str, parameters: Iterable[object] = ()) -> int:
    """Run one statement and return the number of rows it wrote."""
    with connection.cursor() as cursor:
        cursor.execute(sql, list(parameters))
        return cursor.rowcount


def query(sql: str, parameters: Iterable[object] = ()) -> list[tuple]:
    """Return the rows of a query, which must be few."""
    with connection.cursor() as cursor:
        cursor.execute(sql, list(parameters))
        return cursor.fetchall()


@contextmanager
def roomy_cache() -> Iterator[None]:
    """
    Give SQLite room for the indexes that many rows touch; its 2 MB make it much slower.

    PostgreSQL has its own memory.
    """
    if connection.vendor != "sqlite":
        yield
        return
    [(before,)] = query("PRAGMA cache_size")
    run(f"PRAGMA cache_size = -{CACHE_KIB}")
    try:
        yield
    finally:
        run(f"PRAGMA cache_size = {before}")
