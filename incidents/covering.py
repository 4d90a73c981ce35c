"""Which incidents hit somebody now: asked for the services of one customer, place or ticket."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet
from django.utils import timezone

from customers.models import Customer, Service
from incidents.models import Incident, ServiceByHand
from tickets.models import Ticket

# So many incidents go on at once, and so many services of one customer are looked at.
MOST_GOING_ON = 50
MOST_SERVICES = 500


@dataclass(frozen=True)
class Served:
    """What decides whether a service is hit; the values are keys."""

    key: int
    plan: int | None
    area: int | None


def services_of_ticket(ticket: Ticket) -> QuerySet[Service]:
    """Return the service that a ticket is about; where none is named those at its location, or all of its customer."""
    if ticket.service_id:
        return Service.objects.filter(pk=ticket.service_id)
    if ticket.location_id:
        return Service.objects.filter(location=ticket.location_id)
    return services_of_customer(ticket.customer)


def services_of_customer(customer: Customer) -> QuerySet[Service]:
    """Return all services of a customer."""
    return Service.objects.filter(location__customer=customer)


def incidents_over(services: QuerySet[Service], at: datetime) -> list[Incident]:
    """
    Return the incidents that go on at the moment `at` and hit any of `services`, the newest first.

    One query where none goes on; five otherwise, however many services there are.
    """
    newest_first = Incident.objects.going_on(at).order_by("-began_at")
    incidents = list(newest_first.prefetch_related("areas", "plans")[:MOST_GOING_ON])
    if not incidents:
        return []
    rows = services.active(timezone.localdate(at)).order_by("pk")
    served = [Served(*row) for row in rows.values_list("pk", "plan", "location__area")[:MOST_SERVICES]]
    named = ServiceByHand.objects.filter(incident__in=incidents, service__in=[each.key for each in served])
    by_hand = {(incident, service): spared for incident, service, spared in _by_hand(named)}
    return [incident for incident in incidents if _hits(incident, served, by_hand)]


def _by_hand(named: QuerySet[ServiceByHand]) -> Iterable[tuple[int, int, bool]]:
    return named.values_list("incident", "service", "is_spared")


def _hits(incident: Incident, served: list[Served], by_hand: dict[tuple[int, int], bool]) -> bool:
    areas = {area.pk for area in incident.areas.all()}
    plans = {plan.pk for plan in incident.plans.all()}
    for each in served:
        is_spared = by_hand.get((incident.pk, each.key))
        is_ruled = bool(areas or plans) and (not areas or each.area in areas) and (not plans or each.plan in plans)
        if is_spared is False or (is_ruled and is_spared is None):
            return True
    return False
