"""Rules and texts in the administration, and what they did: that is only read."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from customerflow.administration import ReadOnlyAdmin
from dunning.models import CallTask, Execution, Notice, Rule, Template


@admin.register(Rule)
class RuleAdmin(ReadOnlyAdmin):
    """Rules: they are changed by the acts of their page."""

    list_display = ("name", "action", "days", "least_open", "template", "active_from")
    fields = (
        *("name", "action", "days", "least_open", "template", "fee_amount", "fee_percent", "tax_code"),
        *("position", "active_from"),
    )
    list_select_related = ("template",)
    view_on_site = False


@admin.register(Template)
class TemplateAdmin(ReadOnlyAdmin):
    """The texts of reminders."""

    list_display = ("name", "language", "subject")
    fields = ("name", "language", "subject", "email_text", "letter_text", "has_invoices")
    view_on_site = False


@admin.register(Notice)
class NoticeAdmin(ReadOnlyAdmin):
    """Reminders, found by their customer."""

    list_display = ("subject", "customer", "rule", "day", "total", "is_letter", "printed_at")
    fields = (
        *("rule", "customer", "day", "total", "language", "email", "is_letter", "printed_at", "note"),
        *("customer_name", "customer_address", "subject", "opening", "closing", "made_at"),
    )
    list_select_related = ("customer", "rule")
    ordering = ("-pk",)
    searched_by = "customer"
    search_help_text = _("By the customer's name, number, e-mail or phone.")


@admin.register(Execution)
class ExecutionAdmin(ReadOnlyAdmin):
    """What became of the steps of invoices, found by the invoice."""

    list_display = ("invoice", "rule", "state", "day", "open_amount", "attempts", "reason")
    fields = ("invoice", "rule", "state", "day", "at", "attempts", "reason", "open_amount", "notice", "call", "charge")
    list_select_related = ("invoice", "rule")
    ordering = ("-pk",)
    searched_by = "invoice"
    search_help_text = _("By the invoice's number or the customer's name.")
    view_on_site = False


@admin.register(CallTask)
class CallTaskAdmin(ReadOnlyAdmin):
    """Calls, found by their customer."""

    list_display = ("customer", "rule", "due_on", "result", "done_by", "done_at")
    fields = ("customer", "rule", "due_on", "result", "note", "done_by", "done_at")
    list_select_related = ("customer", "rule", "done_by")
    ordering = ("-pk",)
    searched_by = "customer"
    search_help_text = _("By the customer's name, number, e-mail or phone.")
