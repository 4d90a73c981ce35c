"""What every list shows of its saved views."""

from django import template
from django.template import Context
from django.urls import reverse
from django.utils.http import urlencode

from customerflow.lists import ListScreen
from customerflow.saved_views.lists import tidy

register = template.Library()


@register.simple_tag(takes_context=True)
def offered_views_url(context: Context) -> str:
    """Return where the views of the list that is shown are asked for; nothing on a page of which none can be kept."""
    name = _name_of_list(context)
    return f"{reverse('saved_views:offered')}?{urlencode({'list': name})}" if name else ""


@register.simple_tag(takes_context=True)
def save_view_url(context: Context) -> str:
    """Return where the list that is shown is kept under a name; nothing where it is not filtered or sorted."""
    name, query = _name_of_list(context), tidy(context["request"].GET.urlencode())
    kept = urlencode({"list": name, "query": query})
    return f"{reverse('saved_views:savedview_create')}?{kept}" if name and query else ""


def _name_of_list(context: Context) -> str:
    match = context["request"].resolver_match
    is_list = match and not match.kwargs and isinstance(context.get("view"), ListScreen)
    return match.view_name if is_list and context["perms"]["saved_views"]["add_savedview"] else ""
