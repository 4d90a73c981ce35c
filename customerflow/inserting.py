"""Many records of one kind, inserted at the speed of the database: PostgreSQL's COPY, one statement on SQLite."""

import json
from collections.abc import Iterable, Iterator, Sequence
from operator import attrgetter

from django.db import DEFAULT_DB_ALIAS, connection, connections, models

# Their values go to the database as they are; those of `MADE`, which is more special, do not.
PLAIN = (models.CharField, models.BooleanField, models.IntegerField, models.ForeignKey, models.DateField)
MADE = models.DateTimeField


def insert_all(model: type[models.Model], records: Sequence[object]) -> None:
    """
    Insert `records` into the table of `model`, as `bulk_create` does, several times as fast.

    They are new: instances of `model`, or whatever has a value for each of its columns but the key. They get no keys:
    `give_keys` does that before, where somebody asks for them. Raises `IntegrityError`.
    """
    if not records:
        return
    meta, quote = model._meta, connection.ops.quote_name
    fields = [field for field in meta.local_concrete_fields if not field.generated]
    if getattr(records[0], "pk", None) is None:
        fields.remove(meta.pk)
    _write(quote(meta.db_table), [quote(field.column) for field in fields], _rows(records, fields))


def give_keys(records: Sequence[models.Model]) -> None:
    """Give `records`, all new and of one model, the next keys; on SQLite nobody else writes in this transaction."""
    if not records:
        return
    table = records[0]._meta.db_table
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [table])
            (last,) = cursor.fetchone() or (0,)
            keys = range(last + 1, last + 1 + len(records))
        else:
            sequence = "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)"
            cursor.execute(sequence, [table, len(records)])
            keys = [key for (key,) in cursor.fetchall()]
    for record, key in zip(records, keys, strict=True):
        record.pk = key


def _rows(records: Sequence[object], fields: list[models.Field]) -> Iterator[list[object]]:
    """Yield what each of `records` writes to the columns of `fields`."""
    values_of = attrgetter(*(field.attname for field in fields))
    derived = [field for field in fields if hasattr(field, "derive") or getattr(field, "auto_now", False)]
    derived += [field for field in fields if getattr(field, "auto_now_add", False)]
    prepared = [
        (place, field.get_db_prep_save)
        for place, field in enumerate(fields)
        if not isinstance(field, PLAIN) or isinstance(field, MADE)
    ]
    # Not the proxy of this thread's: every look through it costs more than most values.
    database = connections[DEFAULT_DB_ALIAS]
    for record in records:
        for field in derived:
            field.pre_save(record, add=True)
        row = list(values_of(record))
        for place, prepare in prepared:
            row[place] = prepare(row[place], database)
        yield row


def _write(table: str, columns: list[str], rows: Iterable[list[object]]) -> None:
    names = ", ".join(columns)
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            # One statement for all: each keeps a copy of every page of the indexes that it touches, to be able to fail.
            cells = ", ".join(f"json_extract(value, '$[{place}]')" for place in range(len(columns)))
            written = json.dumps(list(rows), default=str)
            cursor.execute(f"INSERT INTO {table} ({names}) SELECT {cells} FROM json_each(%s) ORDER BY key", [written])
            return
        # Django gives its own names only to what `execute` raises.
        with connection.wrap_database_errors, cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
