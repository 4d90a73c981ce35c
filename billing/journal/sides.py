"""
What is posted, and where: each document, and each taking back of one, as the two sides of an entry.

A side is said once, as rows of the documents with the day, the place and the amount; the totals, the pages and the
files of the journal are all made of them. An amount above zero is debit, below zero credit; the sides of one document
on one day come to nothing. Places lead to accounts: see `billing.journal.chart`.

What another system booked is not booked again: its documents come from the place `opening`, and go back there.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date

from django.db import models
from django.db.models import (
    BigIntegerField,
    Case,
    CharField,
    DecimalField,
    ExpressionWrapper,
    F,
    Q,
    QuerySet,
    Value,
    When,
)
from django.db.models.functions import Cast, Concat, Greatest, Round
from django.utils.translation import gettext_lazy as _

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
)

RECEIVABLE, CREDIT, OPENING, BAD_DEBT = "receivable", "credit", "opening", "bad_debt"
REVENUE, TAX, MONEY, OF_PLAN = "revenue", "tax", "money", "revenue:plan"
# Of a service's price; the other kinds of line have an account each.
KINDS_OF_A_PLAN = (InvoiceLine.Kind.RECURRING, InvoiceLine.Kind.PART_PERIOD, InvoiceLine.Kind.ADJUSTMENT)


class Kind(models.TextChoices):
    """What an entry of the journal is; in this order those of one day stand."""

    INVOICE = "a_invoice", _("Invoice")
    CREDIT_NOTE = "b_credit_note", _("Credit note")
    PAYMENT = "c_payment", _("Payment")
    REFUND = "d_refund", _("Refund")
    SETTLED = "e_settled", _("Credit applied")
    WRITE_OFF = "f_write_off", _("Written off")
    RELEASED = "g_released", _("Credit released")
    WRITE_OFF_TAKEN_BACK = "h_write_off_taken_back", _("Write-off taken back")
    REFUND_REVERSED = "i_refund_reversed", _("Refund reversed")
    PAYMENT_REVERSED = "j_payment_reversed", _("Payment reversed")
    CREDIT_NOTE_VOIDED = "k_credit_note_voided", _("Credit note voided")
    INVOICE_VOIDED = "l_invoice_voided", _("Invoice voided")


@dataclass(frozen=True)
class Spread:
    """
    The columns that decide a place: a text, two whole numbers, and the origin; None: there is none of these.

    `place_of` is the same as the place in SQL, and `roots` are the first words of the places that there can be.
    """

    text: str | None
    key: str | None
    number: object
    origin: str | None
    place_of: Callable[[str, int, int], str]
    roots: frozenset[str]


@dataclass(frozen=True)
class Side:
    """
    One side of the entries of a kind: the rows, the day on which they were posted, and where.

    `taken_back` is the column of the day on which something was taken back; what was so before it came on these books,
    in another system, is taken back on the day it came. `document` is the key of what the entry is of. `spread` is by
    what the place differs from row to row: to add up by it, the database need not write every place.
    """

    kind: Kind
    rows: QuerySet
    posted: str
    place: object
    amount: str
    sign: int
    document: str = "pk"
    taken_back: str = ""
    spread: "Spread | None" = None

    @property
    def day(self) -> object:
        """The day of the posting."""
        return Greatest(F(self.taken_back), F(self.posted)) if self.taken_back else F(self.posted)

    @property
    def roots(self) -> frozenset[str]:
        """The first words of the places that its rows can be at."""
        return self.spread.roots if self.spread else frozenset({self.place.value})

    def place_of(self, text: str | None, key: int | None, number: int | None, origin: str | None) -> str:
        """Return the place of rows by what decides it."""
        if self.spread is None:
            return self.place.value
        return OPENING if origin else self.spread.place_of(text, key, number)

    def within(self, first: date | None, last: date, *, with_nothing: bool = False) -> QuerySet:
        """
        Return the rows posted from the day `first` (None: ever) to `last`, both included, as an index has them.

        Those over nothing are none, unless it is `with_nothing`.
        """
        rows = self.rows.order_by()
        rows = rows if with_nothing else rows.exclude(**{self.amount: 0})
        if not self.taken_back:
            days = {f"{self.posted}__lte": last} | ({f"{self.posted}__gte": first} if first else {})
            return rows.filter(**days)
        rows = rows.filter(**{f"{self.taken_back}__lte": last, f"{self.posted}__lte": last})
        if first is None:
            return rows
        return rows.filter(Q(**{f"{self.taken_back}__gte": first}) | Q(**{f"{self.posted}__gte": first}))


def _undone(sides: Iterator[Side], kind: Kind, taken_back: str, **condition: object) -> Iterator[Side]:
    """Yield what takes `sides` back, on the day in the column `taken_back`."""
    for side in sides:
        prefix = side.document.removesuffix("_id").removesuffix("pk")
        path = f"{prefix}__" if prefix else ""
        rows = side.rows.filter(**{f"{path}{name}": value for name, value in condition.items()})
        yield replace(side, kind=kind, rows=rows, sign=-side.sign, taken_back=f"{path}{taken_back}")


def _text(*parts: object) -> Concat:
    return Concat(*(Value(part) if isinstance(part, str) else part for part in parts), output_field=CharField())


def _place(name: str) -> Value:
    return Value(name, output_field=CharField())


def _or_opening(origin: str, place: object) -> Case:
    return Case(When(**{origin: ""}, then=place), default=_place(OPENING), output_field=CharField())


def _as_text(column: str) -> Cast:
    return Cast(F(column), CharField())


PRICE_OF_A_PLAN = When(kind__in=KINDS_OF_A_PLAN, plan__isnull=False, then=_text(f"{OF_PLAN}:", _as_text("plan_id")))
OF_LINE = Case(PRICE_OF_A_PLAN, default=_text(f"{REVENUE}:", F("kind")), output_field=CharField())
# The rate in thousandths of a percent: as text, each database writes decimals its own way.
THOUSANDTHS = Cast(
    Round(ExpressionWrapper(F("percent") * 1000, output_field=DecimalField(max_digits=12, decimal_places=3))),
    BigIntegerField(),
)
OF_TAX = _text(f"{TAX}:", _as_text("code_id"), ":", Cast(THOUSANDTHS, CharField()))
OF_METHOD = _text(f"{MONEY}:", F("method"))


def _place_of_line(kind: str, plan: int | None, _number: None) -> str:
    return f"{OF_PLAN}:{plan}" if plan and kind in KINDS_OF_A_PLAN else f"{REVENUE}:{kind}"


def _place_of_tax(_text: None, code: int, thousandths: int) -> str:
    return f"{TAX}:{code}:{thousandths}"


def _place_of_method(method: str, _key: None, _number: None) -> str:
    return f"{MONEY}:{method}"


def _spread(of: Callable, root: str, origin: str | None = None) -> Spread:
    columns = {
        _place_of_line: ("kind", "plan_id", None),
        _place_of_tax: (None, "code_id", THOUSANDTHS),
        _place_of_method: ("method", None, None),
    }[of]
    return Spread(*columns, origin, of, frozenset({root, OPENING} if origin else {root}))


ISSUED = Invoice.objects.exclude(status=Invoice.Status.DRAFT)
OF_ISSUED = ~Q(invoice__status=Invoice.Status.DRAFT)
SETTLING = Allocation.objects.filter(write_off=None)
GIVEN_UP = Allocation.objects.filter(write_off__isnull=False)


OF_CHARGED, OF_GIVEN_BACK = _spread(_place_of_line, REVENUE, "invoice__origin"), _spread(_place_of_line, REVENUE)
OF_TAXED, OF_TAX_GIVEN_BACK = _spread(_place_of_tax, TAX, "invoice__origin"), _spread(_place_of_tax, TAX)
OF_PAID, OF_PAID_BACK = _spread(_place_of_method, MONEY, "origin"), _spread(_place_of_method, MONEY)


def _invoices() -> Iterator[Side]:
    lines, taxes = InvoiceLine.objects.filter(OF_ISSUED), InvoiceTax.objects.filter(OF_ISSUED)
    of = {"posted": "invoice__posted_on", "amount": "amount", "sign": -1, "document": "invoice_id"}
    yield Side(Kind.INVOICE, ISSUED, "posted_on", _place(RECEIVABLE), "total", 1)
    yield Side(Kind.INVOICE, lines, place=_or_opening("invoice__origin", OF_LINE), spread=OF_CHARGED, **of)
    yield Side(Kind.INVOICE, taxes, place=_or_opening("invoice__origin", OF_TAX), spread=OF_TAXED, **of)


def _notes() -> Iterator[Side]:
    of = {"posted": "credit_note__issued_on", "amount": "amount", "sign": 1, "document": "credit_note_id"}
    yield Side(Kind.CREDIT_NOTE, CreditNote.objects.all(), "issued_on", _place(CREDIT), "total", -1)
    yield Side(Kind.CREDIT_NOTE, CreditNoteLine.objects.all(), place=OF_LINE, spread=OF_GIVEN_BACK, **of)
    yield Side(Kind.CREDIT_NOTE, CreditNoteTax.objects.all(), place=OF_TAX, spread=OF_TAX_GIVEN_BACK, **of)


def _payments() -> Iterator[Side]:
    rows = Payment.objects.all()
    yield Side(Kind.PAYMENT, rows, "posted_on", _or_opening("origin", OF_METHOD), "amount", 1, spread=OF_PAID)
    yield Side(Kind.PAYMENT, rows, "posted_on", _place(CREDIT), "amount", -1)


def _refunds() -> Iterator[Side]:
    yield Side(Kind.REFUND, Refund.objects.all(), "posted_on", _place(CREDIT), "amount", 1)
    yield Side(Kind.REFUND, Refund.objects.all(), "posted_on", OF_METHOD, "amount", -1, spread=OF_PAID_BACK)


def _settled(kind: Kind, rows: QuerySet, place: str) -> Iterator[Side]:
    yield Side(kind, rows, "posted_on", _place(place), "amount", 1)
    yield Side(kind, rows, "posted_on", _place(RECEIVABLE), "amount", -1)


SIDES = (
    *_invoices(),
    *_notes(),
    *_payments(),
    *_refunds(),
    *_settled(Kind.SETTLED, SETTLING, CREDIT),
    *_settled(Kind.WRITE_OFF, GIVEN_UP, BAD_DEBT),
    *_undone(_settled(Kind.RELEASED, SETTLING, CREDIT), Kind.RELEASED, "released_on", released_on__isnull=False),
    *_undone(
        _settled(Kind.WRITE_OFF, GIVEN_UP, BAD_DEBT),
        Kind.WRITE_OFF_TAKEN_BACK,
        "released_on",
        released_on__isnull=False,
    ),
    *_undone(_refunds(), Kind.REFUND_REVERSED, "reversed_on", reversed_on__isnull=False),
    *_undone(_payments(), Kind.PAYMENT_REVERSED, "reversed_on", reversed_on__isnull=False),
    *_undone(_notes(), Kind.CREDIT_NOTE_VOIDED, "voided_on", voided_on__isnull=False),
    *_undone(_invoices(), Kind.INVOICE_VOIDED, "voided_on", voided_on__isnull=False),
)
