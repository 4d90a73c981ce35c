"""Visits in the administration."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from customerflow.administration import ReadOnlyAdmin
from customerflow.bulk.administration import BulkAdmin
from visits.forms import ChecklistForm, VisitForm
from visits.models import CalendarLink, Checklist, Visit, VisitItem


@admin.register(Visit)
class VisitAdmin(BulkAdmin):
    """Visits of technicians."""

    form = VisitForm
    facts = ("ticket", "status", "reason", "result", "set_out_at", "arrived_at", "left_at")
    list_display = ("__str__", "technician", "status", "location")
    list_select_related = ("ticket", "technician", "location")
    list_filter = ("status",)
    sortable_by = ("status",)
    search_help_text = _("By the ticket's number or subject.")
    is_removable = False


@admin.register(VisitItem)
class VisitItemAdmin(ReadOnlyAdmin):
    """What was to be done on visits, found by the visit."""

    list_display = ("__str__", "visit", "note", "done_at", "done_by")
    fields = ("visit", "position", "text", "note", "done_at", "done_by")
    list_select_related = ("visit__ticket", "done_by")
    ordering = ("-pk",)
    searched_by = "visit"
    search_help_text = _("By the number or subject of the visit's ticket.")
    view_on_site = False


@admin.register(Checklist)
class ChecklistAdmin(BulkAdmin):
    """What is to be done on visits of a kind."""

    form = ChecklistForm
    list_display = ("name", "type")
    list_select_related = ("type",)
    sortable_by = ("name",)
    search_help_text = _("By name.")


@admin.register(CalendarLink)
class CalendarLinkAdmin(ReadOnlyAdmin):
    """Who has a private link to their visits; its owner withdraws it, and it ends with their account."""

    list_display = ("user", "made_at")
    fields = ("user", "made_at")
    list_select_related = ("user",)
    search_help_text = _("By user name.")
    view_on_site = False
