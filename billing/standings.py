"""What became of issued invoices that nothing is open on: paid, credited or written off."""

from django.db.models import Exists, F, OuterRef, QuerySet

from billing.models import Allocation, Invoice, WriteOff

IN_FORCE = Allocation.objects.filter(released_on=None).order_by()
OF_IT = IN_FORCE.filter(invoice=OuterRef("pk"))
BY_WRITE_OFF = Exists(OF_IT.filter(write_off__isnull=False))
BY_PAYMENT = Exists(OF_IT.filter(payment__isnull=False))
BY_NOTE = Exists(OF_IT.filter(credit_note__isnull=False))


def with_standing(invoices: QuerySet[Invoice]) -> QuerySet[Invoice]:
    """
    Return `invoices` with what the word for how each stands is made of.

    `is_written_off`: a part of it, or all, was given up; `is_credited`: credit notes alone settle what is settled.
    """
    return invoices.annotate(is_written_off=BY_WRITE_OFF, is_credited=BY_NOTE & ~BY_PAYMENT & ~BY_WRITE_OFF)


def _settled(invoices: QuerySet[Invoice]) -> QuerySet[Invoice]:
    return invoices.filter(status=Invoice.Status.ISSUED, settled=F("total"))


def written_off(invoices: QuerySet[Invoice]) -> QuerySet[Invoice]:
    """Return those of `invoices` of which the rest, or all, was given up."""
    given_up = WriteOff.objects.filter(reversed_on=None).order_by()
    return _settled(invoices).filter(pk__in=given_up.values("invoice"))


def credited(invoices: QuerySet[Invoice]) -> QuerySet[Invoice]:
    """Return those of `invoices` that credit notes alone settle."""
    noted = IN_FORCE.filter(credit_note__isnull=False)
    return _settled(invoices).filter(~BY_PAYMENT, ~BY_WRITE_OFF, pk__in=noted.values("invoice"))


def paid(invoices: QuerySet[Invoice]) -> QuerySet[Invoice]:
    """Return those of `invoices` that are settled, and neither credited nor written off."""
    return _settled(invoices).filter(BY_PAYMENT | ~BY_NOTE, ~BY_WRITE_OFF)
