"""What the lists of this app show."""

from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from customerflow.tables import Column, Table, link, state
from customers.tables import ServiceTable
from incidents.models import Credit, Incident
from tickets.tables import TicketTable

SHAPES = {Incident.State.GOING_ON: "bad", Incident.State.ANNOUNCED: "new"}


def state_in_words(incident: Incident) -> str:
    """Return whether an incident is announced, goes on or is over."""
    return str(incident.state(timezone.now()).label)


def incident_state(incident: Incident) -> SafeString:
    """Return whether an incident is announced, goes on or is over, as a word with a shape."""
    now = incident.state(timezone.now())
    return state(now.label, SHAPES.get(now, "off"))


class IncidentTable(Table):
    """The list of incidents."""

    columns = (
        Column("number", _("Number"), sort="pk"),
        Column("title", _("Title"), cell=lambda incident: link(incident, incident.title)),
        Column("state", _("State"), value=state_in_words, cell=incident_state),
        Column("began_at", _("Began"), sort="began_at", css="num"),
        Column("ended_at", _("Ended"), css="num"),
    )
    order = "-began_at"


class JoinedTable(Table):
    """Tickets of incidents."""

    columns = (
        *(
            Column(
                column.name,
                column.label,
                value=lambda joined, column=column: column.value_of(joined.ticket),
                cell=lambda joined, column=column: column.html_of(joined.ticket),
            )
            for column in TicketTable.columns
            if column.name in {"number", "subject", "customer", "status", "assignee"}
        ),
        Column("at", _("Joined"), sort="pk", css="num"),
    )
    select_related = ("ticket__customer", "ticket__assignee")
    order = "-at"


class HitTable(ServiceTable):
    """Services that an incident hits."""


CREDIT_SHAPES = {Credit.State.POSTED: "active", Credit.State.PARKED: "bad", Credit.State.PROPOSED: "new"}


def credit_state(credit: Credit) -> SafeString:
    """Return how a credit stands, as a word with a shape."""
    is_voided = credit.state == Credit.State.POSTED and credit.credit_note.is_void
    return state(credit.state_in_words, "off" if is_voided else CREDIT_SHAPES.get(credit.state, "off"))


class CreditTable(Table):
    """What services are given back for outages, or are to be."""

    columns = (
        Column("service", _("Service"), cell=lambda credit: link(credit.service), sort="pk"),
        Column("customer", _("Customer"), cell=lambda credit: link(credit.customer)),
        Column("minutes", _("Minutes"), css="num"),
        Column("computed", _("By the minutes"), css="num"),
        Column("amount", _("Amount"), css="num"),
        Column("reason", _("Reason")),
        Column("state", _("State"), value=lambda credit: credit.state_in_words, cell=credit_state),
        Column(
            "credit_note",
            _("Credit note"),
            value=lambda credit: str(credit.credit_note or ""),
            cell=lambda credit: link(credit.credit_note) if credit.credit_note else credit.problem,
        ),
    )
    select_related = ("service", "customer", "credit_note")
    order = "service"
