from datetime import date
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command

from customers.price_changes import apply_due_prices, cancel_price_change, change_cost, change_costs
from customers.tests.factories import make_service

TODAY = date(2026, 11, 20)
LATER = date(2026, 12, 1)

pytestmark = pytest.mark.django_db


def prices(service):
    return list(service.price_changes.live().order_by("pk").values_list("effective_on", "cost"))


def test_a_service_begins_with_one_price_that_has_no_day():
    service = make_service(cost=Decimal("59.99"))
    assert prices(service) == [(None, Decimal("59.99"))]


def test_a_price_from_today_is_the_cost_at_once_and_the_past_keeps_its_own():
    service = make_service(cost=Decimal("59.99"))
    change_cost(service=service, cost=Decimal("64.99"), on=TODAY)
    service.refresh_from_db()
    assert (service.cost, service.version) == (Decimal("64.99"), 2)
    assert prices(service) == [(None, Decimal("59.99")), (TODAY, Decimal("64.99"))]
    assert service.price_changes.in_force(date(2026, 11, 19)).first().cost == Decimal("59.99")


def test_a_later_price_waits_for_its_day():
    service = make_service(cost=Decimal("59.99"))
    change_cost(service=service, cost=Decimal("64.99"), on=TODAY, effective_on=LATER)
    assert apply_due_prices(on=date(2026, 11, 30)) == 0
    service.refresh_from_db()
    assert service.cost == Decimal("59.99")
    assert apply_due_prices(on=LATER) == 1
    assert apply_due_prices(on=LATER) == 0
    service.refresh_from_db()
    assert service.cost == Decimal("64.99")


def test_missed_days_are_caught_up_with_the_latest_price(monkeypatch):
    monkeypatch.setattr("customers.price_changes.BATCH", 1)
    service = make_service(cost=Decimal("10"))
    change_cost(service=service, cost=Decimal("11"), on=TODAY, effective_on=date(2026, 11, 22))
    change_cost(service=service, cost=Decimal("12"), on=TODAY, effective_on=date(2026, 11, 24))
    change_cost(service=service, cost=Decimal("13"), on=TODAY, effective_on=date(2026, 11, 26))
    call_command("daily", "--on", "2026-11-25")
    service.refresh_from_db()
    assert service.cost == Decimal("12")


def test_the_daily_command_says_what_a_day_looks_like():
    with pytest.raises(CommandError, match="2026-13-01"):
        call_command("daily", "--on", "2026-13-01")


def test_a_second_price_for_one_day_replaces_the_first_and_keeps_it_on_record():
    service = make_service()
    change_cost(service=service, cost=Decimal("70"), on=TODAY, effective_on=LATER)
    change_cost(service=service, cost=Decimal("71"), on=TODAY, effective_on=LATER)
    assert prices(service)[1:] == [(LATER, Decimal("71"))]
    assert service.price_changes.count() == 3


def test_a_scheduled_price_can_be_cancelled_until_its_day():
    service = make_service(cost=Decimal("59.99"))
    change = change_cost(service=service, cost=Decimal("70"), on=TODAY, effective_on=LATER)
    cancel_price_change(change=change, on=TODAY)
    assert apply_due_prices(on=LATER) == 0
    with pytest.raises(ValidationError, match="cancelled already"):
        cancel_price_change(change=change, on=TODAY)
    begun = change_cost(service=service, cost=Decimal("71"), on=TODAY)
    with pytest.raises(ValidationError, match="in force already"):
        cancel_price_change(change=begun, on=TODAY)


@pytest.mark.parametrize(
    ("cost", "effective_on", "field"),
    [
        (Decimal("-0.01"), TODAY, "cost"),
        (Decimal("59.99"), TODAY, "cost"),
        (Decimal("70"), date(2026, 11, 19), "effective_on"),
        (Decimal("70"), date(2027, 1, 1), "effective_on"),
    ],
    ids=["negative", "the same", "in the past", "after the end"],
)
def test_a_price_that_makes_no_sense_is_refused_at_its_field(cost, effective_on, field):
    service = make_service(cost=Decimal("59.99"), ends_on=date(2026, 12, 31))
    with pytest.raises(ValidationError) as refusal:
        change_cost(service=service, cost=cost, on=TODAY, effective_on=effective_on)
    assert list(refusal.value.error_dict) == [field]
    assert len(prices(service)) == 1


def test_many_prices_change_by_a_percentage_rounded_half_up():
    services = [make_service(cost=cost) for cost in (Decimal("10.50"), Decimal("0.10"), Decimal("0"))]
    changes = change_costs(services=services, percent=Decimal("5"), on=TODAY)
    assert [change.cost for change in changes] == [Decimal("11.03"), Decimal("0.11")]


def test_a_percentage_goes_on_top_of_a_price_that_is_scheduled_before():
    service = make_service(cost=Decimal("20"))
    change_cost(service=service, cost=Decimal("30"), on=TODAY, effective_on=date(2027, 1, 1))
    (change,) = change_costs(services=[service], percent=Decimal("10"), on=TODAY, effective_on=date(2027, 2, 1))
    assert change.cost == Decimal("33.00")


def test_many_prices_change_all_or_none_and_the_refusal_names_the_service():
    good, bad = make_service(cost=Decimal("10")), make_service(cost=Decimal("1"))
    with pytest.raises(ValidationError, match=f"#{bad.pk}"):
        change_costs(services=[good, bad], amount=Decimal("-2"), on=TODAY)
    good.refresh_from_db()
    assert good.cost == Decimal("10")
