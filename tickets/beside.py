"""What stands beside the conversation of a ticket."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext as _

from customers.models import Equipment, Service
from tickets.models import Ticket, TicketLink

# So many services or units stand beside a conversation.
MOST_BESIDE = 5
MOST_LINKS = 50


def services_beside(ticket: Ticket) -> models.QuerySet[Service]:
    """Return the service that a ticket is about; where none is named the customer's first ones, at its location."""
    services = Service.objects.select_related("location", "plan")
    if ticket.service_id:
        return services.filter(pk=ticket.service_id)
    return services.filter(**_place(ticket)).order_by("pk")[:MOST_BESIDE]


def equipment_beside(ticket: Ticket) -> models.QuerySet[Equipment]:
    """Return the unit that a ticket is about; where none is named the first ones where it is about."""
    if ticket.equipment_id:
        return Equipment.objects.filter(pk=ticket.equipment_id)
    return Equipment.objects.filter(**_place(ticket)).order_by("pk")[:MOST_BESIDE]


def _place(ticket: Ticket) -> dict[str, object]:
    """Return by what services and equipment are found where the ticket is about: a location, or all of the customer."""
    location_id = ticket.service.location_id if ticket.service else ticket.location_id
    return {"location_id": location_id} if location_id else {"location__customer_id": ticket.customer_id}


def links_beside(ticket: Ticket) -> list[tuple[str, Ticket]]:
    """Return the tickets that a ticket is linked with, and how, in words."""
    links = TicketLink.objects.filter(Q(ticket=ticket) | Q(other=ticket)).select_related("ticket", "other")
    return [_seen_from(ticket, link) for link in links[:MOST_LINKS]]


def _seen_from(ticket: Ticket, link: TicketLink) -> tuple[str, Ticket]:
    if link.ticket_id == ticket.pk:
        return link.get_kind_display(), link.other
    is_duplicate = link.kind == TicketLink.Kind.DUPLICATE
    return _("Has the duplicate") if is_duplicate else link.get_kind_display(), link.ticket
