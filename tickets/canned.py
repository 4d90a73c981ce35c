"""Canned replies with their variables filled in."""

from collections.abc import Callable

from django.conf import settings
from django.contrib.auth.models import AbstractUser

from customerflow.variables import fill, pieces
from tickets.models import Ticket

VALUES: dict[str, Callable[[Ticket, AbstractUser], str]] = {
    "customer": lambda ticket, agent: ticket.customer.name,
    "customer_number": lambda ticket, agent: ticket.customer.number,
    "number": lambda ticket, agent: f"#{ticket.number}",
    "subject": lambda ticket, agent: ticket.subject,
    "service": lambda ticket, agent: ticket.service.name if ticket.service else "",
    "location": lambda ticket, agent: str((ticket.service and ticket.service.location) or ticket.location or ""),
    "agent": lambda ticket, agent: str(agent),
    "operator": lambda ticket, agent: settings.OPERATOR_NAME,
    "contact": lambda ticket, agent: ", ".join(filter(None, [settings.OPERATOR_PHONE, settings.OPERATOR_EMAIL])),
}


def filled_in(text: str, ticket: Ticket, agent: AbstractUser) -> str:
    """Return what `text` says on `ticket`; what the ticket has not stays in braces, to be seen and written."""
    return fill(pieces(text), lambda name: VALUES[name](ticket, agent) or f"{{{name}}}")
