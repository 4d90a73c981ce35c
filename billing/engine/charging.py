"""
What is to be charged for one service, or one rented unit: a pure function of its facts and of what was charged before.

Money is a net `Decimal`; days are inclusive, and None is a last day that is still open. A full cycle of N days costs c.
Its unbroken runs of charged days at one rate cost R(c x n after / N) - R(c x n before / N), n counting the charged days
of the cycle and R rounding half up, so that the parts of a full cycle add up to c whatever the remainder.
"""

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal, NamedTuple

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from billing.engine.cycles import DAY, Cycle, cycle_before, cycle_of
from billing.engine.stretches import Discount, Pause, Price, Rate, Stretch, spans, stretches
from customerflow.money import ZERO, round_money


@dataclass(frozen=True, slots=True)
class Billed:
    """A live line of a cycle: its net amount, negative for what a credit note gave back."""

    cycle: Cycle
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Subject:
    """A service or a rented unit: when it is there (`stays`, sorted and apart), what it costs, what was charged."""

    stays: tuple[tuple[date, date | None], ...]
    months: int
    prices: tuple[Price, ...]
    pauses: tuple[Pause, ...] = ()
    discounts: tuple[Discount, ...] = ()
    charged_from: date | None = None
    billed: tuple[Billed, ...] = ()


@dataclass(frozen=True, slots=True)
class Charge:
    """A line to be invoiced; `inputs` is what made its amount, as JSON (see `billing.engine.explaining`)."""

    kind: Literal["recurring", "part", "adjustment"]
    cycle: Cycle
    first_day: date
    last_day: date
    unit_price: Decimal
    amount: Decimal
    inputs: dict


class Window(NamedTuple):
    """The days of `cycle` that no cycle before it has."""

    cycle: Cycle
    first: date


class Run(NamedTuple):
    """An unbroken run of charged days (ordinals) at one rate, with the charged days of the cycle before and with it."""

    first: int
    last: int
    rate: Rate
    before: int
    after: int
    amount: Decimal


def charges(subject: Subject, *, billing_day: int, on: date) -> list[Charge]:
    """
    Return what has to be charged on the day `on`, oldest cycle first; nothing where all is charged and right.

    A cycle of which nothing is billed is due from its first day with the service, and then charged as a whole, in
    advance. A cycle that was billed otherwise than is right gets one adjustment. Raises `ValidationError` for days
    without a price.
    """
    there = spans(subject.stays, subject.charged_from)
    lasts = [last for _first, last in there]
    charged = stretches(there, subject.prices, subject.pauses, subject.discounts)
    ends = [stretch.last for stretch in charged]
    billed = _billed(subject)
    found: list[Charge] = []
    for window in _windows(subject.months, sorted(billed), there, billing_day, on):
        runs = _runs(window, charged, bisect_left(ends, window.first.toordinal()))
        if window.cycle in billed:
            found.extend(_adjustment(window, runs, billed[window.cycle]))
        elif _is_due(window, there, bisect_left(lasts, window.first.toordinal()), on):
            found.extend(_line(window.cycle, run) for run in runs)
    return found


def _billed(subject: Subject) -> dict[Cycle, Decimal]:
    sums: dict[Cycle, Decimal] = {}
    for line in subject.billed:
        sums[line.cycle] = sums.get(line.cycle, ZERO) + line.amount
    return sums


def _windows(
    months: int, known: list[Cycle], there: list[tuple[int, int]], billing_day: int, on: date
) -> Iterator[Window]:
    """
    Yield every cycle that was billed or may be due, oldest first.

    What is missing before and between billed cycles is filled from behind: a cycle that is filled in takes no days from
    the one after it, now or when it is billed itself. After the last one a cycle begins on the next day (for a new
    billing day it is the full cycle that has that day), or in the month of a start that was moved to after it.
    """
    start = date.fromordinal(there[0][0]) if there else date.max
    end = min(on, date.fromordinal(there[-1][1])) if there else date.min
    free_from = date.min
    for billed in known:
        cycles = [billed]
        while cycles[-1].first > max(start, free_from):
            cycles.append(cycle_before(cycles[-1], billing_day, months))
        for cycle in reversed(cycles):
            yield Window(cycle, max(cycle.first, free_from))
            free_from = max(free_from, cycle.last + DAY)
    day = max(start, free_from)
    while day <= end:
        cycle = cycle_of(day, billing_day, months)
        yield Window(cycle, max(cycle.first, free_from))
        day = free_from = cycle.last + DAY


def _is_due(window: Window, there: list[tuple[int, int]], position: int, on: date) -> bool:
    """Return whether the first day of `window` with the service has come, paused or not."""
    if position == len(there):
        return False
    day = max(there[position][0], window.first.toordinal())
    return day <= min(window.cycle.last, on).toordinal()


def _runs(window: Window, charged: list[Stretch], position: int) -> list[Run]:
    """Return the runs of `window`; `position` is that of the first stretch of `charged` that ends in it or later."""
    first_day, last_day = window.first.toordinal(), window.cycle.last.toordinal()
    length = window.cycle.days
    runs, before = [], 0
    while position < len(charged) and max(charged[position].first, first_day) <= last_day:
        stretch = charged[position]
        first, last = max(stretch.first, first_day), min(stretch.last, last_day)
        if stretch.rate is None:
            raise ValidationError(_("No price is in force on %(day)s.") % {"day": date.fromordinal(first)})
        after = before + last - first + 1
        amount = _share(stretch.rate, after, length) - _share(stretch.rate, before, length)
        runs.append(Run(first, last, stretch.rate, before, after, amount))
        before, position = after, position + 1
    return runs


def _share(rate: Rate, days: int, length: int) -> Decimal:
    """Return what `days` of the `length` days of a cycle cost together."""
    if days in (0, length):
        return rate.cost if days else ZERO
    return round_money(rate.cost * days / length)


def _line(cycle: Cycle, run: Run) -> Charge:
    is_full = run.after - run.before == cycle.days
    inputs = {"kind": "recurring" if is_full else "part", **_about(cycle), **_explained(run)}
    first_day, last_day = date.fromordinal(run.first), date.fromordinal(run.last)
    return Charge(inputs["kind"], cycle, first_day, last_day, run.rate.cost, run.amount, inputs)


def _adjustment(window: Window, runs: list[Run], billed: Decimal) -> list[Charge]:
    """Return the one line that makes what was billed of a cycle right; none where it is."""
    correct = sum((run.amount for run in runs), ZERO)
    if correct == billed:
        return []
    cycle, difference = window.cycle, correct - billed
    # Other cycles can have all days of this one: then it is about those that it had.
    first_day = window.first if window.first <= cycle.last else cycle.first
    inputs = {
        "kind": "adjustment",
        **_about(cycle),
        "first_day": first_day.isoformat(),
        "last_day": cycle.last.isoformat(),
        "billed": str(billed),
        "correct": str(correct),
        "amount": str(difference),
        "parts": [_explained(run) for run in runs],
    }
    return [Charge("adjustment", cycle, first_day, cycle.last, difference, difference, inputs)]


def _about(cycle: Cycle) -> dict:
    return {"cycle_first": cycle.first.isoformat(), "cycle_last": cycle.last.isoformat(), "cycle_days": cycle.days}


def _explained(run: Run) -> dict:
    """Return what made the amount of `run`, as JSON: enough for a sentence, and to work it out again."""
    price = run.rate.price
    return {
        "first_day": date.fromordinal(run.first).isoformat(),
        "last_day": date.fromordinal(run.last).isoformat(),
        "days_before": run.before,
        "days_after": run.after,
        "price": str(price.cost),
        "price_key": price.key,
        "price_from": price.from_day.isoformat() if price.from_day else None,
        "discounts": [
            {"key": discount.key, "percent": f"{discount.percent:f}", "amount": str(discount.amount)}
            for discount in run.rate.discounts
        ],
        "unit_price": str(run.rate.cost),
        "amount": str(run.amount),
    }
