"""What is billed here in a comparison is what billing runs would have issued, had they gone on all the time."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from billing.engine.cycles import DAY, cycle_in_step, cycle_of
from billing.models import Invoice
from billing.runs.running import open_run, work_on
from billing.taxes import Rates
from billing.tests.factories import make_billing_start
from customers.models import Customer, Service
from customers.tests.factories import make_customer, make_installation, make_location, make_service
from shadow.facts import billed_here
from shadow.models import ShadowRun

START = date(2024, 1, 1)
FIRST, LAST = date(2026, 4, 1), date(2026, 4, 30)
RUN = ShadowRun(origin="Old", first_day=FIRST, last_day=LAST, issued_from=FIRST, issued_to=LAST)
SUBSCRIPTIONS = st.lists(
    st.tuples(
        st.integers(min_value=1, max_value=31),
        st.sampled_from([1, 3, 6, 12]),
        st.one_of(st.dates(START, LAST), st.dates(date(2026, 3, 1), LAST)),
        st.integers(min_value=1, max_value=9_999),
        st.one_of(st.none(), st.dates(date(2026, 3, 20), date(2026, 6, 1))),
        st.booleans(),
    ),
    min_size=1,
    max_size=4,
)


class TestAgainstRuns(TestCase):
    @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
    @given(subscriptions=SUBSCRIPTIONS)
    def test_a_month_of_shadow_billing_is_what_the_runs_of_the_month_issue(self, subscriptions):
        make_billing_start(START)
        customers = [make_subscriber(*each) for each in subscriptions]
        bill(date(2026, 3, 31))
        bill(LAST)
        issued = {customer.pk: Decimal(0) for customer in customers}
        for customer, total in Invoice.objects.filter(issued_on=LAST).values_list("customer", "total"):
            issued[customer] += total
        rows = list(Customer.objects.filter(pk__in=issued).order_by("pk"))
        assert {here.facts.customer.pk: here.total for here in billed_here(RUN, rows, Rates.on(FIRST))} == issued


def make_subscriber(billing_day, months, starts_on, cents, ends_on, rents):
    customer = make_customer(billing_day=billing_day)
    location = make_location(customer=customer)
    service = make_service(location=location, starts_on=starts_on, cost=Decimal(cents) / 100, billing_interval=months)
    if ends_on and ends_on >= starts_on:
        # Known from the beginning: what is told late is settled by corrections, which a comparison does not make.
        Service.objects.filter(pk=service.pk).update(ends_on=ends_on)
    if rents:
        make_installation(location=location, first_day=starts_on, monthly_rent=Decimal(5))
    return customer


def bill(day: date) -> None:
    run, _goes_on = open_run(day=day, plan=False, on=day)
    list(work_on(run, on=day))


@pytest.mark.parametrize("months", [1, 3, 6, 12])
@pytest.mark.parametrize("billing_day", [1, 15, 29, 31])
@pytest.mark.parametrize("first_day", [date(2024, 2, 29), date(2023, 11, 30), date(2026, 5, 31)])
def test_cycles_in_step_are_those_that_follow_one_another(months, billing_day, first_day):
    cycle = cycle_of(first_day, billing_day, months)
    known = [cycle]
    while known[-1].last < date(2028, 1, 1):
        known.append(cycle_of(known[-1].last + DAY, billing_day, months))
    for each in known:
        for day in (each.first, each.last):
            found = cycle_in_step(day, first_day=first_day, billing_day=billing_day, months=months)
            assert found == each
    before = cycle_in_step(cycle.first - DAY, first_day=first_day, billing_day=billing_day, months=months)
    assert before.last + DAY == cycle.first
