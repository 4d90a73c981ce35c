"""The periods that a customer is billed for: from one billing day to the day before a later one."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta

DAY = timedelta(days=1)
SHORTEST_MONTH = 28


@dataclass(frozen=True, order=True, slots=True)
class Cycle:
    """A full billing cycle, both days inclusive, however few of its days are charged."""

    first: date
    last: date

    @property
    def days(self) -> int:
        """Return how many days it has: what every part of it is divided by."""
        return (self.last - self.first).days + 1


def anchor(year: int, month: int, billing_day: int) -> date:
    """Return the day of the month on which a cycle begins: `billing_day`, or the last day of a shorter month."""
    if billing_day > SHORTEST_MONTH:
        billing_day = min(billing_day, monthrange(year, month)[1])
    return date(year, month, billing_day)


def billing_day_from(day: date, billing_day: int) -> date:
    """Return the first day on or after `day` on which a cycle begins."""
    this_month = anchor(day.year, day.month, billing_day)
    return this_month if this_month >= day else _anchor_away(day, 1, billing_day)


def cycle_of(day: date, billing_day: int, months: int) -> Cycle:
    """
    Return the cycle of `months` months that begins on the anchor on or before `day`.

    Both ends come from `billing_day` itself, never from a day that a short month clamped: 31 Jan, 28 Feb, 31 Mar.
    """
    if day < (first := anchor(day.year, day.month, billing_day)):
        first = _anchor_away(day, -1, billing_day)
    return Cycle(first, _anchor_away(first, months, billing_day) - DAY)


def cycle_before(cycle: Cycle, billing_day: int, months: int) -> Cycle:
    """
    Return the cycle that ends on the day before `cycle`; the two never overlap.

    Where `cycle` was made by another billing day, so is the one before it: a new billing day acts on what comes after.
    """
    made_by = billing_day if _is_made_by(billing_day, cycle) else _billing_day_of(cycle)
    return Cycle(_anchor_away(cycle.first, -months, made_by), cycle.first - DAY)


def cycle_in_step(day: date, *, first_day: date, billing_day: int, months: int) -> Cycle:
    """Return the cycle that has `day`, of those that follow one another before and behind the one of `first_day`."""
    first = cycle_of(first_day, billing_day, months).first
    this = cycle_of(day, billing_day, 1).first
    away = (this.year - first.year) * 12 + this.month - first.month
    first = _anchor_away(first, away // months * months, billing_day)
    return Cycle(first, _anchor_away(first, months, billing_day) - DAY)


def _anchor_away(day: date, months: int, billing_day: int) -> date:
    """Return the anchor of the month that is `months` months away from the month of `day`."""
    years, month = divmod(day.month - 1 + months, 12)
    return anchor(day.year + years, month + 1, billing_day)


def _is_made_by(billing_day: int, cycle: Cycle) -> bool:
    return all(day == anchor(day.year, day.month, billing_day) for day in (cycle.first, cycle.last + DAY))


def _billing_day_of(cycle: Cycle) -> int:
    """Return the billing day that made `cycle`: a short month can have clamped one of its ends, seldom both."""
    return max(cycle.first.day, (cycle.last + DAY).day)
