"""Running the load command in tests, and what it may have written."""

from contextlib import suppress
from io import StringIO

from django.core.management import call_command

from customerflow.changes.tests.tables import stored_tables


def load(*arguments: object) -> str:
    """Run the command and return what it says, whatever its exit status is."""
    out = StringIO()
    with suppress(SystemExit):
        call_command("load", *map(str, arguments), stdout=out)
    return out.getvalue()


def of_the_trade() -> dict[str, list]:
    """Return all tables but those that say what was done."""
    own = ("changes", "loads", "staff", "jobs")
    return {kind: rows for kind, rows in stored_tables().items() if not kind.startswith(own)}
