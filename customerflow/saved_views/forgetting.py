"""Saved views that name a customer whose personal data is erased."""

from collections.abc import Callable
from urllib.parse import unquote_plus

from customerflow.saved_views.models import SavedView


def forget_views(is_named_in: Callable[[str], bool]) -> None:
    """Remove the views in whose name or filter the customer is named, as `is_named_in` says of a text."""
    views = SavedView.objects.order_by("pk").iterator()
    named = [view.pk for view in views if is_named_in(view.name) or is_named_in(unquote_plus(view.query))]
    SavedView.objects.filter(pk__in=named).delete()
