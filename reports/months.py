"""Months, and the days by which reports cut time: a month ends on its last day, the one that goes on today."""

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Self

DAY = timedelta(days=1)
# So many months a report has, unless others are asked for; and at most so many.
USUAL, MOST = 12, 36


@dataclass(frozen=True, order=True)
class Month:
    """A month, or, where it goes on, its days up to today."""

    first: date
    last: date

    @classmethod
    def of(cls, day: date, today: date) -> Self:
        """Return the month of a day, as far as it has come by `today`."""
        end = day.replace(day=monthrange(day.year, day.month)[1])
        return cls(day.replace(day=1), min(end, today))

    @property
    def before(self) -> date:
        """The last day of the month before."""
        return self.first - DAY

    @property
    def name(self) -> str:
        """The month as it stands in addresses and on pages."""
        return f"{self.first:%Y-%m}"

    def __str__(self) -> str:
        return self.name


def months(first: date, last: date, today: date) -> list[Month]:
    """Return the months from that of the day `first` to that of `last`, both included; none after `today`."""
    return list(_months(first, min(last, today), today))


def _months(first: date, last: date, today: date) -> Iterator[Month]:
    day = first.replace(day=1)
    while day <= last:
        month = Month.of(day, today)
        yield month
        day = (month.first + timedelta(days=31)).replace(day=1)


def months_before(day: date, number: int) -> date:
    """Return the first day of the month that is `number` months before that of a day; the first of all at least."""
    years, month = divmod(day.year * 12 + day.month - 1 - number, 12)
    return date(years, month + 1, 1) if years >= date.min.year else date.min
