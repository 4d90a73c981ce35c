"""Services: taking them up and ending them."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal

from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customerflow.changes.recording import recorded
from customerflow.money import ZERO
from customers.models import Customer, PriceChange, Service

# Who is told within the transaction that a service was added, the customer being locked. An app says so once, when it
# starts; what is raised fails the act. What is loaded as a whole tells nobody.
AFTER_ADDING: list[Callable[[Service], object]] = []


@recorded(gettext_lazy("Service added"))
def add_service(*, service: Service, by: AbstractBaseUser | None = None) -> Service:
    """
    Save a new service with its first price. A plan gives the name and the price that are not given.

    Raises `ValidationError` keyed by field, among others when the customer is closed.
    """
    Customer.objects.lock_open(service.location.customer_id)
    if service.plan:
        service.name = service.name or service.plan.name
        service.cost = service.plan.price * service.billing_interval if service.cost is None else service.cost
    service.full_clean()
    service.save()
    PriceChange.objects.create(service=service, cost=service.cost, created_by=by, applied_at=timezone.now())
    for act in AFTER_ADDING:
        act(service)
    return service


def early_termination_fee(service: Service, last_day: date) -> Decimal:
    """Return what it costs, before tax, that a service ends with `last_day`: nothing once its contract is over."""
    is_early = service.contract_ends_on is not None and last_day < service.contract_ends_on
    return service.early_termination_fee if is_early else ZERO


@recorded(gettext_lazy("Service ended"))
def end_service(*, service: Service, last_day: date) -> Service:
    """
    End a service with `last_day`, which is itself a day of service; a later day than before extends it.

    Raises `ValidationError` when that day is before the first, and when a closed account would be served again.
    """
    service = Service.objects.select_for_update().get(pk=service.pk)
    if service.ends_on is None or last_day > service.ends_on:
        Customer.objects.lock_open(service.location.customer_id)
    if last_day < service.starts_on:
        raise ValidationError(
            {"last_day": _("The service begins on %(day)s; it cannot end before.") % {"day": service.starts_on}}
        )
    service.ends_on = last_day
    service.version += 1
    service.save()
    return service
