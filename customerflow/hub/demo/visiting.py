"""The demo's visits: one of yesterday that was made, those of today, one of them on the way, and those of tomorrow."""

from datetime import date, datetime, time, timedelta

from django.utils import timezone

from customerflow.staff.models import User
from customerflow.staff.roles import SUPPORT, TECHNICIAN
from customers.models import Customer
from tickets.models import Ticket
from visits.going import finish, move_on, tick
from visits.models import Checklist, Visit
from visits.planning import plan_visit

ITEMS = ("Measure the signal at the socket", "Restart the router and try it", "Label the socket", "Show the customer")
# Days from today, from when until when; without times it is any time, and the last one is nobody's yet.
PLANS = (
    (-1, time(13), time(15)),
    (0, time(8), time(10)),
    (0, time(10), time(12)),
    (0, time(13, 30), None),
    (1, time(9), time(11)),
    (1, None, None),
    (1, time(14), time(16)),
)


def go_on_visits(on: date, staff: dict[str, User]) -> None:
    """Plan visits around the day `on` on tickets of the technicians that are not finished, and go on the first."""
    active = {"location__isnull": False, "customer__status": Customer.Status.ACTIVE}
    tickets = Ticket.objects.unfinished().filter(group__name=TECHNICIAN, **active)
    checklist = Checklist.objects.create(name="Fault at the customer's", items="\n".join(ITEMS))
    by, technician = staff[SUPPORT], staff[TECHNICIAN]
    visits = []
    for ticket, (days, starts, ends) in zip(tickets.order_by("pk")[: len(PLANS)], PLANS, strict=False):
        is_last = len(visits) == len(PLANS) - 1
        visit = plan_visit(
            ticket=ticket,
            day=on + timedelta(days=days),
            starts=starts,
            ends=ends,
            technician=None if is_last else technician,
            items=checklist.lines,
            at=ticket.opened_at + timedelta(minutes=40),
            by=by,
        )
        visits.append(visit)
    if len(visits) > 1:
        _make(visits[0], technician)
        move_on(visit=visits[1], status=Visit.Status.ON_WAY, at=_moment(on, time(7, 50)), by=technician)


def _make(visit: Visit, technician: User) -> None:
    """Go on a visit, from the way there to its result."""
    arrived_at = _moment(visit.day, time(13, 10))
    move_on(visit=visit, status=Visit.Status.ON_SITE, at=arrived_at, by=technician)
    for item, note in zip(visit.items.all(), ("-61 dBm", "", "", ""), strict=False):
        tick(item=item, is_done=True, note=note, at=arrived_at + timedelta(minutes=20), by=technician)
    result = "The plug of the antenna was loose. Tightened it, and taped it against rain."
    finish(
        visit=visit,
        status=Visit.Status.DONE,
        result=result,
        at=arrived_at + timedelta(minutes=50),
        by=technician,
    )


def _moment(day: date, at: time) -> datetime:
    return datetime.combine(day, at, timezone.get_current_timezone())
