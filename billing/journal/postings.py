"""The postings of some days: added up, in pages reached by key, or all of them in their order."""

import binascii
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from hashlib import sha256
from typing import NamedTuple, Self

from django.core.exceptions import EmptyResultSet, ValidationError
from django.db import connection
from django.db.models import BigIntegerField, Case, CharField, Count, F, IntegerField, Q, QuerySet, Sum, Value, When
from django.db.models.functions import Cast, Coalesce
from django.utils.translation import gettext as _

from billing.journal.chart import BETWEEN, Chart, under
from billing.journal.sides import SIDES, Kind, Side
from customerflow.money import ZERO, MoneyField, from_minor, zero
from customerflow.paging import COUNT_LIMIT, KEYS_END, Page

CHUNK = 2_000
KINDS = list(Kind)
COLUMNS = ("day", "kind_number", "document_key", "side", "row_key", "place", "value")
ORDER = ("day", "kind_number", "document_key", "side", "row_key")
DEBIT = Coalesce(Sum(Case(When(value__gt=zero(), then=F("value")))), zero())
CREDIT = Coalesce(Sum(Case(When(value__lt=zero(), then=F("value")))), zero())


class Key(NamedTuple):
    """Where a posting stands: by day, number of the kind of entry, document, number of the side, and row."""

    day: date
    kind: int
    document: int
    side: int
    row: int

    def encode(self) -> str:
        """Return the key for an address."""
        text = json.dumps([str(self.day), self.document, self.side, self.row], separators=(",", ":"))
        return urlsafe_b64encode(text.encode()).decode().rstrip("=")

    @classmethod
    def decode(cls, token: str) -> Self:
        """Return the key that `token` stands for; raises `ValidationError` for any other text."""
        try:
            day, *numbers = json.loads(urlsafe_b64decode(token + "=" * (-len(token) % 4)))
            document, side, row = numbers
            if not all(type(each) is int and 0 <= each < KEYS_END for each in numbers):
                raise ValueError(token)
            return cls(date.fromisoformat(day), KINDS.index(SIDES[side].kind), document, side, row)
        except (ValueError, TypeError, IndexError, RecursionError, binascii.Error) as error:
            raise ValidationError(_("This page link is damaged. Go to the first page instead.")) from error


class DaySum(NamedTuple):
    """What entries of a kind posted on a day at a place; `debit` and `credit` are both above zero."""

    day: date
    kind: Kind
    place: str
    debit: Decimal
    credit: Decimal
    count: int


@dataclass(frozen=True)
class Posting:
    """One side of an entry: `value` is above zero where it is debit, below where it is credit."""

    key: Key
    place: str
    value: Decimal

    @property
    def side(self) -> Side:
        """What it is one of."""
        return SIDES[self.key.side]

    @property
    def debit(self) -> Decimal:
        """What is on the left."""
        return max(self.value, ZERO)

    @property
    def credit(self) -> Decimal:
        """What is on the right."""
        return max(-self.value, ZERO)


@dataclass(frozen=True)
class Postings:
    """
    The postings from the day `first` (None: from ever) to `last`, both included.

    Perhaps only those of some `kinds`, at one of the `places` or below it, or on the `account` with a number.
    """

    first: date | None
    last: date
    kinds: frozenset[Kind] = frozenset()
    places: tuple[str, ...] = ()
    account: str = ""
    chart: Chart | None = field(default=None, compare=False)

    def sums(self) -> list[DaySum]:
        """Return what was posted, by day, kind and place, in that order; one query."""
        parts = [
            _summed(number, self.first, self.last)
            for number, side in enumerate(SIDES)
            if (not self.kinds or side.kind in self.kinds) and self._may_have(side)
        ]
        chart = (self.chart or Chart()) if self.account else None
        found: dict[tuple, list] = {}
        for day, number, text, key, thousandths, origin, *values in (
            parts[0].union(*parts[1:], all=True) if parts else ()
        ):
            side = SIDES[number]
            place = side.place_of(text, key, thousandths, origin)
            if self._is_at(place) and (chart is None or chart.account(place, day).number == self.account):
                sums = found.setdefault((day, side.kind, place), [ZERO, ZERO, 0])
                debit, credit, count = values
                sums[0] += debit
                sums[1] -= credit
                sums[2] += count
        return [DaySum(*key, *sums) for key, sums in sorted(found.items())]

    def _may_have(self, side: Side) -> bool:
        """Say whether postings of a side can be at the places that are asked for."""
        asked = {place.partition(BETWEEN)[0] for place in self.places}
        return not asked or not asked.isdisjoint(side.roots)

    def _is_at(self, place: str) -> bool:
        """Say whether a place is one of those asked for, or below it."""
        return not self.places or any(f"{place}{BETWEEN}".startswith(f"{each}{BETWEEN}") for each in self.places)

    def order_by(self, *_columns: str) -> Self:
        """Return the same postings, as a list asks for: in a file they have one order."""
        return self

    def page(
        self, *, size: int, after: str = "", before: str = "", last: bool = False, descending: bool = False
    ) -> Page:
        """Return the page after (or before) a key, or the first, or the last one; two queries."""
        backwards = bool(before or last)
        key = Key.decode(after or before) if after or before else None
        found = self._some(size + 1, key, backwards=backwards != descending)
        more, found = len(found) > size, found[:size]
        if backwards:
            found.reverse()
        has_previous, has_following = (more, bool(before)) if backwards else (bool(after), more)
        return Page(
            rows=found,
            count=self._count(),
            first=None if key or last else 1,
            previous=found[0].key.encode() if has_previous and found else "",
            following=found[-1].key.encode() if has_following and found else "",
        )

    def iterator(self) -> Iterator[Posting]:
        """Yield all postings in their order: one day is sorted at a time, and some of its rows are in memory."""
        for day in sorted({each.day for each in self.sums()}):
            of_day = replace(self, first=day, last=day)
            sql, params = _together([rows for _number, rows in of_day._parts()])
            with connection.chunked_cursor() as cursor:
                cursor.execute(f"{sql} ORDER BY {', '.join(ORDER)}", params)
                while rows := cursor.fetchmany(CHUNK):
                    yield from map(_posting, rows)

    def _parts(self) -> list[tuple[int, QuerySet]]:
        """Return the number of each side, and its rows with what a posting has."""
        chosen = Q()
        if self.places:
            chosen &= Q(*map(under, self.places), _connector=Q.OR)
        if self.account:
            chart = self.chart or Chart()
            chosen &= chart.posted_on(self.account, self.first or date.min, self.last)
        return [
            (number, _posted(number, self.first, self.last).filter(chosen))
            for number, side in enumerate(SIDES)
            if (not self.kinds or side.kind in self.kinds) and self._may_have(side)
        ]

    def _some(self, number: int, key: Key | None, *, backwards: bool) -> list[Posting]:
        """Return the first postings beyond a key; of each side no more are sorted than are asked for."""
        order = [f"-{name}" for name in ORDER] if backwards else ORDER
        parts = []
        for side, rows in self._parts():
            chosen = rows.filter(_beyond(side, key, backwards=backwards)) if key else rows
            parts.append(chosen.order_by(*order)[:number])
        sql, params = _together(parts)
        direction = " DESC" if backwards else ""
        columns = ", ".join(f"{name}{direction}" for name in ORDER)
        with connection.cursor() as cursor:
            cursor.execute(f"{sql} ORDER BY {columns} LIMIT {number}", params)
            return [_posting(row) for row in cursor.fetchall()]

    def _count(self) -> int:
        """Return the number of postings, at most one more than are counted."""
        sql, params = _together([rows[: COUNT_LIMIT + 1] for _number, rows in self._parts()])
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT COUNT(*) FROM ({sql} LIMIT {COUNT_LIMIT + 1}) AS counted", params)
            return cursor.fetchone()[0]


def _summed(number: int, first: date | None, last: date) -> QuerySet:
    """Return what the rows of a side add up to by day and by what decides their place."""
    side = SIDES[number]
    spread = side.spread
    nothing = Value(None, output_field=CharField()), Value(None, output_field=BigIntegerField())
    text = F(spread.text) if spread and spread.text else nothing[0]
    key = F(spread.key) if spread and spread.key else nothing[1]
    thousandths = spread.number if spread and spread.number else nothing[1]
    origin = F(spread.origin) if spread and spread.origin else nothing[0]
    return (
        side.within(first, last)
        .annotate(
            day=side.day,
            side=Value(number, output_field=IntegerField()),
            # PostgreSQL wants to know what kind of nothing it is.
            place_text=Cast(text, CharField()),
            place_key=Cast(key, BigIntegerField()),
            place_number=Cast(thousandths, BigIntegerField()),
            place_origin=Cast(origin, CharField()),
            value=Cast(side.sign * F(side.amount), MoneyField()),
        )
        .values_list("day", "side", "place_text", "place_key", "place_number", "place_origin")
        .annotate(debit=DEBIT, credit=CREDIT, count=Count("pk"))
    )


def digest_of(sums: list[DaySum]) -> tuple[str, int, Decimal]:
    """Return what tells a journal from any other, how many postings it has, and what its debits come to."""
    digest = sha256()
    for each in sums:
        line = f"{each.day} {each.kind.value} {each.place} {each.debit} {each.credit} {each.count}\n"
        digest.update(line.encode())
    return digest.hexdigest(), sum(each.count for each in sums), sum((each.debit for each in sums), ZERO)


def _posted(number: int, first: date | None, last: date) -> QuerySet:
    side = SIDES[number]
    return side.within(first, last).annotate(
        day=side.day,
        kind_number=Value(KINDS.index(side.kind), output_field=IntegerField()),
        document_key=Cast(side.document, BigIntegerField()),
        side=Value(number, output_field=IntegerField()),
        row_key=F("pk"),
        place=side.place,
        value=Cast(side.sign * F(side.amount), MoneyField()),
    )


def _beyond(side: int, key: Key, *, backwards: bool) -> Q:
    """Return the condition that a posting of the side with a number stands after (or before) the one with `key`."""
    than = "lt" if backwards else "gt"
    kind, sign = KINDS.index(SIDES[side].kind), -1 if backwards else 1
    other_day = Q(**{f"day__{than}": key.day})
    if kind != key.kind:
        return Q(**{f"day__{than}e": key.day}) if sign * (kind - key.kind) > 0 else other_day
    beyond_it = Q(**{f"document_key__{than}": key.document})
    if side == key.side:
        beyond_it |= Q(**{"document_key": key.document, f"row_key__{than}": key.row})
    elif sign * (side - key.side) > 0:
        beyond_it |= Q(document_key=key.document)
    return Q(**{f"day__{than}e": key.day}) & (other_day | beyond_it)


def _together(parts: list[QuerySet]) -> tuple[str, list]:
    """Return the SQL of all rows of `parts`; each has an order and an end of its own, which ORM unions do not have."""
    statements, params = [], []
    for number, rows in enumerate(parts):
        try:
            sql, values = rows.values_list(*COLUMNS).query.sql_with_params()
        except EmptyResultSet:
            continue
        statements.append(f"SELECT * FROM ({sql}) AS part_{number}")
        params += values
    if not statements:
        nothing = ", ".join(f"NULL AS {name}" for name in COLUMNS)
        return f"SELECT * FROM (SELECT {nothing}) AS part WHERE 1 = 0", params
    return " UNION ALL ".join(statements), params


def _posting(row: tuple) -> Posting:
    day, kind, document, side, key, place, value = row
    day = day if isinstance(day, date) else date.fromisoformat(day)
    return Posting(Key(day, kind, document, side, key), place, from_minor(value))
