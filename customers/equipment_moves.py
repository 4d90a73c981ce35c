"""Equipment: where it goes."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customerflow.changes.recording import recorded
from customers.models import Customer, Equipment, Location


@recorded(gettext_lazy("Equipment added"))
def add_equipment(*, unit: Equipment) -> Equipment:
    """
    Save a new unit; with a location it is installed there, without one it is in stock.

    Raises `ValidationError` keyed by field.
    """
    if unit.location:
        Customer.objects.lock_open(unit.location.customer_id)
    unit.status = Equipment.Status.INSTALLED if unit.location else Equipment.Status.IN_STOCK
    unit.full_clean()
    unit.save()
    return unit


@recorded(gettext_lazy("Equipment installed"))
def install(*, unit: Equipment, location: Location) -> Equipment:
    """Install a unit at a location; raises `ValidationError` while it is installed at another."""
    Customer.objects.lock_open(location.customer_id)
    unit = Equipment.objects.select_for_update().get(pk=unit.pk)
    if unit.status == Equipment.Status.INSTALLED:
        raise ValidationError(
            {"location": _("%(unit)s is at %(place)s. Return it first.") % {"unit": unit, "place": unit.location}}
        )
    unit.location, unit.status = location, Equipment.Status.INSTALLED
    unit.version += 1
    unit.save()
    return unit


@recorded(gettext_lazy("Equipment returned"))
def return_to_stock(*, unit: Equipment) -> Equipment:
    """Take a unit back from its location; raises `ValidationError` unless it is installed."""
    unit = Equipment.objects.select_for_update().get(pk=unit.pk)
    if unit.status != Equipment.Status.INSTALLED:
        raise ValidationError(_("It is not installed anywhere."))
    return send_to_stock(unit)


@recorded(gettext_lazy("Equipment set aside"))
def set_aside(*, unit: Equipment, status: str) -> Equipment:
    """
    Give a unit another status than installed: in repair, lost, returned and so on. It leaves its location, if any.

    Raises `ValidationError` keyed by field when it has that status, or is to be installed, which `install` does.
    """
    unit = Equipment.objects.select_for_update().get(pk=unit.pk)
    if status == Equipment.Status.INSTALLED:
        raise ValidationError({"status": _("Install it at a location instead.")})
    if status == unit.status:
        raise ValidationError({"status": _("It has this status already.")})
    unit.location, unit.status = None, status
    unit.version += 1
    unit.save()
    return unit


def send_to_stock(unit: Equipment) -> Equipment:
    """Take a unit from its location; what was sold belongs to the customer and only leaves our list of places."""
    unit.location = None
    unit.status = Equipment.Status.SOLD if unit.terms == Equipment.Terms.SOLD else Equipment.Status.IN_STOCK
    unit.version += 1
    unit.save()
    return unit
