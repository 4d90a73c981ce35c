"""Many keys in a condition."""

import json
from collections.abc import Iterable

from django.db import connection
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
