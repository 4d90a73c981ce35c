"""Tax by code and rate, for the return: what was invoiced and what was credited in a month, each less what was void."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import NamedTuple, Self

from django.core.exceptions import EmptyResultSet
from django.db import connection, models
from django.db.models import Count, F, Sum
from django.db.models.functions import Cast
from django.utils.translation import gettext_lazy as _

from billing.journal.sides import SIDES, Kind, Side
from billing.models import CreditNote, CreditNoteTax, Invoice, InvoiceTax
from customerflow.money import MoneyField, from_minor
from customers.models import Customer

CHUNK = 2_000


class Part(models.TextChoices):
    """What of a tax return an amount is in."""

    INVOICED = "invoiced", _("Invoiced")
    CREDITED = "credited", _("Credited")


KINDS = {
    Part.INVOICED: (Kind.INVOICE, Kind.INVOICE_VOIDED),
    Part.CREDITED: (Kind.CREDIT_NOTE, Kind.CREDIT_NOTE_VOIDED),
}
OF_TAXES = [(number, side) for number, side in enumerate(SIDES) if side.rows.model in (InvoiceTax, CreditNoteTax)]


class TaxSum(NamedTuple):
    """What was taxed at a place of the journal on a day, and the tax; above zero on invoices and on credit notes."""

    day: date
    part: Part
    place: str
    base: Decimal
    tax: Decimal
    count: int


def _sides(part: str) -> list[tuple[int, Side, int]]:
    """Return the sides of a part, and whether they add to it (1) or take from it (-1)."""
    kinds = KINDS[Part(part)]
    return [(number, side, 1 if side.kind == kinds[0] else -1) for number, side in OF_TAXES if side.kind in kinds]


def _rows(side: Side, sign: int, first: date, last: date) -> models.QuerySet:
    rows = side.within(first, last, with_nothing=True).filter(**_ours(side))
    base, amount = (Cast(sign * F(name), MoneyField()) for name in ("base", "amount"))
    return rows.annotate(day=side.day, place=side.place, signed_base=base, signed_tax=amount)


def _ours(side: Side) -> dict[str, str]:
    return {"invoice__origin": ""} if side.rows.model is InvoiceTax else {}


def tax_sums(first: date, last: date) -> list[TaxSum]:
    """Return what was taxed from one day to another, both included, by day, part and place; one query for a part."""
    found = []
    for part in Part:
        parts = [
            _rows(side, sign, first, last)
            .values_list("day", "place")
            .annotate(base_sum=Sum("signed_base"), tax_sum=Sum("signed_tax"), count=Count("pk"))
            for _number, side, sign in _sides(part)
        ]
        for day, place, base, tax, count in parts[0].union(*parts[1:], all=True):
            found.append(TaxSum(day, part, place, base, tax, count))
    return sorted(found)


@dataclass(frozen=True)
class TaxRow:
    """The tax of one rate on one document, as it counts in a return."""

    day: date
    kind: Kind
    document: Invoice | CreditNote
    base: Decimal
    tax: Decimal

    @property
    def customer(self) -> Customer:
        """Whose document it is."""
        return self.document.customer

    def get_absolute_url(self) -> str:
        return self.document.get_absolute_url()

    def __str__(self) -> str:
        return str(self.document)


@dataclass(frozen=True)
class TaxRows:
    """The taxes of one part and place in some days; like a queryset put in an order and cut."""

    first: date
    last: date
    part: str
    place: str

    def order_by(self, *_columns: str) -> Self:
        """Return the same rows: they have one order."""
        return replace(self)

    def totals(self) -> tuple[int, Decimal, Decimal]:
        """Return the number of rows, what was taxed, and the tax; one query."""
        sql, params = self._sql()
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT COUNT(*), COALESCE(SUM(base), 0), COALESCE(SUM(tax), 0) FROM ({sql}) AS f", params)
            count, base, tax = cursor.fetchone()
        return count, from_minor(base), from_minor(tax)

    def __getitem__(self, part: slice) -> list[TaxRow]:
        sql, params = self._sql()
        limits = f"LIMIT {part.stop - part.start} OFFSET {part.start}"
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT * FROM ({sql}) AS f ORDER BY day, side, document {limits}", params)
            return self._named(cursor.fetchall())

    def iterator(self) -> Iterator[TaxRow]:
        """Yield all rows, some of them in memory."""
        sql, params = self._sql()
        with connection.chunked_cursor() as cursor:
            cursor.execute(f"SELECT * FROM ({sql}) AS f ORDER BY day, side, document", params)
            while found := cursor.fetchmany(CHUNK):
                yield from self._named(found)

    def _sql(self) -> tuple[str, list]:
        statements, params = [], []
        for number, side, sign in _sides(self.part):
            rows = _rows(side, sign, self.first, self.last).filter(place=self.place)
            side_number = models.Value(number, output_field=models.IntegerField())
            rows = rows.annotate(side=side_number, document=F(side.document))
            try:
                sql, values = rows.values_list(
                    "day", "side", "document", "signed_base", "signed_tax"
                ).query.sql_with_params()
            except EmptyResultSet:
                continue
            columns = "day, side, document, signed_base AS base, signed_tax AS tax"
            statements.append(f"SELECT {columns} FROM ({sql}) AS part_{number}")
            params += values
        return " UNION ALL ".join(statements), params

    def _named(self, found: list[tuple]) -> list[TaxRow]:
        model = Invoice if self.part == Part.INVOICED else CreditNote
        documents = model.objects.select_related("customer").in_bulk({row[2] for row in found})
        return [
            TaxRow(
                day if isinstance(day, date) else date.fromisoformat(day),
                SIDES[side].kind,
                documents[key],
                from_minor(base),
                from_minor(tax),
            )
            for day, side, key, base, tax in found
        ]
