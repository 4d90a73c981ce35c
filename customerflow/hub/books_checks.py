"""The rules of the books that join apps: tickets and whose they are."""

from django.apps import apps
from django.utils.translation import gettext_lazy as _

from billing.books.check import Check, register
from billing.books.stored import stored_as_declared

TICKET = "tickets.ticket"
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
for model in apps.get_app_config("tickets").get_models():
    register(*stored_as_declared(model))
