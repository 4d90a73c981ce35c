"""Going on visits: on the way, there, what is ticked, and how it ended. Whatever is sent twice is done once."""

from collections.abc import Iterable
from datetime import datetime

from django.contrib.auth.models import AbstractUser
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from customerflow.changes.recording import recorded
from customerflow.text import normalise
from tickets.attachments import SentFile
from tickets.desk import reply
from tickets.events import tell_visit
from tickets.models import Message
from tickets.models.message import MOST_MINUTES
from visits.models import Visit, VisitItem
from visits.planning import lock_visit, save_change
from visits.telling import note_of, words

MOMENTS = ("set_out_at", "arrived_at", "left_at")


@recorded(_("Visit moved on"))
def move_on(*, visit: Visit, status: Visit.Status, at: datetime, by: AbstractUser | None) -> Visit:
    """
    Let `visit` go to the state `status` at the moment `at`: on the way, arrived, cancelled, or planned again.

    One that is in that state already stays as it is, with the moment of the first time. Returns the visit as it is
    then. How it ended is said by `finish`. Raises `ValidationError`, keyed by field, that names the allowed states.
    """
    if status in Visit.MADE:
        raise ValueError(status)
    visit = lock_visit(visit)
    if visit.status == status:
        return visit
    before = words(visit)
    visit.move_to(status, at)
    save_change(visit, "status", *MOMENTS)
    tell_visit(visit.ticket, before, words(visit), at=at, by=by)
    return visit


@recorded(_("Visit finished"))
def finish(
    *,
    visit: Visit,
    status: Visit.Status,
    at: datetime,
    by: AbstractUser,
    result: str = "",
    reason: str = "",
    files: Iterable[SentFile] = (),
) -> tuple[Visit, bool]:
    """
    Say at the moment `at` that `visit` is done, or that it failed and for which reason; what came of it is written as
    an internal note on its ticket, with `files` and the time on site.

    Returns the visit as it is then, and whether it was finished now: the same said again changes nothing. Raises
    `ValidationError`, keyed by field, where something else was said before, and for a failure without a reason.
    """
    visit, result = lock_visit(visit), normalise(result)
    reason = reason if status == Visit.Status.FAILED else ""
    if visit.status in Visit.MADE:
        _refuse_other(visit, status, result, reason)
        return visit, False
    _check_reason(status, reason, result)
    before = words(visit)
    visit.move_to(status, at)
    visit.result, visit.reason = result, reason
    visit.clean_fields(exclude={"ticket", "technician", "location"})
    save_change(visit, "status", "reason", "result", *MOMENTS)
    tell_visit(visit.ticket, before, words(visit), at=at, by=by)
    said = {"body": note_of(visit), "files": files, "minutes": time_spent(visit)}
    reply(ticket=visit.ticket, kind=Message.Kind.INTERNAL, **said, by=by, at=at)
    return visit, True


@recorded(_("Checklist of a visit ticked"))
def tick(*, item: VisitItem, is_done: bool, note: str, at: datetime, by: AbstractUser) -> tuple[VisitItem, bool]:
    """
    Tick `item` of a visit, with what was found, or take the tick back; the moment is `at`.

    Returns the item as it is then, and whether anything changed: who ticked first, and when, stays. Raises
    `ValidationError`, keyed by field, once the visit was made or cancelled.
    """
    visit, note = lock_visit(item.visit), normalise(note)
    item = VisitItem.objects.get(pk=item.pk)
    if (item.done_at is not None) == is_done and item.note == note:
        return item, False
    if not visit.is_ahead:
        message = _("The visit is “%(now)s”: its checklist stays as it is.")
        raise ValidationError({"item": ValidationError(message, params={"now": visit.get_status_display()})})
    item.note = note
    if is_done != (item.done_at is not None):
        item.done_at, item.done_by = (at, by) if is_done else (None, None)
    item.clean_fields(exclude={"visit", "done_by"})
    item.save()
    return item, True


def time_spent(visit: Visit) -> int | None:
    """Return the minutes on site as the time that a message may say it took; None where there is nothing to say."""
    return min(visit.minutes_on_site or 0, MOST_MINUTES) or None


def _refuse_other(visit: Visit, status: Visit.Status, result: str, reason: str) -> None:
    """Raise `ValidationError` unless exactly this was said of a visit before."""
    if (visit.status, visit.result, visit.reason) != (status, result, reason):
        message = _("The visit was finished before, as “%(now)s”. Write what is to be added as a note on the ticket.")
        raise ValidationError({"status": ValidationError(message, params={"now": visit.get_status_display()})})


def _check_reason(status: Visit.Status, reason: str, result: str) -> None:
    if status != Visit.Status.FAILED:
        return
    if reason not in Visit.Reason.values:
        raise ValidationError({"reason": _("Say why it failed: choose a reason.")})
    if reason == Visit.Reason.OTHER and not result:
        raise ValidationError({"result": _("Say what it was.")})
