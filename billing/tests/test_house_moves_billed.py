"""A house move or takeover, planned or told late, leaves every day charged once, to who was there."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from billing.models import InvoiceLine
from billing.tests.factories import make_billing_start
from billing.tests.test_billing_run import bill
from billing.tests.test_rent import charged, right
from customers.house_moves import do_due_moves, move_house, plan_move, take_over
from customers.tests.factories import make_customer, make_equipment, make_location, make_service

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
JANUARY = date(2026, 1, 1)
RENT = Decimal("3.10")


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@example(told=5, moved=40, every=7, is_takeover=True)
@example(told=40, moved=5, every=7, is_takeover=True)
@given(told=st.integers(2, 60), moved=st.integers(2, 60), every=st.integers(5, 40), is_takeover=st.booleans())
def test_every_day_is_charged_once_to_who_was_there(told: int, moved: int, every: int, is_takeover: bool):
    InvoiceLine.objects.exists() or make_billing_start(JANUARY)
    leaving = make_customer()
    arriving = make_customer() if is_takeover else leaving
    origin, target = make_location(customer=leaving), make_location(customer=arriving)
    make_equipment(location=origin, installed_on=JANUARY, terms="rented", monthly_rent=RENT)
    make_service(location=origin, starts_on=JANUARY, cost=RENT)
    first_day = JANUARY + moved * DAY
    for number in range(70):
        today = JANUARY + number * DAY
        if number == told:
            at_once = take_over if is_takeover else move_house
            act = plan_move if first_day > today else at_once
            act(origin=origin, target=target, first_day=first_day, on=today)
        do_due_moves(on=today)
        if number % every == 0 or number == 69:
            bill(today)
    twice = {leaving: [(JANUARY, first_day - DAY)], arriving: [(first_day, None)]}
    if not is_takeover:
        twice = {leaving: [(JANUARY, None)]}
    for customer, stays in twice.items():
        expected = {cycle: 2 * amount for cycle, amount in right(*stays, on=today).items()}
        assert charged(customer) == expected
    assert (target.services.count(), target.equipment.count(), origin.equipment.count()) == (1, 1, 0)
