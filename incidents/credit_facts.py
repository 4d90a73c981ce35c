"""What decides what services are given back for an outage, read at once for some of them."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import NamedTuple
from zoneinfo import ZoneInfo

from billing.engine.cycles import Cycle, cycle_in_step
from billing.engine.stretches import Discount, Pause, Price, spans, stretches
from billing.models import InvoiceLine
from billing.runs.facts import discounts_of, pauses_of, prices_of
from customerflow.keys import among
from customers.models import Service
from incidents.lost_minutes import Lost, Span, day_of, lost
from incidents.models import Credit, Incident

OF_SERVICE = (
    *("pk", "location__customer", "location__customer__billing_day", "plan", "plan__tax_code", "name"),
    *("billing_interval", "starts_on", "ends_on", "charged_from"),
)


class ServiceRow(NamedTuple):
    """What of a service decides what it is given back; `customer`, `plan` and `tax_code` are keys."""

    key: int
    customer: int
    billing_day: int
    plan: int | None
    tax_code: int | None
    name: str
    months: int
    starts_on: date
    ends_on: date | None
    charged_from: date | None


@dataclass
class Facts:
    """A service with its prices, pauses, discounts and billed cycles, and the minutes that something was given for."""

    service: ServiceRow
    start: date
    prices: list[Price]
    pauses: list[Pause]
    discounts: list[Discount]
    billed: list[Cycle] = field(default_factory=list)
    given: list[Span] = field(default_factory=list)

    @property
    def first_day(self) -> date:
        """The first day that is charged here."""
        return max(filter(None, (self.service.starts_on, self.service.charged_from, self.start)))

    def cycle_at(self, day: date) -> Cycle:
        """Return the cycle that a day was billed with; of what is not billed yet, the one that it will be."""
        for cycle in self.billed:
            if cycle.first <= day <= cycle.last:
                return cycle
        service = self.service
        return cycle_in_step(day, first_day=self.first_day, billing_day=service.billing_day, months=service.months)

    def lost_in(self, window: Span, zone: ZoneInfo) -> Lost:
        """
        Return what of an outage is given back.

        Days of a pause are not, whether they are charged or not: the service would have been off all the same.
        """
        there = spans(((self.service.starts_on, self.service.ends_on),), self.first_day)
        off = [replace(pause, is_charged=False) for pause in self.pauses]
        charged = stretches(there, self.prices, off, self.discounts)
        return lost(window, charged=charged, given=self.given, cycle_at=self.cycle_at, zone=zone)


def facts_of(
    services: Collection[int], *, incident: Incident, window: Span, start: date, zone: ZoneInfo
) -> list[Facts]:
    """
    Return the facts of the services with these keys, for what `incident` took from them; no day before `start` counts.

    Six queries, however many there are.
    """
    rows = Service.objects.filter(pk__in=among(services)).order_by("pk").values_list(*OF_SERVICE)
    found = [ServiceRow._make(row) for row in rows]
    prices, pauses = prices_of(services), pauses_of(services)
    discounts = discounts_of({service.customer for service in found})
    billed = _billed(services, day_of(window[0], zone), day_of(window[1] - 1, zone))
    given = given_before(services, incident)
    return [
        Facts(
            service,
            start,
            prices[service.key],
            pauses[service.key],
            discounts[service.customer, service.key] + discounts[service.customer, None],
            billed[service.key],
            given[service.key],
        )
        for service in found
    ]


def _billed(services: Collection[int], first_day: date, last_day: date) -> dict[int, list[Cycle]]:
    """Return the cycles that were billed of these services and have any of these days."""
    lines = InvoiceLine.objects.filter(live=True, service__in=among(services), kind__in=InvoiceLine.CHARGED_ONCE)
    lines = lines.filter(cycle_first__lte=last_day, cycle_last__gte=first_day).order_by("cycle_first")
    cycles = defaultdict(list)
    for service, first, last in lines.values_list("service", "cycle_first", "cycle_last").distinct():
        cycles[service].append(Cycle(first, last))
    return cycles


def given_before(services: Collection[int], incident: Incident) -> dict[int, list[Span]]:
    """Return the minutes that these services were given something for by other incidents that overlap this one."""
    others = Credit.objects.live().filter(service__in=among(services)).exclude(incident=incident)
    others = others.filter(incident__began_at__lt=incident.ended_at, incident__ended_at__gt=incident.began_at)
    given = defaultdict(list)
    for service, spans_of_it in others.values_list("service", "spans"):
        given[service] += [tuple(span) for span in spans_of_it]
    return given


def amount_of(found: Lost, least_minutes: int) -> Decimal:
    """Return what is given back; nothing for an outage of fewer charged minutes than the least that counts."""
    return found.amount if found.charged >= least_minutes else found.amount * 0
