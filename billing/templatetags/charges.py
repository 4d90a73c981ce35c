"""What other apps' pages show of charges and discounts."""

from django import template
from django.db.models import Exists
from django.utils import timezone

from customerflow.panels import ROWS
from customers.models import Customer

register = template.Library()


@register.inclusion_tag("billing/_waiting.html", takes_context=True)
def waiting_panel(context: template.Context, customer: Customer) -> dict[str, object]:
    """Draw the first charges that wait to be billed to a customer, and the discounts that go on or are to come."""
    waiting, discounts = customer.charges.waiting(), customer.discounts.not_over(timezone.localdate())
    # Most customers have neither: one question finds that out.
    there = Customer.objects.filter(pk=customer.pk).values_list(Exists(waiting), Exists(discounts)).get()
    charges = list(waiting.select_related("service")[: ROWS + 1]) if there[0] else []
    return {
        "customer": customer,
        "charges": charges[:ROWS],
        "more": waiting.count() - ROWS if len(charges) > ROWS else 0,
        "discounts": list(discounts.select_related("service")[:ROWS]) if there[1] else [],
        "perms": context["perms"],
    }
