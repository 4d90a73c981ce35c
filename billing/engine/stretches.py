"""
The days of a service that are charged, cut wherever its price changes.

Days are ordinals here (`date.toordinal`): they are compared and counted far more often than they are shown.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from operator import itemgetter

from customerflow.money import ZERO, round_money

NOTHING = Decimal(0)
NEVER = date.min.toordinal()
FOREVER = date.max.toordinal()


@dataclass(frozen=True, slots=True)
class Price:
    """What one full cycle costs from a day on (None: from ever), until the next price begins."""

    cost: Decimal
    from_day: date | None
    key: int | None = None


@dataclass(frozen=True, slots=True)
class Pause:
    """Days without service, both inclusive (None: still going on); they are not charged unless it says so."""

    first_day: date
    last_day: date | None
    is_charged: bool = False


@dataclass(frozen=True, slots=True)
class Discount:
    """What is taken off the price of one full cycle on some days, both inclusive (None: for good)."""

    first_day: date
    last_day: date | None
    percent: Decimal = NOTHING
    amount: Decimal = NOTHING
    key: int | None = None


@dataclass(frozen=True, slots=True)
class Rate:
    """The price and the discounts that are in force together, and what one full cycle costs with them."""

    price: Price
    discounts: tuple[Discount, ...]
    cost: Decimal


@dataclass(frozen=True, slots=True)
class Stretch:
    """Charged days without a break, at one rate; None: there is no price for them."""

    first: int
    last: int
    rate: Rate | None


def spans(stays: Iterable[tuple[date, date | None]], charged_from: date | None) -> list[tuple[int, int]]:
    """Return the ordinals of the first and last days of `stays`, without what is before `charged_from`."""
    earliest = charged_from.toordinal() if charged_from else NEVER
    found = [(max(first.toordinal(), earliest), _end(last)) for first, last in stays]
    return [(first, last) for first, last in found if first <= last]


def stretches(
    there: Iterable[tuple[int, int]], prices: Iterable[Price], pauses: Iterable[Pause], discounts: Iterable[Discount]
) -> list[Stretch]:
    """
    Return the charged days of the spans `there`, in order.

    A day is charged when every pause over it is. A new price row or a discount that begins or ends makes a new stretch,
    also where the cost stays the same.
    """
    found: list[Stretch] = []
    rates: dict[tuple, Rate | None] = {}
    for first, last, price, running in _cuts(there, prices, pauses, tuple(discounts)):
        if (price, running) not in rates:
            rates[price, running] = price and _rate(price, running)
        rate = rates[price, running]
        if found and found[-1].last + 1 == first and found[-1].rate is rate:
            first = found.pop().first
        found.append(Stretch(first, last, rate))
    return found


def _cuts(
    there: Iterable[tuple[int, int]], prices: Iterable[Price], pauses: Iterable[Pause], discounts: tuple[Discount, ...]
) -> Iterator[tuple[int, int, Price | None, tuple[Discount, ...]]]:
    """Yield the first and last day, the price and the discounts between any two days on which something changes."""
    price, running, presence, pausing = None, [], 0, 0
    changes = sorted(_changes(there, prices, pauses, discounts), key=itemgetter(0))
    for position, (day, new_price, presence_step, pause_step, discount, discount_begins) in enumerate(changes):
        price = new_price or price
        presence += presence_step
        pausing += pause_step
        if discount is not None:
            (running.append if discount_begins else running.remove)(discount)
        next_day = changes[position + 1][0] if position + 1 < len(changes) else day
        if presence and not pausing and day < next_day:
            in_force = tuple(discounts[number] for number in sorted(running)) if running else ()
            yield day, next_day - 1, price, in_force


def _changes(
    there: Iterable[tuple[int, int]], prices: Iterable[Price], pauses: Iterable[Pause], discounts: tuple[Discount, ...]
) -> Iterator[tuple[int, Price | None, int, int, int | None, bool]]:
    """Yield (day, new price, step of presence, step of pauses, number of a discount, whether it begins)."""
    for price in prices:
        yield price.from_day.toordinal() if price.from_day else NEVER, price, 0, 0, None, False
    for first, last in there:
        yield first, None, 1, 0, None, False
        yield last + 1, None, -1, 0, None, False
    for pause in pauses:
        first, last = pause.first_day.toordinal(), _end(pause.last_day)
        if first <= last and not pause.is_charged:
            yield first, None, 0, 1, None, False
            yield last + 1, None, 0, -1, None, False
    for number, discount in enumerate(discounts):
        first, last = discount.first_day.toordinal(), _end(discount.last_day)
        if first <= last:
            yield first, None, 0, 0, number, True
            yield last + 1, None, 0, 0, number, False


def _rate(price: Price, discounts: tuple[Discount, ...]) -> Rate:
    """Return what a full cycle costs: less the percentages, rounded, then less the amounts, and never below zero."""
    if not discounts:
        return Rate(price, discounts, round_money(price.cost))
    percent = sum((discount.percent for discount in discounts), NOTHING)
    amount = sum((discount.amount for discount in discounts), NOTHING)
    cost = round_money(price.cost * (100 - percent) / 100) - amount
    return Rate(price, discounts, max(ZERO, round_money(cost)))


def _end(last_day: date | None) -> int:
    return last_day.toordinal() if last_day else FOREVER
