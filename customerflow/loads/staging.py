"""
Where the rows of a file wait, cleaned, until they are compared and applied: temporary tables of the connection.

Nobody else sees them, and they go when the process goes. On SQLite they live outside the database file, so filling
them takes no lock from staff and leaves nothing in the write-ahead log.
"""

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from django.core.exceptions import ValidationError
from django.db.backends.base.base import BaseDatabaseWrapper

from customerflow.loads.declaration import Column, Declaration, Reference
from customerflow.loads.refusals import shorten
from customerflow.text import KeyField

# What the load knows of a row besides its values.
OWN = {"row_number": "bigint", "line": "bigint", "written": "text"}
# The key that a new record gets in the last step.
NEW_ID = "new_id"
# `is_found` tells what was found by comparing, which can be done again, from what was wrong in the row itself; it is
# `BY_RULE` where a rule is broken.
REFUSAL = {
    "row_number": "bigint",
    "line": "bigint",
    "heading": "text",
    "value": "text",
    "reason": "text",
    "is_found": "integer",
}
BY_RULE = 2
MATCH = {"row_number": "bigint", "target": "bigint", "target_version": "bigint", "is_changed": "integer"}
# The names of other records, each once: what is said, to what the record must belong (0: to anything), what is found,
# and to what that belongs.
NAME = {
    "number": "bigint",
    "said": "text",
    "scope": "bigint",
    "key": "text",
    "target": "bigint",
    "candidates": "bigint",
    "belongs": "bigint",
    "reason": "text",
}
FOUND = {"number": "bigint", "target": "bigint", "belongs": "bigint"}
# A staged row that is to be a new record has the key -(number of the stage * PROVISIONAL + number of the row) until
# then, so that other files of the load can refer to it.
PROVISIONAL = 10**10


class Stage:
    """
    The temporary tables of one file: its rows, what is refused of them, and the records that they match.

    `number` tells the files of one load apart. A row without an entry in `refusals` is good; a good row without one in
    `matches` is new.
    """

    def __init__(self, connection: BaseDatabaseWrapper, declaration: type[Declaration], number: int) -> None:
        self.connection = connection
        self.declaration = declaration
        self.number = number
        self.table = connection.ops.quote_name(declaration.model._meta.db_table)
        # What rows are compared with.
        self.target = self.table
        # The system that documents come from, where they do not say it themselves.
        self.origin = ""
        self.derived = [field for field in declaration.model._meta.local_concrete_fields if isinstance(field, KeyField)]
        self.is_sqlite = connection.vendor == "sqlite"
        schema = "temp" if self.is_sqlite else "pg_temp"
        self.rows, self.refusals, self.matches, self.names, self.found = self.tables = tuple(
            f"{schema}.load_{number}_{name}" for name in ("rows", "refusals", "matches", "names", "found")
        )
        self.more_tables: set[str] = set()
        # The columns that the file fills, and with them what is derived.
        self.filled: list[str] = []
        # Whether other files of the load refer to records of this kind.
        self.is_referred = False

    def columns(self) -> dict[str, str]:
        """Return the staged columns of the declaration, filled or not, with their types."""
        types = {}
        for column in self.declaration.columns:
            is_field = self.declaration.is_of_model(column.field)
            field = self.declaration.field(column.field) if is_field else None
            types[column.field] = column.db_type or field.db_type(self.connection) if field else column.db_type
            if isinstance(column, Reference):
                types[column.field] = "bigint"
                types[column.said] = "text"
        # The key is no serial here.
        types |= {"id": "bigint"} if "id" in types else {}
        derived = {field.attname: field.db_type(self.connection) for field in self.derived}
        return types | derived | self.declaration.staged

    @property
    def origin_in_sql(self) -> str:
        """The system that documents come from, as a text in SQL that is run with parameters."""
        return "'" + self.origin.replace("'", "''").replace("%", "%%") + "'"

    @contextmanager
    def open(self, filled: list[str]) -> Iterator[None]:
        """Make the tables for rows of which the file fills the columns `filled`; drop them at the end."""
        self.filled = [*filled, *(field.attname for field in self.derived)]
        self._drop()
        self._create(self.rows, OWN | {NEW_ID: "bigint"} | self.columns(), "row_number")
        self._create(self.refusals, REFUSAL)
        self._create(self.matches, MATCH, "row_number")
        self._create(self.names, NAME, "number")
        self._create(self.found, FOUND)
        self.index(self.refusals, "row_number")
        if not self.is_sqlite:
            # Where the number is no primary key.
            self.index(self.names, "number")
        try:
            yield
        finally:
            self._drop()

    def more(self, name: str, columns: dict[str, str]) -> str:
        """Return the name of one more temporary table with `columns`, empty; it goes with the others."""
        table = self.more_of(name)
        # Not emptied: one that was made in a transaction that failed is not there any more.
        self.run(f"DROP TABLE IF EXISTS {table}")
        self._create(table, columns)
        self.more_tables.add(table)
        return table

    def more_of(self, name: str) -> str:
        """Return the name that `more` gives to a table."""
        return self.rows.removesuffix("rows") + name

    def index(self, table: str, *columns: str) -> None:
        """Index a temporary table by columns."""
        name = f"by_{'_'.join(columns)}_{table.split('.')[1]}"
        prefix = "temp." if self.is_sqlite else ""
        names = ", ".join(f'"{column}"' for column in columns)
        self.run(f"CREATE INDEX IF NOT EXISTS {prefix}{name} ON {table.split('.')[1]} ({names})")

    def provisional(self, alias: str = "s") -> str:
        """Return the SQL of the key that a new record has before it is written."""
        return f"-({self.number * PROVISIONAL} + {alias}.row_number)"

    def _create(self, table: str, columns: dict[str, str], key: str = "") -> None:
        types = columns | {key: "integer PRIMARY KEY"} if key and self.is_sqlite else columns
        declared = ", ".join(f'"{name}" {db_type}' for name, db_type in types.items())
        self.run(f"CREATE TEMPORARY TABLE {table.split('.')[1]} ({declared})")

    def _drop(self) -> None:
        for table in (*self.tables, *self.more_tables):
            self.run(f"DROP TABLE IF EXISTS {table}")

    def run(self, sql: str, parameters: Iterable[object] = ()) -> int:
        """Run one statement and return the number of rows it wrote."""
        with self.connection.cursor() as cursor:
            cursor.execute(sql, list(parameters))
            return cursor.rowcount

    def run_many(self, sql: str, parameters: Iterable[Iterable[object]]) -> None:
        """Run one statement for each of some parameters, which must be few thousands."""
        with self._piece(), self.connection.cursor() as cursor:
            cursor.executemany(sql, list(parameters))

    def query(self, sql: str, parameters: Iterable[object] = ()) -> list[tuple]:
        """Return the rows of a query, which must be few."""
        with self.connection.cursor() as cursor:
            cursor.execute(sql, list(parameters))
            return cursor.fetchall()

    def add(self, rows: list[tuple], refused: list[tuple]) -> None:
        """Add rows (as `OWN` and `filled`) and what is refused of them (as `REFUSAL`)."""
        with self._piece():
            self.insert(self.rows, [*OWN, *self.filled], rows)
            self.insert(self.refusals, list(REFUSAL), refused)

    @contextmanager
    def _piece(self) -> Iterator[None]:
        """
        Write several statements at once.

        Not with `atomic`: on SQLite it would take the write lock of the database, and these tables are outside it.
        """
        if not self.is_sqlite or self.connection.in_atomic_block:
            yield
            return
        self.run("BEGIN DEFERRED")
        try:
            yield
        except BaseException:
            self.run("ROLLBACK")
            raise
        self.run("COMMIT")

    def insert(self, table: str, columns: list[str], rows: list[tuple]) -> None:
        """Write many rows into a temporary table at once."""
        if not rows:
            return
        names = ", ".join(f'"{name}"' for name in columns)
        with self.connection.cursor() as cursor:
            if self.is_sqlite:
                places = ", ".join(["%s"] * len(columns))
                cursor.executemany(f"INSERT INTO {table} ({names}) VALUES ({places})", rows)
                return
            with cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)

    def analyze(self, *tables: str) -> None:
        """Tell PostgreSQL's planner how many rows there are; it knows nothing of temporary tables by itself."""
        if not self.is_sqlite:
            for table in tables or self.tables:
                self.run(f"ANALYZE {table}")

    def stream(self, sql: str, parameters: Iterable[object] = ()) -> Iterator[tuple]:
        """Yield the rows of a query, however many, ordered and keyed by a row number in the first column."""
        last = 0
        while page := self.query(f"{sql} AND row_number > %s ORDER BY row_number LIMIT 1000", [*parameters, last]):
            yield from page
            last = page[-1][0]

    def rejected(self) -> Iterator[tuple[list[str], str]]:
        """Yield the refused rows in the order of the file, as they were written, each with everything wrong with it."""
        sql = f"SELECT row_number, written FROM {self.rows} AS s WHERE {is_refused(self)}"
        for row_number, written in self.stream(sql):
            reasons = self.query(
                f"SELECT heading, reason FROM {self.refusals} WHERE row_number = %s ORDER BY heading", [row_number]
            )
            yield (
                json.loads(written),
                " ".join(f"{heading}: {reason}" if heading else reason for heading, reason in reasons),
            )


def staged_as(column: Column) -> str:
    """Return the name under which what a cell says is staged."""
    return column.said if isinstance(column, Reference) else column.field


class Stages(list[Stage]):
    """The files of one load, in the order in which they are applied."""

    def of(self, kind: str) -> list[Stage]:
        """Return the files of one kind of record."""
        return [stage for stage in self if stage.declaration.kind == kind]


def rows_and_records(stage: Stage) -> str:
    """Return the SQL of the rows, `new`, each with its record, `old`, and how they match, `m`."""
    return f"""
        {stage.rows} AS new
        LEFT JOIN {stage.matches} AS m ON m.row_number = new.row_number
        LEFT JOIN {stage.target} AS old ON old.id = m.target
    """


def is_refused(stage: Stage, alias: str = "s") -> str:
    """Return the SQL condition that a row is refused."""
    return f"EXISTS (SELECT 1 FROM {stage.refusals} AS r WHERE r.row_number = {alias}.row_number)"


def is_right(stage: Stage, alias: str = "s", least: int = 1) -> str:
    """Return the SQL condition that nothing is wrong in a row itself, whatever comparing found from `least` on."""
    refused = f"SELECT 1 FROM {stage.refusals} AS r WHERE r.row_number = {alias}.row_number AND r.is_found < {least}"
    return f"NOT EXISTS ({refused})"


def is_new(stage: Stage, alias: str = "s") -> str:
    """Return the SQL condition that a row is good, and there is no record of it."""
    row = f"{alias}.row_number"
    return (
        f"NOT EXISTS (SELECT 1 FROM {stage.refusals} AS r WHERE r.row_number = {row}) "
        f"AND NOT EXISTS (SELECT 1 FROM {stage.matches} AS m WHERE m.row_number = {row})"
    )


def is_good(stage: Stage, alias: str = "s") -> str:
    """Return the SQL condition that a row is not refused."""
    return f"NOT {is_refused(stage, alias)}"


def refusal(row_number: int, line: int, heading: str, value: str, error: ValidationError) -> tuple:
    """Return an entry for the refusals: one cell that a cleaner did not accept."""
    return row_number, line, heading, writable(shorten(value)), writable(shorten_reason(" ".join(error.messages))), 0


def writable(text: str) -> str:
    """Return `text` without what a database cannot store: NUL, and halves of characters."""
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode()


def shorten_reason(reason: str) -> str:
    """Return a reason without the bulk of a long value that it quotes."""
    return reason if len(reason) <= 400 else f"{reason[:399]}…"
