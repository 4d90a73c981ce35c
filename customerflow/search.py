"""
Finding records by any part of a text, at any size of the table.

A searchable model has one `SearchField`, the folded text it is found by, and an index of its three-letter pieces: FTS5
with the trigram tokenizer on SQLite, a GIN index with pg_trgm on PostgreSQL. SQLite forgets triggers whenever a
migration remakes their table, so `install` runs after every migrate and puts back what is missing.
"""

from django.apps import AppConfig
from django.db import connections, models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Q
from django.db.models.expressions import RawSQL

from customerflow.text import KeyField, fold

COLUMN = "search_text"
MAX_MATCHES = 10_000
MAX_TERMS = 8
# A word of fewer letters is in no index of three-letter pieces.
PIECE = 3


class SearchField(KeyField):
    """The folded text by which a record is found. It must be named `search_text`."""

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **{"max_length": 700, **kwargs})


class SearchQuerySet(models.QuerySet):
    """
    Records that can be searched.

    `exact_fields` are what a word of one or two letters is compared with, `prefix_fields` (folded, and indexed) what
    it may begin.
    """

    exact_fields: tuple[str, ...] = ()
    prefix_fields: tuple[str, ...] = ()

    def search(self, text: str) -> "SearchQuerySet":
        """
        Return the records in whose search text every word of `text` occurs, case and accents aside.

        Of a word that occurs in more than `MAX_MATCHES` records that many are looked at, so that every search is
        quick; staff add a word.
        """
        # No stored text has a NUL, and a database refuses one in a question.
        text = text.replace("\0", " ")
        terms = fold(text).split(" ")[:MAX_TERMS]
        if terms == [""]:
            return self
        long = [term for term in terms if len(term) >= PIECE]
        if not long:
            return self._beginning_with(text.strip())
        found = self.filter(pk__in=self._matching(long))
        for term in terms:
            if len(term) < PIECE:
                found = found.filter(**{f"{COLUMN}__contains": term})
        return found

    def _matching(self, terms: list[str]):
        if connections[self.db].vendor == "sqlite":
            index = f"{self.model._meta.db_table}_search"
            phrase = " AND ".join(f'"{term.replace(chr(34), chr(34) * 2)}"' for term in terms)
            return RawSQL(f'SELECT rowid FROM "{index}" WHERE "{index}" MATCH %s LIMIT {MAX_MATCHES}', [phrase])  # noqa: S611
        rows = self.model._base_manager.using(self.db).order_by()
        for term in terms:
            rows = rows.filter(**{f"{COLUMN}__contains": term})
        return rows.values("pk")[:MAX_MATCHES]

    def _beginning_with(self, text: str) -> "SearchQuerySet":
        condition = Q(pk__in=[])
        for field in self.exact_fields:
            if field != "pk" or (text.isascii() and text.isdigit()):
                condition |= Q(**{field: text})
        for field in self.prefix_fields:
            condition |= starts_with(field, fold(text), connections[self.db])
        return self.filter(condition)


def starts_with(field: str, text: str, connection: BaseDatabaseWrapper) -> Q:
    """Return the condition that `field` begins with `text`, in the form for which the database uses an index."""
    if connection.vendor == "sqlite":
        return Q(**{f"{field}__gte": text, f"{field}__lt": text + chr(0x10FFFF)})
    return Q(**{f"{field}__startswith": text})


def install(sender: AppConfig, using: str, **_kwargs) -> None:
    """Make the search indexes of an app's models where they are missing; connected to `post_migrate`."""
    connection = connections[using]
    tables = set(connection.introspection.table_names())
    for model in sender.get_models():
        if not hasattr(model, COLUMN) or model._meta.db_table not in tables:
            continue
        if connection.vendor == "sqlite":
            _install_sqlite(connection, model._meta.db_table)
        else:
            _install_postgresql(connection, model)


def trigger_names(table: str) -> set[str]:
    """Return the names of the triggers that keep the SQLite search index of `table`."""
    return {f"{table}_search_{event}" for event in ("insert", "update", "delete")}


def _install_sqlite(connection: BaseDatabaseWrapper, table: str) -> None:
    index, new, old = f"{table}_search", f"new.{COLUMN}", f"old.{COLUMN}"
    add = f'INSERT INTO "{index}"(rowid, {COLUMN}) VALUES (new.id, {new});'
    remove = f'INSERT INTO "{index}"("{index}", rowid, {COLUMN}) VALUES (\'delete\', old.id, {old});'
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = %s", [table])
        if trigger_names(table) <= {name for (name,) in cursor.fetchall()}:
            return
        cursor.execute(
            f'CREATE VIRTUAL TABLE IF NOT EXISTS "{index}" USING '
            f"fts5({COLUMN}, content='{table}', content_rowid='id', tokenize='trigram')"
        )
        for event, clause, body in (
            ("insert", "INSERT", add),
            ("delete", "DELETE", remove),
            ("update", f"UPDATE OF {COLUMN}", remove + add),
        ):
            cursor.execute(f'DROP TRIGGER IF EXISTS "{index}_{event}"')
            cursor.execute(f'CREATE TRIGGER "{index}_{event}" AFTER {clause} ON "{table}" BEGIN {body} END')
        cursor.execute(f'INSERT INTO "{index}"("{index}") VALUES (\'rebuild\')')


def _install_postgresql(connection: BaseDatabaseWrapper, model: type[models.Model]) -> None:
    table = model._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
        cursor.execute(f'CREATE INDEX IF NOT EXISTS "{table}_search" ON "{table}" USING gin ({COLUMN} gin_trgm_ops)')
        for field in getattr(model._default_manager.all(), "prefix_fields", ()):
            cursor.execute(
                f'CREATE INDEX IF NOT EXISTS "{table}_{field}_prefix" ON "{table}" ({field} text_pattern_ops)'
            )
