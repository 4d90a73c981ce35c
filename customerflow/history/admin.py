"""The record of changes in the administration: it is history, so it is only read."""

from django.contrib import admin
from django.http import HttpRequest

from customerflow.administration import ReadOnlyAdmin
from customerflow.changes.models import ChangeSet


@admin.register(ChangeSet)
class ChangeSetAdmin(ReadOnlyAdmin):
    """Who did what, when and why; what became of each record is on the product's own page."""

    list_display = ("__str__", "at", "by", "through", "why")
    list_select_related = ("by",)
    list_filter = ("through",)
    fields = ("act", "at", "by", "through", "why", "request_id", "parent", "undoes")
    search_fields = ()

    def get_queryset(self, request: HttpRequest):
        return super().get_queryset(request).select_related("by", "parent", "undoes")
