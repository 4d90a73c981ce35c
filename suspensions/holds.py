"""Keeping customers from being suspended for a while, and no more."""

from datetime import date, timedelta

from django.contrib.auth.models import AbstractUser
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from billing.allocations import check_reason, lock_books
from customerflow.changes.recording import recorded
from customers.models import Customer
from suspensions.models import Hold

LONGEST = timedelta(days=366)


@recorded(_("Held from suspension"))
def hold(*, customer: Customer, on: date, last_day: date, reason: str, by: AbstractUser | None = None) -> Hold:
    """
    Let `customer` not be suspended from the day `on` to `last_day`, both included, and return the hold.

    A hold that is there already is given this end and reason. Who is suspended stays so. Raises `ValidationError`,
    keyed by field.
    """
    customer = lock_books(customer)
    if last_day < on:
        raise ValidationError({"last_day": _("This day is over.")})
    if last_day > on + LONGEST:
        raise ValidationError({"last_day": _("A hold lasts a year at most.")})
    held = Hold.objects.on(on).filter(customer=customer).first() or Hold(customer=customer, first_day=on)
    held.last_day, held.reason, held.made_by = last_day, check_reason(reason), by
    held.version += bool(held.pk)
    held.full_clean(exclude={"customer", "made_by"})
    held.save()
    return held


@recorded(_("Hold ended"))
def end_hold(*, customer: Customer, on: date) -> int:
    """Let nothing hold the suspension of `customer` from the day `on`; raises `ValidationError` where nothing does."""
    customer = lock_books(customer)
    holds = Hold.objects.on(on).filter(customer=customer)
    found = holds.count()
    if not found:
        raise ValidationError({"customer": _("This customer is not held.")})
    for held in holds:
        if held.first_day == on:
            held.delete()
            continue
        held.last_day, held.version = on - timedelta(days=1), held.version + 1
        held.save()
    return found
