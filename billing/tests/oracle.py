"""
What is to be charged, worked out slowly: day by day, in fractions, by counting. It shares nothing with the engine.

It answers for a subject of which nothing was billed yet, whose `billed` it does not look at: however the charges came
about, the sums of each cycle must in the end be these.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from fractions import Fraction
from itertools import groupby
from math import floor
from typing import NamedTuple

ONE = timedelta(days=1)
CENT = Fraction(1, 100)


class Line(NamedTuple):
    cycle_first: date
    cycle_last: date
    first_day: date
    last_day: date
    amount: Fraction


def begins_cycle(day: date, billing_day: int) -> bool:
    """Return whether `day` is the billing day, or the last day of a month that ends before it."""
    return day.day == billing_day or (day.day < billing_day and (day + ONE).day == 1)


def cycles(day: date, billing_day: int, months: int) -> Iterator[list[date]]:
    """Yield the days of the cycle that has `day`, and of those that follow it, by walking."""
    while not begins_cycle(day, billing_day):
        day -= ONE
    while True:
        days, left = [], months
        while left:
            days.append(day)
            day += ONE
            left -= begins_cycle(day, billing_day)
        yield days


def half_up(amount: Fraction) -> Fraction:
    """Return `amount` in whole cents, halves away from zero."""
    sign = -1 if amount < 0 else 1
    return sign * floor(abs(amount) / CENT + Fraction(1, 2)) * CENT


def over(fact, day: date) -> bool:
    return fact.first_day <= day and (fact.last_day is None or day <= fact.last_day)


def is_there(subject, day: date) -> bool:
    if subject.charged_from and day < subject.charged_from:
        return False
    return any(first <= day and (last is None or day <= last) for first, last in subject.stays)


def is_charged(subject, day: date) -> bool:
    return is_there(subject, day) and all(pause.is_charged for pause in subject.pauses if over(pause, day))


def due_on(subject, cycle_first: date, cycle_last: date) -> date:
    """Return the day on which a cycle is billed: the first of its days with the service."""
    day = cycle_first
    while not is_there(subject, day):
        day += ONE
    assert day <= cycle_last
    return day


def rate(subject, day: date) -> tuple[int, tuple[int, ...]]:
    """Return which price and which discounts are in force on `day`, by their places."""
    begun = [place for place, price in enumerate(subject.prices) if price.from_day is None or price.from_day <= day]
    newest = max(begun, key=lambda place: subject.prices[place].from_day or date.min)
    return newest, tuple(place for place, discount in enumerate(subject.discounts) if over(discount, day))


def cost(subject, in_force: tuple[int, tuple[int, ...]]) -> Fraction:
    """Return the price of a full cycle less percentages, and then less amounts; never below zero."""
    price = Fraction(subject.prices[in_force[0]].cost)
    discounts = [subject.discounts[place] for place in in_force[1]]
    left = max(Fraction(0), 100 - sum(Fraction(discount.percent) for discount in discounts))
    return max(Fraction(0), half_up(price * left / 100) - sum(Fraction(discount.amount) for discount in discounts))


def lines(subject, *, billing_day: int, on: date) -> list[Line]:
    """Return the lines of all cycles that are due on the day `on`."""
    firsts = [max(first, subject.charged_from or first) for first, last in subject.stays]
    lasts = [last or date.max for first, last in subject.stays]
    there = [first for first, last in zip(firsts, lasts, strict=True) if first <= last]
    found: list[Line] = []
    if not there:
        return found
    for days in cycles(min(there), billing_day, subject.months):
        if days[0] > on:
            return found
        if any(is_there(subject, day) for day in days if day <= on):
            found.extend(lines_of(subject, days))
    return found


def lines_of(subject, days: list[date]) -> Iterator[Line]:
    """Yield a line for every unbroken run of charged days among the `days` of a cycle."""
    rates = [(day, rate(subject, day) if is_charged(subject, day) else None) for day in days]
    counted = 0
    for in_force, run in groupby(rates, key=lambda dated: dated[1]):
        run_days = [day for day, _ in run]
        if in_force is None:
            continue
        price = cost(subject, in_force)
        before, counted = counted, counted + len(run_days)
        amount = half_up(price * counted / len(days)) - half_up(price * before / len(days))
        yield Line(days[0], days[-1], run_days[0], run_days[-1], amount)


def sums(found: list[Line]) -> dict[tuple[date, date], Fraction]:
    """Return the sum of the lines of each cycle, without those that come to nothing."""
    totals: dict[tuple[date, date], Fraction] = {}
    for line in found:
        cycle = line.cycle_first, line.cycle_last
        totals[cycle] = totals.get(cycle, Fraction(0)) + line.amount
    return {cycle: total for cycle, total in totals.items() if total}
