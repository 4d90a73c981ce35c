"""How comparisons are shown."""

from django import template
from django.utils.safestring import SafeString

from shadow.models import ShadowItem, ShadowRun
from shadow.tables import item_outcome, run_state

register = template.Library()


@register.simple_tag
def shadow_state(run: ShadowRun) -> SafeString:
    """Return how far a comparison is."""
    return run_state(run)


@register.simple_tag
def compared(item: ShadowItem) -> SafeString:
    """Return what was found of a customer."""
    return item_outcome(item)
