"""Cases that other billing systems test themselves with. Where a policy is not ours, the name of the test says so."""

import json
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import pytest

from billing.engine.charging import Charge, Subject, charges
from billing.engine.cycles import DAY, cycle_of
from billing.engine.stretches import Price

CASES = {
    case["id"]: case
    for case in json.loads((Path(__file__).parent / "data" / "billing_cases.json").read_text())["cases"]
}
# What the books make of charges: payments (020), tax on lines (034) and totals with tax (042).
OF_THE_BOOKS = {"bc-020", "bc-034", "bc-042"}


def charged(start: str, cost: str, billing_day: int, on: str | None = None, months: int = 1) -> list[Charge]:
    """Return what is charged by the day `on` for a service that starts on the day `start`, at first on that day."""
    subject = Subject(stays=((date.fromisoformat(start), None),), months=months, prices=(Price(Decimal(cost), None),))
    return charges(subject, billing_day=billing_day, on=date.fromisoformat(on or start))


def test_every_case_has_a_test_here_or_is_one_of_the_books():
    tested = {f"bc-{name[8:11]}" for name in globals() if name.startswith("test_bc_")}
    assert tested | OF_THE_BOOKS == set(CASES)


def part_of_a_period(case: dict) -> Decimal:
    """Return which part of a full period is charged from the start to the next billing day, with nine decimals."""
    billed_next = date.fromisoformat(case["inputs"]["next_bill_date"])
    (line,) = charged(case["inputs"]["start"], "10000000000.00", billed_next.day)
    assert line.last_day + DAY == billed_next
    return (line.amount / line.unit_price).quantize(Decimal("1e-9"), rounding=ROUND_HALF_UP)


def test_bc_001_a_start_before_the_billing_day_is_charged_by_the_days_of_the_period_that_has_it():
    assert part_of_a_period(CASES["bc-001"]) == Decimal(CASES["bc-001"]["expected"]["factor"])


def test_bc_003_a_period_with_the_end_of_february_has_28_days():
    assert part_of_a_period(CASES["bc-003"]) == Decimal(CASES["bc-003"]["expected"]["factor"])


def test_bc_007_fixed_months_of_30_days_are_not_ours_and_agree_only_where_the_period_has_30():
    case, expected = CASES["bc-007"]["inputs"], CASES["bc-007"]["expected"]["first_invoice"]
    (line,) = charged(case["start"], case["price"], case["bill_day"])
    assert line.cycle.days == case["fixed_days_in_month"]
    assert line.amount == Decimal(expected["amount"])
    # Their last day is the first one that is not charged.
    assert (line.first_day, line.last_day + DAY) == tuple(date.fromisoformat(expected[end]) for end in ("from", "to"))
    (later,) = charged("2023-06-15", case["price"], case["bill_day"])
    assert later.cycle.days == 31
    assert later.amount == Decimal("5.15")


def test_bc_011_the_days_up_to_the_billing_day_and_then_a_whole_period_in_advance():
    case, expected = CASES["bc-011"]["inputs"], CASES["bc-011"]["expected"]
    lines = charged(case["start"], case["rate"], case["bill_day"], case["billed_as_of"])
    assert len(lines) == expected["lines"]
    assert sum(line.amount for line in lines) == Decimal(expected["balance"])
    assert [line.amount for line in lines] == [Decimal("4.52"), Decimal("10.00")]


@pytest.mark.parametrize("name", ["bc-013", "bc-016"])
def test_bc_013_and_016_the_first_full_period_begins_on_the_next_billing_day(name: str):
    case = CASES[name]["inputs"]
    cycle = cycle_of(date.fromisoformat(case["start"]), case["bill_day"], 1)
    assert (cycle.last + DAY).isoformat() == CASES[name]["expected"]["first_bill_date"]


def test_bc_016_a_billing_day_that_is_past_is_the_one_of_the_next_month():
    first, second = charged("2012-02-16", "31.00", 14, on="2012-03-14")
    assert (first.kind, first.cycle.days, second.kind) == ("part", 29, "recurring")
    assert second.first_day.isoformat() == CASES["bc-016"]["expected"]["first_bill_date"]


def test_bc_025_what_began_on_a_31st_is_billed_on_the_last_days_of_shorter_months():
    case = CASES["bc-025"]
    start = date.fromisoformat(case["inputs"]["subscribed"])
    billed_on = {line.first_day.isoformat() for line in charged(start.isoformat(), "9.00", start.day, on="2025-01-01")}
    assert set(case["expected"]["billed_on"]) <= billed_on
    assert not set(case["expected"]["not_billed_on"]) & billed_on


def test_bc_037_the_first_invoice_has_the_rest_of_the_month_but_a_year_that_is_not_parted_is_not_ours():
    case = CASES["bc-037"]["inputs"]
    setup = sum(Decimal(package["setup"]) for package in case["packages"])
    parted = [package for package in case["packages"] if package["prorated"]]
    lines = [charged(case["start"], package["recurring"], case["bill_day"])[0] for package in parted]
    assert [line.amount for line in lines] == [Decimal("17.42"), Decimal("52.26")]
    (domain,) = [package for package in case["packages"] if not package["prorated"]]
    total = setup + sum(line.amount for line in lines) + Decimal(domain["recurring"])
    assert total == Decimal(CASES["bc-037"]["expected"]["total"])
    # Ours is by days for every interval: the year from 1 August, without the 13 days before the start.
    (year,) = charged(case["start"], domain["recurring"], case["bill_day"], months=12)
    assert (year.kind, year.cycle.days, year.amount) == ("part", 366, Decimal("24.11"))


@pytest.mark.parametrize("year", range(2023, 2033))
def test_bc_050_an_anchor_on_31_january_bills_on_the_last_day_of_each_month(year: int):
    lines = charged(f"{year}-01-31", "9.00", 31, on=f"{year}-04-30")
    end_of_february = date(year, 3, 1) - timedelta(days=1)
    expected = CASES["bc-050"]["expected"]
    assert [line.first_day for line in lines[1:]] == [
        end_of_february,
        date(year, 3, int(expected["mar"])),
        date(year, 4, int(expected["apr"])),
    ]
    assert {line.kind for line in lines} == {"recurring"}
    assert str(end_of_february.day) in expected["feb"]
