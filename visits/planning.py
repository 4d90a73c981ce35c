"""Planning visits: on which day somebody goes where, and who."""

from collections.abc import Iterable
from datetime import date, datetime, time

from django.contrib.auth.models import AbstractUser
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from customerflow.changes.recording import recorded
from customers.models import Location
from tickets.desk import lock, refuse_merged
from tickets.events import tell_visit
from tickets.models import Ticket
from visits.models import Visit, VisitItem
from visits.telling import words

# Their existence is the database's business; `Visit.clean` says whose the location must be.
RELATIONS = ("ticket", "technician", "location")


@recorded(_("Visit planned"))
def plan_visit(
    *,
    ticket: Ticket,
    day: date,
    at: datetime,
    by: AbstractUser | None,
    starts: time | None = None,
    ends: time | None = None,
    technician: AbstractUser | None = None,
    location: Location | None = None,
    items: Iterable[str] = (),
) -> Visit:
    """
    Plan a visit on `ticket` on `day`, from `starts` until `ends` (excluded), to do `items`, and return it.

    It is at the place that the ticket is about where no location is given; without a technician it is to be given to
    somebody. `at` is the moment at which it is planned. Raises `ValidationError`, keyed by field, for a ticket that is
    finished or was merged, a day that has passed, a technician who left, another customer's location, and for the same
    visit once more.
    """
    ticket = lock(ticket)
    refuse_merged(ticket)
    if ticket.is_finished:
        raise ValidationError({"ticket": _("The ticket is finished. Open it again, then plan a visit on it.")})
    visit = Visit(ticket=ticket, day=day, starts=starts, ends=ends, technician=technician)
    visit.location = location or default_location(ticket)
    _check_technician(technician)
    _check_day(day, at)
    visit.clean_fields(exclude=RELATIONS)
    visit.clean()
    same = {"ticket": ticket, "day": day, "starts": starts, "ends": ends, "technician": technician}
    if Visit.objects.ahead().filter(**same).exists():
        raise ValidationError({"day": _("This visit is planned already.")})
    visit.save(force_insert=True)
    VisitItem.objects.bulk_create(
        VisitItem(visit=visit, position=position, text=text) for position, text in enumerate(items, 1)
    )
    tell_visit(ticket, "", words(visit), at=at, by=by)
    return visit


def default_location(ticket: Ticket) -> Location | None:
    """Return the place that a ticket is about; the customer's only one where it names none."""
    about = (
        ticket.location,
        ticket.service and ticket.service.location,
        ticket.equipment and ticket.equipment.location,
    )
    if named := next(filter(None, about), None):
        return named
    known = list(Location.objects.filter(customer=ticket.customer_id)[:2])
    return known[0] if len(known) == 1 else None


def save_edited(*, visit: Visit, at: datetime, by: AbstractUser | None) -> None:
    """
    Save what a form changed of `visit`, whose row the caller has locked, at the moment `at`.

    Raises `ValidationError`, keyed by field, for a visit that was made, and for what planning it would refuse.
    """
    was = Visit.objects.select_related("technician").get(pk=visit.pk)
    before = words(was)
    if was.arrived_at or was.status in Visit.MADE:
        message = _("It is “%(now)s”: its plan stays as it was. Plan another visit.")
        raise ValidationError({"day": ValidationError(message, params={"now": was.get_status_display()})})
    if visit.technician_id != was.technician_id:
        _check_technician(visit.technician)
    if visit.day != was.day:
        _check_day(visit.day, at)
    visit.clean()
    visit.save()
    if words(visit) != before:
        tell_visit(visit.ticket, before, words(visit), at=at, by=by)


@recorded(_("Visit moved"))
def move_visit(*, visit: Visit, day: date, at: datetime, by: AbstractUser | None) -> Visit:
    """Move `visit` to `day`, in its window, and return it as it is then. Raises `ValidationError`, keyed by field."""
    visit = lock_visit(visit)
    if visit.day != day:
        visit.day = day
        visit.version += 1
        save_edited(visit=visit, at=at, by=by)
    return visit


@recorded(_("Visit given"))
def give_visit(*, visit: Visit, technician: AbstractUser | None, at: datetime, by: AbstractUser | None) -> Visit:
    """Give `visit` to `technician`, or to nobody, and return it as it is then. Raises `ValidationError`."""
    visit = lock_visit(visit)
    if visit.technician_id != (technician and technician.pk):
        visit.technician = technician
        visit.version += 1
        save_edited(visit=visit, at=at, by=by)
    return visit


def overlapping(visit: Visit) -> list[Visit]:
    """Return the technician's other visits of the day whose windows nobody can keep together with that of `visit`."""
    if visit.technician_id is None or not visit.is_ahead:
        return []
    others = Visit.objects.of_day(visit.technician, visit.day).ahead().exclude(pk=visit.pk).select_related("ticket")
    return [other for other in others if visit.overlaps(other)]


def lock_visit(visit: Visit) -> Visit:
    """Return `visit` as it is stored, locked; its ticket is locked before, as in every act that changes both."""
    lock(visit.ticket)
    stored = Visit.objects.select_for_update(no_key=True, of=("self",))
    return stored.select_related("ticket", "technician", "location").get(pk=visit.pk)


def save_change(visit: Visit, *fields: str) -> None:
    """Save `fields` of `visit` as one change."""
    visit.version += 1
    visit.save(update_fields=[*fields, "version", "updated_at"])


def _check_technician(technician: AbstractUser | None) -> None:
    if technician and not technician.is_active:
        message = _("%(technician)s does not work here any more.")
        params = {"technician": technician}
        raise ValidationError({"technician": ValidationError(message, code="inactive", params=params)})


def _check_day(day: date, at: datetime) -> None:
    if day < timezone.localdate(at):
        raise ValidationError({"day": _("This day has passed. Choose today or a later one.")})
