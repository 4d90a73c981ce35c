"""
The customer's account, derived from the documents: what made the customer owe more or less, and on which day.

There is no table of it. Each document, and each taking back of one, is an entry on the day on which it came on these
books; so an account as of a past day is that of the entries up to it, and never changes afterwards.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import models
from django.db.models import CharField, F, Q, QuerySet, Sum, Value
from django.db.models.functions import Cast, Coalesce, Greatest
from django.utils.translation import gettext_lazy as _

from billing.models import Allocation, CreditNote, Invoice, Payment, Refund
from customerflow.money import ZERO, MoneyField
from customers.models import Customer


class Kind(models.TextChoices):
    """What an entry is; in this order those of one day stand."""

    INVOICE = "a_invoice", _("Invoice")
    CREDIT_NOTE = "b_credit_note", _("Credit note")
    PAYMENT = "c_payment", _("Payment")
    REFUND = "d_refund", _("Refund")
    WRITE_OFF = "e_write_off", _("Written off")
    WRITE_OFF_TAKEN_BACK = "f_write_off_taken_back", _("Write-off taken back")
    REFUND_REVERSED = "g_refund_reversed", _("Refund reversed")
    PAYMENT_REVERSED = "h_payment_reversed", _("Payment reversed")
    CREDIT_NOTE_VOIDED = "i_credit_note_voided", _("Credit note voided")
    INVOICE_VOIDED = "j_invoice_voided", _("Invoice voided")


@dataclass(frozen=True)
class Source:
    """
    The documents that make entries of one kind.

    `day` is the column of the day it was posted on; what was taken back before it came on these books, in another
    system, is taken back on the day it came. `sign` is 1 where the customer owes more by it.
    """

    documents: QuerySet
    day: object
    amount: str
    sign: int
    customer: str = "customer"
    document: str = "pk"
    reference: object = Value("", output_field=CharField())


def taken_back(day: str, posted_on: str = "posted_on") -> Greatest:
    """Return the day on which something was taken back, as these books know it."""
    return Greatest(F(day), F(posted_on))


ISSUED = Invoice.objects.exclude(status=Invoice.Status.DRAFT)
GIVEN_UP = Allocation.objects.filter(write_off__isnull=False)
# A payment of another system has its number; of ours, people know what stands on it.
PAYMENT_REFERENCE = Coalesce("number", "reference")
OF_WRITE_OFF = {"customer": "invoice__customer", "document": "invoice", "reference": F("invoice__number")}

SOURCES = {
    Kind.INVOICE: Source(ISSUED, F("posted_on"), "total", 1, reference=F("number")),
    Kind.CREDIT_NOTE: Source(CreditNote.objects.all(), F("issued_on"), "total", -1, reference=F("number")),
    Kind.PAYMENT: Source(Payment.objects.all(), F("posted_on"), "amount", -1, reference=PAYMENT_REFERENCE),
    Kind.REFUND: Source(Refund.objects.all(), F("posted_on"), "amount", 1, reference=F("reference")),
    Kind.WRITE_OFF: Source(GIVEN_UP, F("posted_on"), "amount", -1, **OF_WRITE_OFF),
    Kind.WRITE_OFF_TAKEN_BACK: Source(
        GIVEN_UP.filter(released_on__isnull=False), F("released_on"), "amount", 1, **OF_WRITE_OFF
    ),
    Kind.REFUND_REVERSED: Source(
        Refund.objects.filter(reversed_on__isnull=False),
        taken_back("reversed_on"),
        "amount",
        -1,
        reference=F("reference"),
    ),
    Kind.PAYMENT_REVERSED: Source(
        Payment.objects.filter(reversed_on__isnull=False),
        taken_back("reversed_on"),
        "amount",
        1,
        reference=PAYMENT_REFERENCE,
    ),
    Kind.CREDIT_NOTE_VOIDED: Source(
        CreditNote.objects.filter(voided_on__isnull=False),
        taken_back("voided_on", "issued_on"),
        "total",
        1,
        reference=F("number"),
    ),
    Kind.INVOICE_VOIDED: Source(
        Invoice.objects.filter(status=Invoice.Status.VOID),
        taken_back("voided_on"),
        "total",
        -1,
        reference=F("number"),
    ),
}


@dataclass(frozen=True)
class Entry:
    """
    One line of an account: by `amount` the customer owes more, or less where it is below zero.

    `document_id` is the key of the document that has a page: of a write-off, that of its invoice.
    """

    posted_on: date
    kind: Kind
    document_id: int
    reference: str
    amount: Decimal


def entries_of(customer: Customer, first: date | None = None, last: date | None = None) -> Iterator[Entry]:
    """Yield the entries of `customer` from the day `first` to `last`, both included, in their order; one query."""
    days = Q() if first is None else Q(day__gte=first)
    days &= Q() if last is None else Q(day__lte=last)
    parts = [
        _of(source, [customer])
        .filter(days)
        .annotate(
            entry_kind=Value(kind.value, output_field=CharField()),
            entry_document=Cast(source.document, models.BigIntegerField()),
            entry_reference=Cast(source.reference, CharField()),
            entry_amount=Cast(source.sign * F(source.amount), MoneyField()),
        )
        .values_list("day", "entry_kind", "entry_document", "entry_reference", "entry_amount")
        for kind, source in SOURCES.items()
    ]
    for day, kind, document, reference, amount in _together(parts).order_by("day", "entry_kind", "entry_document"):
        yield Entry(day, Kind(kind), document, reference or "", amount)


def totals_of(customers: Collection[Customer], on: date) -> dict[int, Decimal]:
    """Return what each of `customers` owes all in all as of the day `on`, by key: the sum of the entries; one query."""
    parts = [
        _of(source, customers)
        .filter(day__lte=on)
        .values_list(source.customer)
        .annotate(owed=Cast(source.sign * Sum(source.amount), MoneyField()))
        for source in SOURCES.values()
    ]
    totals = {customer.pk: ZERO for customer in customers}
    for customer, amount in _together(parts):
        totals[customer] += amount
    return totals


def _of(source: Source, customers: Collection[Customer]) -> QuerySet:
    return source.documents.order_by().annotate(day=source.day).filter(**{f"{source.customer}__in": customers})


def _together(parts: list[QuerySet]) -> QuerySet:
    return parts[0].union(*parts[1:], all=True)
