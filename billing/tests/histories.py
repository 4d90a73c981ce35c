"""Random services for the properties of charging, what becomes known of them when, and the books that runs fill."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import accumulate

from hypothesis import strategies as st

from billing.engine.charging import Billed, Charge, Subject, charges
from billing.engine.cycles import DAY
from billing.engine.stretches import Discount, Pause, Price
from billing.tests import oracle

FIRST = date(2026, 12, 25)
# Three years with a leap day, and with both ends of every kind of month.
LAST = date(2029, 12, 31)
SPAN = (LAST - FIRST).days
EVERY_DAY = [FIRST + timedelta(days=count) for count in range(SPAN + 1)]
LONGEST_MONTH = 31

BILLING_DAYS = st.one_of(st.integers(28, 31), st.integers(1, 31))
INTERVALS = st.sampled_from([1, 1, 3, 6, 12])
DAYS = st.integers(0, SPAN).map(lambda count: FIRST + timedelta(days=count))
COSTS = st.one_of(st.integers(0, 20_000), st.integers(0, 3)).map(lambda cents: Decimal(cents).scaleb(-2))
PERCENTS = st.integers(0, 12_000).map(lambda hundredths: Decimal(hundredths).scaleb(-2))
AMOUNTS = st.integers(0, 2_000).map(lambda cents: Decimal(cents).scaleb(-2))


@st.composite
def spells(draw) -> tuple[date, date | None]:
    """Return a first and a last day, seldom an open one."""
    first = draw(DAYS)
    return first, draw(st.one_of(st.none(), st.integers(0, 120).map(lambda count: first + timedelta(days=count))))


PAUSES = st.builds(lambda spell, charged: Pause(*spell, is_charged=charged), spells(), st.booleans())
DISCOUNTS = st.builds(lambda spell, percent, amount: Discount(*spell, percent, amount), spells(), PERCENTS, AMOUNTS)
PRICES = st.builds(lambda cost, day: Price(cost, day), COSTS, DAYS)


@st.composite
def stays(draw, first: date | None = None) -> tuple[tuple[date, date | None], ...]:
    """Return up to three stays that begin within the span, apart from each other; the first on the day `first`."""
    steps = draw(st.lists(st.integers(1, 300), min_size=1, max_size=6))
    ends = list(accumulate(steps, lambda day, step: day + timedelta(days=step), initial=first or draw(DAYS)))
    pairs = [(ends[place], ends[place + 1] - DAY) for place in range(0, len(ends) - 1, 2) if ends[place] <= LAST]
    return (*pairs[:-1], (pairs[-1][0], draw(st.sampled_from([None, pairs[-1][1]]))))


@st.composite
def subjects(draw) -> Subject:
    dated = draw(st.lists(PRICES, max_size=4, unique_by=lambda price: price.from_day))
    return Subject(
        stays=draw(stays()),
        months=draw(INTERVALS),
        prices=(Price(draw(COSTS), None), *dated),
        pauses=tuple(draw(st.lists(PAUSES, max_size=3))),
        discounts=tuple(draw(st.lists(DISCOUNTS, max_size=3))),
        charged_from=draw(st.one_of(st.none(), DAYS)),
    )


@dataclass
class Books:
    """What was billed of one subject, and the lines that billed it."""

    lines: list[Charge] = field(default_factory=list)

    def run(self, subject: Subject, billing_day: int, on: date) -> None:
        billed = tuple(Billed(line.cycle, line.amount) for line in self.lines)
        self.lines += charges(replace(subject, billed=billed), billing_day=billing_day, on=on)

    def sums(self) -> dict[tuple[date, date], Decimal]:
        """Return the sum of each cycle, in the same form as the oracle's."""
        return oracle.sums([as_told(line) for line in self.lines])

    def told(self) -> list[oracle.Line]:
        return sorted(map(as_told, self.lines))


def as_told(line: Charge) -> oracle.Line:
    return oracle.Line(line.cycle.first, line.cycle.last, line.first_day, line.last_day, Fraction(line.amount))


def days_of(lines: Iterable[Charge]) -> list[date]:
    """Return every day that `lines` bill, as often as they do."""
    return [
        line.first_day + timedelta(days=count)
        for line in lines
        for count in range((line.last_day - line.first_day).days + 1)
    ]


def run_days(every: int) -> list[date]:
    """Return the days of runs: every so many days, and the last day always."""
    return [*EVERY_DAY[:-1:every], LAST]


@dataclass(frozen=True)
class Story:
    """Versions of one subject, each with the day on which it became known, oldest first."""

    versions: tuple[tuple[date, Subject], ...]
    billing_day: int

    def known_on(self, day: date) -> Subject:
        return [subject for known_on, subject in self.versions if known_on <= day][-1]

    def billed_by_runs(self, days: list[date]) -> Books:
        books = Books()
        for day in days:
            books.run(self.known_on(day), self.billing_day, day)
        return books


@st.composite
def late_stories(draw) -> Story:
    """
    Return a story of facts that are recorded whenever it pleases, also long after their days were billed.

    With cycles of several months the first start is never moved: it decides in which month all of the cycles begin, and
    those that were billed keep theirs, so that one late run, which sees only the new start, cuts the days otherwise.
    """
    subject = draw(subjects())
    start = draw(DAYS)
    subject = replace(subject, stays=draw(stays(start)), charged_from=None)
    versions = [(FIRST, subject)]
    for known_on in sorted(draw(st.lists(DAYS, max_size=6))):
        match draw(st.sampled_from(["price", "pauses", "discounts", "stays", "nothing"])):
            case "price":
                dated = {price.from_day: price for price in (*subject.prices, draw(PRICES))}
                subject = replace(subject, prices=tuple(dated.values()))
            case "pauses":
                subject = replace(subject, pauses=tuple(draw(st.lists(PAUSES, max_size=3))))
            case "discounts":
                subject = replace(subject, discounts=tuple(draw(st.lists(DISCOUNTS, max_size=3))))
            case "stays":
                subject = replace(subject, stays=draw(stays(start if subject.months > 1 else None)))
        versions.append((known_on, subject))
    return Story(tuple(versions), draw(BILLING_DAYS))


@st.composite
def early_stories(draw) -> Story:
    """Return a story of prices, pauses and discounts that are recorded before the cycles of their days are billed."""
    final = draw(subjects())
    known: list[tuple[date, str, object]] = []
    for name in ("prices", "pauses", "discounts"):
        for fact in getattr(final, name):
            begins = fact.from_day if name == "prices" else fact.first_day
            ahead = timedelta(days=final.months * LONGEST_MONTH + draw(st.integers(0, 400)))
            known.append((max(begins - ahead, FIRST) if begins else FIRST, name, fact))
    days = sorted({FIRST, *(day for day, _, _ in known)})
    return Story(tuple((day, _as_known(final, known, day)) for day in days), draw(BILLING_DAYS))


def _as_known(final: Subject, known: list[tuple[date, str, object]], on: date) -> Subject:
    facts = {
        name: tuple(fact for day, of, fact in known if of == name and day <= on)
        for name in ("prices", "pauses", "discounts")
    }
    return replace(final, **facts)
