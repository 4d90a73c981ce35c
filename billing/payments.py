"""Recording what customers pay, and taking it back."""

from collections.abc import Collection
from datetime import date
from decimal import Decimal

from django.contrib.auth.models import AbstractUser
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from billing.allocations import check_reason, lock_books, release, settle
from billing.models import Invoice, Payment
from billing.periods.closed import check_open
from customerflow.changes.recording import recorded
from customerflow.idempotency import save_once
from customers.models import Customer


@recorded(_("Payment recorded"))
def record_payment(
    *,
    customer: Customer,
    amount: Decimal,
    received_on: date,
    on: date,
    method: str,
    reference: str = "",
    by: AbstractUser | None = None,
    key: str | None = None,
    invoices: Collection[Invoice] | None = None,
) -> Payment:
    """
    Record that `customer` paid `amount` on the day `received_on`, and return the payment; `on` is today.

    It settles the `invoices` named, else all that are open, oldest due first; what is left is the customer's credit. A
    second call with the same idempotency `key` returns the first payment and records nothing. Raises
    `ValidationError`, keyed by field, also when the key came before with another customer, amount, day or method.
    """
    payment = Payment(
        customer=lock_books(customer),
        amount=amount,
        received_on=received_on,
        posted_on=on,
        method=method,
        reference=reference,
        recorded_by=by,
        idempotency_key=key or None,
    )
    payment.clean_fields(exclude={"customer", "recorded_by"})
    check_open(on)
    if received_on > on:
        raise ValidationError({"received_on": _("This day is still to come.")})
    if first := save_once(payment, said=("customer", "amount", "received_on", "method")):
        return first
    settle([payment], _to_settle(payment.customer, invoices), on)
    return payment


def _to_settle(customer: Customer, named: Collection[Invoice] | None) -> list[Invoice]:
    """Return the open invoices of `customer`, or those `named`, oldest due first."""
    invoices = customer.invoices.open().order_by("due_on", "issued_on", "pk")
    if named is None:
        return list(invoices)
    found = list(invoices.filter(pk__in=[invoice.pk for invoice in named]))
    if missing := set(named) - set(found):
        raise ValidationError(
            {
                "invoices": [
                    ValidationError(
                        _("%(invoice)s is not an open invoice of %(customer)s."),
                        code="not_open",
                        params={"invoice": invoice, "customer": customer},
                    )
                    for invoice in sorted(missing, key=lambda invoice: invoice.pk)
                ]
            }
        )
    return found


@recorded(_("Payment reversed"))
def reverse_payment(*, payment: Payment, reason: str, on: date, by: AbstractUser | None = None) -> Payment:
    """
    Take `payment` back on the day `on`, and return it as it is then; the invoices that it settled are open again.

    The payment and its allocations stay on record. Raises `ValidationError`, keyed by field.
    """
    lock_books(payment.customer)
    check_open(on)
    payment = Payment.objects.get(pk=payment.pk)
    if payment.is_reversed:
        raise ValidationError({"payment": _("This payment has been reversed already.")})
    if payment.refunded:
        raise ValidationError({"payment": _("A part of this payment was paid back: reverse the refund first.")})
    payment.reversal_reason = check_reason(reason)
    if on < max(payment.received_on, payment.posted_on):
        raise ValidationError({"on": _("A payment cannot be reversed before the day it was received.")})
    release(payment, on)
    payment.reversed_on, payment.reversed_by = on, by
    payment.save(update_fields=["allocated", "reversed_on", "reversed_by", "reversal_reason"])
    return payment


def find_twin(*, customer: Customer, amount: Decimal, received_on: date) -> Payment | None:
    """Return a payment of the same customer, amount and day: perhaps this one was recorded already."""
    return customer.payments.standing().filter(amount=amount, received_on=received_on).first()
