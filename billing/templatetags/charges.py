"""What other apps' pages show of charges and discounts."""

from django import template
from django.utils import timezone

from customerflow.panels import ROWS
from customers.models import Customer

register = template.Library()


@register.inclusion_tag("billing/_waiting.html", takes_context=True)
def waiting_panel(context: template.Context, customer: Customer) -> dict[str, object]:
    """Draw the first charges that wait to be billed to a customer, and the discounts that go on or are to come."""
    waiting = customer.charges.waiting()
    charges = list(waiting.select_related("service")[: ROWS + 1])
    discounts = customer.discounts.not_over(timezone.localdate()).select_related("service")
    return {
        "customer": customer,
        "charges": charges[:ROWS],
        "more": waiting.count() - ROWS if len(charges) > ROWS else 0,
        "discounts": discounts[:ROWS],
        "perms": context["perms"],
    }
