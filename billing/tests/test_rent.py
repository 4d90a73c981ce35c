"""Rent is charged by the days on which a unit is at an open account, whenever they are entered."""

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from billing.engine.charging import Subject
from billing.engine.stretches import Price
from billing.models import CreditNoteLine, InvoiceLine
from billing.runs.facts import Facts, facts_of
from billing.tests import oracle
from billing.tests.factories import make_billing_start
from billing.tests.test_billing_run import bill
from customers.equipment_moves import install, return_to_stock
from customers.models import Customer, Equipment
from customers.registration import close_customer, reopen_customer
from customers.tests.agreeing import overlapping_stays, units_out_of_place
from customers.tests.factories import make_customer, make_equipment, make_location

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
JANUARY = date(2026, 1, 1)
RENT = Decimal("3.10")


def rented(**fields) -> Equipment:
    return make_equipment(terms="rented", monthly_rent=RENT, **fields)


def charged(customer: Customer) -> dict[tuple[date, date], Fraction]:
    """Return what was charged for each cycle, less what was given back."""
    sums: dict = {}
    for sign, lines in (
        (1, InvoiceLine.objects.filter(live=True, invoice__customer=customer)),
        (-1, CreditNoteLine.objects.filter(live=True, credit_note__customer=customer)),
    ):
        for first, last, amount in lines.values_list("cycle_first", "cycle_last", "amount"):
            sums[first, last] = sums.get((first, last), 0) + sign * Fraction(amount)
    return {cycle: amount for cycle, amount in sums.items() if amount}


def right(*stays: tuple[date, date | None], on: date) -> dict[tuple[date, date], Fraction]:
    there = tuple((first, last) for first, last in stays if last is None or first <= last)
    return oracle.sums(oracle.lines(Subject(there, 1, (Price(RENT, None),)), billing_day=1, on=on))


def test_the_rent_of_many_customers_takes_as_many_queries_as_that_of_one(django_assert_max_num_queries):
    make_billing_start(JANUARY)
    customers = [rented(location=make_location()).location.customer for _number in range(3)]
    bill(JANUARY)

    def look(some: list[Customer]) -> list[Facts]:
        return facts_of(some, start=JANUARY, on=JANUARY, looked_through={customer.pk for customer in some})

    with django_assert_max_num_queries(20) as of_one:
        look(customers[:1])
    with django_assert_max_num_queries(len(of_one)):
        facts = look(customers)
    assert [unit.subject.billed[0].amount for each in facts for unit in each.units] == [RENT] * 3


def test_a_unit_that_is_left_at_a_closed_account_costs_nothing_after_its_last_day():
    make_billing_start(JANUARY)
    customer = make_customer()
    rented(location=make_location(customer=customer))
    bill(JANUARY)
    close_customer(customer=customer, last_day=date(2026, 1, 10), on=date(2026, 1, 12))
    for day in (date(2026, 1, 12), date(2026, 2, 1), date(2026, 3, 1)):
        bill(day)
        assert charged(customer) == {(JANUARY, date(2026, 1, 31)): Fraction("1.00")}


def test_the_days_before_an_account_is_reopened_cost_nothing_though_a_unit_came_back_in_them():
    make_billing_start(JANUARY)
    customer = make_customer()
    place = make_location(customer=customer)
    back, kept = rented(location=place), rented(location=place)
    close_customer(customer=customer, last_day=date(2026, 1, 10), on=date(2026, 1, 10))
    return_to_stock(unit=back, on=date(2026, 1, 20))
    reopen_customer(customer=customer, on=date(2026, 1, 22))
    bill(date(2026, 1, 31))
    assert charged(customer) == {(JANUARY, date(2026, 1, 31)): Fraction("3.00")}
    assert list(kept.installations.order_by("first_day").values_list("last_day", "monthly_rent")) == [
        (date(2026, 1, 10), RENT),
        (date(2026, 1, 21), 0),
        (None, RENT),
    ]


@pytest.mark.parametrize("days", [0, 1])
def test_an_account_that_is_reopened_on_its_last_day_or_the_next_has_no_day_between(days: int):
    customer = make_customer()
    unit = rented(location=make_location(customer=customer))
    last_day = date(2026, 1, 10)
    close_customer(customer=customer, last_day=last_day, on=last_day)
    reopen_customer(customer=customer, on=last_day + days * DAY)
    assert list(unit.installations.values_list("first_day", "last_day", "monthly_rent")) == [(JANUARY, None, RENT)]


STEPS = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 30)), min_size=4, max_size=4)


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(STEPS, st.integers(10, 50))
def test_each_day_is_charged_once_whatever_is_entered_when(steps: list[tuple[int, int]], every: int):
    """A unit comes, the account is closed and reopened, and the unit goes: each some days after, and told late."""
    InvoiceLine.objects.exists() or make_billing_start(JANUARY)
    came, closed, reopened, went = (
        JANUARY + sum(days for days, _late in steps[: number + 1]) * DAY for number in range(4)
    )
    told = []
    for day, (_days, late) in zip((came, closed, reopened, went), steps, strict=True):
        # An account is reopened when it is; everything else is told later, one after the other.
        told.append(max([day + (late if day != reopened else 0) * DAY, *told]))
    reopened = told[2]
    went = max(went, reopened)
    told[3] = max(told[3], went)
    customer = make_customer()
    place, unit = make_location(customer=customer), rented()
    acts = [
        lambda: install(unit=unit, location=place, day=came, on=told[0]),
        lambda: close_customer(customer=customer, last_day=closed, on=told[1]),
        lambda: reopen_customer(customer=customer, on=told[2]),
        lambda: return_to_stock(unit=unit, day=went, on=told[3]),
    ]
    known = 0
    for number in range((told[3] - JANUARY).days + 1):
        today = JANUARY + number * DAY
        while known < len(acts) and told[known] <= today:
            acts[known]()
            known += 1
        if number % every == 0 or today == told[3]:
            bill(today)
    free_from = closed + DAY
    assert charged(customer) == right((came, closed), (max(reopened, free_from), went), on=told[3])
    assert not units_out_of_place().filter(pk=unit.pk).exists()
    assert not overlapping_stays().filter(unit=unit).exists()
