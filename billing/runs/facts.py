"""What decides the bills of some customers, read at once: what they have, what it costs, and what was billed of it."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from django.db.models import F, Max, Q, QuerySet, Sum

from billing.engine import charging, stretches
from billing.engine.cycles import DAY, Cycle
from billing.models import Charge, CreditNoteLine, Discount, InvoiceLine
from customerflow.keys import among
from customerflow.money import ZERO
from customers.models import Customer, Equipment, Installation, Pause, PriceChange, Service

# Where `ServiceRow` has its values from.
OF_SERVICE = (
    "pk",
    "location__customer",
    "plan",
    "plan__tax_code",
    "name",
    "billing_interval",
    "starts_on",
    "ends_on",
    "charged_from",
    "contract_ends_on",
    "setup_fee",
    "early_termination_fee",
)
ONCE = (InvoiceLine.Kind.SETUP, InvoiceLine.Kind.TERMINATION)


class ServiceRow(NamedTuple):
    """What of a service decides its bills; `customer`, `plan` and `tax_code` are keys, days are inclusive."""

    key: int
    customer: int
    plan: int | None
    tax_code: int | None
    name: str
    months: int
    starts_on: date
    ends_on: date | None
    charged_from: date | None
    contract_ends_on: date | None
    setup_fee: Decimal
    early_termination_fee: Decimal


@dataclass(frozen=True, slots=True)
class ServiceFacts:
    """A service, how it is charged by cycles, and what was billed of its fees, by kind of line."""

    service: ServiceRow
    subject: charging.Subject
    fees_billed: dict[str, Decimal]


@dataclass(frozen=True)
class UnitFacts:
    """A unit that the customer rents or rented."""

    unit: Equipment
    subject: charging.Subject


@dataclass
class Facts:
    """What decides the bill of one customer."""

    customer: Customer
    services: list[ServiceFacts] = field(default_factory=list)
    units: list[UnitFacts] = field(default_factory=list)
    charges: list[Charge] = field(default_factory=list)


def facts_of(customers: Iterable[Customer], *, start: date, on: date, looked_through: Collection[int]) -> list[Facts]:
    """
    Return the facts of each of `customers`, in their order, for billing what is due up to the day `on`.

    No day before `start` is charged. What was billed is compared with what is right for the customers with the keys
    `looked_through`; of the others only what comes after it is looked at. The number of queries does not grow with that
    of customers.
    """
    found = {customer.pk: Facts(customer) for customer in customers}
    _add_services(found, start, on, looked_through)
    _add_units(found, start)
    waiting = Charge.objects.waiting().filter(customer__in=among(found), charged_on__lte=on, charged_on__gte=start)
    for charge in waiting.select_related("service__plan"):
        found[charge.customer_id].charges.append(charge)
    return list(found.values())


def _add_services(found: dict[int, Facts], start: date, on: date, looked_through: Collection[int]) -> None:
    may_be_due = Q(starts_on__lte=on) & (Q(ends_on=None) | Q(ends_on__gte=start))
    services = Service.objects.filter(may_be_due | Q(location__customer__in=among(looked_through)))
    services = services.filter(location__customer__in=among(found)).order_by("location__customer", "pk")
    services = [ServiceRow._make(row) for row in services.values_list(*OF_SERVICE)]
    keys = [service.key for service in services]
    prices, pauses = prices_of(keys), pauses_of(keys)
    discounts, fees = discounts_of(found), _fees(services)
    through = {service.key for service in services if service.customer in looked_through}
    billed = _billed(through)
    covered = _covered([key for key in keys if key not in through])
    for service in services:
        days = [start, service.charged_from, service.key in covered and covered[service.key] + DAY]
        subject = charging.Subject(
            stays=((service.starts_on, service.ends_on),),
            months=service.months,
            prices=tuple(prices[service.key]),
            pauses=tuple(pauses[service.key]),
            discounts=tuple(discounts[service.customer, service.key] + discounts[service.customer, None]),
            charged_from=max(filter(None, days)),
            billed=tuple(billed[service.key]),
        )
        found[service.customer].services.append(ServiceFacts(service, subject, fees[service.key]))


def prices_of(services: Collection[int]) -> dict[int, list[stretches.Price]]:
    """Return the prices of the services with these keys, the oldest first; one query."""
    prices = defaultdict(list)
    rows = (
        PriceChange.objects.live().filter(service__in=among(services)).order_by(F("effective_on").asc(nulls_first=True))
    )
    for key, service, cost, from_day in rows.values_list("pk", "service", "cost", "effective_on"):
        prices[service].append(stretches.Price(cost, from_day, key))
    return prices


def pauses_of(services: Collection[int]) -> dict[int, list[stretches.Pause]]:
    """Return the pauses of the services with these keys; one query."""
    pauses = defaultdict(list)
    rows = Pause.objects.filter(service__in=among(services)).order_by("first_day", "pk")
    for service, *pause in rows.values_list("service", "first_day", "last_day", "is_charged"):
        pauses[service].append(stretches.Pause(*pause))
    return pauses


def discounts_of(customers: Collection[int]) -> dict[tuple[int, int | None], list[stretches.Discount]]:
    """Return the discounts by customer and service; those off all services of a customer with None for it."""
    discounts = defaultdict(list)
    for row in Discount.objects.filter(customer__in=among(customers)).order_by("first_day", "pk"):
        discount = stretches.Discount(row.first_day, row.last_day, row.percent, row.amount, row.pk)
        discounts[row.customer_id, row.service_id].append(discount)
    return discounts


def _live_lines(**chosen: object) -> list[QuerySet]:
    """Return the lines that count as billed, and those of credit notes that count against them."""
    return [model.objects.filter(live=True, **chosen).order_by() for model in (InvoiceLine, CreditNoteLine)]


def _billed(services: Collection[int]) -> dict[int, list[charging.Billed]]:
    """Return what was billed of each cycle of the services with these keys."""
    billed = defaultdict(list)
    if not services:
        return billed
    chosen = {"cycle_first__isnull": False, "service__in": among(services)}
    for sign, lines in zip((1, -1), _live_lines(**chosen), strict=True):
        by_cycle = lines.values_list("service", "cycle_first", "cycle_last")
        for service, first, last, amount in by_cycle.annotate(Sum("amount")):
            billed[service].append(charging.Billed(Cycle(first, last), sign * amount))
    return billed


def _rent_billed(units: Collection[int]) -> dict[tuple[int, int], list[charging.Billed]]:
    """Return what was billed of each cycle of the units with these keys, by customer and unit."""
    billed = defaultdict(list)
    if not units:
        return billed
    chosen = {"cycle_first__isnull": False, "equipment__in": among(units)}
    owners = ("invoice__customer", "credit_note__customer")
    for sign, owner, lines in zip((1, -1), owners, _live_lines(**chosen), strict=True):
        by_cycle = lines.values_list(owner, "equipment", "cycle_first", "cycle_last")
        for customer, unit, first, last, amount in by_cycle.annotate(Sum("amount")):
            billed[customer, unit].append(charging.Billed(Cycle(first, last), sign * amount))
    return billed


def _covered(services: Collection[int]) -> dict[int, date]:
    """Return up to which day each of the services was billed, of those that were."""
    lines = InvoiceLine.objects.filter(live=True, service__in=among(services), cycle_last__isnull=False).order_by()
    return dict(lines.values_list("service").annotate(Max("cycle_last")))


def _fees(services: list[ServiceRow]) -> dict[int, dict[str, Decimal]]:
    """Return what was billed of the fees of `services` that have one, by kind of line."""
    fees = defaultdict(dict)
    keys = [service.key for service in services if service.setup_fee or service.early_termination_fee]
    if not keys:
        return fees
    for sign, lines in zip((1, -1), _live_lines(service__in=among(keys), kind__in=ONCE), strict=True):
        for service, kind, amount in lines.values_list("service", "kind").annotate(Sum("amount")):
            fees[service][kind] = fees[service].get(kind, ZERO) + sign * amount
    return fees


def _add_units(found: dict[int, Facts], start: date) -> None:
    stays = Installation.objects.filter(location__customer__in=among(found), monthly_rent__gt=0)
    by_unit = defaultdict(list)
    for stay in stays.select_related("unit", "location").order_by("first_day", "pk"):
        by_unit[stay.location.customer_id, stay.unit_id].append(stay)
    billed = _rent_billed({unit for _customer, unit in by_unit})
    for (customer, unit), rented in by_unit.items():
        subject = charging.Subject(
            stays=_apart(rented, found[customer].customer.closed_on),
            months=1,
            prices=tuple(stretches.Price(stay.monthly_rent, stay.first_day, stay.pk) for stay in rented),
            charged_from=start,
            billed=tuple(billed[customer, unit]),
        )
        found[customer].units.append(UnitFacts(rented[0].unit, subject))


def _apart(stays: list[Installation], closed_on: date | None) -> tuple[tuple[date, date | None], ...]:
    """
    Return the days of stays that follow one another: a day on which one ends and the next begins is once there.

    What was not given back when the account was closed costs nothing after that day.
    """
    days: list[tuple[date, date | None]] = []
    for stay in stays:
        first = max(stay.first_day, days[-1][1] + DAY) if days and days[-1][1] else stay.first_day
        last = min(filter(None, (stay.last_day, closed_on)), default=None)
        if last is None or first <= last:
            days.append((first, last))
    return tuple(days)
