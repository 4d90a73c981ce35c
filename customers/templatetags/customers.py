"""What other apps' pages show of customers."""

from decimal import Decimal

from django import template
from django.utils import timezone
from django.utils.safestring import SafeString

from customerflow.money import format_money
from customers import tables
from customers.models import Customer, Equipment, Location, Service

register = template.Library()


@register.filter
def money(amount) -> str:
    """Return an amount with the decimals of the currency."""
    return format_money(amount)


@register.filter
def percent(share: Decimal) -> str:
    """Return a percentage without zeros that say nothing."""
    return f"{share.normalize():f} %"


@register.simple_tag
def customer_state(customer: Customer) -> SafeString:
    """Return a customer's status as a word with a shape."""
    return tables.customer_state(customer)


@register.simple_tag
def service_state(service: Service) -> SafeString:
    """Return how a service stands today."""
    return tables.service_state(service)


@register.simple_tag
def equipment_state(unit: Equipment) -> SafeString:
    """Return a unit's status as a word with a shape."""
    return tables.equipment_state(unit)


@register.simple_tag
def phone_link(record) -> SafeString | str:
    """Return a phone that dials when it is pressed."""
    return tables.phone(record)


@register.simple_tag
def email_link(record) -> SafeString | str:
    """Return an e-mail address that opens a message."""
    return tables.email(record)


@register.inclusion_tag("customers/_services.html", takes_context=True)
def services_of(context, services) -> dict[str, object]:
    """Draw services with what can be done to each."""
    return {"services": services, "perms": context["perms"], "today": timezone.localdate()}


@register.inclusion_tag("customers/_moves.html", takes_context=True)
def moves_of(context, location: Location) -> dict[str, object]:
    """Draw the house moves to come of a location, from there and to there."""
    return {"location": location, "perms": context["perms"]}


@register.inclusion_tag("customers/_equipment.html", takes_context=True)
def equipment_of(context, units) -> dict[str, object]:
    """Draw equipment with what can be done to each."""
    return {"units": units, "perms": context["perms"]}
