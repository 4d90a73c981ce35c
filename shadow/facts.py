"""What another system billed to some customers, and what would be billed to them here for the same cycles."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext as _

from billing.engine.charging import Subject
from billing.engine.cycles import DAY, cycle_in_step
from billing.models import Invoice, InvoiceLine
from billing.runs.bills import Bill, draw_up
from billing.runs.due import lines_due
from billing.runs.facts import Facts, facts_of
from billing.runs.running import in_words
from billing.taxes import Rates
from customerflow.keys import among
from customerflow.money import ZERO
from customers.models import Customer
from shadow.comparing import Part
from shadow.models import ShadowRun


def compared_customers() -> QuerySet[Customer]:
    """Return the customers to whom nothing was billed here yet: only they can be compared, or go live."""
    ours = Invoice.objects.filter(customer=OuterRef("pk"), origin="", status=Invoice.Status.ISSUED)
    return Customer.objects.filter(~Exists(ours))


@dataclass
class There:
    """What the other system billed to a customer, tax included, and its parts."""

    total: Decimal = ZERO
    invoices: int = 0
    parts: list[Part] = field(default_factory=list)


def billed_there(run: ShadowRun, customers: Iterable[int]) -> dict[int, There]:
    """Return what was billed there to each of the customers with these keys; two queries."""
    found = defaultdict(There)
    invoices = Invoice.objects.filter(
        customer__in=among(customers),
        origin=run.origin,
        status=Invoice.Status.ISSUED,
        issued_on__range=(run.issued_from, run.issued_to),
    ).order_by()
    owners = {}
    for key, customer, total in invoices.values_list("pk", "customer", "total"):
        owners[key] = there = found[customer]
        there.total += total
        there.invoices += 1
    lines = InvoiceLine.objects.filter(invoice__in=among(owners)).order_by("pk")
    for key, name, amount, service in lines.values_list("invoice", "description", "amount", "service"):
        owners[key].parts.append(Part(name, amount, service))
    return found


@dataclass(frozen=True)
class Here:
    """What would be billed to a customer here: a bill (None: nothing), or in words why there can be none."""

    facts: Facts
    bill: Bill | None
    problem: str = ""

    @property
    def total(self) -> Decimal:
        """What it comes to, tax included."""
        return self.bill.total if self.bill else ZERO


def billed_here(run: ShadowRun, customers: Iterable[Customer], rates: Rates) -> list[Here]:
    """Return what would be billed to each of `customers` for the cycles that begin in the days of `run`."""
    keys = [customer.pk for customer in customers]
    found = facts_of(customers, start=run.first_day, on=run.last_day, looked_through=keys)
    return [_billed(run, _as_new(facts, run), rates) for facts in found]


def _billed(run: ShadowRun, facts: Facts, rates: Rates) -> Here:
    try:
        lines = lines_due(facts, start=run.first_day, on=run.last_day)
        return Here(facts, draw_up(facts.customer, lines, rates) if lines else None)
    except (ValidationError, ArithmeticError, ValueError, TypeError, LookupError) as error:
        return Here(facts, None, in_words(error) or _("It cannot be billed."))


def _as_new(facts: Facts, run: ShadowRun) -> Facts:
    """Return the facts as if nothing had been billed of the cycles that begin in the days of `run`, and all before."""
    billing_day = facts.customer.billing_day
    services = []
    for each in facts.services:
        since, is_new = each.service.charged_from or each.service.starts_on, each.service.starts_on >= run.first_day
        charged_from = _first_cycle(run, each.subject, since, billing_day, is_new=is_new)
        subject = replace(each.subject, charged_from=charged_from, billed=())
        services.append(
            replace(each, service=each.service._replace(charged_from=None), subject=subject, fees_billed={})
        )
    units = []
    for each in facts.units:
        since = each.subject.stays[0][0] if each.subject.stays else run.first_day
        charged_from = _first_cycle(run, each.subject, since, billing_day, is_new=since >= run.first_day)
        units.append(replace(each, subject=replace(each.subject, charged_from=charged_from, billed=())))
    return replace(facts, services=services, units=units)


def _first_cycle(run: ShadowRun, subject: Subject, since: date, billing_day: int, *, is_new: bool) -> date:
    """Return the first day from which on is charged: of what was there before, the begin of its first new cycle."""
    if is_new:
        return run.first_day
    running = cycle_in_step(run.first_day, first_day=since, billing_day=billing_day, months=subject.months)
    return run.first_day if running.first == run.first_day else running.last + DAY


def is_served(run: ShadowRun, facts: Facts) -> bool:
    """Return whether a customer has a service in the days of `run`, if none that a cycle begins of."""
    services = [each.service for each in facts.services]
    return any(
        service.starts_on <= run.last_day and (service.ends_on is None or service.ends_on >= run.first_day)
        for service in services
    )


def why_nothing(run: ShadowRun, facts: Facts) -> str:
    """Return why nothing is billed here to a customer, though something was there."""
    services = [each.service for each in facts.services]
    if facts.customer.closed_on and facts.customer.closed_on < run.first_day:
        return _("The account was closed on %(day)s.") % {"day": facts.customer.closed_on}
    if not services:
        return _("The customer has no service here.")
    if all(service.ends_on and service.ends_on < run.first_day for service in services):
        return _("All services had ended by %(day)s.") % {"day": max(service.ends_on for service in services)}
    if all(service.starts_on > run.last_day for service in services):
        return _("The services begin on %(day)s.") % {"day": min(service.starts_on for service in services)}
    months = {service.months for service in services}
    if months != {1}:
        return _("No cycle begins in these days: services are billed for %(months)s months at once.") % {
            "months": ", ".join(map(str, sorted(months)))
        }
    return _("Nothing of the services is charged in these days: look for pauses, and prices of 0.00.")
