"""Days, weeks and months of the operator's time zone, as the moments between which something happened."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

DAY = timedelta(days=1)
WEEK = timedelta(days=7)


class Step(models.TextChoices):
    """By what a report cuts time."""

    DAY = "day", _("Day")
    WEEK = "week", _("Week")
    MONTH = "month", _("Month")


@dataclass(frozen=True)
class Period:
    """Some days, both included."""

    first: date
    last: date
    label: str = ""

    @property
    def since(self) -> datetime:
        """The moment at which the first day begins."""
        return beginning(self.first)

    @property
    def until(self) -> datetime:
        """The moment at which the day after the last begins: it is not in the period any more."""
        return beginning(self.last + DAY)


def beginning(day: date) -> datetime:
    """
    Return the first moment of a day in the operator's time zone, in UTC.

    Where the clock is put forward over midnight, that is the moment at which it is.
    """
    return datetime.combine(day, time(), tzinfo=timezone.get_default_timezone()).astimezone(UTC)


def periods(first: date, last: date, step: str) -> list[Period]:
    """Return the days, weeks or months from one day to another, both included; the outer ones may be parts."""
    return list(_periods(first, last, Step(step)))


def _periods(first: date, last: date, step: Step) -> Iterator[Period]:
    while first <= last:
        following = _following(first, step)
        yield Period(first, min(following - DAY, last), _label(first, step))
        first = following


def _following(day: date, step: Step) -> date:
    """Return the day on which the next day, week (they begin on Mondays) or month begins."""
    if step == Step.DAY:
        return day + DAY
    if step == Step.WEEK:
        return day + WEEK - timedelta(days=day.weekday())
    return (day.replace(day=1) + timedelta(days=31)).replace(day=1)


def _label(day: date, step: Step) -> str:
    if step == Step.DAY:
        return day.isoformat()
    return f"{day:%G-W%V}" if step == Step.WEEK else f"{day:%Y-%m}"
