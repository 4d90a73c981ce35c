"""The rules of the books that join apps: tickets and whose they are."""

from collections.abc import Iterator
from datetime import date

from django.apps import apps
from django.utils.translation import gettext_lazy as _

from billing.books.check import Check, Violation, register
from billing.books.stored import stored_as_declared
from tickets.sla.keeping import differing

TICKET = "tickets.ticket"
# So many tickets are measured at a time.
BATCH = 500
REMEDY = _("Change the ticket: choose its customer, service and location again.")


def _of_another(name: str, rule: object, told: object, part: str, join: str) -> Check:
    """Return the check that the `part` of a ticket belongs to the ticket's customer."""
    sql = f"""
        SELECT ticket.id, ticket.{part}_id, location.customer_id FROM tickets_ticket AS ticket {join}
        WHERE location.customer_id <> ticket.customer_id"""
    return Check(name, rule, REMEDY, TICKET, told, sql=sql)


AT_LOCATION = "JOIN customers_location AS location ON location.id"

register(
    _of_another(
        "ticket-service",
        _("The service of a ticket is one of its customer."),
        _("The service #%(first)s is of the customer #%(second)s."),
        "service",
        f"JOIN customers_service AS service ON service.id = ticket.service_id {AT_LOCATION} = service.location_id",
    ),
    _of_another(
        "ticket-location",
        _("The location of a ticket is one of its customer."),
        _("The location #%(first)s is of the customer #%(second)s."),
        "location",
        f"{AT_LOCATION} = ticket.location_id",
    ),
)


def _measured_otherwise(_on: date) -> Iterator[Violation]:
    """Yield the tickets of which something else is due than their clock says."""
    after: int | None = 0
    while after is not None:
        wrong, after = differing(after, BATCH)
        yield from ((key, None, None) for key in wrong)


register(
    Check(
        "ticket-clock",
        _("What is due on a ticket is what its clock says."),
        _("Run manage.py daily: it measures all unfinished tickets anew."),
        TICKET,
        _("Something else is due than the clock says."),
        find=_measured_otherwise,
    ),
    Check(
        "ticket-events",
        _("The last event of a ticket's status names the status that it has."),
        _("Find out what wrote it: every act writes its event. Move the ticket away and back."),
        TICKET,
        _("It is “%(first)s”; its events say “%(second)s”."),
        sql="""
            SELECT id, status, told FROM (
                SELECT ticket.id, ticket.status, COALESCE(
                    (SELECT event.after FROM tickets_ticketevent AS event
                     WHERE event.ticket_id = ticket.id AND event.kind = 'status' ORDER BY event.id DESC LIMIT 1), 'new'
                ) AS told FROM tickets_ticket AS ticket
            ) AS found WHERE status <> told""",
    ),
)
for model in apps.get_app_config("tickets").get_models():
    register(*stored_as_declared(model))
