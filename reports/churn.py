"""
Who came and who left: customers with a service in force at the end of a month, and the services themselves.

A pause is nobody's leaving. Each figure is the number of rows of one queryset, which is what its page lists.
"""

from django.db import models
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from customers.models import Customer, Service
from reports.months import Month


class Step(models.TextChoices):
    """Where a customer or a service stands in a month."""

    START = "start", _("At the start")
    NEW = "new", _("New")
    RETURNED = "returned", _("Returned")
    LOST = "lost", _("Lost")
    END = "end", _("At the end")


def _began(month: Month) -> Q:
    return Q(starts_on__gt=month.before, starts_on__lte=month.last)


def _ended(month: Month) -> Q:
    # The last day of service is in the month, and not its last day: then it is gone at its end.
    return Q(ends_on__gte=month.before, ends_on__lt=month.last)


def services_of(month: Month, step: str) -> QuerySet[Service]:
    """Return the services that stand so in a month; none of them returns: it was paused."""
    at_start, at_end = Service.objects.active(month.before), Service.objects.active(month.last)
    return {
        Step.START: lambda: at_start,
        Step.NEW: lambda: at_end.filter(_began(month)),
        Step.RETURNED: lambda: Service.objects.none(),
        Step.LOST: lambda: at_start.filter(_ended(month)),
        Step.END: lambda: at_end,
    }[Step(step)]()


def customers_of(month: Month, step: str) -> QuerySet[Customer]:
    """Return the customers who stand so in a month: returned is who was served before, and not at its start."""
    before, after = _are_served(Service.objects.active(month.before)), _are_served(Service.objects.active(month.last))
    ever = _are_served(Service.objects.filter(starts_on__lte=month.before))
    came = Customer.objects.filter(_with_service(_began(month)), after, ~before)
    return {
        Step.START: lambda: Customer.objects.filter(before),
        Step.NEW: lambda: came.filter(~ever),
        Step.RETURNED: lambda: came.filter(ever),
        Step.LOST: lambda: Customer.objects.filter(_with_service(_ended(month)), before, ~after),
        Step.END: lambda: Customer.objects.filter(after),
    }[Step(step)]()


def _are_served(services: QuerySet[Service]) -> Exists:
    return Exists(services.order_by().filter(location__customer=OuterRef("pk")))


def _with_service(condition: Q) -> Q:
    """Return the condition that something happened with a service of a customer, by the indexes of its days."""
    return Q(pk__in=Service.objects.filter(condition).order_by().values("location__customer"))


def served_at_start(month: Month) -> int:
    """Return the number of customers with a service in force on the day before a month."""
    return Service.objects.active(month.before).order_by().values("location__customer").distinct().count()
