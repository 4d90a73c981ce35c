"""The usual calendar and policies to begin with: not in force, to be looked at and changed."""

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from holidays import list_supported_countries

from customerflow.changes.recording import recorded
from tickets.models import Calendar, Priority, SlaPolicy
from tickets.models.calendar import WEEK

OFFICE_HOURS = "08:00-17:00"
HOUR = 60
# Name, priorities, around the clock or not, and the minutes of the first response, the next one and the solution.
POLICIES = (
    (gettext_lazy("Urgent"), [Priority.URGENT], True, (HOUR, 2 * HOUR, 8 * HOUR)),
    (gettext_lazy("High"), [Priority.HIGH], False, (2 * HOUR, 4 * HOUR, 9 * HOUR)),
    (gettext_lazy("All others"), [], False, (9 * HOUR, 9 * HOUR, 45 * HOUR)),
)


@recorded(gettext_lazy("Usual SLA policies added"))
def add_usual_policies(*, is_on: bool = False) -> list[SlaPolicy]:
    """
    Add the usual calendars and policies, in force or not, and return these.

    Raises `ValidationError` where there are policies.
    """
    if SlaPolicy.objects.exists():
        raise ValidationError(_("There are policies already."))
    country = settings.OPERATOR_COUNTRY if settings.OPERATOR_COUNTRY in list_supported_countries() else ""
    office = _calendar(_("Office hours"), dict.fromkeys(WEEK[:5], OFFICE_HOURS), country)
    always = _calendar(_("Around the clock"), dict.fromkeys(WEEK, "00:00-24:00"), "")
    policies = []
    for position, (name, priorities, is_always, (first, following, solution)) in enumerate(POLICIES, start=1):
        policy = SlaPolicy(
            name=name,
            position=position * 10,
            is_on=is_on,
            calendar=always if is_always else office,
            priorities=",".join(priorities),
            first_minutes=first,
            next_minutes=following,
            solution_minutes=solution,
        )
        policy.full_clean()
        policy.save()
        policies.append(policy)
    return policies


def _calendar(name: str, week: dict[str, str], country: str) -> Calendar:
    """Return a calendar with these hours; the one of that name where there is one."""
    return Calendar.objects.get_or_create(name=name, defaults={**week, "country": country})[0]
