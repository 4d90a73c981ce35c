"""The lists of the product, by the names of their addresses."""

from django.http import QueryDict
from django.urls import NoReverseMatch, Resolver404, resolve, reverse
from django.utils.text import capfirst

from customerflow.lists import ListScreen

# The place in a list, and what is done with it: no part of what a view is.
NO_FILTER = ("after", "before", "last", "export")


def kinds_of_list(name: str) -> str:
    """Return what the list with this name is of, in words; nothing where there is no such list."""
    try:
        screen = resolve(reverse(name)).func
    except (NoReverseMatch, Resolver404):
        return ""
    view = getattr(screen, "view_class", None)
    if view is None or not issubclass(view, ListScreen):
        return ""
    model = screen.view_initkwargs.get("model") or view.model
    return str(capfirst(model._meta.verbose_name_plural))


def tidy(query: str) -> str:
    """Return the parameters of a list's address without its place in the list and without empty ones."""
    asked = QueryDict(query, mutable=True)
    for name in [*NO_FILTER, *(name for name in asked if not any(asked.getlist(name)))]:
        asked.pop(name, None)
    return asked.urlencode()
