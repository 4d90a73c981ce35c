"""What the lists of this app show."""

from datetime import datetime

from django.db import models
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from customerflow.tables import Column, Table, as_text, link, state
from tickets.models import IncomingMail, Priority, Ticket, TicketType
from tickets.models.assignment_rule import CONDITIONS

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


def due(ticket: Ticket) -> datetime | None:
    """Return when what is owed on a ticket is due; None where nothing is."""
    return ticket.due_at if ticket.is_due else None


def due_state(ticket: Ticket) -> SafeString | str:
    """Return what is owed on a ticket, and until when, as words with a shape; nothing where nothing is."""
    if not ticket.is_due:
        return state(_("breached"), "off") if ticket.is_breached else ""
    now = timezone.now()
    shape = "bad" if ticket.due_at < now else "warn" if ticket.warn_at <= now else "new"
    due_at = state(as_text(ticket.due_at), shape)
    return format_html('<span>{}<br><span class="muted">{}</span></span>', due_at, ticket.get_due_step_display())


class TicketTypeTable(Table):
    """The list of ticket types."""

    columns = (
        Column("code", _("ID"), sort="code_key"),
        Column("name", _("Name"), cell=lambda kind: link(kind, kind.name)),
        Column("default_priority", _("Default priority"), value=TicketType.get_default_priority_display),
        Column("group", _("Group")),
        Column("is_retired", _("Retired")),
    )
    select_related = ("group",)
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
        Column(
            "due", _("Due"), value=lambda ticket: ticket.due_at if ticket.is_due else "", cell=due_state, sort="due_at"
        ),
        Column("opened_at", _("Opened"), css="num"),
    )
    select_related = ("customer", "type", "assignee")
    order = "-number"


class QueueTable(TicketTable):
    """Tickets that wait: what is due first stands first."""

    columns = tuple(column for column in TicketTable.columns if column.name != "opened_at")
    order = "due"


class SlaPolicyTable(Table):
    """The list of policies."""

    columns = (
        Column("position", _("Order"), cell=lambda policy: policy.position, sort="position", css="num"),
        Column("name", _("Name"), cell=lambda policy: link(policy), sort="name"),
        Column("is_on", _("In force")),
        Column("for", _("For"), value=lambda policy: policy.says_for_what),
        Column("calendar", _("Calendar"), cell=lambda policy: link(policy.calendar)),
    )
    order = "position"

    @classmethod
    def prepare(cls, queryset: models.QuerySet) -> models.QuerySet:
        return queryset.select_related("calendar").prefetch_related("types", "plans")


class AssignmentRuleTable(Table):
    """The rules by which tickets are given to groups."""

    columns = (
        Column("position", _("Order"), cell=lambda rule: rule.position, sort="position", css="num"),
        Column("name", _("Name"), cell=link, sort="name"),
        Column("is_on", _("In force")),
        Column("for", _("For"), value=lambda rule: rule.says_for_what),
        Column("gives", _("Gives to"), value=lambda rule: rule.says_to_whom),
    )
    order = "position"

    @classmethod
    def prepare(cls, queryset: models.QuerySet) -> models.QuerySet:
        return queryset.select_related("group", "person").prefetch_related(*CONDITIONS)


class CalendarTable(Table):
    """The list of calendars."""

    columns = (
        Column("name", _("Name"), sort="name"),
        Column("zone", _("Time zone")),
        Column("country", _("Public holidays of")),
    )
    order = "name"


class TicketsOfOneTable(TicketTable):
    """Tickets on their customer's own page."""

    columns = tuple(column for column in TicketTable.columns if column.name not in {"customer", "type"})
    select_related = ("assignee",)


MAIL_SHAPES = {
    IncomingMail.State.WAITING: "warn",
    IncomingMail.State.JOINED: "active",
    IncomingMail.State.OPENED: "active",
    IncomingMail.State.REFUSED: "bad",
}


def mail_state(mail: IncomingMail) -> SafeString:
    """Return what became of an e-mail as a word with a shape."""
    return state(mail.get_state_display(), MAIL_SHAPES.get(mail.state, "off"))


class MailTable(Table):
    """E-mails that came in."""

    columns = (
        Column("subject", _("Subject"), value=str, cell=link),
        Column("sender", _("From")),
        Column("received_at", _("Received"), css="num", sort="pk"),
        Column("state", _("State"), value=IncomingMail.get_state_display, cell=mail_state),
        Column("reason", _("Reason")),
    )
    order = "-received_at"


class CannedReplyTable(Table):
    """The canned replies."""

    columns = (
        Column("name", _("Name"), cell=lambda canned: link(canned, canned.name), sort="name"),
        Column("type", _("Type"), value=lambda canned: str(canned.type or _("every type"))),
    )
    select_related = ("type",)
    order = "name"


class ClosingRuleTable(Table):
    """The rules by which tickets are closed."""

    columns = (
        Column("name", _("Name"), cell=lambda rule: link(rule, rule.name), sort="name"),
        Column("days", _("Days of waiting"), css="num"),
        Column("type", _("Type"), value=lambda rule: str(rule.type or _("every type"))),
        Column("is_on", _("Switched on")),
    )
    select_related = ("type",)
    order = "name"


class WaitingTable(TicketTable):
    """Tickets that a rule closes."""

    columns = (
        *(column for column in TicketTable.columns if column.name in {"number", "subject", "customer", "assignee"}),
        Column("since", _("Waiting since"), css="num"),
    )


class GivenTable(TicketTable):
    """Tickets that a rule would have given to somebody."""

    columns = (
        *(column for column in TicketTable.columns if column.name in {"number", "subject", "customer", "type"}),
        Column("given_to", _("Would go to"), value=lambda ticket: str(ticket.given_to or _("nobody"))),
        Column("opened_at", _("Opened"), css="num"),
    )
