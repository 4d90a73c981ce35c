"""The records of bulk edits in the administration."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from customerflow.administration import ReadOnlyAdmin
from customerflow.bulk.models import BulkItem


@admin.register(BulkItem)
class BulkItemAdmin(ReadOnlyAdmin):
    """What became of each record of a bulk edit."""

    list_display = ("job", "record_id", "outcome", "message")
    fields = ("job", "record_id", "version", "outcome", "message")
    list_select_related = ("job",)
    list_filter = ("outcome",)
    ordering = ("-pk",)
    search_help_text = _("By the number of the record.")
    view_on_site = False
