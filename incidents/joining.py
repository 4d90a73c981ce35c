"""Which tickets are about an incident: joining them, taking them out, and those that may be about it."""

from collections.abc import Iterable
from datetime import datetime

from django.contrib.auth.models import AbstractUser
from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext_lazy as _

from customerflow.changes.recording import recorded
from incidents.hits import services_hit
from incidents.models import Incident, JoinedTicket
from tickets.events import tell_incident
from tickets.models import Ticket, TicketEvent, TicketQuerySet


@recorded(_("Tickets joined to an incident"))
def join_tickets(
    *, incident: Incident, tickets: Iterable[Ticket], at: datetime, by: AbstractUser | None
) -> list[Ticket]:
    """
    Join `tickets` to `incident` at the moment `at`; return those that were not joined to it yet.

    Raises `ValidationError` for a ticket that is joined to another one, and then joins none.
    """
    keys = [ticket.pk for ticket in tickets]
    locked = list(Ticket.objects.select_for_update(no_key=True).filter(pk__in=keys).order_by("pk"))
    joined = {
        each.ticket_id: each for each in JoinedTicket.objects.filter(ticket__in=locked).select_related("incident")
    }
    others = [each for each in joined.values() if each.incident_id != incident.pk]
    if others:
        message = _("It is joined to the incident %(incident)s. Take it out there first.")
        raise ValidationError({"incident": ValidationError(message, params={"incident": others[0].incident})})
    new = [ticket for ticket in locked if ticket.pk not in joined]
    JoinedTicket.objects.bulk_create(JoinedTicket(incident=incident, ticket=ticket, at=at, by=by) for ticket in new)
    for ticket in new:
        tell_incident(TicketEvent.Kind.JOINED, ticket, incident.number, at=at, by=by)
    return new


@recorded(_("Ticket taken out of an incident"))
def leave_incident(*, ticket: Ticket, at: datetime, by: AbstractUser | None) -> Incident:
    """Take `ticket` out of its incident at the moment `at`, and return that one. Raises `ValidationError` for none."""
    ticket = Ticket.objects.select_for_update(no_key=True).get(pk=ticket.pk)
    joined = JoinedTicket.objects.filter(ticket=ticket).select_related("incident").first()
    if joined is None:
        raise ValidationError(_("This ticket is joined to no incident."))
    joined.delete()
    tell_incident(TicketEvent.Kind.LEFT, ticket, joined.incident.number, at=at, by=by)
    return joined.incident


def may_be_about(incident: Incident, at: datetime) -> TicketQuerySet:
    """Return the unfinished tickets, joined to none, that were opened since it began by customers whom it hits."""
    hit = services_hit(incident, at=at).filter(location__customer=OuterRef("customer"))
    since = Ticket.objects.unfinished().filter(opened_at__gte=incident.began_at, joined=None)
    return since.filter(Exists(hit))
