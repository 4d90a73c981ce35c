"""
What is on the books stays as it is: the database itself refuses to change, delete or add to it, whoever asks.

Only what acts do later is let through: that a document settles or is settled, is voided, reversed or released, once,
and whose it is, when customers are merged. Lines and taxes come on a document with it: in the act that made it, or
while it is a draft, which is issued only where they add up to its total. Drafts are nobody's documents yet; those of
another system go with the undo of the load that brought them. Like the triggers of `customerflow.changes` these are
taken away before a migration and installed after every one.
"""

from dataclasses import dataclass

from django.db import connections, models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.migration import Migration

from billing.models import (
    Allocation,
    CreditNote,
    CreditNoteLine,
    CreditNoteTax,
    Invoice,
    InvoiceLine,
    InvoiceTax,
    Payment,
    PeriodClosing,
    Refund,
    WriteOff,
)
from customerflow.changes.triggers import CHANGES, recorded_set, triggers_in_force

# Derived, or counted, or moved by a merge.
ALWAYS = frozenset({"customer_id", "search_text", "updated_at", "version"})
REVERSAL = ("reversed_on", "reversed_by_id", "reversal_reason")
VOIDING = ("voided_on", "voided_by_id", "void_reason")
REFUSED = {"UPDATE": "changed", "DELETE": "deleted", "INSERT": "added to", "TRUNCATE": "deleted"}
NEVER_BACK = "{new}.live AND NOT {old}.live"
DRAFT = """
    {old}.invoice_id = {new}.invoice_id
    AND EXISTS (SELECT 1 FROM billing_invoice AS i WHERE i.id = {old}.invoice_id AND i.status = 'draft')
"""
ADDS_UP = """
    {new}.total = (SELECT COALESCE(SUM(amount), 0) FROM billing_invoiceline WHERE invoice_id = {new}.id)
    + (SELECT COALESCE(SUM(amount), 0) FROM billing_invoicetax WHERE invoice_id = {new}.id)
"""
# Of a row without an origin of its own: what it is of is ours, and still there.
ISSUED_BY_US = "i.origin = '' AND i.status <> 'draft'"
OF_OURS = f"EXISTS (SELECT 1 FROM billing_invoice AS i WHERE i.id = {{old}}.invoice_id AND {ISSUED_BY_US})"
SETTLED_BY_US = f"""
    {{old}}.payment_id IS NULL OR {OF_OURS}
    OR EXISTS (SELECT 1 FROM billing_payment AS p WHERE p.id = {{old}}.payment_id AND p.origin = '')
"""


@dataclass(frozen=True)
class Guard:
    """
    What is refused of the rows of one table.

    `changing` are the columns that acts may change; `once` those that are set together while the first is empty, and
    not again. `never` is what else no change may do, `free` which rows may change in anything, `kept` which are not
    deleted, and `late` which are not added: conditions about the rows {old} and {new}.
    """

    model: type[models.Model]
    changing: frozenset[str] = frozenset()
    once: tuple[str, ...] = ()
    never: str = ""
    free: str = ""
    kept: str = "true"
    late: str = ""

    @property
    def table(self) -> str:
        """The name of the table."""
        return self.model._meta.db_table

    @property
    def columns(self) -> list[str]:
        """The columns of the table, those that the database derives left out."""
        return [field.column for field in self.model._meta.local_concrete_fields if not field.generated]

    @property
    def frozen(self) -> list[str]:
        """The columns that never change."""
        return [column for column in self.columns if column not in self.changing | ALWAYS | {*self.once}]

    def refused(self) -> str:
        """Return the condition on which a change is refused, but for rows that are free."""
        wrong = [_differ(self.frozen)]
        if self.once:
            wrong.append(f"({{old}}.{self.once[0]} IS NOT NULL AND ({_differ(self.once)}))")
        if self.never:
            wrong.append(f"({self.never})")
        return " OR ".join(wrong)


def _differ(columns: list[str] | tuple[str, ...]) -> str:
    return " OR ".join(f'{{old}}."{column}" IS DISTINCT FROM {{new}}."{column}"' for column in columns)


def _late(whole: type[models.Model], key: str, issued: str = "true") -> str:
    """
    Return the condition that what {new} would be a part of is on the books since another act.

    (The plus sign keeps databases from reading all changes of the act.)
    """
    return f"""
        EXISTS (SELECT 1 FROM "{whole._meta.db_table}" AS d WHERE d.id = {{new}}.{key} AND {issued})
        AND NOT EXISTS (
            SELECT 1 FROM "{CHANGES}" AS c WHERE c.kind = '{whole._meta.label_lower}' AND c.record_id = {{new}}.{key}
            AND c.action = 'create' AND +c.change_set_id = {{recorded}}
        )
    """


LATE_ON_INVOICE = _late(Invoice, "invoice_id", "d.status <> 'draft'")
LATE_ON_NOTE = _late(CreditNote, "credit_note_id")

GUARDS = (
    Guard(
        Invoice,
        changing=frozenset({"settled", "status", "is_waived"}),
        once=VOIDING,
        never="""
            {new}.status <> {old}.status AND NOT ({old}.status = 'issued' AND {new}.status = 'void')
            OR {old}.status = 'void' AND {new}.is_waived <> {old}.is_waived
        """,
        free=f"""
            {{old}}.status = 'draft'
            AND ({{new}}.status = 'draft' OR ({{new}}.status = 'issued' AND {{new}}.settled = 0 AND {ADDS_UP}))
        """,
        kept="{old}.status <> 'draft' AND {old}.origin = ''",
    ),
    Guard(InvoiceLine, frozenset({"live"}), never=NEVER_BACK, free=DRAFT, kept=OF_OURS, late=LATE_ON_INVOICE),
    Guard(InvoiceTax, free=DRAFT, kept=OF_OURS, late=LATE_ON_INVOICE),
    Guard(CreditNote, changing=frozenset({"allocated", "refunded"}), once=VOIDING),
    Guard(CreditNoteLine, frozenset({"live"}), never=NEVER_BACK, late=LATE_ON_NOTE),
    Guard(CreditNoteTax, late=LATE_ON_NOTE),
    Guard(Payment, changing=frozenset({"allocated", "refunded"}), once=REVERSAL, kept="{old}.origin = ''"),
    Guard(Refund, once=REVERSAL),
    Guard(WriteOff, once=("reversed_on", "reversed_by_id")),
    Guard(Allocation, once=("released_on",), kept=SETTLED_BY_US),
    Guard(
        PeriodClosing,
        changing=frozenset({"digest", "postings", "debit"}),
        once=("reopened_on", "reopened_by_id", "reopen_reason"),
        # What its journal is like is taken down once.
        never=f"{{old}}.digest <> '' AND ({_differ(['digest', 'postings', 'debit'])})",
    ),
)


def install(sender, using: str, plan: list | None = None, **_kwargs) -> None:
    """Make the triggers, once their tables have all their columns; connected to `post_migrate`."""
    connection = connections[using]
    # A flush, which has no plan, takes none away.
    if plan is None and not missing_triggers(connection):
        return
    statements = _sqlite if connection.vendor == "sqlite" else _postgresql
    with connection.cursor() as cursor:
        for guard in GUARDS:
            if _is_complete(guard, connection):
                for statement in statements(guard, trigger_names(guard, connection)):
                    cursor.execute(statement)


def remove(sender, using: str, plan: list[tuple[Migration, bool]], **_kwargs) -> None:
    """Take the triggers away where a migration is to follow; connected to `pre_migrate`."""
    if plan:
        drop(connections[using])


def drop(connection: BaseDatabaseWrapper) -> None:
    """Take the triggers away: before a migration, and before tests empty the tables."""
    tables = set(connection.introspection.table_names())
    with connection.cursor() as cursor:
        for guard in GUARDS:
            of_table = "" if connection.vendor == "sqlite" else f' ON "{guard.table}"'
            for name in trigger_names(guard, connection).values() if guard.table in tables else ():
                cursor.execute(f'DROP TRIGGER IF EXISTS "{name}"{of_table}')


def trigger_names(guard: Guard, connection: BaseDatabaseWrapper) -> dict[str, str]:
    """Return the names of the triggers on a table, by what they refuse."""
    names = {"UPDATE": f"{guard.table}_stays_as_it_is", "DELETE": f"{guard.table}_stays_there"}
    if guard.late:
        names["INSERT"] = f"{guard.table}_comes_with_it"
    # SQLite empties a table by deleting its rows.
    if connection.vendor == "postgresql":
        names["TRUNCATE"] = f"{guard.table}_stays_full"
    return names


def missing_triggers(connection: BaseDatabaseWrapper) -> list[str]:
    """Return the names of the triggers that should be there and are not, or are disabled."""
    found = triggers_in_force(connection)
    return [name for guard in GUARDS for name in trigger_names(guard, connection).values() if name not in found]


def _is_complete(guard: Guard, connection: BaseDatabaseWrapper) -> bool:
    """Return whether the table has all columns: it has not while only older migrations are applied."""
    with connection.cursor() as cursor:
        tables = connection.introspection.table_names(cursor)
        if guard.table not in tables:
            return False
        found = {column.name for column in connection.introspection.get_table_description(cursor, guard.table)}
    return found.issuperset(guard.columns)


def _message(guard: Guard, event: str) -> str:
    return f"{guard.model._meta.label_lower}: what is on the books is not {REFUSED[event]}"


def _sqlite(guard: Guard, names: dict[str, str]) -> list[str]:
    rows = {"old": "OLD", "new": "NEW", "recorded": recorded_set("sqlite")}
    free = f" AND NOT ({guard.free})" if guard.free else ""
    conditions = {"UPDATE": f"({guard.refused()}){free}", "DELETE": guard.kept, "INSERT": guard.late}
    statements = []
    for event, name in names.items():
        statements += [
            f'DROP TRIGGER IF EXISTS "{name}"',
            f"""
            CREATE TRIGGER "{name}" BEFORE {event} ON "{guard.table}" WHEN {conditions[event].format(**rows)}
            BEGIN SELECT RAISE(ABORT, '{_message(guard, event)}'); END
            """,
        ]
    return statements


def _postgresql(guard: Guard, names: dict[str, str]) -> list[str]:
    """
    Return functions and triggers: changes are asked row by row, which costs nothing where nothing is wrong.

    Deletions and additions are asked once for each statement with all its rows: a load, and its undo, have a million.
    """
    rows = {"old": "OLD", "new": "NEW"}
    free, kept = (guard.free or "false").format(**rows), guard.kept.format(old="o")
    late = guard.late.format(new="n", recorded=recorded_set("postgresql"))
    refused = {
        "UPDATE": f"NOT ({free})",
        "DELETE": f"EXISTS (SELECT 1 FROM old_rows AS o WHERE {kept})",
        "INSERT": f"EXISTS (SELECT 1 FROM new_rows AS n WHERE {late})",
        "TRUNCATE": "true",
    }
    moments = {
        "UPDATE": f"BEFORE UPDATE ON {guard.table} FOR EACH ROW WHEN ({guard.refused().format(**rows)})",
        "DELETE": f"AFTER DELETE ON {guard.table} REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT",
        "INSERT": f"AFTER INSERT ON {guard.table} REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT",
        "TRUNCATE": f"BEFORE TRUNCATE ON {guard.table} FOR EACH STATEMENT",
    }
    statements = []
    for event, name in names.items():
        statements += [
            _function(name, refused[event], _message(guard, event)),
            f'CREATE OR REPLACE TRIGGER "{name}" {moments[event]} EXECUTE FUNCTION "{name}"()',
        ]
    return statements


def _function(name: str, refused: str, message: str) -> str:
    """
    Return a function that refuses on a condition.

    Its plan is kept for the session: it looks rows up by an index, however few there were when it was made.
    """
    return f"""
        CREATE OR REPLACE FUNCTION "{name}"() RETURNS trigger LANGUAGE plpgsql
        SET jit = off SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
        BEGIN
            IF {refused} THEN
                RAISE EXCEPTION '{message}' USING ERRCODE = 'integrity_constraint_violation';
            END IF;
            RETURN NEW;
        END
        $$
    """
