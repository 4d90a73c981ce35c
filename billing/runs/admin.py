"""Billing runs in the administration: only read."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from billing.models import BillingRun, BillingRunItem, BillingStart
from customerflow.administration import ReadOnlyAdmin


@admin.register(BillingStart)
class BillingStartAdmin(ReadOnlyAdmin):
    """The first day that is charged here."""

    list_display = ("day",)
    fields = ("day",)
    view_on_site = False


@admin.register(BillingRun)
class BillingRunAdmin(ReadOnlyAdmin):
    """Billing runs."""

    list_display = ("day", "state", "attempt", "started_at", "finished_at", "started_by")
    fields = ("day", "state", "attempt", "started_at", "finished_at", "done_up_to", "started_by")
    list_select_related = ("started_by",)
    ordering = ("-day",)
    sortable_by = ("day",)
    search_help_text = _("By the day, such as 2026-11-20.")


@admin.register(BillingRunItem)
class BillingRunItemAdmin(ReadOnlyAdmin):
    """What runs did, found by the customer."""

    list_display = ("run", "customer", "attempt", "outcome", "difference", "total", "before")
    fields = (
        *("run", "customer", "attempt", "outcome", "difference", "total", "before", "has_changed"),
        *("invoice", "credit_note", "reason"),
    )
    list_select_related = ("run", "customer")
    ordering = ("-pk",)
    searched_by = "customer"
    search_help_text = _("By the customer's name, number, e-mail or phone.")
