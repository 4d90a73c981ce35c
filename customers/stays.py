"""Stays: from which day to which a unit is at a location, and what is paid for it there."""

from datetime import date, timedelta
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from customerflow.money import ZERO
from customers.models import Equipment, Installation

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
