"""
What was open, and what was credit, as of a day: a past one from the rows, today and later from what is kept of today.

As of a day means at its end. What counts is the day on which something came on these books: `posted_on`, and for what
was taken back `voided_on`, `reversed_on`, `released_on`. None of them is ever backdated, so a past day stays as it was.
(Only whose a document is follows the customers: when two are merged, also for past days.)
"""

from datetime import date

from django.db.models import DateField, Exists, F, OuterRef, Q, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce

from billing.balances import CREDIT, CREDIT_OF_NOTE, OPEN_AMOUNT
from billing.models import Allocation, CreditNote, Invoice, Payment, Refund
from customerflow.money import MoneyField, zero

NO_DAY = Value(None, output_field=DateField())
NOTHING = zero()
OF_INVOICE = ("invoice__customer", "invoice__due_on")


def in_force(column: str, on: date, prefix: str = "") -> Q:
    """Return the condition that something was not taken back by the day `on`; `column` is the day it was."""
    return Q(**{f"{prefix}{column}": None}) | Q(**{f"{prefix}{column}__gt": on})


def standing_invoices(on: date, prefix: str = "") -> Q:
    """Return the condition that an invoice was issued, and not void, as of the day `on`."""
    issued = Q(**{f"{prefix}posted_on__lte": on}) & ~Q(**{f"{prefix}status": Invoice.Status.DRAFT})
    return issued & in_force("voided_on", on, prefix)


def allocations_in_force(on: date) -> QuerySet[Allocation]:
    """Return the allocations that settled something as of the day `on`."""
    return Allocation.objects.filter(in_force("released_on", on), posted_on__lte=on).order_by()


def open_invoices(invoices: QuerySet[Invoice], on: date, *, today: date) -> QuerySet[Invoice]:
    """Return those of `invoices` that were open as of the day `on`; each has `open_then`, what was open of it."""
    if on >= today:
        return invoices.open().annotate(open_then=OPEN_AMOUNT)
    settled = allocations_in_force(on).filter(invoice=OuterRef("pk")).values("invoice").values(sum=Sum("amount"))
    open_then = F("total") - Coalesce(Subquery(settled, output_field=MoneyField()), NOTHING)
    return invoices.filter(standing_invoices(on)).annotate(open_then=open_then).filter(open_then__gt=NOTHING)


def facts(on: date, *, today: date) -> list[QuerySet]:
    """
    Return rows of customer, due day, open amount and credit, whose sums are what was open and credit as of a day.

    For a past day the rows are signed: what is open now counts, and what was settled since on top of it.
    """
    return _facts_of_past(on) if on < today else _facts_of_today()


def has_facts_of_today() -> Q:
    """Return the condition that something of a customer is open, or credit, today."""
    documents = (Invoice.objects.open(), Payment.objects.with_credit(), CreditNote.objects.with_credit())
    invoices, payments, notes = (Exists(rows.filter(customer=OuterRef("pk"))) for rows in documents)
    return Q(invoices) | Q(payments) | Q(notes)


def _facts_of_today() -> list[QuerySet]:
    return [
        _open(Invoice.objects.open(), "customer", "due_on", OPEN_AMOUNT),
        _credit(Payment.objects.with_credit(), "customer", CREDIT),
        _credit(CreditNote.objects.with_credit(), "customer", CREDIT_OF_NOTE),
    ]


def _facts_of_past(on: date) -> list[QuerySet]:
    """
    Return what is open and credit now, of what was on these books by the day `on`; and what changed since, taken back.

    That is less the nearer the day is, where the sums of all documents ever would be the same for any day.
    """
    return [*_open_of_past(on), *_credit_of_past(on)]


def _open_of_past(on: date) -> list[QuerySet]:
    invoices = Invoice.objects.filter(posted_on__lte=on)
    settled_since, released_since = _allocated_since(on)
    return [
        _open(invoices.open(), "customer", "due_on", OPEN_AMOUNT),
        _open(invoices.filter(voided_on__gt=on), "customer", "due_on", F("total")),
        _open(settled_since.filter(invoice__posted_on__lte=on), *OF_INVOICE, F("amount")),
        _open(released_since.filter(standing_invoices(on, "invoice__")), *OF_INVOICE, F("amount") * -1),
    ]


def _credit_of_past(on: date) -> list[QuerySet]:
    payments = Payment.objects.filter(posted_on__lte=on)
    notes = CreditNote.objects.filter(issued_on__lte=on)
    allocated_since, released_since = _allocated_since(on)
    refunds = Refund.objects.all()
    came_before = Q(payment__posted_on__lte=on) | Q(credit_note__issued_on__lte=on)
    return [
        _credit(payments.with_credit(), "customer", CREDIT),
        _credit(payments.filter(reversed_on__gt=on), "customer", F("amount")),
        _credit(notes.with_credit(), "customer", CREDIT_OF_NOTE),
        _credit(notes.filter(voided_on__gt=on), "customer", F("total")),
        _credit(allocated_since.filter(came_before), "invoice__customer", F("amount")),
        _credit(released_since.filter(write_off=None), "invoice__customer", F("amount") * -1),
        _credit(refunds.filter(came_before, posted_on__gt=on, reversed_on=None), "customer", F("amount")),
        _credit(refunds.filter(posted_on__lte=on, reversed_on__gt=on), "customer", F("amount") * -1),
    ]


def _allocated_since(on: date) -> tuple[QuerySet[Allocation], QuerySet[Allocation]]:
    """Return what settles something now and did not on the day `on`, and what did and does not any more."""
    allocations = Allocation.objects.order_by()
    now = allocations.filter(posted_on__gt=on, released_on=None)
    return now, allocations.filter(posted_on__lte=on, released_on__gt=on)


def _open(rows: QuerySet, customer: str, due_on: str, amount: object) -> QuerySet:
    return _row(rows, customer, F(due_on), amount, NOTHING)


def _credit(rows: QuerySet, customer: str, amount: object) -> QuerySet:
    return _row(rows, customer, NO_DAY, NOTHING, amount)


def _row(rows: QuerySet, customer: str, due_on: object, opened: object, credit: object) -> QuerySet:
    named = {"fact_customer": F(customer), "fact_due_on": due_on, "fact_open": opened, "fact_credit": credit}
    return rows.order_by().annotate(**named).values_list(*named)
