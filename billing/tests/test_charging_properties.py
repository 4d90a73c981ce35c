"""Whatever happens to a service, every charged day of it is billed once, and the slow oracle gets the same."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from random import Random

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from billing.engine.charging import Billed, Charge, Subject, charges
from billing.engine.cycles import DAY, cycle_of
from billing.engine.stretches import Discount, Pause, Price
from billing.tests import oracle
from billing.tests.histories import (
    BILLING_DAYS,
    COSTS,
    DAYS,
    EVERY_DAY,
    FIRST,
    INTERVALS,
    LAST,
    Books,
    Story,
    days_of,
    early_stories,
    late_stories,
    run_days,
    subjects,
)
from customerflow.money import round_money


@settings(max_examples=150)
@given(subjects(), BILLING_DAYS, DAYS)
def test_the_lines_are_those_of_the_oracle(subject: Subject, billing_day: int, on: date):
    books = Books()
    books.run(subject, billing_day, on)
    assert books.told() == sorted(oracle.lines(subject, billing_day=billing_day, on=on))


@settings(max_examples=100)
@given(subjects(), BILLING_DAYS)
def test_every_charged_day_is_billed_exactly_once(subject: Subject, billing_day: int):
    lines = charges(subject, billing_day=billing_day, on=LAST)
    billed = days_of(lines)
    assert len(billed) == len(set(billed))
    until = max([LAST, *(line.cycle.last for line in lines)])
    # What is due is charged in advance: up to the end of the last cycle, and no further.
    until_then = [FIRST + timedelta(days=count) for count in range((until - FIRST).days + 1)]
    expected = {day for day in until_then if oracle.is_charged(subject, day)}
    assert {day for day in expected if day <= LAST} <= set(billed) <= expected


@settings(max_examples=100)
@given(subjects(), BILLING_DAYS)
def test_the_parts_of_a_cycle_at_one_rate_add_up_to_its_price(subject: Subject, billing_day: int):
    stay = (FIRST, None)
    subject = replace(subject, stays=(stay,), charged_from=None, pauses=(), discounts=())
    cut = replace(subject, prices=tuple(replace(price, cost=subject.prices[0].cost) for price in subject.prices))
    sums: dict = {}
    for line in charges(cut, billing_day=billing_day, on=LAST):
        sums[line.cycle] = sums.get(line.cycle, 0) + line.amount
    first_cycle = cycle_of(FIRST, billing_day, subject.months)
    assert {amount for cycle, amount in sums.items() if cycle.first >= FIRST} == {subject.prices[0].cost}
    assert sums[first_cycle] <= subject.prices[0].cost


@settings(max_examples=12)
@given(subjects(), BILLING_DAYS)
def test_daily_runs_weekly_runs_and_one_late_run_make_the_same_lines(subject: Subject, billing_day: int):
    late, daily, weekly = Books(), Books(), Books()
    late.run(subject, billing_day, LAST)
    for books, every in ((daily, 1), (weekly, 7)):
        for day in run_days(every):
            books.run(subject, billing_day, day)
    assert daily.lines == weekly.lines == late.lines


@settings(max_examples=20)
@given(late_stories())
def test_facts_recorded_late_leave_the_same_sums_after_daily_weekly_and_one_late_run(story: Story):
    known = story.known_on(LAST)
    expected = oracle.sums(oracle.lines(known, billing_day=story.billing_day, on=LAST))
    for days in ([LAST], run_days(7), run_days(1)):
        assert story.billed_by_runs(days).sums() == expected


@settings(max_examples=20)
@given(early_stories())
def test_facts_recorded_before_they_are_billed_make_the_same_lines_in_daily_weekly_and_one_late_run(story: Story):
    late = story.billed_by_runs([LAST])
    assert all(line.kind != "adjustment" for line in late.lines)
    assert story.billed_by_runs(run_days(7)).told() == late.told()
    assert story.billed_by_runs(run_days(1)).told() == late.told()


TERMS = st.tuples(BILLING_DAYS, INTERVALS)


@settings(max_examples=40)
@given(subjects(), TERMS, st.lists(st.tuples(DAYS, TERMS), min_size=1, max_size=5), st.integers(1, 45))
def test_new_billing_days_and_intervals_leave_no_day_out_and_bill_none_twice(
    subject: Subject, terms: tuple[int, int], changes: list[tuple[date, tuple[int, int]]], every: int
):
    books = Books()
    for day in run_days(every):
        billing_day, months = [terms, *(new for on, new in sorted(changes) if on <= day)][-1]
        books.run(replace(subject, months=months), billing_day, day)
    assert all(line.kind != "adjustment" for line in books.lines)
    billed = days_of(books.lines)
    assert len(billed) == len(set(billed))
    assert {day for day in EVERY_DAY if oracle.is_charged(subject, day)} == {day for day in billed if day <= LAST}


@settings(max_examples=60)
@given(late_stories(), BILLING_DAYS)
def test_a_new_billing_day_changes_nothing_that_is_billed(story: Story, new_billing_day: int):
    books = story.billed_by_runs(run_days(30))
    known = len(books.lines)
    books.run(story.known_on(LAST), new_billing_day, LAST)
    assert [line for line in books.lines[known:] if line.kind == "adjustment" or line.first_day <= LAST] == []


@settings(max_examples=60)
@given(subjects(), TERMS, DAYS, DAYS, TERMS)
def test_what_is_due_next_follows_from_the_last_day_that_was_billed(
    subject: Subject, terms: tuple[int, int], day: date, another: date, new_terms: tuple[int, int]
):
    """
    A run over many services need not read all that was ever billed of each.

    It does where a stay may have begun anew since: after a gap only the cycles that were billed know where in the year
    those of several months begin.
    """
    subject = replace(subject, stays=subject.stays[:1], months=terms[1])
    books = Books()
    books.run(subject, terms[0], min(day, another))
    assume(books.lines)
    billed = tuple(Billed(line.cycle, line.amount) for line in books.lines)
    known, last_day = replace(subject, months=new_terms[1]), max(line.cycle.last for line in books.lines)
    assert charges(replace(known, billed=billed), billing_day=new_terms[0], on=max(day, another)) == charges(
        replace(known, charged_from=last_day + DAY), billing_day=new_terms[0], on=max(day, another)
    )


@settings(max_examples=60)
@given(subjects(), BILLING_DAYS)
def test_what_is_given_back_is_rounded_like_what_was_charged(subject: Subject, billing_day: int):
    books = Books()
    books.run(subject, billing_day, LAST)
    books.run(replace(subject, stays=()), billing_day, LAST)
    assert books.sums() == {}


@given(COSTS, st.integers(0, 366), st.integers(1, 366))
def test_rounding_is_symmetric_and_that_of_the_oracle(cost: Decimal, days: int, length: int):
    share = cost * days / length
    assert round_money(-share) == -round_money(share)
    assert Fraction(round_money(share)) == oracle.half_up(Fraction(cost) * days / length)
    assert Fraction(round_money(-share)) == oracle.half_up(-Fraction(cost) * days / length)


TWENTY_YEARS = [date(2026, 1, 1) + timedelta(days=count) for count in range(20 * 365 + 5)]
NEAR = timedelta(days=100)


def eventful(billing_day: int) -> Subject:
    """Return a service of twenty years with prices, pauses, discounts and moves, others for each billing day."""
    random = Random(billing_day)

    def cents(most: int) -> Decimal:
        return Decimal(random.randrange(most)).scaleb(-2)

    def spell(longest: int) -> tuple[date, date]:
        day = random.choice(TWENTY_YEARS)
        return day, day + timedelta(days=random.randrange(longest))

    gone = sorted(random.sample(TWENTY_YEARS[100::250], 3))
    back = [TWENTY_YEARS[random.randrange(20)], *(day + timedelta(days=random.randrange(2, 150)) for day in gone)]
    return Subject(
        stays=tuple(zip(back, [*gone, None], strict=True)),
        months=1,
        prices=(Price(cents(10_000), None), *(Price(cents(10_000), day) for day in random.sample(TWENTY_YEARS, 8))),
        pauses=tuple(Pause(*spell(60), is_charged=number % 4 == 0) for number in range(10)),
        discounts=tuple(Discount(*spell(200), cents(4_000), cents(500)) for _ in range(10)),
    )


def lately(subject: Subject, lines: list[Charge], on: date) -> Subject:
    """Return `subject` with no more than the last two cycles that were billed, and the facts near them and `on`."""
    cycles = sorted({line.cycle for line in lines[-40:]})[-2:]
    since = cycles[0].first if cycles else on

    def near(facts: Iterable) -> tuple:
        return tuple(fact for fact in facts if fact.first_day <= on + NEAR and since - NEAR <= fact.last_day)

    return replace(
        subject,
        billed=tuple(Billed(line.cycle, line.amount) for line in lines[-40:] if line.cycle in cycles),
        charged_from=since if cycles else None,
        prices=tuple(price for price in subject.prices if price.from_day is None or price.from_day <= on + NEAR),
        pauses=near(subject.pauses),
        discounts=near(subject.discounts),
    )


@pytest.mark.parametrize("billing_day", range(1, 32))
def test_twenty_years_of_daily_runs_are_those_of_the_oracle(billing_day: int):
    subject, books, made_on = eventful(billing_day), Books(), {}
    recent = lately(subject, [], TWENTY_YEARS[0])
    for number, day in enumerate(TWENTY_YEARS):
        due = charges(recent, billing_day=billing_day, on=day)
        made_on |= {(line.cycle.first, line.cycle.last): day for line in due}
        books.lines += due
        if due or number % 28 == 0:
            recent = lately(subject, books.lines, day)
    # All that was billed is looked at once more at the end, together.
    books.run(subject, billing_day, TWENTY_YEARS[-1])
    assert books.told() == oracle.lines(subject, billing_day=billing_day, on=TWENTY_YEARS[-1])
    assert made_on == {cycle: oracle.due_on(subject, *cycle) for cycle in made_on}
