"""The sentences that say why a line has its amount, and that what they say makes the amount."""

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from django.utils import translation
from hypothesis import given, settings

from billing.engine.charging import Billed, Subject, charges
from billing.engine.cycles import Cycle
from billing.engine.explaining import why
from billing.engine.stretches import Discount, Price
from billing.tests.histories import BILLING_DAYS, LAST, subjects
from customerflow.money import ZERO, round_money

MAY = Cycle(date(2026, 5, 1), date(2026, 5, 31))


def sentences(start: date = date(2026, 5, 1), on: date = date(2026, 5, 31), **facts) -> list[str]:
    """Return why each line has its amount, of what is due for a service at 59.99."""
    prices = facts.pop("prices", (Price(Decimal("59.99"), None),))
    subject = Subject(**{"stays": ((start, None),), "months": 1, "prices": prices, **facts})
    return [why(line.inputs) for line in charges(subject, billing_day=1, on=on)]


def test_a_full_period_is_said_to_be_one():
    assert sentences() == ["Full period (2026-05-01 to 2026-05-31) at 59.99"]


def test_a_part_is_explained_by_its_days_of_the_days_of_the_period():
    assert sentences(date(2026, 5, 12)) == [
        "20 of 31 days (2026-05-12 to 2026-05-31) at 59.99 for the full period = 38.70"
    ]


def test_a_new_price_says_since_when_it_is_the_price():
    prices = Price(Decimal("59.99"), None), Price(Decimal("69.99"), date(2026, 5, 12))
    assert sentences(prices=prices) == [
        "11 of 31 days (2026-05-01 to 2026-05-11) at 59.99 for the full period = 21.29",
        "20 of 31 days (2026-05-12 to 2026-05-31) at 69.99 (the price from 2026-05-12) for the full period = 45.15",
    ]


def test_a_price_that_is_older_than_the_period_needs_no_day():
    prices = (Price(Decimal("59.99"), date(2026, 5, 1)),)
    assert sentences(prices=prices) == ["Full period (2026-05-01 to 2026-05-31) at 59.99"]


def test_discounts_are_named_with_what_they_leave():
    discounts = (
        Discount(date(2026, 1, 1), None, percent=Decimal("10.00")),
        Discount(date(2026, 1, 1), None, amount=Decimal("5.00")),
    )
    assert sentences(date(2026, 5, 12), discounts=discounts) == [
        "20 of 31 days (2026-05-12 to 2026-05-31) at 48.99 (59.99 less 10 % and 5.00) for the full period = 31.61"
    ]
    assert sentences(discounts=(Discount(date(2026, 1, 1), None, percent=Decimal("12.50")),)) == [
        "Full period (2026-05-01 to 2026-05-31) at 52.49 (59.99 less 12.5 %)"
    ]


def test_a_new_price_with_a_discount_says_both():
    discounts = (Discount(date(2026, 1, 1), None, percent=Decimal(50)),)
    prices = Price(Decimal("59.99"), None), Price(Decimal("69.99"), date(2026, 5, 12))
    assert sentences(discounts=discounts, prices=prices)[1] == (
        "20 of 31 days (2026-05-12 to 2026-05-31) at 35.00 (69.99 from 2026-05-12, less 50 %) for the full period"
        " = 22.58"
    )


def test_a_part_that_has_the_remainder_says_so():
    prices = Price(Decimal("10.00"), None), Price(Decimal("10.00"), date(2026, 5, 2)), Price(ZERO, date(2026, 5, 3))
    assert sentences(prices=prices)[1] == (
        "1 of 31 days (2026-05-02 to 2026-05-02) at 10.00 (the price from 2026-05-02) for the full period = 0.33,"
        " rounded so that the parts of the period add up"
    )


def test_an_adjustment_says_what_was_charged_what_is_right_and_the_difference():
    subject_of_old = {"billed": (Billed(MAY, Decimal("59.99")),)}
    assert sentences(stays=((date(2026, 5, 12), None),), **subject_of_old) == [
        "2026-05-01 to 2026-05-31: charged before 59.99, right is 38.70 (20 of 31 days (2026-05-12 to 2026-05-31) at"
        " 59.99 for the full period = 38.70), difference -21.29"
    ]
    assert sentences(stays=(), **subject_of_old) == [
        "2026-05-01 to 2026-05-31: charged before 59.99, right is 0.00 (no day of it is charged), difference -59.99"
    ]


def test_amounts_are_written_as_in_the_language():
    with translation.override("de"):
        assert "59,99" in sentences()[0]


def worked_out(part: dict, length: int) -> Decimal:
    """Return the amount of one run, from nothing but its inputs."""
    percent = min(Decimal(100), sum((Decimal(discount["percent"]) for discount in part["discounts"]), ZERO))
    less = sum((Decimal(discount["amount"]) for discount in part["discounts"]), ZERO)
    cost = max(ZERO, round_money(Decimal(part["price"]) * (100 - percent) / 100) - less)
    assert cost == Decimal(part["unit_price"])
    return round_money(cost * part["days_after"] / length) - round_money(cost * part["days_before"] / length)


@settings(max_examples=60)
@given(subjects(), BILLING_DAYS)
def test_the_inputs_are_json_from_which_the_amount_can_be_worked_out_again(subject: Subject, billing_day: int):
    lines = charges(subject, billing_day=billing_day, on=LAST)
    wrong = tuple(Billed(line.cycle, line.amount + 1) for line in lines)
    lines += charges(replace(subject, billed=wrong), billing_day=billing_day, on=LAST)
    for line in lines:
        inputs = json.loads(json.dumps(line.inputs))
        assert inputs == line.inputs
        parts = inputs.get("parts", [inputs])
        amount = sum((worked_out(part, inputs["cycle_days"]) for part in parts), ZERO)
        assert amount - Decimal(inputs.get("billed", 0)) == line.amount == Decimal(inputs["amount"])
        assert why(inputs)


@pytest.mark.parametrize("text", ["1 of 30 days", "30 of 31 days"])
def test_a_run_of_any_length_is_counted(text: str):
    start = {"1 of 30 days": date(2026, 6, 30), "30 of 31 days": date(2026, 5, 2)}[text]
    assert sentences(start, on=start)[0].startswith(text)
