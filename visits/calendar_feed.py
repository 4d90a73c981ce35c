"""
The visits of a technician as a calendar (RFC 5545), for whatever program reads the private link.

Such a program may belong to anybody, so it is told what it takes to get there on time, and no more: the number and the
type of the ticket, the address, and a link to the day sheet, which asks for the log-in.
"""

from collections.abc import Callable
from datetime import UTC, date, timedelta

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils.translation import gettext as _
from icalendar import Calendar, Event

from customerflow.text import UNFIT
from visits.models import Visit

DAYS_BACK, DAYS_AHEAD = 30, 180
MOST_EVENTS = 2_000
PRODUCT = "-//CustomerFlow//Visits//EN"


def visits_in_feed(technician: AbstractUser, on: date) -> models.QuerySet[Visit]:
    """Return the visits that a calendar shows on the day `on`, those included that were cancelled."""
    span = (on - timedelta(days=DAYS_BACK), on + timedelta(days=DAYS_AHEAD))
    found = Visit.objects.filter(technician=technician, day__range=span)
    return found.select_related("ticket__type", "location").order_by("day", "pk")[:MOST_EVENTS]


def feed_of(technician: AbstractUser, *, on: date, address_of: Callable[[Visit], str]) -> bytes:
    """Return the calendar of `technician` on the day `on`; `address_of` gives the whole address of a visit's page."""
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", plain(_("Visits: %(name)s") % {"name": technician}))
    for visit in visits_in_feed(technician, on):
        calendar.add_component(event_of(visit, address_of(visit)))
    return calendar.to_ical()


def event_of(visit: Visit, address: str) -> Event:
    """Return a visit as an event: with its window in UTC, or all day where it is any time."""
    event = Event()
    event.add("uid", f"{visit.uid}@customerflow")
    event.add("sequence", visit.version - 1)
    for name in ("dtstamp", "last-modified"):
        event.add(name, visit.updated_at.astimezone(UTC).replace(microsecond=0))
    begin, end = visit.moments or (visit.day, visit.day + timedelta(days=1))
    event.add("dtstart", begin)
    event.add("dtend", end)
    is_cancelled = visit.status == Visit.Status.CANCELLED
    event.add("status", "CANCELLED" if is_cancelled else "CONFIRMED")
    # What is at any time of the day leaves the day free.
    event.add("transp", "OPAQUE" if visit.starts and not is_cancelled else "TRANSPARENT")
    event.add("summary", plain(summary_of(visit)))
    if visit.location:
        event.add("location", plain(visit.location.one_line))
    event.add("url", address)
    return event


def summary_of(visit: Visit) -> str:
    """Return what the event is called: the ticket by number and type and, unless it is planned, the state."""
    name = f"#{visit.ticket.number} {visit.ticket.type.name}"
    return name if visit.status == Visit.Status.PLANNED else f"{visit.get_status_display()}: {name}"


def plain(text: str) -> str:
    """Return a text on one line, without what no calendar may have in it."""
    return " ".join(UNFIT.sub(" ", text).split())
