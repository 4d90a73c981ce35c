"""Equipment: where it goes, and what it costs there. `on` is the day on which it happens."""

from datetime import date

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customerflow.changes.recording import recorded
from customers.models import Customer, Equipment, Location
from customers.stays import begin_stay, end_stay, renew_stay


@recorded(gettext_lazy("Equipment added"))
def add_equipment(*, unit: Equipment, on: date) -> Equipment:
    """
    Save a new unit; with a location it is installed there on the day `on`, without one it is in stock.

    Raises `ValidationError` keyed by field.
    """
    if unit.location:
        Customer.objects.lock_open(unit.location.customer_id)
    unit.status = Equipment.Status.INSTALLED if unit.location else Equipment.Status.IN_STOCK
    unit.full_clean()
    unit.save()
    if unit.location:
        begin_stay(unit, on)
    return unit


@recorded(gettext_lazy("Equipment changed"))
def change_equipment(*, unit: Equipment, on: date) -> Equipment:
    """Save what was changed of a unit, but for its place; other terms of rent are in force from the day `on` on."""
    unit.save()
    renew_stay(unit, on)
    return unit


@recorded(gettext_lazy("Equipment installed"))
def install(*, unit: Equipment, location: Location, on: date) -> Equipment:
    """
    Install a unit at a location; raises `ValidationError` while it is installed at another.

    It is also raised where the unit was somewhere after that day.
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
    begin_stay(unit, on)
    return unit


@recorded(gettext_lazy("Equipment returned"))
def return_to_stock(*, unit: Equipment, on: date) -> Equipment:
    """
    Take a unit back from its location, where the day `on` is its last one; it may have come on that day.

    Raises `ValidationError` unless it is installed, and where it came after that day.
    """
    unit = Equipment.objects.select_for_update().get(pk=unit.pk)
    if unit.status != Equipment.Status.INSTALLED:
        raise ValidationError(_("It is not installed anywhere."))
    end_stay(unit, on)
    return send_to_stock(unit)


@recorded(gettext_lazy("Equipment set aside"))
def set_aside(*, unit: Equipment, status: str, on: date) -> Equipment:
    """
    Give a unit another status than installed: in repair, lost, returned and so on. It leaves its location, if any.

    Raises `ValidationError` keyed by field when it has that status, or is to be installed, which `install` does, and
    where it came to its location after the day `on`.
    """
    unit = Equipment.objects.select_for_update().get(pk=unit.pk)
    if status == Equipment.Status.INSTALLED:
        raise ValidationError({"status": _("Install it at a location instead.")})
    if status == unit.status:
        raise ValidationError({"status": _("It has this status already.")})
    end_stay(unit, on)
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
