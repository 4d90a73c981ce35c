"""What templates draw the frame of a page with."""

from functools import lru_cache

from django import template
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from customerflow.hub.navigation import LINKS, QUICK_ACTIONS, Link, current_link, navigation_of, permitted

register = template.Library()


@register.simple_tag
@lru_cache
def icon(name: str) -> SafeString:
    """Draw an icon of the sprite; it is decoration, so the words beside it must do without it."""
    return format_html(
        '<svg class="icon" aria-hidden="true"><use href="{}#{}"/></svg>', static("vendor/icons.svg"), name
    )


@register.simple_tag
@lru_cache
def asset(path: str) -> str:
    """Return the address of a file that browsers load; it is looked up once, not on every page."""
    return static(path)


@register.filter
def grouped(number: int) -> str:
    """Write a whole number with the thousands apart."""
    return number_format(number, decimal_pos=0, force_grouping=True)


@register.simple_tag(takes_context=True)
def navigation(context: template.Context) -> SafeString:
    """Draw the navigation of the person who is logged in, with the shown page marked."""
    request = context["request"]
    links = permitted(LINKS, request.user)
    current = current_link(links, request)
    is_exact = current is not None and request.get_full_path() == current.url
    return _navigation(get_language(), links, current, "page" if is_exact else "true")


@register.simple_tag(takes_context=True)
def quick_actions(context: template.Context) -> SafeString:
    """Draw the menu of what this person may add; nothing when there is nothing."""
    return _quick_actions(get_language(), permitted(QUICK_ACTIONS, context["request"].user))


# Both are the same for all who have the same rights, and they cost a third of a page: so each is drawn once.


@lru_cache(maxsize=1024)
def _navigation(_language: str, links: tuple[Link, ...], current: Link | None, aria_current: str) -> SafeString:
    groups = navigation_of(links)
    is_counted = any(link.counter for link in links)
    context = {"groups": groups, "current": current, "aria_current": aria_current, "is_counted": is_counted}
    return render_to_string("_navigation.html", context)


@lru_cache(maxsize=1024)
def _quick_actions(_language: str, actions: tuple[Link, ...]) -> SafeString:
    return render_to_string("_quick_actions.html", {"actions": actions})
