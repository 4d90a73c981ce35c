"""A visit in words: on the time line of its ticket, and in the note that stays of it."""

from django.contrib.auth.models import AbstractUser
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tickets.models import Ticket
from visits.models import Visit


def words(visit: Visit) -> str:
    """Return when a visit is, whose it is and how it stands."""
    return f"{visit.when}, {visit.technician or _('nobody')}, {visit.get_status_display()}"


def next_visit(ticket: Ticket, _agent: AbstractUser) -> str:
    """Return when somebody comes next about `ticket`; nothing where no visit is planned."""
    visit = Visit.objects.on_ticket(ticket).to_come(timezone.localdate()).first()
    return visit.when if visit else ""


def note_of(visit: Visit) -> str:
    """Return what a visit that was made came to: the note that is written on its ticket."""
    parts = [_("Visit of %(when)s: %(outcome)s.") % {"when": visit.when, "outcome": outcome(visit)}]
    if time := time_on_site(visit):
        parts.append(_("On site: %(time)s.") % {"time": time})
    if visit.result:
        parts.append(visit.result)
    if items := list(visit.items.all()):
        parts.append("\n".join(_line(item.text, item.note, is_done=item.done_at is not None) for item in items))
    return "\n\n".join(parts)


def outcome(visit: Visit) -> str:
    """Return how a visit stands and, of one that failed, why."""
    return f"{visit.get_status_display()}, {visit.get_reason_display()}" if visit.reason else visit.get_status_display()


def time_on_site(visit: Visit) -> str:
    """Return how long somebody was there, from when until when; nothing where that is not known."""
    minutes = visit.minutes_on_site
    if minutes is None:
        return ""
    begin, end = (f"{timezone.localtime(moment):%H:%M}" for moment in (visit.arrived_at, visit.left_at))
    said = ngettext("%(minutes)d minute", "%(minutes)d minutes", minutes) % {"minutes": minutes}
    return f"{said}, {begin}–{end}"


def _line(text: str, note: str, *, is_done: bool) -> str:
    return f"[{'x' if is_done else ' '}] {text}{': ' if note else ''}{note}"
