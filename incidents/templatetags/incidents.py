"""What other apps' pages show of incidents."""

from django import template
from django.utils import timezone
from django.utils.safestring import SafeString

from customerflow.lookup import find
from customers.models import Customer
from incidents import tables
from incidents.covering import incidents_over, services_of_customer, services_of_ticket
from incidents.models import Incident, JoinedTicket
from incidents.past import past_of
from tickets.models import Ticket

register = template.Library()
# So many are named beside the form of a new ticket, of no customer yet.
MOST_NAMED = 3


@register.simple_tag
def incident_state(incident: Incident) -> SafeString:
    """Return whether an incident goes on, as a word with a shape."""
    return tables.incident_state(incident)


@register.inclusion_tag("incidents/_of_ticket.html", takes_context=True)
def incident_of_ticket(context: template.Context, ticket: Ticket) -> dict[str, object]:
    """Say which incident a ticket is joined to; else warn of those that go on where it is about, to be joined."""
    joined = JoinedTicket.objects.filter(ticket=ticket).select_related("incident").first()
    over = [] if joined or ticket.is_finished else incidents_over(services_of_ticket(ticket), timezone.now())
    return {"perms": context["perms"], "ticket": ticket, "joined": joined, "incidents": over}


@register.inclusion_tag("incidents/_outages.html", takes_context=True)
def outages_of_number(context: template.Context, number: str) -> dict[str, object]:
    """Warn, beside the form of a new ticket, of what goes on at the customer with a number; of all without one."""
    now = timezone.now()
    customer = find(Customer.objects.all(), number) if number else None
    if customer:
        incidents = incidents_over(services_of_customer(customer), now)
    else:
        incidents = Incident.objects.going_on(now).order_by("-began_at")[:MOST_NAMED]
    return {"perms": context["perms"], "incidents": incidents, "is_here": customer is not None}


@register.inclusion_tag("incidents/_outages.html", takes_context=True)
def outages_of(context: template.Context, customer: Customer) -> dict[str, object]:
    """Say which outages a customer has, and had of late, and what was given back for them."""
    incidents = incidents_over(services_of_customer(customer), timezone.now())
    past = past_of(customer, timezone.now())
    return {"perms": context["perms"], "incidents": incidents, "is_here": True, "past": past}
