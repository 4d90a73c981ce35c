"""Taking customers on, letting them go, and taking them off the books where nothing was ever billed."""

from datetime import date

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from customerflow.series.models import NumberSeries
from customers.equipment_moves import send_to_stock
from customers.models import Customer, Equipment, Service

SERIES = "customer"


@transaction.atomic
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
    """Return the next account number that nobody has; numbers that a load brought in are skipped."""

    def is_taken(number: int) -> bool:
        return Customer.objects.filter(number=str(number)).exists()

    return str(NumberSeries.objects.take_beyond(SERIES, is_taken))


@transaction.atomic
def close_customer(*, customer: Customer, on: date) -> Customer:
    """
    Let a customer go: the services end with the day `on`, those still to begin are taken back, the books stay.

    Equipment stays where it is, on the list of what to collect. Raises `ValidationError` if already closed.
    """
    customer = Customer.objects.select_for_update().get(pk=customer.pk)
    if customer.is_closed:
        raise ValidationError(_("%(customer)s is closed already.") % {"customer": customer})
    services = Service.objects.filter(location__customer=customer)
    services.pending(on).delete()
    for service in services.not_ended(on).select_for_update():
        service.ends_on = on
        service.version += 1
        service.save()
    customer.status, customer.closed_on = Customer.Status.CLOSED, on
    customer.version += 1
    customer.save()
    return customer


@transaction.atomic
def reopen_customer(*, customer: Customer) -> Customer:
    """
    Take a closed customer back. Ended services stay ended: new ones are added, so that the days between cost nothing.

    Raises `ValidationError` unless closed.
    """
    customer = Customer.objects.select_for_update().get(pk=customer.pk)
    if not customer.is_closed:
        raise ValidationError(_("%(customer)s is not closed.") % {"customer": customer})
    customer.status, customer.closed_on = Customer.Status.ACTIVE, None
    customer.version += 1
    customer.save()
    return customer


@transaction.atomic
def remove_customer(*, customer: Customer) -> None:
    """
    Delete a customer with locations, services and contacts; the operator's equipment goes back to stock.

    Raises `ProtectedError` when anything was billed, paid or said: such a customer is closed instead.
    """
    customer = Customer.objects.select_for_update().get(pk=customer.pk)
    for unit in Equipment.objects.filter(location__customer=customer).select_for_update():
        send_to_stock(unit)
    customer.delete()
