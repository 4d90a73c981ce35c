"""The reports on the help desk: their lines, and where their figures lead."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.http import urlencode
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from reports.report import Cell, Figures, Line, Series, Share, total_of
from reports.support.counting import Asked, Key, Times, happened, times, unfinished
from reports.support.periods import Period
from reports.support.splits import Part, names_of
from tickets.models import Ticket, TicketRound

Began, Ended, DueStep = TicketRound.Began, TicketRound.Ended, Ticket.DueStep
# What a report of the work counts, in the order of its columns; and what is left at the end.
HAPPENED = (Began.OPENED, Began.REOPENED, Ended.SOLVED, Ended.MERGED, Began.UNMERGED)
UNFINISHED = "unfinished"
# How steps were taken.
TAKEN, WITH_TARGET, IN_TARGET, TOO_LATE = "taken", "with_target", "in_target", "too_late"
# So many lines of a split have room in a chart.
MOST_BARS = 12


EVENTS, LEDGER = "tickets.view_ticketevent", "billing.view_ledgeraccount"


@dataclass(frozen=True)
class SupportReport:
    """A report on the help desk: `figures` works it out, for what it is asked for."""

    slug: str
    title: str | Promise
    explanation: str | Promise
    figures: Callable[[Asked], Figures]
    is_money: bool = False
    right: str = EVENTS


def address_of(name: str, period: Period, part: Part | None, **asked: object) -> str:
    """Return the address of a page about some days, and perhaps one part of the tickets."""
    parameters = {"first": period.first, "last": period.last, **asked}
    if part:
        parameters |= {"of": part.split.value, "value": "" if part.key is None else part.key}
    return f"{reverse(name)}?{urlencode(parameters)}"


@dataclass(frozen=True)
class Place:
    """A line of a report before it has figures: its days, and whose tickets they are."""

    label: str
    period: Period
    part: Part | None
    address: str = ""

    def cell(self, value: object, name: str, **asked: object) -> Cell:
        """Return a figure, and the way to the rows that it counts."""
        return Cell(value, address_of(name, self.period, self.part, **asked))


def places_of(asked: Asked, keys: set[Key], slug: str) -> dict[tuple[int, Key], Place]:
    """Return the lines by the place of the period, and key: all periods, or the parts that have these keys."""
    if asked.is_by_time:
        return {(number, 0): Place(each.label, each, asked.part) for number, each in enumerate(asked.periods)}
    found = {}
    for key, name in names_of(asked.split, keys).items():
        part = Part(asked.split, key)
        # What is split once is shown by time.
        leads_to = "" if asked.part else address_of(f"reports:{slug}", asked.whole, part)
        found[0, key] = Place(name, asked.whole, part, leads_to)
    return found


def work(asked: Asked) -> Figures:
    """Return how many tickets were opened, reopened, solved and merged, and how many are unfinished at the end."""
    counts, left = happened(asked), unfinished(asked)
    places = places_of(asked, {key for _place, _how, key in counts} | set(left), "support_work")
    if asked.is_by_time:
        left = _left_at_each_end(asked, counts, left[0])
    lines = {}
    for (number, key), place in places.items():
        cells = [place.cell(counts[number, how, key], "reports:rounds", what=how.value) for how in HAPPENED]
        rest = left[number] if asked.is_by_time else left[key]
        lines[number, key] = _line(place, [*cells, place.cell(rest, "reports:rounds", what=UNFINISHED)])
    ordered = in_order(asked, lines, lambda line: sum(cell.value for cell in line.cells))
    columns = [*(str(how.label) for how in HAPPENED), _t("Unfinished at the end")]
    series = [Series(columns[place], [line.cells[place].value for line in ordered]) for place in (0, 2)]
    return figures_of(asked, columns, ordered, series, _total(asked, ordered), is_side_by_side=True)


def _left_at_each_end(asked: Asked, counts: dict, left: int) -> dict[int, int]:
    """Return how many tickets were unfinished at the end of each period, `left` of them at the last."""
    found = {}
    for place in reversed(range(len(asked.periods))):
        found[place] = left
        came = sum(counts[place, how.value, 0] for how in Began)
        left += sum(counts[place, how.value, 0] for how in Ended) - came
    return found


def _total(asked: Asked, lines: list[Line]) -> Line | None:
    if not lines:
        return None
    sums = [cell.value for cell in total_of(lines).cells]
    if asked.is_by_time:
        sums[-1] = lines[-1].cells[-1].value
    place = Place(_t("Total"), asked.whole, asked.part)
    whats = [*(how.value for how in HAPPENED), UNFINISHED]
    return _line(place, [place.cell(n, "reports:rounds", what=what) for n, what in zip(sums, whats, strict=True)])


def taken(kind: str, slug: str, asked: Asked) -> Figures:
    """Return how often a step was taken, within its target or too late, and how long it took."""
    found = times(kind, asked)
    places = places_of(asked, {key for _place, key in found}, slug)
    lines = {where: _line_of_times(place, kind, found.get(where, Times())) for where, place in places.items()}
    ordered = in_order(asked, lines, lambda line: line.cells[0].value)
    whole = times(kind, Asked([asked.whole], part=asked.part)).get((0, 0), Times())
    total = _line_of_times(Place(_t("Total"), asked.whole, asked.part), kind, whole) if ordered else None
    columns = [_t("Taken"), _t("With a target"), _t("Within it"), _t("Share"), _t("Too late"), _t("Median")]
    series = [
        Series(_t("Within the target"), [line.cells[2].value for line in ordered]),
        Series(_t("Without a target"), [line.cells[0].value - line.cells[1].value for line in ordered]),
        Series(_t("Too late"), [line.cells[4].value for line in ordered]),
    ]
    return figures_of(asked, [*columns, _t("90th percentile")], ordered, series, total)


def _line_of_times(place: Place, kind: str, found: Times) -> Line:
    def rows(value: int, how: str) -> Cell:
        return place.cell(value, "reports:steps", step=kind, what=how)

    cells = [
        rows(found.count, TAKEN),
        rows(found.with_target, WITH_TARGET),
        rows(found.in_target, IN_TARGET),
        Cell(Share(found.in_target, found.with_target)),
        rows(found.with_target - found.in_target, TOO_LATE),
        Cell(found.median),
        Cell(found.ninety),
    ]
    return _line(place, cells)


def _line(place: Place, cells: list[Cell]) -> Line:
    return Line(place.label, cells, place.address)


def in_order(asked: Asked, lines: dict[tuple, Line], weight: Callable[[Line], object]) -> list[Line]:
    """Return lines by time as they are, and those of a split with the greatest first; none where all is nothing."""
    cells = (cell for line in lines.values() for cell in line.cells)
    if not any(cell.value for cell in cells if not isinstance(cell.value, Share)):
        return []
    if asked.is_by_time:
        return list(lines.values())
    return sorted(sorted(lines.values(), key=lambda line: line.label), key=weight, reverse=True)


def figures_of(
    asked: Asked,
    columns: list[str],
    lines: list[Line],
    series: list[Series],
    total: Line | None,
    *,
    is_side_by_side: bool = False,
) -> Figures:
    """Return the figures of a report with these lines, of which so many are in its chart as there is room for."""
    shown = len(lines) if asked.is_by_time else MOST_BARS
    cut = [Series(each.name, each.values[:shown]) for each in series]
    labels = [line.label for line in lines[:shown]]
    first = _t("Time") if asked.is_by_time else str(asked.split.label)
    return Figures(first, columns, lines, labels, cut, total, is_side_by_side)


WORKING_TIME = _(
    "By the day on which it was taken, and in the working time of the policy: without waiting for the customer and "
    "time on hold. Half of them took no longer than the median, nine of ten no longer than the 90th percentile."
)
SUPPORT_REPORTS = (
    SupportReport(
        "support_work",
        _("Tickets"),
        _(
            "Opened, opened again after they were finished, and solved. A ticket that was merged into another is not "
            "solved. Of a split, it counts what a ticket is now; of agents, who did it, or is to do it."
        ),
        work,
    ),
    *(
        SupportReport(slug, DueStep(kind).label, WORKING_TIME, partial(taken, kind.value, slug))
        for kind, slug in (
            (DueStep.FIRST, "support_first"),
            (DueStep.NEXT, "support_next"),
            (DueStep.SOLUTION, "support_solution"),
        )
    ),
)
ADDRESSES = {
    "support_work": "tickets",
    "support_first": "first-response",
    "support_next": "next-response",
    "support_solution": "solution",
    "support_cost": "support-cost",
}
