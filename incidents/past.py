"""What a customer had of late: the outages that are over, and what was given back for them."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.db.models import Sum

from customerflow.money import ZERO
from customers.models import Customer
from incidents.covering import services_of_customer
from incidents.models import Credit, HitService, Incident

# An outage is of interest for so long; and so many of them.
LATELY = timedelta(days=90)
MOST_TOLD = 3


@dataclass(frozen=True)
class Past:
    """An outage that is over, and what the customer was given back for it, before tax."""

    incident: Incident
    credited: Decimal


def past_of(customer: Customer, at: datetime) -> list[Past]:
    """Return the last outages of `customer` that ended in the 90 days before the moment `at`, the newest first."""
    hit = HitService.objects.filter(service__in=services_of_customer(customer).order_by().values("pk"))
    over = Incident.objects.over().filter(ended_at__gte=at - LATELY, pk__in=hit.values("incident"))
    incidents = list(over.order_by("-began_at")[:MOST_TOLD])
    if not incidents:
        return []
    given = Credit.objects.live().filter(customer=customer, incident__in=incidents).order_by()
    sums = dict(given.values_list("incident").annotate(Sum("amount")))
    return [Past(incident, sums.get(incident.pk, ZERO)) for incident in incidents]
