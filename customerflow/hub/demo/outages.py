"""The demo's outages: one that is over and was given back, and one that goes on."""

from datetime import UTC, date, datetime, time, timedelta

from customerflow.hub.demo.people import Account
from customerflow.jobs.models import Job
from customerflow.staff.models import User
from customerflow.staff.roles import BILLING, SUPPORT, TECHNICIAN
from customers.models import Area
from incidents.freezing import freeze_next
from incidents.joining import join_tickets
from incidents.models import Incident
from incidents.outages import end_incident, number_incident
from incidents.posting import post_credits, post_next
from incidents.proposing import propose_credits, propose_next
from tickets.desk import open_ticket
from tickets.models import Priority, Ticket, TicketType

# So many of those whom the outage that goes on hits have called.
CALLS = 3


def black_out(accounts: list[Account], on: date, staff: dict[str, User]) -> None:
    """Let a town be without service for a night five days before the day `on`, and another one since this morning."""
    towns = list(Area.objects.order_by("pk")[:2])
    if len(towns) < 2:
        return
    _give_back(_over(towns[0], on, staff[TECHNICIAN]), on, staff[BILLING])
    _goes_on(towns[1], accounts, on, staff[SUPPORT])


def _over(town: Area, on: date, by: User) -> Incident:
    began_at = datetime.combine(on - timedelta(days=5), time(19), UTC)
    incident = _open(town, "A digger cut the fibre", began_at, "The fibre is repaired. We are sorry for the night.")
    ended_at = began_at + timedelta(hours=11, minutes=25)
    incident = end_incident(incident=incident, ended_at=ended_at, at=ended_at, by=by)
    _do(Job.objects.latest("pk"), freeze_next)
    incident.refresh_from_db()
    return incident


def _give_back(incident: Incident, on: date, by: User) -> None:
    _do(propose_credits(incident=incident, by=by), propose_next)
    if incident.credits.exists():
        _do(post_credits(incident=incident, on=on, by=by), lambda job: post_next(job, on))


def _goes_on(town: Area, accounts: list[Account], on: date, by: User) -> None:
    began_at = datetime.combine(on, time(5, 40), UTC)
    incident = _open(town, "The mast has no power", began_at, "The power is off. The utility says: until this evening.")
    hit = [account for account in accounts if any(service.location.area == town for service in account.services)]
    kind = TicketType.objects.filter(is_retired=False).first()
    tickets = [
        open_ticket(
            customer=account.customer,
            type=kind,
            subject="No connection",
            body="All is dark since this morning.",
            source=Ticket.Source.PHONE,
            priority=Priority.HIGH,
            service=account.services[0],
            at=began_at + timedelta(minutes=20 * place),
            by=by,
        )
        for place, account in enumerate(hit[:CALLS], start=1)
    ]
    # The last one is still to be joined.
    join_tickets(incident=incident, tickets=tickets[:-1], at=began_at + timedelta(hours=2), by=by)


def _open(town: Area, title: str, began_at: datetime, text: str) -> Incident:
    incident = Incident(title=f"{title}: {town}", began_at=began_at, text=text, least_minutes=60)
    number_incident(incident)
    incident.full_clean()
    incident.save()
    incident.areas.add(town)
    return incident


def _do(job: Job, step) -> None:
    while step(job):
        pass
