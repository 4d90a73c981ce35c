"""Cycles: every day of a century in exactly one, for every billing day."""

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.engine.cycles import DAY, Cycle, anchor, billing_day_from, cycle_before, cycle_of
from billing.tests import oracle

BILLING_DAYS = range(1, 32)
INTERVALS = [1, 3, 6, 12]
CENTURY = [date(1999, 1, 1) + timedelta(days=count) for count in range((date(2101, 1, 1) - date(1999, 1, 1)).days)]
DAYS = st.dates(date(1990, 1, 1), date(2110, 12, 31))


def cycles_of_the_century(billing_day: int, months: int) -> list[Cycle]:
    """Return the cycles from the one with the first day of the century to the one with the last, found by walking."""
    found = []
    for days in oracle.cycles(CENTURY[0], billing_day, months):
        found.append(Cycle(days[0], days[-1]))
        if days[-1] >= CENTURY[-1]:
            return found
    return found


@pytest.mark.parametrize(
    ("billing_day", "firsts"),
    [
        (31, ["2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30", "2026-05-31"]),
        (30, ["2026-01-30", "2026-02-28", "2026-03-30", "2026-04-30", "2026-05-30"]),
        (29, ["2026-01-29", "2026-02-28", "2026-03-29", "2026-04-29", "2026-05-29"]),
        (28, ["2026-01-28", "2026-02-28", "2026-03-28", "2026-04-28", "2026-05-28"]),
    ],
)
def test_a_cycle_clamped_by_a_short_month_comes_back_to_the_billing_day(billing_day: int, firsts: list[str]):
    cycle, found = cycle_of(date(2026, 1, 31), billing_day, 1), []
    for _ in firsts:
        found.append(cycle.first.isoformat())
        cycle = cycle_of(cycle.last + DAY, billing_day, 1)
    assert found == firsts


def test_in_a_leap_year_february_ends_on_the_29th():
    assert anchor(2028, 2, 31) == date(2028, 2, 29)
    assert anchor(2100, 2, 31) == date(2100, 2, 28)
    assert anchor(2000, 2, 31) == date(2000, 2, 29)


def test_a_cycle_counts_its_first_and_its_last_day():
    assert cycle_of(date(2026, 2, 14), 1, 1).days == 28
    assert cycle_of(date(2026, 5, 12), 1, 1).days == 31
    assert cycle_of(date(2028, 1, 1), 1, 12).days == 366


@pytest.mark.parametrize("billing_day", BILLING_DAYS)
def test_every_day_from_1999_to_2100_is_in_the_cycle_that_walking_finds(billing_day: int):
    walked = iter(cycles_of_the_century(billing_day, 1))
    expected = next(walked)
    for day in CENTURY:
        if day > expected.last:
            expected = next(walked)
        assert cycle_of(day, billing_day, 1) == expected


@pytest.mark.parametrize("months", INTERVALS)
def test_cycles_follow_each_other_without_a_gap_for_a_century_and_back_again(months: int):
    for billing_day in BILLING_DAYS:
        walked = cycles_of_the_century(billing_day, months)
        for cycle, following in pairwise(walked):
            assert cycle_of(cycle.first, billing_day, months) == cycle
            assert cycle_of(cycle.last + DAY, billing_day, months) == following
            assert cycle_before(following, billing_day, months) == cycle


@given(DAYS, st.sampled_from(BILLING_DAYS), st.sampled_from(INTERVALS))
def test_a_longer_cycle_begins_on_the_same_day_as_one_of_a_month(day: date, billing_day: int, months: int):
    cycle = cycle_of(day, billing_day, months)
    assert cycle.first == cycle_of(day, billing_day, 1).first
    assert cycle.first <= day <= cycle.last
    assert cycle.last + DAY == anchor((cycle.last + DAY).year, (cycle.last + DAY).month, billing_day)


def test_the_cycle_after_a_new_billing_day_is_the_full_one_that_has_the_next_day():
    may = cycle_of(date(2026, 5, 1), 1, 1)
    assert cycle_of(may.last + DAY, 15, 1) == Cycle(date(2026, 5, 15), date(2026, 6, 14))
    assert cycle_of(may.last + DAY, 1, 1) == Cycle(date(2026, 6, 1), date(2026, 6, 30))


def test_the_cycle_before_one_of_another_billing_day_ends_where_that_begins():
    may = cycle_of(date(2026, 5, 1), 1, 1)
    assert cycle_before(may, 15, 1) == Cycle(date(2026, 4, 1), date(2026, 4, 30))
    march = Cycle(date(2026, 2, 28), date(2026, 3, 30))
    assert cycle_before(march, 15, 1) == Cycle(date(2026, 1, 31), date(2026, 2, 27))


@given(DAYS, st.sampled_from(BILLING_DAYS), st.sampled_from(BILLING_DAYS), st.sampled_from(INTERVALS))
def test_the_cycle_before_never_overlaps_whatever_the_billing_day_is_now(
    day: date, made_by: int, now: int, months: int
):
    cycle = cycle_of(day, made_by, months)
    before = cycle_before(cycle, now, months)
    assert before.last + DAY == cycle.first
    assert before.first < before.last


@given(DAYS, st.sampled_from(BILLING_DAYS))
def test_the_next_billing_day_is_the_first_day_of_the_cycle_that_begins_today_or_next(day, billing_day):
    cycle = cycle_of(day, billing_day, 1)
    expected = day if cycle.first == day else cycle.last + DAY
    assert billing_day_from(day, billing_day) == expected
