"""Taking customers on, letting them go, and taking them off the books where nothing was ever billed."""

from datetime import date

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customerflow.changes.recording import recorded
from customerflow.series.models import NumberSeries
from customers.equipment_moves import send_to_stock
from customers.models import Customer, Equipment, FormerNumber, HouseMove, Installation, Service
from customers.models.service import ServiceQuerySet
from customers.stays import DAY, charge_nothing

SERIES = "customer"


@recorded(gettext_lazy("Customer added"))
def register_customer(*, customer: Customer) -> Customer:
    """
    Save a new customer; one without a number gets the next of the series.

    Raises `ValidationError` keyed by field when what it holds is not allowed or its number is taken.
    """
    customer.number = customer.number or next_number()
    customer.full_clean()
    customer.save()
    return customer


def next_number() -> str:
    """Return the next account number that nobody has or had; numbers that a load brought in are skipped."""

    def is_taken(number: int) -> bool:
        has, had = (model.objects.filter(number=str(number)).values("pk") for model in (Customer, FormerNumber))
        return has.union(had).exists()

    return str(NumberSeries.objects.take_beyond(SERIES, is_taken))


@recorded(gettext_lazy("Account closed"))
def close_customer(*, customer: Customer, last_day: date, on: date) -> Customer:
    """
    Let a customer go on the day `on`: `last_day`, that day or before, is the last day of every service.

    Services that have not begun on the day `on`, and planned house moves, are taken back; the books stay. Equipment
    stays where it is, on the list of what to collect, and costs no rent after that day. Raises `ValidationError` keyed
    by field for an account that is closed already, for a day to come, and for one before the first day of a service
    that has begun.
    """
    customer = Customer.objects.select_for_update().get(pk=customer.pk)
    services = Service.objects.filter(location__customer=customer)
    _refuse_closing(customer, services, last_day, on)
    services.pending(on).delete()
    HouseMove.objects.waiting().filter(Q(origin__customer=customer) | Q(target__customer=customer)).delete()
    for service in services.not_ended(last_day).select_for_update():
        service.ends_on = last_day
        service.version += 1
        service.save()
    customer.status, customer.closed_on = Customer.Status.CLOSED, last_day
    customer.version += 1
    customer.save()
    return customer


def _refuse_closing(customer: Customer, services: ServiceQuerySet, last_day: date, on: date) -> None:
    if customer.is_closed:
        raise ValidationError(_("The account is closed already."))
    if last_day > on:
        raise ValidationError({"last_day": _("That day is still to come. End the services then, and close after it.")})
    begun = services.filter(starts_on__gt=last_day, starts_on__lte=on).order_by("starts_on").first()
    if begun:
        message = _("“%(service)s” began on %(day)s; it cannot end before.") % {
            "service": begun,
            "day": begun.starts_on,
        }
        raise ValidationError({"last_day": message})


@recorded(gettext_lazy("Account reopened"))
def reopen_customer(*, customer: Customer, on: date) -> Customer:
    """
    Take a closed customer back on the day `on`. The days between cost nothing: ended services stay ended, new ones are
    added, and units that were not given back cost their rent from that day on.

    Raises `ValidationError` unless closed.
    """
    customer = Customer.objects.select_for_update().get(pk=customer.pk)
    if not customer.is_closed:
        raise ValidationError(_("The account is not closed."))
    charge_nothing(customer, customer.closed_on + DAY, on - DAY)
    customer.status, customer.closed_on = Customer.Status.ACTIVE, None
    customer.version += 1
    customer.save()
    return customer


@recorded(gettext_lazy("Customer removed"))
def remove_customer(*, customer: Customer) -> None:
    """
    Delete a customer with locations, services and contacts; the operator's equipment goes back to stock.

    Raises `ProtectedError` when anything was billed, paid or said: such a customer is closed instead.
    """
    customer = Customer.objects.select_for_update().get(pk=customer.pk)
    # Before the units move: who undoes and repeats it finds nothing that is newer than they are.
    Installation.objects.filter(location__customer=customer).delete()
    for unit in Equipment.objects.filter(location__customer=customer).select_for_update():
        send_to_stock(unit)
    customer.delete()
