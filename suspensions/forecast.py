"""Who would be suspended on a day: the rules, asked of everybody and without doing anything."""

from collections.abc import Iterable, Iterator
from datetime import date
from itertools import islice

from django.db.models import Exists, OuterRef, QuerySet

from customers.models import Customer
from suspensions.cases import Case, cases_of, services_on
from suspensions.daily import late_customers
from suspensions.models import Hold, Policy
from suspensions.quiet_days import why_quiet
from suspensions.reminders import reminded_long_enough

CHUNK = 500


def to_be_suspended(policy: Policy, on: date) -> QuerySet[Customer]:
    """
    Return the customers who would be suspended on the day `on`, today or later, by what is known now.

    On a day without cut-offs that is nobody. What is open now counts as it would be late on that day.
    """
    if why_quiet(policy, on):
        return Customer.objects.none()
    served = services_on(on).filter(location__customer=OuterRef("pk"))
    held = Hold.objects.on(on).filter(customer=OuterRef("pk"))
    late = Customer.objects.filter(pk__in=late_customers(policy, on).values("customer"))
    return reminded_long_enough(late.filter(Exists(served), ~Exists(held)), policy, on)


def cases_in_parts(customers: Iterable[Customer], *, policy: Policy, on: date, today: date) -> Iterator[Case]:
    """Yield how each of `customers` stands on the day `on`, so many of them in memory."""
    rest = iter(customers)
    while part := list(islice(rest, CHUNK)):
        yield from cases_of(part, on=on, policy=policy, today=today, with_contacts=True)
