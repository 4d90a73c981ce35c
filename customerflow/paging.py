"""
Pages of a sorted list, reached by the key of a row instead of by counting rows.

The last page of 1,000,000 rows is as quick as the first, and a row that is added meanwhile shifts nothing.
"""

import binascii
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from customerflow.text import refuse_unfit

COUNT_LIMIT = 10_000
# One more than the largest key that a database holds.
KEYS_END = 2**63
SIZES = (25, 50, 100)


@dataclass(frozen=True)
class Order:
    """The column that rows are sorted by; the primary key decides between equals, in the same direction."""

    field: str
    descending: bool = False

    def apply(self, rows: models.QuerySet, *, backwards: bool = False) -> models.QuerySet:
        """Return `rows` in this order, or in the opposite one."""
        sign = "-" if self.descending != backwards else ""
        return rows.order_by(f"{sign}{self.field}", *([] if self.field == "pk" else [f"{sign}pk"]))

    def beyond(self, value: object, pk: int, *, backwards: bool) -> Q:
        """Return the condition that a row stands after (or before) the row with this value and key."""
        side = "lt" if self.descending != backwards else "gt"
        if self.field == "pk":
            return Q(**{f"pk__{side}": pk})
        later = Q(**{f"{self.field}__{side}": value}) | Q(**{self.field: value, f"pk__{side}": pk})
        return Q(**{f"{self.field}__{side}e": value}) & later


@dataclass(frozen=True)
class Cursor:
    """A place in a sorted list: beside the row with this value and key, which has `place` rows up to it."""

    value: object
    pk: int
    place: int | None

    def encode(self) -> str:
        """Return the cursor for an address."""
        text = json.dumps([self.value, self.pk, self.place], default=str, separators=(",", ":"))
        return urlsafe_b64encode(text.encode()).decode().rstrip("=")

    @classmethod
    def decode(cls, token: str, field: models.Field) -> "Cursor":
        """Return the cursor that `token` stands for; raises `ValidationError` for any other text."""
        try:
            value, pk, place = json.loads(urlsafe_b64decode(token + "=" * (-len(token) % 4)))
            value = field.to_python(value)
            if not _is_key(pk) or not (place is None or _is_key(place)) or value is None:
                raise ValueError(token)
            # What no form or load stores has no place in a list: some of it no database can compare.
            check = refuse_unfit if isinstance(value, str) else field.run_validators
            check(value)
            field.get_prep_value(value)
        except (ValueError, TypeError, RecursionError, binascii.Error, ValidationError) as error:
            raise ValidationError(_("This page link is damaged. Go to the first page instead.")) from error
        return cls(value, pk, place)


def _is_key(value: object) -> bool:
    """Return whether `value` is a whole number that a key may be; True and False are none."""
    return type(value) is int and 0 <= value < KEYS_END


@dataclass(frozen=True)
class Page:
    """
    Some rows of a list, and the way to the others.

    `first` is the place of the first row, counted from 1, or None where it is not known; `count` is all rows, at most
    `COUNT_LIMIT` of them.
    """

    rows: list[models.Model]
    count: int
    first: int | None
    previous: str = ""
    following: str = ""

    @property
    def is_capped(self) -> bool:
        """Whether there are more rows than were counted."""
        return self.count > COUNT_LIMIT

    @property
    def shown_count(self) -> int:
        """The number of rows, as far as it was counted."""
        return min(self.count, COUNT_LIMIT)

    @property
    def last(self) -> int | None:
        """The place of the last row on this page."""
        return None if self.first is None else self.first + len(self.rows) - 1


def page_of(
    rows: models.QuerySet, order: Order, *, size: int, after: str = "", before: str = "", last: bool = False
) -> Page:
    """
    Return the page of `rows` after (or before) a cursor, or the first, or the last one.

    Raises `ValidationError` for a cursor that is none.
    """
    field = rows.model._meta.pk if order.field == "pk" else rows.model._meta.get_field(order.field)
    count = rows.order_by().values("pk")[: COUNT_LIMIT + 1].count()
    backwards = bool(before or last)
    chosen = order.apply(rows, backwards=backwards)
    cursor = Cursor.decode(after or before, field) if after or before else None
    if cursor:
        chosen = chosen.filter(order.beyond(cursor.value, cursor.pk, backwards=backwards))
    found = list(chosen[: size + 1])
    more, found = len(found) > size, found[:size]
    if backwards:
        found.reverse()
    first = _first_place(cursor, len(found), count, before=bool(before), last=last)

    def cursor_at(row: models.Model, place: int | None) -> str:
        value = row.pk if order.field == "pk" else getattr(row, field.attname)
        return Cursor(value, row.pk, place).encode()

    has_previous = more if backwards else bool(after)
    has_following = bool(before) if backwards else more
    end = None if first is None else first + len(found) - 1
    return Page(
        rows=found,
        count=count,
        first=first,
        previous=cursor_at(found[0], first) if has_previous and found else "",
        following=cursor_at(found[-1], end) if has_following and found else "",
    )


def _first_place(cursor: Cursor | None, found: int, count: int, *, before: bool, last: bool) -> int | None:
    if last:
        return None if count > COUNT_LIMIT else count - found + 1
    if cursor is None:
        return 1
    if cursor.place is None:
        return None
    return max(cursor.place - found, 1) if before else cursor.place + 1
