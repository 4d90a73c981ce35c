"""What the lists of this app show."""

from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from customerflow.tables import Column, Table, link, state
from tickets.models import Priority, Ticket, TicketType

TICKET_SHAPES = {
    Ticket.Status.NEW: "new",
    Ticket.Status.OPEN: "active",
    Ticket.Status.WAITING: "warn",
    Ticket.Status.ON_HOLD: "warn",
}
PRIORITY_SHAPES = {Priority.URGENT: "bad", Priority.HIGH: "warn"}


def ticket_state(ticket: Ticket) -> SafeString:
    """Return a ticket's status as a word with a shape."""
    return state(ticket.get_status_display(), TICKET_SHAPES.get(ticket.status, "off"))


def priority_state(ticket: Ticket) -> SafeString:
    """Return a ticket's priority as a word with a shape."""
    return state(ticket.get_priority_display(), PRIORITY_SHAPES.get(ticket.priority, "off"))


class TicketTypeTable(Table):
    """The list of ticket types."""

    columns = (
        Column("code", _("ID"), sort="code_key"),
        Column("name", _("Name"), cell=lambda kind: link(kind, kind.name)),
        Column("default_priority", _("Default priority"), value=TicketType.get_default_priority_display),
        Column("is_retired", _("Retired")),
    )
    order = "code"


class TicketTable(Table):
    """The list of tickets."""

    columns = (
        Column("number", _("Number"), sort="pk"),
        Column("subject", _("Subject"), cell=lambda ticket: link(ticket, ticket.subject)),
        Column("customer", _("Customer"), cell=lambda ticket: link(ticket.customer)),
        Column("type", _("Type")),
        Column("status", _("Status"), value=Ticket.get_status_display, cell=ticket_state, sort="status"),
        Column("priority", _("Priority"), value=Ticket.get_priority_display, cell=priority_state, sort="priority"),
        Column("assignee", _("Assignee")),
        Column("opened_at", _("Opened"), css="num"),
    )
    select_related = ("customer", "type", "assignee")
    order = "-number"


class TicketsOfOneTable(TicketTable):
    """Tickets on their customer's own page."""

    columns = tuple(column for column in TicketTable.columns if column.name not in {"customer", "type"})
    select_related = ("assignee",)
