"""Whom the rules would have hit in the last days, had they been switched on: their dry run, before that is done."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import islice

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from billing.models import Allocation, Invoice
from customers.models import Customer
from suspensions.cases import Case, cases_of
from suspensions.explaining import is_due, standing_reasons
from suspensions.models import Policy
from suspensions.quiet_days import why_quiet

DAYS = 30
DAY = timedelta(days=1)
CHUNK = 200


@dataclass(frozen=True)
class Tried:
    """A customer, and how they stood on the first day of the last ones on which they would have been suspended."""

    customer: Customer
    hit: Case | None
    last: Case

    @property
    def pk(self) -> int:
        """The key of the customer."""
        return self.customer.pk

    def get_absolute_url(self) -> str:
        return self.customer.get_absolute_url()

    @property
    def why_not(self) -> str:
        """Why they would not have been, on the last of the days; nothing for who would."""
        return "" if self.hit else " ".join(standing_reasons(self.last))


def maybe_suspended(policy: Policy, today: date) -> QuerySet[Customer]:
    """
    Return the customers of whom something was open past the grace on one of the last 30 days, today included.

    It holds all that would have been suspended, and others who were held, owed too little, or had no service: what is
    left is seen day by day, by `try_out`.
    """
    first = today - DAY * (DAYS - 1)
    since = Allocation.objects.filter(invoice=OuterRef("pk"), posted_on__gt=F("invoice__due_on") + policy.grace)
    then_open = Exists(since.filter(posted_on__gt=first)) | Q(voided_on__gt=first)
    invoices = Invoice.objects.exclude(status=Invoice.Status.DRAFT).filter(due_on__lt=today - policy.grace)
    late = invoices.open().order_by().values("customer").union(invoices.filter(then_open).order_by().values("customer"))
    return Customer.objects.filter(pk__in=late)


def try_out(customers: Iterable[Customer], *, policy: Policy, today: date) -> Iterator[Tried]:
    """Yield for each of `customers` the first of the last 30 days on which they would have been suspended, if any."""
    days = [day for day in (today - DAY * number for number in reversed(range(DAYS))) if not why_quiet(policy, day)]
    rest = iter(customers)
    while part := list(islice(rest, CHUNK)):
        hits: dict[int, Case] = {}
        cases: list[Case] = cases_of(part, on=today, policy=policy)
        for day in days:
            left = [customer for customer in part if customer.pk not in hits]
            tried = cases_of(left, on=day, policy=policy, today=today)
            hits |= {case.pk: case for case in tried if is_due(case)}
        last = {case.pk: case for case in cases}
        yield from (Tried(customer, hits.get(customer.pk), last[customer.pk]) for customer in part)
