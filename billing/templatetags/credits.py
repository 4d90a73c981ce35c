"""What other pages show of credit notes."""

from django import template
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from billing.credits.tables import CreditNotesOfOneTable, note_state
from billing.models import CreditNote
from customerflow.panels import panel
from customers.models import Customer

register = template.Library()


@register.simple_tag
def credit_note_state(note: CreditNote) -> SafeString:
    """Return what became of a credit note as a word with a shape."""
    return note_state(note)


@register.inclusion_tag("crud/_panel.html", takes_context=True)
def credit_note_panel(context: template.Context, customer: Customer) -> dict[str, object]:
    """Draw a customer's newest credit notes."""
    drawn = panel(CreditNotesOfOneTable, customer.credit_notes.all(), customer=customer.number)
    if context["perms"]["billing"]["add_creditnote"]:
        address = reverse("billing:customer_credit_note", args=[customer.pk])
        drawn |= {"create_url": address, "create_label": _("Issue a credit note")}
    return drawn
