"""What the leak finder keeps, in the administration: only read."""

from django.contrib import admin

from customerflow.administration import ReadOnlyAdmin
from reports.models import AcceptedLeak, FoundLeak


@admin.register(FoundLeak)
class FoundLeakAdmin(ReadOnlyAdmin):
    """Leaks that were found."""

    list_display = ("__str__", "found_on")

    def get_search_results(self, request, queryset, search_term: str):
        """Return all: a found leak has no text."""
        return queryset, False

    def view_on_site(self, record: FoundLeak) -> None:
        """It has no page of its own."""


@admin.register(AcceptedLeak)
class AcceptedLeakAdmin(ReadOnlyAdmin):
    """Leaks that are meant so."""

    list_display = ("__str__", "reason", "accepted_on", "until")
    list_select_related = ("customer",)
    searched_by = "customer"
