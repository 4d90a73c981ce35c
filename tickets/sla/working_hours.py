"""
Working time: which moments count, and when so much of it has passed. No database.

A shift begins and ends at times of the wall clock, and belongs to the day on which it begins. Where the clock is put
forward or back, it lasts from the first moment at which the clock shows its beginning, or later, to the first at which
it shows its end, or later.
"""

from collections.abc import Container, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)
# No shift is longer than two days: one of a whole day, begun at the end of it.
LONGEST_SHIFT = 2 * DAY
# Nobody waits longer for working time to pass: by then the calendar has none.
FARTHEST = 3_700 * DAY

# Minutes from the midnight on which the day begins; what ends on the next day ends after 1,440.
Shift = tuple[int, int]


@dataclass(frozen=True)
class WorkingHours:
    """The working hours in a time zone: the shifts of the seven days, Monday first, and days on which none begins."""

    zone: str
    week: tuple[tuple[Shift, ...], ...]
    days_off: Container[date] = frozenset()

    def worked(self, since: datetime, until: datetime) -> timedelta:
        """Return the working time from the moment `since` to `until`."""
        return sum((end - begin for begin, end in self.spans(since, until)), timedelta())

    def after(self, since: datetime, working_time: timedelta) -> datetime | None:
        """
        Return the first moment at which `working_time`, more than none, has passed since `since`.

        None where that never comes, as in a calendar without working hours.
        """
        left = working_time
        for begin, end in self.spans(since, since + FARTHEST):
            if end - begin >= left:
                return begin + left
            left -= end - begin
        return None

    def spans(self, since: datetime, until: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Yield the pieces of working time between two moments, in order; none overlaps another."""
        covered = since
        for begin, end in self._shifts(since, until):
            begin, end = max(begin, covered), min(end, until)
            if begin < end:
                yield begin, end
                covered = end

    def _shifts(self, since: datetime, until: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Yield the shifts that may touch a span of time, by their beginnings."""
        day = (since - LONGEST_SHIFT).astimezone(self._zone).date()
        last = until.astimezone(self._zone).date()
        while day <= last:
            if day not in self.days_off:
                midnight = datetime.combine(day, time())
                for begin, end in sorted(self.week[day.weekday()]):
                    yield (
                        self._moment(midnight + timedelta(minutes=begin)),
                        self._moment(midnight + timedelta(minutes=end)),
                    )
            day += DAY

    def _moment(self, shown: datetime) -> datetime:
        """Return the first moment at which the clock shows `shown`, or later."""
        moment = shown.replace(tzinfo=self._zone).astimezone(UTC)
        if moment.astimezone(self._zone).replace(tzinfo=None) == shown:
            return moment
        # The clock is put forward past it: the moment at which that happens is looked for.
        before, after = shown.replace(tzinfo=self._zone, fold=1).astimezone(UTC), moment
        while after - before > SECOND:
            middle = before + (after - before) / 2
            if middle.astimezone(self._zone).replace(tzinfo=None) < shown:
                before = middle
            else:
                after = middle
        return after.replace(microsecond=0)

    @cached_property
    def _zone(self) -> ZoneInfo:
        return ZoneInfo(self.zone)
