"""Loads in the administration: what came in is history, so it is only read."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from customerflow.administration import ReadOnlyAdmin
from customerflow.loads.models import Load


@admin.register(Load)
class LoadAdmin(ReadOnlyAdmin):
    """Every file that was loaded."""

    list_display = ("__str__", "loaded_at", "loaded_by", "created", "changed", "unchanged", "refused")
    fields = (
        "name",
        "origin",
        "profile",
        "loaded_at",
        "loaded_by",
        "created",
        "changed",
        "unchanged",
        "refused",
    )
    list_select_related = ("loaded_by",)
    search_help_text = _("By file name.")
