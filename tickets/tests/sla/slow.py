"""The clock of a ticket, minute by minute: slow, and made in another way than the one it is to prove."""

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from tickets.sla.clock import Happening, StepKind, Targets, What
from tickets.sla.working_hours import WorkingHours

MINUTE = timedelta(minutes=1)
RUNNING = {"new", "open"}
FINISHED = {"resolved", "closed"}


def working_minutes(hours: WorkingHours, since: datetime, until: datetime) -> Iterator[tuple[datetime, bool]]:
    """Yield each minute between two moments, and whether somebody works in it; a clock put back is not believed."""
    zone, shown = ZoneInfo(hours.zone), datetime(1, 1, 1)  # noqa: DTZ001
    moment = since - timedelta(days=3)
    while moment < until:
        shown = max(shown, moment.astimezone(zone).replace(tzinfo=None))
        if moment >= since:
            yield moment, _is_open(hours, shown)
        moment += MINUTE


def _is_open(hours: WorkingHours, shown: datetime) -> bool:
    for days_back in range(3):
        day = shown.date() - timedelta(days=days_back)
        minute = (shown - datetime.combine(day, time())) // MINUTE
        if day not in hours.days_off and any(begin <= minute < end for begin, end in hours.week[day.weekday()]):
            return True
    return False


class SlowClock:
    """Steps of the last round, each with the working minutes that counted, and when they became too many."""

    def __init__(self, hours: WorkingHours, targets: Targets, happenings: list[Happening], until: datetime) -> None:
        self.targets, self.until = targets, until
        self.status, self.was_answered = "new", False
        self.owed: dict[StepKind, int] = {}
        self.due: dict[StepKind, datetime] = {}
        self.breached: set[StepKind] = set()
        self.taken: list[tuple[StepKind, int]] = []
        waiting = list(happenings)
        for moment, is_working in working_minutes(hours, happenings[0].at, until):
            while waiting and waiting[0].at <= moment:
                self._happen(waiting.pop(0), moment)
            if is_working and self.status in RUNNING:
                self._count(moment + MINUTE)

    def _happen(self, each: Happening, moment: datetime) -> None:
        if each.what == What.OPENED:
            self._owe(StepKind.FIRST)
            self._owe(StepKind.SOLUTION)
        if each.what == What.ANSWERED:
            self.was_answered = True
            self._take(moment, StepKind.FIRST, StepKind.NEXT)
        if each.what == What.ASKED and not {StepKind.FIRST, StepKind.NEXT} & self.owed.keys():
            self._owe(StepKind.NEXT)
        if each.what == What.STATUS:
            if each.status in FINISHED and self.status not in FINISHED:
                self._take(moment, *StepKind)
            if self.status in FINISHED and each.status not in FINISHED:
                self.breached.clear()
                self.taken.clear()
                if not self.was_answered and StepKind.NEXT not in self.owed:
                    self._owe(StepKind.FIRST)
                self._owe(StepKind.SOLUTION)
            self.status = each.status

    def _owe(self, kind: StepKind) -> None:
        self.owed[kind] = 0
        self.due.pop(kind, None)

    def _take(self, moment: datetime, *kinds: StepKind) -> None:
        for kind in kinds:
            minutes = self.owed.pop(kind, None)
            if minutes is not None:
                self.taken.append((kind, minutes))
                if kind in self.due and self.due[kind] < moment:
                    self.breached.add(kind)

    def _count(self, moment: datetime) -> None:
        for kind in self.owed:
            self.owed[kind] += 1
            if kind in self.targets.within and self.owed[kind] * MINUTE == self.targets.within[kind]:
                self.due[kind] = moment

    def due_of(self, kind: StepKind) -> datetime | None:
        """Return when a step that is owed was, or will be, due; None if not before the end of the simulation."""
        return self.due.get(kind)


def in_minutes(*numbers: int) -> datetime:
    """Return a moment, such as `in_minutes(2026, 3, 2, 9, 30)`."""
    return datetime(*numbers, tzinfo=UTC)
