"""What a report is: lines of figures, each with the address of the rows that it counts, and what its chart shows."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.utils.functional import Promise
from django.utils.translation import gettext as _t

from customerflow.money import format_money
from reports.months import Month
from tickets.sla.telling import in_hours

Value = Decimal | int | timedelta | None
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class Share:
    """A part of a whole; None where there is no whole."""

    part: Decimal | int
    whole: Decimal | int

    @property
    def percent(self) -> Decimal | None:
        """The part in percent, with one decimal."""
        return round(Decimal(self.part) * 100 / Decimal(self.whole), 1) if self.whole else None


@dataclass(frozen=True)
class Cell:
    """A figure, and the address of the rows that it adds up or counts; a figure that is derived has none."""

    value: Value | Share
    address: str = ""

    @property
    def text(self) -> str:
        """The figure for a person."""
        if isinstance(self.value, Share):
            return "–" if self.value.percent is None else f"{self.value.percent} %"
        if isinstance(self.value, timedelta):
            return in_hours(self.value)
        if isinstance(self.value, Decimal):
            return format_money(self.value)
        return "" if self.value is None else str(self.value)

    @property
    def plain(self) -> object:
        """The figure for a file; times in whole minutes."""
        if isinstance(self.value, timedelta):
            return self.value // MINUTE
        return self.value.percent if isinstance(self.value, Share) else self.value


@dataclass(frozen=True)
class Line:
    """A line of a report; the address of what its label leads to, where there is more of it."""

    label: str
    cells: list[Cell]
    address: str = ""


@dataclass(frozen=True)
class Series:
    """One row of values in a chart, a value for each of its labels."""

    name: str
    values: list[Decimal | int]


@dataclass(frozen=True)
class Figures:
    """
    The figures of a report: the label of the first column, those of the others, the lines, perhaps their sum.

    In the chart the values of a label stand one on the other, or side by side where they are no parts of a whole.
    """

    first_column: str
    columns: list[str]
    lines: list[Line]
    labels: list[str]
    series: list[Series]
    total: Line | None = None
    is_side_by_side: bool = False

    def rows(self) -> Iterator[list[object]]:
        """Yield the report as the rows of a file."""
        yield [self.first_column, *self.columns]
        for line in [*self.lines, *([self.total] if self.total else [])]:
            yield [line.label, *(cell.plain for cell in line.cells)]


@dataclass(frozen=True)
class Report:
    """A report of some months: `figures` works it out; the last month may go on."""

    slug: str
    title: str | Promise
    explanation: str | Promise
    figures: Callable[[list[Month], date], Figures]
    is_money: bool = True


def total_of(lines: list[Line]) -> Line:
    """Return the sum of lines of amounts, column by column."""
    columns = zip(*(line.cells for line in lines), strict=True)
    return Line(_t("Total"), [Cell(sum(cell.value for cell in column)) for column in columns])
