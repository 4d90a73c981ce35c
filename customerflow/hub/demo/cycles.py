"""Billing cycles: from the customer's billing day to the day before the next one, all days inclusive."""

from calendar import monthrange
from collections.abc import Iterator
from datetime import date, timedelta

DAY = timedelta(days=1)


def cycle_of(day: date, billing_day: int) -> tuple[date, date]:
    """
    Return the first and the last day of the cycle that holds `day`.

    In a month that is too short the cycle begins on its last day: for 31 that is 28 February and then 31 March.
    """
    first = _beginning_in(day.year, day.month, billing_day)
    if first > day:
        last_month = day.replace(day=1) - DAY
        first = _beginning_in(last_month.year, last_month.month, billing_day)
    next_month = first.replace(day=1) + timedelta(days=31)
    return first, _beginning_in(next_month.year, next_month.month, billing_day) - DAY


def cycles_from(day: date, billing_day: int) -> Iterator[tuple[date, date]]:
    """Yield the first and last days of the cycle that holds `day`, and of all that follow."""
    while True:
        first, last = cycle_of(day, billing_day)
        yield first, last
        day = last + DAY


def _beginning_in(year: int, month: int, billing_day: int) -> date:
    return date(year, month, min(billing_day, monthrange(year, month)[1]))
