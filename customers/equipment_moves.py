"""
Equipment: where it goes, and what it costs there.

`on` is today; what happened on a `day` before, which is today unless given, is said so, for rent follows from it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customerflow.changes.recording import recorded
from customers.models import Customer, Equipment, Location
from customers.stays import begin_stay, leave_place, renew_stay


@recorded(gettext_lazy("Equipment added"))
def add_equipment(*, unit: Equipment, on: date, day: date | None = None) -> Equipment:
    """
    Save a new unit; with a location it is installed there since `day`, without one it is in stock.

    Raises `ValidationError` keyed by field.
    """
    if unit.location:
        Customer.objects.lock_open(unit.location.customer_id)
    unit.status = Equipment.Status.INSTALLED if unit.location else Equipment.Status.IN_STOCK
    unit.full_clean()
    unit.save()
    if unit.location:
        with _at_day(day, on) as first_day:
            begin_stay(unit, first_day)
    return unit


@recorded(gettext_lazy("Equipment changed"))
def change_equipment(*, unit: Equipment, on: date) -> Equipment:
    """Save what was changed of a unit, but for its place; other terms of rent are in force from the day `on` on."""
    unit.save()
    renew_stay(unit, on)
    return unit


@recorded(gettext_lazy("Equipment installed"))
def install(*, unit: Equipment, location: Location, on: date, day: date | None = None) -> Equipment:
    """
    Install a unit at a location, where `day` is its first one.

    Raises `ValidationError` keyed by field while it is installed at another, where it was somewhere after that day, and
    for a day to come.
    """
    Customer.objects.lock_open(location.customer_id)
    unit = Equipment.objects.select_for_update().get(pk=unit.pk)
    if unit.status == Equipment.Status.INSTALLED:
        raise ValidationError(
            {"location": _("%(unit)s is at %(place)s. Return it first.") % {"unit": unit, "place": unit.location}}
        )
    unit.location, unit.status = location, Equipment.Status.INSTALLED
    unit.version += 1
    unit.save()
    with _at_day(day, on) as first_day:
        begin_stay(unit, first_day)
    return unit


@recorded(gettext_lazy("Equipment returned"))
def return_to_stock(*, unit: Equipment, on: date, day: date | None = None) -> Equipment:
    """
    Take a unit back from its location, where `day` is its last one; it may have come on that day.

    Raises `ValidationError` unless it is installed, where it came after that day, and for a day to come.
    """
    unit = Equipment.objects.select_for_update().get(pk=unit.pk)
    if unit.status != Equipment.Status.INSTALLED:
        raise ValidationError(_("It is not installed anywhere."))
    with _at_day(day, on) as last_day:
        leave_place(unit, last_day)
    return send_to_stock(unit)


@recorded(gettext_lazy("Equipment set aside"))
def set_aside(*, unit: Equipment, status: str, on: date, day: date | None = None) -> Equipment:
    """
    Give a unit another status than installed: in repair, lost, returned and so on.

    It leaves its location, if any, where `day` is its last one. Raises `ValidationError` keyed by field when it has
    that status, or is to be installed, which `install` does, where it came to its location after that day, and for a
    day to come.
    """
    unit = Equipment.objects.select_for_update().get(pk=unit.pk)
    if status == Equipment.Status.INSTALLED:
        raise ValidationError({"status": _("Install it at a location instead.")})
    if status == unit.status:
        raise ValidationError({"status": _("It has this status already.")})
    with _at_day(day, on) as last_day:
        leave_place(unit, last_day)
    unit.location, unit.status = None, status
    unit.version += 1
    unit.save()
    return unit


def send_to_stock(unit: Equipment) -> Equipment:
    """
    Take a unit from its location; what was sold belongs to the customer and only leaves our list of places.

    Its stay is the caller's to end, unless it goes with the location.
    """
    unit.location = None
    unit.status = Equipment.Status.SOLD if unit.terms == Equipment.Terms.SOLD else Equipment.Status.IN_STOCK
    unit.version += 1
    unit.save()
    return unit


@contextmanager
def _at_day(day: date | None, on: date) -> Iterator[date]:
    """Yield the day on which it happened, today (`on`) unless given; what does not fit is refused at that field."""
    if day and day > on:
        raise ValidationError({"day": _("That day is still to come. Do it then.")})
    try:
        yield day or on
    except ValidationError as error:
        raise ValidationError({"day": error.messages}) from error
