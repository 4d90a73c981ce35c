"""What other apps' pages show of visits."""

from django import template
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from customerflow.panels import panel
from customers.models import Customer, Location
from tickets.models import Ticket
from visits import sheet, tables, telling
from visits.models import Visit

register = template.Library()


@register.simple_tag
def visit_state(visit: Visit) -> SafeString:
    """Return how a visit stands as a word with a shape."""
    return tables.visit_state(visit)


@register.filter
def time_on_site(visit: Visit) -> str:
    """Return how long somebody was there."""
    return telling.time_on_site(visit)


@register.inclusion_tag("crud/_panel.html", takes_context=True)
def visit_panel(context: template.Context, ticket: Ticket) -> dict[str, object]:
    """Draw the visits on a ticket, and the way to plan one."""
    drawn = panel(tables.VisitsOfTicketTable, Visit.objects.on_ticket(ticket), ticket=ticket.number)
    if context["perms"]["visits"]["add_visit"] and not ticket.is_finished:
        query = urlencode({"ticket": ticket.number})
        drawn |= {"create_url": f"{reverse('visits:visit_create')}?{query}", "create_label": _("Plan a visit")}
    return drawn


@register.inclusion_tag("visits/_upcoming.html")
def upcoming_visit(customer: Customer) -> dict[str, object]:
    """Say when somebody comes to a customer next; nothing where nobody does."""
    to_come = Visit.objects.of_customer(customer).to_come(timezone.localdate())
    return {"visit": to_come.select_related("ticket", "technician").first()}


@register.filter
def map_address(location: Location) -> str:
    """Return a link to a location on a map."""
    return sheet.map_address(location)
