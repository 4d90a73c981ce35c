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

from customerflow.loads.declaration import Declaration
from customerflow.loads.refusals import shorten
from customerflow.text import KeyField

CACHE_KIB = 64 * 1024
# What the load knows of a row besides its values.
OWN = {"row_number": "bigint", "line": "bigint", "written": "text"}
REFUSAL = {"row_number": "bigint", "line": "bigint", "heading": "text", "value": "text", "reason": "text"}
MATCH = {"row_number": "bigint", "target": "bigint", "target_version": "bigint", "is_changed": "integer"}


class Stage:
    """
    The temporary tables of one file: its rows, what is refused of them, and the records that they match.

    `number` tells the files of one load apart. A row without an entry in `refusals` is good; a good row without one in
    `matches` is new.
    """

    def __init__(self, connection: BaseDatabaseWrapper, declaration: type[Declaration], number: int) -> None:
        self.connection = connection
        self.declaration = declaration
        self.target = connection.ops.quote_name(declaration.model._meta.db_table)
        self.derived = [field for field in declaration.model._meta.local_concrete_fields if isinstance(field, KeyField)]
        self.is_sqlite = connection.vendor == "sqlite"
        schema = "temp" if self.is_sqlite else "pg_temp"
        self.rows, self.refusals, self.matches = (
            f"{schema}.load_{number}_{name}" for name in ("rows", "refusals", "matches")
        )
        self.fields: list[str] = []

    @contextmanager
    def open(self, fields: list[str]) -> Iterator[None]:
        """Make the tables for rows that hold the columns `fields` and what is derived; drop them at the end."""
        self.fields = [*fields, *(field.attname for field in self.derived)]
        types = {name: self.declaration.field(name).db_type(self.connection) for name in self.fields}
        self._drop()
        self._create(self.rows, OWN | types, "row_number")
        self._create(self.refusals, REFUSAL)
        self._create(self.matches, MATCH, "row_number")
        index = self.refusals.replace(".", ".by_row_", 1) if self.is_sqlite else ""
        self.run(f"CREATE INDEX {index} ON {self.refusals.split('.')[1]} (row_number)")
        try:
            yield
        finally:
            self._drop()

    def _create(self, table: str, columns: dict[str, str], key: str = "") -> None:
        types = columns | {key: "integer PRIMARY KEY"} if key and self.is_sqlite else columns
        declared = ", ".join(f'"{name}" {db_type}' for name, db_type in types.items())
        self.run(f"CREATE TEMPORARY TABLE {table.split('.')[1]} ({declared})")

    def _drop(self) -> None:
        for table in (self.rows, self.refusals, self.matches):
            self.run(f"DROP TABLE IF EXISTS {table}")

    def run(self, sql: str, parameters: Iterable[object] = ()) -> int:
        """Run one statement and return the number of rows it wrote."""
        with self.connection.cursor() as cursor:
            cursor.execute(sql, list(parameters))
            return cursor.rowcount

    def query(self, sql: str, parameters: Iterable[object] = ()) -> list[tuple]:
        """Return the rows of a query, which must be few."""
        with self.connection.cursor() as cursor:
            cursor.execute(sql, list(parameters))
            return cursor.fetchall()

    def add(self, rows: list[tuple], refused: list[tuple]) -> None:
        """Add rows (as `OWN` and `fields`) and what is refused of them (as `REFUSAL`)."""
        with self._piece():
            self._insert(self.rows, [*OWN, *self.fields], rows)
            self._insert(self.refusals, list(REFUSAL), refused)

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

    def _insert(self, table: str, columns: list[str], rows: list[tuple]) -> None:
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

    def analyze(self) -> None:
        """Tell PostgreSQL's planner how many rows there are; it knows nothing of temporary tables by itself."""
        if not self.is_sqlite:
            for table in (self.rows, self.refusals, self.matches):
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


@contextmanager
def roomy_cache(connection: BaseDatabaseWrapper) -> Iterator[None]:
    """
    Give SQLite room for the indexes that many new rows touch; its 2 MB make the last step much longer.

    PostgreSQL has its own memory.
    """
    if connection.vendor != "sqlite":
        yield
        return
    with connection.cursor() as cursor:
        before = cursor.execute("PRAGMA cache_size").fetchone()[0]
        cursor.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
        try:
            yield
        finally:
            cursor.execute(f"PRAGMA cache_size = {before}")


def is_refused(stage: Stage) -> str:
    """Return the SQL condition that a row, `s`, is refused."""
    return f"EXISTS (SELECT 1 FROM {stage.refusals} AS r WHERE r.row_number = s.row_number)"


def is_good(stage: Stage) -> str:
    """Return the SQL condition that a row, `s`, is not refused."""
    return f"NOT {is_refused(stage)}"


def refusal(row_number: int, line: int, heading: str, value: str, error: ValidationError) -> tuple:
    """Return an entry for the refusals: one cell that a cleaner did not accept."""
    return row_number, line, heading, writable(shorten(value)), writable(shorten_reason(" ".join(error.messages)))


def writable(text: str) -> str:
    """Return `text` without what a database cannot store: NUL, and halves of characters."""
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode()


def shorten_reason(reason: str) -> str:
    """Return a reason without the bulk of a long value that it quotes."""
    return reason if len(reason) <= 400 else f"{reason[:399]}…"
