"""What other apps' pages show of tickets."""

from django import template
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from customerflow.panels import panel
from customerflow.tables import state
from customers.models import Customer
from tickets import tables
from tickets.models import IncomingMail, Ticket, TicketEmail

register = template.Library()
EMAIL_SHAPES = {TicketEmail.State.SENT: "active", TicketEmail.State.FAILED: "bad"}


@register.simple_tag
def ticket_state(ticket: Ticket) -> SafeString:
    """Return a ticket's status as a word with a shape."""
    return tables.ticket_state(ticket)


@register.simple_tag
def state_of(text: str, shape: str) -> SafeString:
    """Return a word with a shape."""
    return state(text, shape)


@register.simple_tag
def email_state(email: TicketEmail) -> SafeString:
    """Return what became of an e-mail as a word with a shape."""
    return state(email.get_state_display(), EMAIL_SHAPES.get(email.state, "new"))


@register.simple_tag
def mail_state(mail: IncomingMail) -> SafeString:
    """Return what became of an e-mail that came in as a word with a shape."""
    return tables.mail_state(mail)


@register.simple_tag
def priority_state(ticket: Ticket) -> SafeString:
    """Return a ticket's priority as a word with a shape."""
    return tables.priority_state(ticket)


@register.simple_tag
def due_state(ticket: Ticket) -> SafeString | str:
    """Return what is owed on a ticket, and until when, as words with a shape."""
    return tables.due_state(ticket)


@register.inclusion_tag("crud/_panel.html", takes_context=True)
def ticket_panel(context: template.Context, customer: Customer) -> dict[str, object]:
    """Draw a customer's newest tickets."""
    drawn = panel(tables.TicketsOfOneTable, customer.tickets.all(), customer=customer.number)
    if context["perms"]["tickets"]["add_ticket"]:
        query = urlencode({"customer": customer.number})
        drawn |= {"create_url": f"{reverse('tickets:ticket_create')}?{query}", "create_label": _("New ticket")}
    return drawn
