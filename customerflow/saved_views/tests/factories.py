"""Saved views for tests."""

from itertools import count

from customerflow.saved_views.models import SavedView
from customerflow.staff.tests.factories import make_user

_serial = count(1)


def make_saved_view(**fields) -> SavedView:
    fields["owner"] = fields.get("owner") or make_user()
    given = {"name": f"View {next(_serial)}", "list": "customers:customer_list", "query": "sort=-name"}
    return SavedView.objects.create(**{**given, "is_shared": True, **fields})
