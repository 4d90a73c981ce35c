"""What became of an incident, in the order of time."""

from datetime import datetime
from typing import NamedTuple

from django.db.models import Count, F, Min
from django.db.models.functions import TruncDate
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from incidents.models import Incident

# So many days of joining, and so many answers, are told.
MOST_TOLD = 30


class Told(NamedTuple):
    """Something that happened, when, and by whom; `address` leads to more of it."""

    at: datetime
    what: str
    by: object = ""
    address: str = ""


def timeline(incident: Incident) -> list[Told]:
    """Return what happened, the oldest first; a bounded number of queries and lines."""
    told = [Told(incident.began_at, _("It began"))]
    if incident.ended_at:
        told.append(Told(incident.ended_at, _("All works again")))
    if incident.is_frozen:
        told.append(Told(incident.frozen_at, _("Which services it hit was written down")))
    days = incident.joined.order_by().annotate(day=TruncDate("at")).values("day")
    for day in days.annotate(first=Min("at"), count=Count("pk")).order_by("day")[:MOST_TOLD]:
        words = ngettext("%(count)d ticket joined on this day", "%(count)d tickets joined on this day", day["count"])
        told.append(Told(day["first"], words % day))
    given = incident.credits.live().order_by().values(day=F("credit_note__issued_on"))
    for day in given.annotate(first=Min("credit_note__created_at"), count=Count("pk")).order_by("day")[:MOST_TOLD]:
        words = ngettext("%(count)d service was given back", "%(count)d services were given back", day["count"])
        told.append(Told(day["first"], words % day))
    for answer in incident.answers.select_related("by")[:MOST_TOLD]:
        told.append(Told(answer.at, str(answer), answer.by, answer.get_absolute_url()))
    return sorted(told, key=lambda each: each.at)
