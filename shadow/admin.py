"""Shadow billing in the administration: only read."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from customerflow.administration import ReadOnlyAdmin
from shadow.models import OpeningBalance, ShadowItem, ShadowRun


@admin.register(OpeningBalance)
class OpeningBalanceAdmin(ReadOnlyAdmin):
    """What other systems say that is owed, found by the customer."""

    list_display = ("customer", "origin", "balance")
    fields = ("customer", "origin", "balance")
    list_select_related = ("customer",)
    ordering = ("-pk",)
    searched_by = "customer"
    search_help_text = _("By the customer's name, number, e-mail or phone.")
    view_on_site = False


@admin.register(ShadowRun)
class ShadowRunAdmin(ReadOnlyAdmin):
    """Comparisons with other systems."""

    list_display = ("origin", "first_day", "last_day", "state", "started_at", "finished_at", "started_by")
    fields = (
        *("origin", "first_day", "last_day", "issued_from", "issued_to", "state"),
        *("started_at", "finished_at", "done_up_to", "started_by"),
    )
    list_select_related = ("started_by",)
    ordering = ("-pk",)
    sortable_by = ()


@admin.register(ShadowItem)
class ShadowItemAdmin(ReadOnlyAdmin):
    """Compared customers."""

    list_display = ("run", "customer", "outcome", "there", "here", "balance_there", "balance_here", "accepted_because")
    fields = (
        *("run", "customer", "outcome", "there", "here", "balance_there", "balance_here", "reasons"),
        *("accepted_at", "accepted_by", "accepted_because"),
    )
    list_select_related = ("run", "customer")
    ordering = ("-pk",)
    searched_by = "customer"
    search_help_text = _("By the customer's name, number, e-mail or phone.")
