"""What an outage takes from a service, minute by minute: as slow and as plain as it can be said."""

from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from math import floor
from zoneinfo import ZoneInfo

from billing.engine.cycles import Cycle

MINUTE = timedelta(minutes=1)


def day_shown(minute: int, zone: ZoneInfo) -> date:
    return (datetime(1970, 1, 1, tzinfo=UTC) + minute * MINUTE).astimezone(zone).date()


def slow_lost(
    window: tuple[int, int],
    *,
    prices: dict[date, Decimal | None],
    given: Iterable[tuple[int, int]],
    cycle_at: Callable[[date], Cycle],
    zone: ZoneInfo,
) -> tuple[set[int], Decimal]:
    """Return the minutes that are given back and what they are worth; `prices` of a day is None where none is due."""
    taken = {minute for begin, end in given for minute in range(begin, end)}
    minutes, value, lengths = set(), Fraction(), {}
    for minute in range(*window):
        day = day_shown(minute, zone)
        cost = prices.get(day)
        if cost is None or minute in taken:
            continue
        cycle = cycle_at(day)
        if cycle not in lengths:
            lengths[cycle] = minutes_of(cycle, zone)
        minutes.add(minute)
        value += Fraction(cost) / lengths[cycle]
    return minutes, Decimal(floor(value * 100 + Fraction(1, 2))).scaleb(-2)


def minutes_of(cycle: Cycle, zone: ZoneInfo) -> int:
    """Count the quarters of hours of a cycle: no zone changes its clock in the middle of one."""
    begin = datetime(cycle.first.year, cycle.first.month, cycle.first.day, tzinfo=UTC) - timedelta(days=2)
    count, moment = 0, begin
    while (day := moment.astimezone(zone).date()) <= cycle.last:
        count += day >= cycle.first
        moment += 15 * MINUTE
    return count * 15
