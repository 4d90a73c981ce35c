"""Days on which nobody is suspended: of the week, public holidays, and the operator's own."""

from datetime import date, timedelta

from django.conf import settings

from customerflow.public_holidays import public_holidays
from suspensions.models import Policy, QuietDay
from suspensions.models.policy import Weekday

DAY = timedelta(days=1)
# Nobody has more days without cut-offs one after the other.
FARTHEST = 60


def why_quiet(policy: Policy, on: date) -> str:
    """Return what kind of day without cut-offs `on` is, such as "Saturday" or "Christmas Day"; nothing for another."""
    if str(on.isoweekday()) in policy.quiet_weekdays:
        return str(Weekday(str(on.isoweekday())).label)
    if policy.keeps_holidays and (name := _public_holiday(policy.subdivision, on)):
        return name
    own = QuietDay.objects.on(on).first()
    return own.name if own else ""


def next_cutoff_day(policy: Policy, after: date) -> date:
    """Return the first day after `after` that has cut-offs; the day after it where none has for a long time."""
    days = (after + DAY * number for number in range(1, FARTHEST))
    return next((day for day in days if not why_quiet(policy, day)), after + DAY)


def _public_holiday(subdivision: str, on: date) -> str | None:
    return public_holidays(settings.OPERATOR_COUNTRY, subdivision, settings.LANGUAGE_CODE).get(on)
