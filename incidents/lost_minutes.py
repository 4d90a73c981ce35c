"""
What an outage takes from a service: a pure function of its times, the service's charged days and what was given before.

Time is whole minutes since 1970 (UTC); a span is [from, to), without its end. A day is the operator's own, from the
first moment at which the clock shows midnight to that of the next day: where the clock is changed it has 23 or 25
hours.
A full cycle of M minutes costs c: n lost minutes of it are worth c x n / M. What one service gets for one incident is
added up exactly, and rounded once, half up.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from zoneinfo import ZoneInfo

from billing.engine.cycles import DAY, Cycle
from billing.engine.stretches import Stretch
from customerflow.money import PLACES, from_minor

Span = tuple[int, int]
HALF = Fraction(1, 2)


@dataclass(frozen=True)
class Lost:
    """What was lost: the minutes of the outage that were charged, and those of them that nothing was given for yet."""

    charged: int
    spans: list[Span]
    amount: Decimal
    # What made the amount, as JSON: minutes of a cycle, of how many, at which price.
    parts: list[dict[str, object]]

    @property
    def minutes(self) -> int:
        """How many minutes something is given for."""
        return sum(end - begin for begin, end in self.spans)


def minute_of(moment: datetime) -> int:
    """Return the minute of a moment."""
    return int(moment.timestamp()) // 60


@lru_cache(maxsize=4_096)
def midnight(day: date, zone: ZoneInfo) -> int:
    """Return the minute with which a day begins."""
    return minute_of(datetime.combine(day, time(), zone))


def day_of(minute: int, zone: ZoneInfo) -> date:
    """Return the day that a minute is of."""
    return datetime.fromtimestamp(minute * 60, zone).date()


def lost(
    window: Span,
    *,
    charged: Iterable[Stretch],
    given: Iterable[Span],
    cycle_at: Callable[[date], Cycle],
    zone: ZoneInfo,
) -> Lost:
    """
    Return what of the outage `window` is given back of a service with these `charged` days.

    Minutes that something was `given` for count no second time; `cycle_at` says which cycle a day is charged with.
    """
    taken, whole, value = together(given), 0, Fraction()
    spans: list[Span] = []
    parts: dict[tuple, int] = {}
    for begin, end, cost in _charged_spans(window, charged, zone):
        whole += end - begin
        for piece in without((begin, end), taken):
            spans.append(piece)
            for minutes, cycle, length in _by_cycle(piece, cycle_at, zone):
                value += Fraction(cost) * minutes / length
                key = (cycle, length, cost)
                parts[key] = parts.get(key, 0) + minutes
    return Lost(whole, together(spans), _rounded(value), [_explained(key, minutes) for key, minutes in parts.items()])


def together(spans: Iterable[Span]) -> list[Span]:
    """
    Return spans, in order and apart, that have the minutes of these and no others.

    >>> together([(5, 9), (1, 3), (3, 4), (6, 7)])
    [(1, 4), (5, 9)]
    """
    found: list[Span] = []
    for begin, end in sorted(spans):
        if begin >= end:
            continue
        if found and begin <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((begin, end))
    return found


def without(span: Span, taken: Sequence[Span]) -> Iterator[Span]:
    """
    Yield what of a span none of the spans `taken` has, which are in order and apart.

    >>> list(without((0, 10), [(2, 4), (8, 12)]))
    [(0, 2), (4, 8)]
    """
    begin, end = span
    for first, last in taken:
        if last <= begin:
            continue
        if first >= end:
            break
        if begin < first:
            yield begin, first
        begin = last
    if begin < end:
        yield begin, end


def _charged_spans(window: Span, charged: Iterable[Stretch], zone: ZoneInfo) -> Iterator[tuple[int, int, Decimal]]:
    """Yield what of the window was charged, and what a full cycle costs then."""
    first_day, last_day = day_of(window[0], zone).toordinal(), day_of(window[1] - 1, zone).toordinal()
    for stretch in charged:
        first, last = max(stretch.first, first_day), min(stretch.last, last_day)
        if first > last or stretch.rate is None:
            continue
        begin = max(window[0], midnight(date.fromordinal(first), zone))
        end = min(window[1], midnight(date.fromordinal(last) + DAY, zone))
        if begin < end:
            yield begin, end, stretch.rate.cost


def _by_cycle(span: Span, cycle_at: Callable[[date], Cycle], zone: ZoneInfo) -> Iterator[tuple[int, Cycle, int]]:
    """Yield how many minutes of each cycle a span has, the cycle, and how many minutes that has."""
    begin, end = span
    while begin < end:
        cycle = cycle_at(day_of(begin, zone))
        cycle_end = midnight(cycle.last + DAY, zone)
        yield min(end, cycle_end) - begin, cycle, cycle_end - midnight(cycle.first, zone)
        begin = min(end, cycle_end)


def _rounded(value: Fraction) -> Decimal:
    return from_minor(int(value * 10**PLACES + HALF))


def _explained(key: tuple[Cycle, int, Decimal], minutes: int) -> dict[str, object]:
    cycle, length, cost = key
    return {
        "cycle_first": cycle.first.isoformat(),
        "cycle_last": cycle.last.isoformat(),
        "cycle_minutes": length,
        "minutes": minutes,
        "price": str(cost),
    }
