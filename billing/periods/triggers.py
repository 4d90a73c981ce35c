"""
A closed period stays closed: the database refuses what would be posted in it, or be gone from it, whoever asks.

That is documents and what settles them by the day on which they were posted, or taken back; and the accounts that the
journal of a closed period stands on. On PostgreSQL whoever posts takes the lock of `billing.periods.locking` first.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from django.db import connections, models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.migration import Migration

from billing.models import (
    Allocation,
    CreditNote,
    Invoice,
    InvoiceLine,
    InvoiceTax,
    LedgerAccount,
    Payment,
    PeriodClosing,
    Refund,
    WriteOff,
)
from billing.periods.locking import LOCK
from customerflow.changes.triggers import triggers_in_force

CLOSED = f'(SELECT MAX(last_day) FROM "{PeriodClosing._meta.db_table}" WHERE reopened_on IS NULL)'
MESSAGE = "the books of this day are closed"
EVENTS = ("INSERT", "UPDATE", "DELETE")


@dataclass(frozen=True)
class Watch:
    """
    What of a table is refused in a closed period: conditions about the rows {new} and {old}, one for each event.

    `changing` says which changes are asked about at all.
    """

    model: type[models.Model]
    added: str = ""
    changing: str = ""
    changed: str = ""
    gone: str = ""

    @property
    def table(self) -> str:
        """The name of the table."""
        return self.model._meta.db_table

    def conditions(self) -> Iterator[tuple[str, str, str]]:
        """Yield the event, which rows are asked about, and what is refused of them."""
        refused = (self.added, self.changed, self.gone)
        for event, condition in zip(EVENTS, refused, strict=True):
            if condition:
                yield event, self.changing if event == "UPDATE" else "", condition


def _documents(model: type[models.Model], taken_back: str, posted: str = "posted_on") -> Watch:
    """Return the watch of documents that are taken back on the day of a column: not before they were posted."""
    later = f"CASE WHEN {{new}}.{taken_back} < {{new}}.{posted} THEN {{new}}.{posted} ELSE {{new}}.{taken_back} END"
    is_draft = model is Invoice
    posted_now = f"{{new}}.{posted} <= {{closed}}" + (" AND {new}.status <> 'draft'" if is_draft else "")
    changing = f"{{new}}.{taken_back} IS DISTINCT FROM {{old}}.{taken_back}"
    changed = f"({{new}}.{taken_back} IS DISTINCT FROM {{old}}.{taken_back} AND {later} <= {{closed}})"
    if is_draft:
        changing += " OR {new}.status <> {old}.status"
        changed += f" OR ({{old}}.status = 'draft' AND {posted_now})"
    gone = f"{{old}}.{posted} <= {{closed}}" + (" AND {old}.status <> 'draft'" if is_draft else "")
    return Watch(model, posted_now, changing, changed, gone)


OF_CLOSED = """
    EXISTS (
        SELECT 1 FROM billing_invoice AS i
        WHERE i.id = {old}.invoice_id AND i.status <> 'draft' AND i.posted_on <= {closed}
    )
"""
FROM_THEN = "{closed} IS NOT NULL AND ({row}.from_day IS NULL OR {row}.from_day <= {closed})"
NEW_ACCOUNT, OLD_ACCOUNT = FROM_THEN.replace("{row}", "{new}"), FROM_THEN.replace("{row}", "{old}")

WATCHES = (
    _documents(Invoice, "voided_on"),
    _documents(CreditNote, "voided_on", "issued_on"),
    _documents(Payment, "reversed_on"),
    _documents(Refund, "reversed_on"),
    _documents(WriteOff, "reversed_on"),
    _documents(Allocation, "released_on"),
    Watch(InvoiceLine, gone=OF_CLOSED),
    Watch(InvoiceTax, gone=OF_CLOSED),
    Watch(
        LedgerAccount,
        added=NEW_ACCOUNT,
        changing=" OR ".join(
            f"{{new}}.{name} IS DISTINCT FROM {{old}}.{name}" for name in ("place", "number", "name", "from_day")
        ),
        changed=f"({NEW_ACCOUNT}) OR ({OLD_ACCOUNT})",
        gone=OLD_ACCOUNT,
    ),
)


def trigger_name(watch: Watch, event: str) -> str:
    """Return the name of the trigger that refuses an event on a table."""
    return f"{watch.table}_{event.lower()}_not_in_a_closed_period"


def install(sender, using: str, plan: list | None = None, **_kwargs) -> None:
    """Make the triggers, once their tables are there; connected to `post_migrate`."""
    connection = connections[using]
    if plan is None and not missing_triggers(connection):
        return
    tables = set(connection.introspection.table_names())
    if PeriodClosing._meta.db_table not in tables:
        return
    statements = _sqlite if connection.vendor == "sqlite" else _postgresql
    with connection.cursor() as cursor:
        for watch in WATCHES:
            for event, asked, refused in watch.conditions():
                for statement in statements(watch.table, trigger_name(watch, event), event, asked, refused):
                    cursor.execute(statement)


def remove(sender, using: str, plan: list[tuple[Migration, bool]], **_kwargs) -> None:
    """Take the triggers away where a migration is to follow; connected to `pre_migrate`."""
    if plan:
        drop(connections[using])


def drop(connection: BaseDatabaseWrapper) -> None:
    """Take the triggers away: before a migration, and before tests empty the tables."""
    tables = set(connection.introspection.table_names())
    with connection.cursor() as cursor:
        for watch in WATCHES:
            of_table = "" if connection.vendor == "sqlite" else f' ON "{watch.table}"'
            for event, _asked, _refused in watch.conditions() if watch.table in tables else ():
                cursor.execute(f'DROP TRIGGER IF EXISTS "{trigger_name(watch, event)}"{of_table}')


def missing_triggers(connection: BaseDatabaseWrapper) -> list[str]:
    """Return the names of the triggers that should be there and are not, or are disabled."""
    found = triggers_in_force(connection)
    names = [trigger_name(watch, event) for watch in WATCHES for event, *_conditions in watch.conditions()]
    return [name for name in names if name not in found]


def _sqlite(table: str, name: str, event: str, asked: str, refused: str) -> list[str]:
    rows = {"old": "OLD", "new": "NEW", "closed": CLOSED}
    condition = f"({asked}) AND ({refused})" if asked else refused
    return [
        f'DROP TRIGGER IF EXISTS "{name}"',
        f"""
        CREATE TRIGGER "{name}" BEFORE {event} ON "{table}" WHEN {condition.format(**rows)}
        BEGIN SELECT RAISE(ABORT, '{table}: {MESSAGE}'); END
        """,
    ]


def _postgresql(table: str, name: str, event: str, asked: str, refused: str) -> list[str]:
    """
    Return a function and a trigger: of additions and deletions all rows of a statement are asked about at once.

    What is closed is read after the lock is taken, so that a period that was being closed meanwhile is known.
    """
    if event == "UPDATE":
        moment = f"BEFORE UPDATE ON {table} FOR EACH ROW WHEN ({asked.format(old='OLD', new='NEW')})"
        condition = refused.format(old="OLD", new="NEW", closed="closed_to")
    else:
        row, rows = ("n", "NEW TABLE AS rows") if event == "INSERT" else ("o", "OLD TABLE AS rows")
        moment = f"AFTER {event} ON {table} REFERENCING {rows} FOR EACH STATEMENT"
        condition = refused.format(old=row, new=row, closed="closed_to")
        condition = f"EXISTS (SELECT 1 FROM rows AS {row} WHERE {condition})"
    return [
        f"""
        CREATE OR REPLACE FUNCTION "{name}"() RETURNS trigger LANGUAGE plpgsql SET jit = off AS $$
        DECLARE closed_to date;
        BEGIN
            PERFORM pg_advisory_xact_lock_shared({LOCK});
            closed_to := {CLOSED};
            IF closed_to IS NOT NULL AND ({condition}) THEN
                RAISE EXCEPTION '{table}: {MESSAGE}' USING ERRCODE = 'integrity_constraint_violation';
            END IF;
            RETURN NEW;
        END
        $$
        """,
        f'CREATE OR REPLACE TRIGGER "{name}" {moment} EXECUTE FUNCTION "{name}"()',
    ]
