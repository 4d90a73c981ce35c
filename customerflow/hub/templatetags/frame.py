"""What templates draw the frame of a page with."""

from functools import lru_cache

from django import template
from django.templatetags.static import static
from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.safestring import SafeString

from customerflow.hub.navigation import QUICK_ACTIONS, current_link, navigation_for, permitted

register = template.Library()


@register.simple_tag
@lru_cache
def icon(name: str) -> SafeString:
    """Draw an icon of the sprite; it is decoration, so the words beside it must do without it."""
    return format_html(
        '<svg class="icon" aria-hidden="true"><use href="{}#{}"/></svg>', static("vendor/icons.svg"), name
    )


@register.filter
def grouped(number: int) -> str:
    """Write a whole number with the thousands apart."""
    return number_format(number, decimal_pos=0, force_grouping=True)


@register.inclusion_tag("_navigation.html", takes_context=True)
def navigation(context: template.Context) -> dict[str, object]:
    """Draw the navigation of the person who is logged in, with the shown page marked."""
    request = context["request"]
    groups = navigation_for(request.user)
    current = current_link(groups, request)
    exact = current is not None and request.get_full_path() == current.url
    return {"groups": groups, "current": current, "aria_current": "page" if exact else "true"}


@register.inclusion_tag("_quick_actions.html", takes_context=True)
def quick_actions(context: template.Context) -> dict[str, object]:
    """Draw the menu of what this person may add; nothing when there is nothing."""
    return {"actions": permitted(QUICK_ACTIONS, context["request"].user)}
