"""Days on which nobody is suspended: of the week, public holidays, and the operator's own."""

from collections.abc import Iterable
from datetime import date, timedelta
from functools import lru_cache

from django.conf import settings
from django.utils.translation import to_locale
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


@lru_cache
def public_holidays(country: str, subdivision: str, language_code: str) -> HolidayBase:
    """
    Return the names of the public holidays of a country, and of a state or province of it, by day.

    They are in the language where there are names in it, and in that of the country otherwise.
    """
    known = list_supported_countries()
    if country not in known:
        return HolidayBase()
    subdivision = subdivision if subdivision in known[country] else None
    native = country_holidays(country, subdiv=subdivision)
    # Always named: without one, the environment of the process would choose.
    language = _closest(language_code, filter(None, [native.default_language, *native.supported_languages]))
    return country_holidays(country, subdiv=subdivision, language=language or native.default_language)


def _closest(language_code: str, languages: Iterable[str]) -> str | None:
    """Return which of the languages, such as "en_US", is that of the code or, failing that, its first variety."""
    varieties = [language for language in languages if language.partition("_")[0] == language_code.partition("-")[0]]
    exact = to_locale(language_code)
    return exact if exact in varieties else next(iter(varieties), None)
