"""Visits for tests, planned by the act that staff use."""

from datetime import UTC, date, datetime, time
from itertools import count

from customerflow.staff.models import User
from customerflow.staff.roles import TECHNICIAN
from customerflow.staff.tests.factories import make_user
from customers.tests.factories import make_location
from tickets.models import Ticket
from tickets.tests.factories import make_ticket
from visits import calendar_links
from visits.models import CalendarLink, Checklist, Visit, VisitItem
from visits.planning import plan_visit

PLANNED_AT = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
DAY = date(2026, 3, 5)

_serial = count(1)


def make_checklist(**fields) -> Checklist:
    name = f"Checklist {next(_serial)}"
    return Checklist.objects.create(**{"name": name, "items": "Measure the signal\nLabel the socket", **fields})


def make_technician(**fields) -> User:
    return make_user(TECHNICIAN, **{"first_name": "Eirik", "last_name": "Holmgaard", **fields})


def make_ticket_at_home(**fields) -> Ticket:
    """Return a ticket about the home of its customer."""
    home = fields.pop("location", None) or make_location()
    return make_ticket(customer=home.customer, location=home, **fields)


def make_visit(**fields) -> Visit:
    ticket = fields.pop("ticket", None) or make_ticket_at_home()
    given = {"day": DAY, "starts": time(8), "ends": time(10), "at": PLANNED_AT, "by": None, **fields}
    return plan_visit(ticket=ticket, **given)


def make_calendar_link(**fields) -> CalendarLink:
    user = fields.pop("user", None) or make_technician()
    calendar_links.make_link(user=user, at=PLANNED_AT)
    return user.calendar_link


def make_visit_item(**fields) -> VisitItem:
    visit = fields.pop("visit", None) or make_visit(items=["Measure the signal"])
    return visit.items.get()
