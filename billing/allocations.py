"""What settles which invoice; the ground under the acts on invoices, payments and credit notes."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db.models import Sum
from django.utils.translation import gettext_lazy as _

from billing.models import Allocation, CreditNote, Invoice, Payment, WriteOff
from billing.settled import tell_settled
from customerflow.money import ZERO
from customerflow.text import normalise
from customers.models import Customer

LONGEST_REASON = 200
# What credit comes from.
Source = Payment | CreditNote


def lock_books(customer: Customer) -> Customer:
    """
    Return `customer`, read again, whose books are locked until the surrounding transaction ends.

    Every act on money takes this one lock first and reads what it needs after it; so two acts on one customer follow
    one another, and nothing that was read under the lock is out of date. An act on several customers locks them in
    the order of their keys, before it takes any number from a series. (SQLite has one writer at a time in any case.)
    Raises `ValidationError` where the customer has been removed.
    """
    try:
        return Customer.objects.select_for_update(no_key=True).get(pk=customer.pk)
    except Customer.DoesNotExist as error:
        raise ValidationError({"customer": _("This customer has been removed meanwhile.")}) from error


def settle(sources: Iterable[Source], invoices: Iterable[Invoice], on: date) -> list[Allocation]:
    """
    Settle `invoices`, in their order, out of the credit of `sources`, in theirs, on the day `on`.

    Returns what went where. The records given are changed and saved. They were read under `lock_books`.
    """
    sources, allocations = list(sources), []
    for invoice in invoices:
        for source in sources:
            amount = min(source.credit, invoice.open_amount)
            if amount:
                source.allocated += amount
                invoice.settled += amount
                allocations.append(_allocation(source, invoice, amount, on))
    Allocation.objects.bulk_create(allocations)
    for source in {allocation.source for allocation in allocations}:
        save_source(source, ["allocated"])
    for invoice in {allocation.invoice for allocation in allocations}:
        save_settled(invoice)
    for customer in {source.customer for source in sources if allocations}:
        tell_settled(customer, on)
    return allocations


def _allocation(source: Source, invoice: Invoice, amount: Decimal, on: date) -> Allocation:
    field = "payment" if isinstance(source, Payment) else "credit_note"
    return Allocation(invoice=invoice, amount=amount, posted_on=on, **{field: source})


def credit_of(customer: Customer) -> list[Source]:
    """Return what of `customer`'s settles no invoice: credit notes first, then the payments, each the oldest first."""
    notes = customer.credit_notes.with_credit().order_by("issued_on", "pk")
    return [*notes, *customer.payments.with_credit().order_by("received_on", "pk")]


def has_credit_left(customer: Customer) -> bool:
    """Return whether something of `customer`'s settles no invoice; one query."""
    payments = customer.payments.with_credit().order_by().values("pk")
    return payments.union(customer.credit_notes.with_credit().order_by().values("pk"), all=True).exists()


def release(source: Source | WriteOff, on: date) -> None:
    """
    Let go, on the day `on`, what `source` settles, so that the invoices are open; its allocations stay.

    The source given is not saved; of a payment and a credit note all is credit again. It was read under `lock_books`.
    """
    live = source.allocations.filter(released_on=None)
    amounts = dict(live.order_by().values_list("invoice").annotate(Sum("amount")))
    for invoice in Invoice.objects.filter(pk__in=amounts):
        invoice.settled -= amounts[invoice.pk]
        save_settled(invoice)
    live.update(released_on=on)
    source.allocated = ZERO
    tell_settled(source.invoice.customer if isinstance(source, WriteOff) else source.customer, on)


def save_source(source: Source, fields: list[str]) -> None:
    """Save `fields` of a payment or credit note; the version of what counts its versions grows."""
    if isinstance(source, CreditNote):
        source.version += 1
        fields = [*fields, "version", "updated_at"]
    source.save(update_fields=fields)


def check_reason(reason: str) -> str:
    """Return `reason` without white space at its ends; raise `ValidationError` unless it has 1 to 200 characters."""
    reason = normalise(reason)
    if not 1 <= len(reason) <= LONGEST_REASON:
        raise ValidationError(
            {"reason": ValidationError(_("Say why, in at most %(most)d characters."), params={"most": LONGEST_REASON})}
        )
    return reason


def save_settled(invoice: Invoice) -> None:
    """Save what is settled of `invoice`."""
    invoice.version += 1
    invoice.save(update_fields=["settled", "version", "updated_at"])
