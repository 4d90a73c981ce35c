"""Which payment settles which invoice; the ground under the acts on invoices and on payments."""

from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.db.models import Sum
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from billing.models import Allocation, Invoice, Payment
from customerflow.money import ZERO
from customerflow.text import normalise
from customers.models import Customer

LONGEST_REASON = 200


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


def settle(payments: Iterable[Payment], invoices: Iterable[Invoice]) -> list[Allocation]:
    """
    Settle `invoices`, in their order, out of the credit of `payments`, in theirs; return what went where.

    The records given are changed and saved. They were read under `lock_books`.
    """
    payments, allocations = list(payments), []
    for invoice in invoices:
        for payment in payments:
            amount = min(payment.credit, invoice.open_amount)
            if amount:
                payment.allocated += amount
                invoice.settled += amount
                allocations.append(Allocation(payment=payment, invoice=invoice, amount=amount))
    Allocation.objects.bulk_create(allocations)
    for payment in {allocation.payment for allocation in allocations}:
        payment.save(update_fields=["allocated"])
    for invoice in {allocation.invoice for allocation in allocations}:
        _save_settled(invoice)
    return allocations


def release(payment: Payment) -> None:
    """
    Let go what `payment` settles, so that it is all credit again and the invoices are open; its allocations stay.

    The payment given is changed, not saved. It was read under `lock_books`.
    """
    live = payment.allocations.filter(released_at=None)
    amounts = dict(live.order_by().values_list("invoice").annotate(Sum("amount")))
    for invoice in Invoice.objects.filter(pk__in=amounts):
        invoice.settled -= amounts[invoice.pk]
        _save_settled(invoice)
    live.update(released_at=Now())
    payment.allocated = ZERO


def check_reason(reason: str) -> str:
    """Return `reason` without white space at its ends; raise `ValidationError` unless it has 1 to 200 characters."""
    reason = normalise(reason)
    if not 1 <= len(reason) <= LONGEST_REASON:
        raise ValidationError(
            {"reason": ValidationError(_("Say why, in at most %(most)d characters."), params={"most": LONGEST_REASON})}
        )
    return reason


def _save_settled(invoice: Invoice) -> None:
    invoice.version += 1
    invoice.save(update_fields=["settled", "version", "updated_at"])
