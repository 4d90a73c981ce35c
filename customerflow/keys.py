"""Many keys in a condition."""

import json
from collections import defaultdict
from collections.abc import Iterable

from django.db import connection, models
from django.db.models.expressions import RawSQL


def among(keys: Iterable[int]) -> RawSQL:
    """
    Return `keys` for a condition, such as `pk__in=among(keys)`, as one parameter however many there are.

    A parameter for each takes both Django and the database longer than what is asked; SQLite has an end to them.
    """
    keys = list(keys)
    if connection.vendor == "sqlite":
        return RawSQL("SELECT value FROM json_each(%s)", [str(keys)])
    return RawSQL("SELECT unnest(%s::bigint[])", [keys])


def among_texts(texts: Iterable[str]) -> RawSQL:
    """Return `texts` for a condition, such as `number__in=among_texts(numbers)`, as `among` does for keys."""
    texts = list(texts)
    if connection.vendor == "sqlite":
        return RawSQL("SELECT value FROM json_each(%s)", [json.dumps(texts)])
    return RawSQL("SELECT unnest(%s::text[])", [texts])


def keys_by_text(
    model: type[models.Model], column: str, texts: Iterable[str], *, key: str = "id", most: int
) -> dict[str, set[int]]:
    """
    Return the `key` of the rows of `model` that have one of `texts` in `column`, by text.

    A text that more than `most` rows have, and an empty one, is left out, and no more of them are read. `column` leads
    an index. What is not there has an empty set.
    """
    by_text: dict[str, set[int]] = defaultdict(set)
    if not (texts := [text for text in texts if text]):
        return by_text
    table = connection.ops.quote_name(model._meta.db_table)
    some = f"FROM {table} WHERE {column} = given.value AND {column} <> '' LIMIT {most + 1}"
    if connection.vendor == "sqlite":
        rows = f"json_each(%s) AS given JOIN {table} AS found ON found.id IN (SELECT id {some})"
        given = json.dumps(texts)
    else:
        rows = f"unnest(%s::text[]) AS given (value) CROSS JOIN LATERAL (SELECT {key} {some}) AS found"
        given = texts
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT given.value, found.{key} FROM {rows}", [given])
        for text, found in cursor.fetchall():
            by_text[text].add(found)
    for text in [text for text, found in by_text.items() if len(found) > most]:
        del by_text[text]
    return by_text
