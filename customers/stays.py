"""Stays: from which day to which a unit is at a location, and what is paid for it there."""

from datetime import date, timedelta
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.translation import gettext as _

from customerflow.money import ZERO
from customers.models import Customer, Equipment, Installation

DAY = timedelta(days=1)


def rent_of(unit: Equipment) -> Decimal:
    """Return the net price of a month of a unit; 0 where it is not rented out."""
    return unit.monthly_rent if unit.terms == Equipment.Terms.RENTED else ZERO


def begin_stay(unit: Equipment, on: date) -> None:
    """
    Let a unit stay at its location from the day `on` on.

    A day belongs to the place where the unit is at its end: a stay that ended on that day ends on the day before, and
    one of that day alone goes. Raises `ValidationError` where the unit was somewhere after that day.
    """
    latest = unit.installations.exclude(last_day=None).order_by("-last_day").first()
    if latest and latest.last_day > on:
        raise ValidationError(
            _("%(unit)s was at %(place)s until %(day)s.")
            % {"unit": unit, "place": latest.location, "day": latest.last_day}
        )
    if latest and latest.last_day == on:
        _leave_to_the_next(latest, on)
    unit.installations.create(location=unit.location, first_day=on, monthly_rent=rent_of(unit))


def end_stay(unit: Equipment, on: date) -> None:
    """Let the day `on` be the last one of a unit at its location; raises `ValidationError` where it came after it."""
    stay = unit.installations.filter(last_day=None).first()
    if stay is None:
        return
    if on < stay.first_day:
        raise ValidationError(_("%(unit)s has been there since %(day)s only.") % {"unit": unit, "day": stay.first_day})
    stay.last_day = on
    stay.save(update_fields=["last_day"])


def leave_place(unit: Equipment, on: date) -> None:
    """Let a unit have left its location with the day `on`, as `end_stay`; what it was to cost there later goes."""
    stay = unit.installations.filter(last_day=None).first()
    while stay and on < stay.first_day:
        before = unit.installations.filter(location=stay.location_id, last_day=stay.first_day - DAY).first()
        if before is None:
            break
        stay.delete()
        before.last_day = None
        before.save(update_fields=["last_day"])
        stay = before
    end_stay(unit, on)


def charge_nothing(customer: Customer, first_day: date, last_day: date) -> None:
    """Let the units that stay at a customer cost nothing on these days, both included; there may be none."""
    if last_day < first_day:
        return
    stays = Installation.objects.filter(Q(last_day=None) | Q(last_day__gte=first_day), location__customer=customer)
    for stay in stays.filter(first_day__lte=last_day, monthly_rent__gt=0).select_for_update().order_by("pk"):
        _cut_out(stay, max(stay.first_day, first_day), min(stay.last_day or last_day, last_day))


def _cut_out(stay: Installation, first_day: date, last_day: date) -> None:
    """Make a stay two or three, of which the one from `first_day` to `last_day`, both included, costs nothing."""
    rent, end = stay.monthly_rent, stay.last_day
    pieces = [(stay.first_day, first_day - DAY, rent), (first_day, last_day, ZERO), (last_day + DAY, end, rent)]
    pieces = [piece for piece in pieces if piece[1] is None or piece[0] <= piece[1]]
    stay.first_day, stay.last_day, stay.monthly_rent = pieces[0]
    stay.save()
    for begins, ends, costs in pieces[1:]:
        stay.unit.installations.create(location=stay.location, first_day=begins, last_day=ends, monthly_rent=costs)


def renew_stay(unit: Equipment, on: date) -> None:
    """Let a unit that is installed be there for what it costs now, from the day `on` on."""
    stay = unit.installations.filter(last_day=None).first()
    if stay is None or stay.monthly_rent == rent_of(unit):
        return
    if stay.first_day >= on:
        stay.monthly_rent = rent_of(unit)
        stay.save(update_fields=["monthly_rent"])
        return
    _leave_to_the_next(stay, on)
    unit.installations.create(location=unit.location, first_day=on, monthly_rent=rent_of(unit))


def _leave_to_the_next(stay: Installation, on: date) -> None:
    """Let a stay end before the day `on`; without a day left, it goes."""
    if stay.first_day < on:
        stay.last_day = on - DAY
        stay.save(update_fields=["last_day"])
    else:
        stay.delete()
