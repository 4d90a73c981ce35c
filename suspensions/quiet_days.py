"""Days on which nobody is suspended: of the week, public holidays, and the operator's own."""

from datetime import date, timedelta
from functools import lru_cache

from django.conf import settings
from holidays import HolidayBase, country_holidays, list_supported_countries

from suspensions.models import Policy, QuietDay
from suspensions.models.policy import Weekday

DAY = timedelta(days=1)
# Nobody has more days without cut-offs one after the other.
FARTHEST = 60


def why_quiet(policy: Policy, on: date) -> str:
    """Return what kind of day without cut-offs `on` is, such as "Saturday" or "Christmas Day"; nothing for another."""
    if str(on.isoweekday()) in policy.quiet_weekdays:
        return str(Weekday(str(on.isoweekday())).label)
    if policy.keeps_holidays and (name := public_holidays(settings.OPERATOR_COUNTRY, policy.subdivision).get(on)):
        return name
    own = QuietDay.objects.on(on).first()
    return own.name if own else ""


def next_cutoff_day(policy: Policy, after: date) -> date:
    """Return the first day after `after` that has cut-offs; the day after it where none has for a long time."""
    days = (after + DAY * number for number in range(1, FARTHEST))
    return next((day for day in days if not why_quiet(policy, day)), after + DAY)


@lru_cache
def public_holidays(country: str, subdivision: str) -> HolidayBase:
    """Return the names of the public holidays of a country, and of a state or province of it, by day."""
    known = list_supported_countries()
    if country not in known:
        return HolidayBase()
    return country_holidays(country, subdiv=subdivision if subdivision in known[country] else None)
