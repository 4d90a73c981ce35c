"""How ticket types (ticket_types.json) and tickets are loaded and exported."""

from django.utils.translation import gettext_lazy as _

from customerflow.loads.applying import Application
from customerflow.loads.cleaning import Moment, choice, given, text, yes_or_no
from customerflow.loads.declaration import Column, Declaration, Reference, register
from customerflow.loads.rules import Rule, needed, stays
from customers.referents import CUSTOMER, EQUIPMENT, LOCATION, SERVICE, Numbered
from tickets.events import tell_loaded
from tickets.models import Message, Priority, Ticket, TicketType
from tickets.referents import GROUP, STAFF, TICKET_TYPE
from tickets.sla.measuring import measure_some

FINISHED = "COALESCE(new.status, old.status, 'new') IN ('resolved', 'closed')"


@register
class TicketTypeLoad(Declaration):
    """Ticket types, found by their code. Types that a file does not name stay as they are."""

    model = TicketType
    kind = "ticket types"
    keys = (("code",),)
    columns = (
        Column("ID", "code", text(32, required=True)),
        Column("Name", "name", text(100, required=True)),
        Column("Default Priority", "default_priority", choice(Priority), is_required=False),
        Reference("Group", "group_id", referent=GROUP, path="group__name", is_required=False),
        Column("Retired", "is_retired", yes_or_no, is_required=False),
    )


@register
class TicketLoad(Declaration):
    """Tickets, found by their number. A message is the first one of a new ticket."""

    model = Ticket
    kind = "tickets"
    keys = (("number",),)
    columns = (
        Column("Number", "number", text(32, required=True), aliases=("ID", "Ticket")),
        Reference("Customer", "customer_id", referent=CUSTOMER, path="customer__number", is_required=False),
        Reference("Type", "type_id", referent=TICKET_TYPE, path="type__code", is_required=False),
        Column("Subject", "subject", text(200, required=True), is_required=False),
        Column("Status", "status", choice(Ticket.Status), is_required=False),
        Column("Priority", "priority", choice(Priority), is_required=False),
        Column("Source", "source", choice(Ticket.Source), is_required=False),
        Column("Opened At", "opened_at", Moment(), aliases=("Opened", "Created At"), is_required=False),
        Column("Finished At", "finished_at", Moment(), aliases=("Finished", "Closed At"), is_required=False),
        Reference("Assignee", "assignee_id", referent=STAFF, path="assignee__username", is_required=False),
        Reference("Group", "group_id", referent=GROUP, path="group__name", is_required=False),
        Reference(
            "Location",
            "location_id",
            referent=LOCATION,
            within="customer_id",
            path=Numbered("location_id"),
            is_required=False,
        ),
        Reference(
            "Service",
            "service_id",
            referent=SERVICE,
            within="customer_id",
            path=Numbered("service_id"),
            is_required=False,
        ),
        Reference("Equipment", "equipment_id", referent=EQUIPMENT, path=Numbered("equipment_id"), is_required=False),
        Column(
            "Message",
            "message",
            given(text(20_000, several_lines=True)),
            is_required=False,
            db_type="text",
            is_exported=False,
        ),
    )
    rules = (
        needed("Customer", "customer_id"),
        needed("Type", "type_id"),
        needed("Subject", "subject"),
        needed("Opened At", "opened_at"),
        stays("Customer", "customer_id"),
        Rule(
            "Equipment",
            """
                new.equipment_id <> COALESCE(old.equipment_id, 0)
                AND {equipment_id.customer_id} <> COALESCE(new.customer_id, old.customer_id)
            """,
            _("This belongs to another customer."),
        ),
        Rule(
            "Status",
            "old.is_finished AND new.status IN ('new', 'open', 'waiting', 'on_hold')",
            _("A finished ticket is opened again by an answer on its page."),
        ),
        Rule("Status", "old.status = 'closed' AND new.status = 'resolved'", _("A closed ticket stays closed.")),
        Rule("Status", "old.status <> 'new' AND new.status = 'new'", _("The ticket is not new any more.")),
        Rule(
            "Finished At",
            f"{FINISHED} <> (COALESCE(new.finished_at, old.finished_at) IS NOT NULL)",
            _("A ticket has a moment at which it was finished exactly while it is resolved or closed."),
        ),
        Rule(
            "Finished At",
            "COALESCE(new.finished_at, old.finished_at) < COALESCE(new.opened_at, old.opened_at)",
            _("A ticket is not finished before it is opened."),
        ),
        Rule(
            "Assignee",
            f"NOT {{assignee_id.is_active}} AND NOT {FINISHED} AND new.assignee_id <> COALESCE(old.assignee_id, 0)",
            _("This member of staff does not work here any more."),
        ),
        Rule(
            "Type", "{type_id.is_retired} AND old.id IS NULL AND NOT " + FINISHED, _("This type of ticket is retired.")
        ),
    )
    made = {"priority": "COALESCE(new.priority, old.priority, {type_id.default_priority})"}
    needs_keys = True

    @classmethod
    def finish(cls, application: Application) -> None:
        """Write the first messages of new tickets, of the moment at which each was opened, and what happened."""
        application.stage.run(
            f"""
            INSERT INTO {Message._meta.db_table} (ticket_id, kind, body, created_at)
            SELECT w.record_id, '{Message.Kind.PUBLIC}', w.message, w.opened_at
            FROM {application.written} AS w WHERE w.is_new = 1 AND w.message IS NOT NULL
            """
        )
        tell_loaded(application)
        measure_some(_written(application), application.by)


def _written(application: Application) -> list[int]:
    """Return the keys of the tickets that were written."""
    rows = application.stage.query(f"SELECT w.record_id FROM {application.written} AS w WHERE w.is_written = 1")
    return [key for (key,) in rows]
