"""Who has what on which day, and what of it is free."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.utils.translation import gettext as _

from visits.models import Visit
from visits.technicians import technicians

WEEK = 7
# So many rows and visits are shown; a filter shows the others.
MOST_TECHNICIANS = 50
MOST_VISITS = 1_000
# In minutes: what is shorter is not shown as free.
SHORTEST_FREE = 30


@dataclass(frozen=True)
class Cell:
    """What somebody has on a day, in its order, and the windows that are free."""

    day: date
    visits: list[Visit]
    free: list[str]


@dataclass(frozen=True)
class Row:
    """The days of one technician; of nobody: the visits that are to be given."""

    technician: AbstractUser | None
    cells: list[Cell]


@dataclass(frozen=True)
class Overview:
    """The days of technicians side by side; `is_cut` says that there is more than is shown."""

    days: list[date]
    rows: list[Row]
    is_cut: bool


def days_of(on: date, number: int) -> list[date]:
    """Return the day `on` or, for seven, the week that it is in, from Monday on."""
    first = on - timedelta(days=on.weekday()) if number == WEEK else on
    return [first + timedelta(days=offset) for offset in range(number)]


def overview(days: list[date], *, technician: AbstractUser | None = None) -> Overview:
    """Return who has what on `days`, of everybody or of one technician. Two queries."""
    visits = Visit.objects.filter(day__gte=days[0], day__lte=days[-1]).exclude(status=Visit.Status.CANCELLED)
    visits = visits.select_related("ticket__customer", "ticket__type", "location", "technician")
    if technician:
        visits = visits.filter(technician=technician)
    found = list(visits.order_by(*Visit.IN_ORDER)[: MOST_VISITS + 1])
    people = {} if technician is None else {technician.pk: technician}
    if technician is None:
        people = {each.pk: each for each in technicians()[: MOST_TECHNICIANS + 1]}
        # Who has a visit is shown, whatever their rights are now.
        people |= {visit.technician_id: visit.technician for visit in found if visit.technician_id}
    shown = sorted(people.values(), key=lambda each: each.username)[:MOST_TECHNICIANS]
    is_cut = len(found) > MOST_VISITS or len(people) > MOST_TECHNICIANS
    rows = [_row(each, days, found[:MOST_VISITS]) for each in shown]
    if any(visit.technician_id is None for visit in found):
        rows.insert(0, _row(None, days, found[:MOST_VISITS]))
    return Overview(days, rows, is_cut)


def _row(technician: AbstractUser | None, days: list[date], visits: list[Visit]) -> Row:
    own = [visit for visit in visits if visit.technician_id == (technician and technician.pk)]
    cells = []
    for day in days:
        of_day = [visit for visit in own if visit.day == day]
        cells.append(Cell(day, of_day, _free(technician, of_day, day) if technician else []))
    return Row(technician, cells)


def _free(technician: AbstractUser, visits: list[Visit], day: date) -> list[str]:
    """Return in words what of a day somebody has free; nothing is free while they are away."""
    if technician.away_until and day <= technician.away_until:
        return [_("away")]
    windows = free_windows([visit.span for visit in visits if visit.ends], settings.VISIT_HOURS)
    return [in_words(window) for window in windows]


def free_windows(taken: Iterable[tuple[int, int]], hours: tuple[int, int]) -> list[tuple[int, int]]:
    """
    Return what of `hours` is free between the windows that are taken, all in minutes of the day, ends excluded.

    What is shorter than `SHORTEST_FREE` is left out.

    >>> free_windows([(600, 720), (660, 780)], (480, 1020))
    [(480, 600), (780, 1020)]
    """
    begin, last = hours
    free = []
    for first, end in [*sorted(taken), (last, last)]:
        if min(first, last) - begin >= SHORTEST_FREE:
            free.append((begin, min(first, last)))
        begin = max(begin, end)
    return free


def in_words(window: tuple[int, int]) -> str:
    """Return a free window for a person."""
    if window == tuple(settings.VISIT_HOURS):
        return _("free all day")
    begin, end = (f"{minute // 60:02}:{minute % 60:02}" for minute in window)
    return _("free %(begin)s–%(end)s") % {"begin": begin, "end": end}
