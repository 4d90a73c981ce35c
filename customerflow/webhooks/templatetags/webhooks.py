"""What templates show of webhooks."""

from django import template
from django.utils.safestring import SafeString

from customerflow.webhooks import tables
from customerflow.webhooks.models import Delivery

register = template.Library()


@register.simple_tag
def delivery_state(delivery: Delivery) -> SafeString:
    """Return what became of a delivery as a word with a shape."""
    return tables.DELIVERY_STATES(delivery.state)
