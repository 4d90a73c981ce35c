"""Paying back what lies as a customer's credit, and what becomes of it where that did not arrive."""

from datetime import date
from decimal import Decimal

from django.contrib.auth.models import AbstractUser
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from billing.allocations import Source, check_reason, lock_books, save_source
from billing.models import Payment, Refund
from billing.periods.closed import check_open
from customerflow.changes.recording import recorded
from customerflow.idempotency import made_before, save_once
from customerflow.money import format_money

# What a form that is sent again must say again.
SAID = ("payment", "credit_note", "amount", "paid_on", "method")


@recorded(_("Refund recorded"))
def refund(
    *,
    source: Source,
    amount: Decimal,
    paid_on: date,
    on: date,
    method: str,
    reason: str,
    reference: str = "",
    by: AbstractUser | None = None,
    key: str | None = None,
) -> Refund:
    """
    Record that `amount` of the credit of `source`, a payment or credit note, was paid back on the day `paid_on`.

    `on` is today. A second call with the same idempotency `key` returns the first refund and records nothing. Raises
    `ValidationError`, keyed by field, also where `source` has less credit than that.
    """
    lock_books(source.customer)
    check_open(on)
    source = type(source).objects.get(pk=source.pk)
    said = {"amount": amount, "paid_on": paid_on, "method": method, "reference": reference}
    said |= {"reason": check_reason(reason), "recorded_by": by, "idempotency_key": key or None}
    made = Refund(**_of(source), customer_id=source.customer_id, posted_on=on, **said)
    made.clean_fields(exclude={"customer", "payment", "credit_note", "recorded_by"})
    if first := made_before(made, said=SAID):
        return first
    _check(made, source)
    if first := save_once(made, said=SAID):
        return first
    source.refunded += amount
    save_source(source, ["refunded"])
    return made


@recorded(_("Refund reversed"))
def reverse_refund(*, refund: Refund, reason: str, on: date, by: AbstractUser | None = None) -> Refund:
    """
    Take `refund` back on the day `on`, and return it as it is then: what was to be paid back is credit again.

    Raises `ValidationError`, keyed by field.
    """
    lock_books(refund.customer)
    check_open(on)
    refund = Refund.objects.select_related("payment", "credit_note").get(pk=refund.pk)
    if refund.is_reversed:
        raise ValidationError({"refund": _("This refund has been reversed already.")})
    if on < max(refund.paid_on, refund.posted_on):
        raise ValidationError({"on": _("A refund cannot be reversed before the day it was paid.")})
    refund.reversal_reason = check_reason(reason)
    refund.reversed_on, refund.reversed_by = on, by
    refund.save(update_fields=["reversed_on", "reversed_by", "reversal_reason"])
    source = refund.source
    source.refunded -= refund.amount
    save_source(source, ["refunded"])
    return refund


def _of(source: Source) -> dict[str, Source]:
    return {"payment" if isinstance(source, Payment) else "credit_note": source}


def _check(made: Refund, source: Source) -> None:
    """Raise `ValidationError`, keyed by field, for a day to come, and for more than the credit of `source`."""
    if made.paid_on > made.posted_on:
        raise ValidationError({"paid_on": _("This day is still to come.")})
    if made.amount > source.credit:
        message = _("The credit that can be paid back is %(credit)s.")
        raise ValidationError({"amount": message % {"credit": format_money(source.credit)}})
