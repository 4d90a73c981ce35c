"""
What is on the books stays as it is: the database itself refuses to change or delete it, whoever asks and however.

Only what acts do later is let through: that a document settles or is settled, is voided, reversed or released, once,
and whose it is, when customers are merged. Drafts are nobody's documents yet; those of another system go with the undo
of the load that brought them. Like the triggers of `customerflow.changes` these are taken away before a migration and
installed after every one.
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
    Refund,
    WriteOff,
)

# Derived, or counted, or moved by a merge.
ALWAYS = frozenset({"customer_id", "search_text", "updated_at", "version"})
REVERSAL = ("reversed_on", "reversed_by_id", "reversal_reason")
VOIDING = ("voided_on", "voided_by_id", "void_reason")
NEVER_BACK = "{new}.live AND NOT {old}.live"
DRAFT = "EXISTS (SELECT 1 FROM billing_invoice AS i WHERE i.id = {old}.invoice_id AND i.status = 'draft')"
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
    not again. `never` is what else no change may do, `free` which rows may change in anything, and `kept` which are
    not deleted: conditions about the rows {old} and {new}.
    """

    model: type[models.Model]
    changing: frozenset[str] = frozenset()
    once: tuple[str, ...] = ()
    never: str = ""
    free: str = ""
    kept: str = "true"

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


GUARDS = (
    Guard(
        Invoice,
        changing=frozenset({"settled", "status", "is_waived"}),
        once=VOIDING,
        never="""
            {new}.status <> {old}.status AND NOT ({old}.status = 'issued' AND {new}.status = 'void')
            OR {old}.status = 'void' AND {new}.is_waived <> {old}.is_waived
        """,
        free="{old}.status = 'draft'",
        kept="{old}.status <> 'draft' AND {old}.origin = ''",
    ),
    Guard(InvoiceLine, changing=frozenset({"live"}), never=NEVER_BACK, free=DRAFT, kept=OF_OURS),
    Guard(InvoiceTax, free=DRAFT, kept=OF_OURS),
    Guard(CreditNote, changing=frozenset({"allocated", "refunded"}), once=VOIDING),
    Guard(CreditNoteLine, changing=frozenset({"live"}), never=NEVER_BACK),
    Guard(CreditNoteTax),
    Guard(Payment, changing=frozenset({"allocated", "refunded"}), once=REVERSAL, kept="{old}.origin = ''"),
    Guard(Refund, once=REVERSAL),
    Guard(WriteOff, once=("reversed_on", "reversed_by_id")),
    Guard(Allocation, once=("released_on",), kept=SETTLED_BY_US),
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
                for statement in statements(guard):
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
            for name in trigger_names(guard) if guard.table in tables else ():
                cursor.execute(f'DROP TRIGGER IF EXISTS "{name}"{of_table}')


def trigger_names(guard: Guard) -> tuple[str, str]:
    """Return the names of the triggers on a table: that on changes, and that on deletions."""
    return f"{guard.table}_stays_as_it_is", f"{guard.table}_stays_there"


def missing_triggers(connection: BaseDatabaseWrapper) -> list[str]:
    """Return the names of the triggers that should be there and are not, or are disabled."""
    if connection.vendor == "sqlite":
        catalogue = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    else:
        catalogue = "SELECT tgname FROM pg_trigger WHERE tgenabled IN ('O', 'A')"
    with connection.cursor() as cursor:
        cursor.execute(catalogue)
        found = {name for (name,) in cursor.fetchall()}
    return [name for guard in GUARDS for name in trigger_names(guard) if name not in found]


def _is_complete(guard: Guard, connection: BaseDatabaseWrapper) -> bool:
    """Return whether the table has all columns: it has not while only older migrations are applied."""
    with connection.cursor() as cursor:
        tables = connection.introspection.table_names(cursor)
        if guard.table not in tables:
            return False
        found = {column.name for column in connection.introspection.get_table_description(cursor, guard.table)}
    return found.issuperset(guard.columns)


def _message(guard: Guard, what: str) -> str:
    return f"{guard.model._meta.label_lower}: what is on the books is not {what}"


def _sqlite(guard: Guard) -> list[str]:
    rows = {"old": "OLD", "new": "NEW"}
    free = f" AND NOT ({guard.free})" if guard.free else ""
    conditions = {"UPDATE": f"({guard.refused()}){free}", "DELETE": guard.kept}
    statements = []
    for (event, condition), name in zip(conditions.items(), trigger_names(guard), strict=True):
        message = _message(guard, "changed" if event == "UPDATE" else "deleted")
        statements += [
            f'DROP TRIGGER IF EXISTS "{name}"',
            f"""
            CREATE TRIGGER "{name}" BEFORE {event} ON "{guard.table}" WHEN {condition.format(**rows)}
            BEGIN SELECT RAISE(ABORT, '{message}'); END
            """,
        ]
    return statements


def _postgresql(guard: Guard) -> list[str]:
    """
    Return functions and triggers: changes are asked row by row, which costs nothing where nothing is wrong.

    Deletions are asked once for each statement with all its rows: the undo of a load has a million of them.
    """
    changes, deletions = trigger_names(guard)
    rows = {"old": "OLD", "new": "NEW"}
    free, kept = (guard.free or "false").format(**rows), guard.kept.format(old="o")
    return [
        _function(guard, changes, f"NOT ({free})", "changed", "NEW"),
        f"""
        CREATE OR REPLACE TRIGGER "{changes}" BEFORE UPDATE ON "{guard.table}" FOR EACH ROW
        WHEN ({guard.refused().format(**rows)}) EXECUTE FUNCTION "{changes}"()
        """,
        _function(guard, deletions, f"EXISTS (SELECT 1 FROM old_rows AS o WHERE {kept})", "deleted", "NULL"),
        f"""
        CREATE OR REPLACE TRIGGER "{deletions}" AFTER DELETE ON "{guard.table}" REFERENCING OLD TABLE AS old_rows
        FOR EACH STATEMENT EXECUTE FUNCTION "{deletions}"()
        """,
    ]


def _function(guard: Guard, name: str, refused: str, what: str, result: str) -> str:
    return f"""
        CREATE OR REPLACE FUNCTION "{name}"() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF {refused} THEN
                RAISE EXCEPTION '{_message(guard, what)}' USING ERRCODE = 'integrity_constraint_violation';
            END IF;
            RETURN {result};
        END
        $$
    """
