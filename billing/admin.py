"""Money in the administration: only read, so that nobody goes round the acts that keep the books whole."""

from django.contrib import admin
from django.contrib.admin import SimpleListFilter
from django.db import models
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from billing.credits.admin import OF_ALLOCATION, AllocationInline, CreditFilter, TaxInline

# Registered once they are imported, as those of the runs are.
from billing.journal import admin as _of_the_journal  # noqa: F401
from billing.models import Allocation, Charge, Discount, Document, Email, EmailInvoice, Invoice, InvoiceLine, Payment
from billing.runs import admin as _of_runs  # noqa: F401
from customerflow.administration import ReadOnlyAdmin, ReadOnlyInline

OF_LINE = ("kind", "description", "service", "equipment", "first_day", "last_day", "quantity", "unit_price", "amount")


class LineInline(ReadOnlyInline):
    """The charges of an invoice."""

    model = InvoiceLine
    fields = OF_LINE
    list_select_related = ("service", "equipment")


class InvoiceStandingFilter(SimpleListFilter):
    """Invoices by how they stand today, as far as an index serves it."""

    title = _("standing")
    parameter_name = "standing"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list:
        return [("draft", _("Draft")), ("open", _("Open")), ("overdue", _("Overdue"))]

    def queryset(self, request: HttpRequest, queryset: models.QuerySet) -> models.QuerySet:
        standing = self.value()
        if standing == "draft":
            return queryset.drafts()
        if standing == "open":
            return queryset.open()
        return queryset.overdue(timezone.localdate()) if standing == "overdue" else queryset


@admin.register(Invoice)
class InvoiceAdmin(ReadOnlyAdmin):
    """Invoices."""

    list_display = ("__str__", "customer", "status", "issued_on", "due_on", "total", "settled")
    fields = (
        "number",
        "origin",
        "customer",
        "status",
        "issued_on",
        "due_on",
        "customer_name",
        "customer_address",
        "note",
        "total",
        "settled",
        "voided_on",
        "void_reason",
        "voided_by",
    )
    inlines = (LineInline, TaxInline, AllocationInline)
    list_select_related = ("customer",)
    list_filter = (InvoiceStandingFilter, "issued_on", "due_on")
    sortable_by = ("issued_on", "due_on")
    search_help_text = _("By number or the customer's name.")


@admin.register(InvoiceLine)
class InvoiceLineAdmin(ReadOnlyAdmin):
    """Charges, found by their invoice."""

    list_display = ("description", "invoice", "kind", "first_day", "last_day", "quantity", "unit_price", "amount")
    fields = ("invoice", *OF_LINE)
    list_select_related = ("invoice",)
    ordering = ("-pk",)
    searched_by = "invoice"
    search_help_text = _("By the invoice's number or the customer's name.")
    view_on_site = False


@admin.register(Payment)
class PaymentAdmin(ReadOnlyAdmin):
    """Payments."""

    list_display = ("__str__", "customer", "amount", "allocated", "received_on", "method", "reference", "reversed_on")
    fields = (
        "customer",
        "amount",
        "allocated",
        "received_on",
        "method",
        "reference",
        "posted_at",
        "recorded_by",
        "reversed_on",
        "reversal_reason",
        "reversed_by",
    )
    inlines = (AllocationInline,)
    list_select_related = ("customer",)
    list_filter = (CreditFilter, "received_on")
    sortable_by = ("received_on",)
    search_help_text = _("By reference or amount.")


@admin.register(Allocation)
class AllocationAdmin(ReadOnlyAdmin):
    """Which payment settles which invoice, found by the invoice."""

    list_display = ("__str__", "payment", "credit_note", "write_off", "invoice", "amount", "posted_on", "released_on")
    fields = OF_ALLOCATION
    list_select_related = ("payment", "invoice")
    ordering = ("-pk",)
    searched_by = "invoice"
    search_help_text = _("By the invoice's number or the customer's name.")
    view_on_site = False


@admin.register(Charge)
class ChargeAdmin(ReadOnlyAdmin):
    """One-off charges, found by their customer."""

    list_display = ("description", "customer", "quantity", "unit_price", "charged_on", "cancelled_at")
    fields = (
        *("customer", "service", "description", "quantity", "unit_price", "tax_code", "charged_on"),
        *("late_fee_of", "cancelled_at", "cancel_reason"),
    )
    list_select_related = ("customer",)
    ordering = ("-pk",)
    searched_by = "customer"
    search_help_text = _("By the customer's name, number, e-mail or phone.")


@admin.register(Discount)
class DiscountAdmin(ReadOnlyAdmin):
    """Discounts, found by their customer."""

    list_display = ("__str__", "customer", "service", "first_day", "last_day", "reason")
    fields = ("customer", "service", "percent", "amount", "first_day", "last_day", "reason")
    list_select_related = ("customer", "service")
    ordering = ("-pk",)
    searched_by = "customer"
    search_help_text = _("By the customer's name, number, e-mail or phone.")


@admin.register(Document)
class DocumentAdmin(ReadOnlyAdmin):
    """Invoices and credit notes as files, found by the invoice."""

    list_display = ("__str__", "kind", "invoice", "credit_note", "size", "made_at")
    fields = ("kind", "invoice", "credit_note", "file", "size", "sha256", "made_at")
    list_select_related = ("invoice", "credit_note")
    ordering = ("-pk",)
    searched_by = "invoice"
    search_help_text = _("By the invoice's number or the customer's name.")


@admin.register(Email)
class EmailAdmin(ReadOnlyAdmin):
    """E-mails with documents, found by the invoice."""

    list_display = ("subject", "to", "state", "attempts", "try_at", "sent_at", "by")
    fields = (
        *("subject", "to", "body", "language", "invoice", "credit_note", "customer", "document", "by", "made_at"),
        *("state", "attempts", "problem", "try_at", "tried_at", "sent_at"),
    )
    list_select_related = ("invoice", "credit_note", "customer", "by")
    ordering = ("-pk",)
    searched_by = "invoice"
    search_help_text = _("By the invoice's number or the customer's name.")


@admin.register(EmailInvoice)
class EmailInvoiceAdmin(ReadOnlyAdmin):
    """Invoices that went with e-mails, found by the invoice."""

    list_display = ("invoice", "email")
    fields = ("email", "invoice")
    list_select_related = ("invoice", "email")
    ordering = ("-pk",)
    searched_by = "invoice"
    search_help_text = _("By the invoice's number or the customer's name.")
