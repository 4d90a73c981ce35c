"""
How customers stand by the rules of suspension on a day: the one place in which the rules are.

The forecast, the daily step, the act and the page of a customer all ask a `Case`; so what was forecast is what is done,
and what is refused is what is explained.
"""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from django.db.models import Exists, OuterRef, QuerySet

from billing.as_of import open_invoices
from billing.models import Invoice
from customerflow.keys import among
from customerflow.money import QUANTUM, ZERO
from customers.models import Customer, Pause, Service
from dunning.promises import without_promised
from suspensions.models import Hold, Policy, Suspension
from suspensions.quiet_days import why_quiet
from suspensions.reminders import first_reminders, last_contacts


@dataclass(frozen=True)
class LateInvoice:
    """An invoice that was late on the day asked about, and what was open on it."""

    pk: int
    customer: int
    number: str
    due_on: date
    amount: Decimal
    is_promised: bool = False


@dataclass(frozen=True)
class Case:
    """
    A customer as the rules see them on the day `on`.

    `late` is what is overdue, the oldest first; `services` are those that are on. `quiet` names the day where it is
    one without cut-offs.
    """

    customer: Customer
    on: date
    policy: Policy
    quiet: str = ""
    late: list[LateInvoice] = field(default_factory=list)
    services: list[Service] = field(default_factory=list)
    hold: Hold | None = None
    suspension: Suspension | None = None
    reminded_on: date | None = None
    # Only where it is asked for.
    contacted_on: date | None = None

    @property
    def pk(self) -> int:
        """The key of the customer."""
        return self.customer.pk

    def get_absolute_url(self) -> str:
        return self.customer.get_absolute_url()

    def __str__(self) -> str:
        return str(self.customer)

    @property
    def past_grace(self) -> list[LateInvoice]:
        """What is late for longer than the grace, promised or not."""
        return [invoice for invoice in self.late if self.policy.counts_from(invoice.due_on) <= self.on]

    @property
    def counted(self) -> list[LateInvoice]:
        """For what the customer would be suspended: past the grace, and not promised."""
        return [invoice for invoice in self.past_grace if not invoice.is_promised]

    @property
    def overdue(self) -> Decimal:
        """What is overdue all together."""
        return amount_of(self.late)

    @property
    def amount(self) -> Decimal:
        """What counts, all together."""
        return amount_of(self.counted)

    @property
    def has_reason(self) -> bool:
        """Whether enough counts for a suspension."""
        return self.amount >= least_of(self.policy)

    @property
    def keeps_reason(self) -> bool:
        """Whether who is suspended stays so."""
        still = self.counted if self.policy.returns_on_promise else self.past_grace
        return amount_of(still) >= least_of(self.policy)


def amount_of(invoices: Collection[LateInvoice]) -> Decimal:
    """Return what is open on `invoices` all together."""
    return sum((invoice.amount for invoice in invoices), ZERO)


def least_of(policy: Policy) -> Decimal:
    """Return the least amount for which somebody is suspended: more than nothing, whatever the rules say."""
    return max(policy.least_amount, QUANTUM)


def cases_of(
    customers: Collection[Customer],
    *,
    on: date,
    policy: Policy,
    today: date | None = None,
    with_contacts: bool = False,
) -> list[Case]:
    """
    Return how `customers` stand on the day `on`, in their order; so many queries, however many they are.

    Where `on` is before `today`, what was open is as of that day; a day to come shows what is open now.
    """
    keys = [customer.pk for customer in customers]
    quiet, late, services = why_quiet(policy, on), _late(keys, on, today or on), _services_on(keys, on)
    holds = Hold.objects.on(on).filter(customer__in=among(keys)).select_related("made_by").order_by("last_day")
    held = {hold.customer_id: hold for hold in holds}
    suspensions = Suspension.objects.open().filter(customer__in=among(keys)).order_by("-pk")
    suspended = {suspension.customer_id: suspension for suspension in suspensions}
    reminded = {}
    if policy.days_after_reminder is not None:
        reminded = first_reminders([invoice.pk for each in late.values() for invoice in each], on)
    contacted = last_contacts(keys) if with_contacts else {}
    return [
        Case(
            customer=customer,
            on=on,
            policy=policy,
            quiet=quiet,
            late=late[customer.pk],
            services=services[customer.pk],
            hold=held.get(customer.pk),
            suspension=suspended.get(customer.pk),
            reminded_on=reminded.get(customer.pk),
            contacted_on=contacted.get(customer.pk),
        )
        for customer in customers
    ]


def _late(keys: list[int], on: date, today: date) -> dict[int, list[LateInvoice]]:
    invoices = Invoice.objects.filter(customer__in=among(keys), due_on__lt=on)
    rows = open_invoices(invoices, on, today=today).order_by("due_on", "pk")
    found = list(rows.values_list("pk", "customer", "number", "due_on", "open_then"))
    about = Invoice.objects.filter(pk__in=among(row[0] for row in found)).order_by()
    left = set(without_promised(about, on).values_list("pk", flat=True)) if found else set()
    late: dict[int, list[LateInvoice]] = defaultdict(list)
    for row in found:
        late[row[1]].append(LateInvoice(*row, is_promised=row[0] not in left))
    return late


def services_on(on: date) -> QuerySet[Service]:
    """Return the services that are served on the day `on`, and not off for non-payment."""
    off = Pause.objects.on(on).filter(service=OuterRef("pk"), reason=Pause.Reason.NON_PAYMENT)
    return Service.objects.active(on).filter(~Exists(off))


def _services_on(keys: list[int], on: date) -> dict[int, list[Service]]:
    services: dict[int, list[Service]] = defaultdict(list)
    found = services_on(on).filter(location__customer__in=among(keys))
    for service in found.select_related("location").order_by("pk"):
        services[service.location.customer_id].append(service)
    return services
