"""What corrects and settles invoices, in the administration: only read, like all that is on the books."""

from django.contrib import admin
from django.contrib.admin import SimpleListFilter
from django.db import models
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from billing.models import (
    Allocation,
    CreditNote,
    CreditNoteLine,
    CreditNoteTax,
    InvoiceTax,
    Refund,
    WriteOff,
)
from customerflow.administration import ReadOnlyAdmin, ReadOnlyInline

OF_TAX = ("name", "percent", "base", "amount")
OF_CREDIT = ("description", "service", "equipment", "first_day", "last_day", "amount")
OF_ALLOCATION = ("payment", "credit_note", "write_off", "invoice", "amount", "posted_on", "released_on")


class AllocationInline(ReadOnlyInline):
    """What payments settle."""

    model = Allocation
    fields = OF_ALLOCATION
    list_select_related = ("payment", "invoice")


class TaxInline(ReadOnlyInline):
    """The taxes of an invoice."""

    model = InvoiceTax
    fields = OF_TAX


class CreditNoteLineInline(ReadOnlyInline):
    """What a credit note gives back."""

    model = CreditNoteLine
    fields = OF_CREDIT
    list_select_related = ("service", "equipment")


class CreditNoteTaxInline(ReadOnlyInline):
    """The taxes that a credit note gives back."""

    model = CreditNoteTax
    fields = OF_TAX


class CreditFilter(SimpleListFilter):
    """Payments and credit notes of which a part settles no invoice."""

    title = _("credit")
    parameter_name = "credit"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list:
        return [("yes", _("With credit"))]

    def queryset(self, request: HttpRequest, queryset: models.QuerySet) -> models.QuerySet:
        return queryset.with_credit() if self.value() == "yes" else queryset


@admin.register(InvoiceTax)
class InvoiceTaxAdmin(ReadOnlyAdmin):
    """Taxes, found by their invoice."""

    list_display = ("__str__", "invoice", "base", "amount")
    fields = ("invoice", "code", *OF_TAX)
    list_select_related = ("invoice",)
    ordering = ("-pk",)
    searched_by = "invoice"
    search_help_text = _("By the invoice's number or the customer's name.")
    view_on_site = False


@admin.register(CreditNote)
class CreditNoteAdmin(ReadOnlyAdmin):
    """Credit notes."""

    list_display = ("number", "customer", "issued_on", "invoice", "total", "allocated", "refunded", "voided_on")
    fields = (
        *("number", "customer", "invoice", "reason", "issued_on", "issued_by", "customer_name", "customer_address"),
        *("total", "allocated", "refunded", "voided_on", "void_reason", "voided_by"),
    )
    inlines = (CreditNoteLineInline, CreditNoteTaxInline, AllocationInline)
    list_select_related = ("customer", "invoice")
    list_filter = (CreditFilter, "issued_on")
    sortable_by = ("issued_on",)
    search_help_text = _("By number or the customer's name.")


@admin.register(CreditNoteLine)
class CreditNoteLineAdmin(ReadOnlyAdmin):
    """What was given back, found by the credit note."""

    list_display = ("description", "credit_note", "first_day", "last_day", "amount")
    fields = ("credit_note", *OF_CREDIT, "tax_code")
    list_select_related = ("credit_note",)
    ordering = ("-pk",)
    searched_by = "credit_note"
    search_help_text = _("By the credit note's number or the customer's name.")
    view_on_site = False


@admin.register(CreditNoteTax)
class CreditNoteTaxAdmin(ReadOnlyAdmin):
    """Taxes that were given back, found by the credit note."""

    list_display = ("__str__", "credit_note", "base", "amount")
    fields = ("credit_note", "code", *OF_TAX)
    list_select_related = ("credit_note",)
    ordering = ("-pk",)
    searched_by = "credit_note"
    search_help_text = _("By the credit note's number or the customer's name.")
    view_on_site = False


@admin.register(Refund)
class RefundAdmin(ReadOnlyAdmin):
    """What was paid back, found by the customer."""

    list_display = ("__str__", "customer", "payment", "credit_note", "paid_on", "method", "reversed_on")
    fields = (
        *("customer", "payment", "credit_note", "amount", "paid_on", "method", "reference", "reason", "posted_on"),
        *("recorded_by", "reversed_on", "reversal_reason", "reversed_by"),
    )
    list_select_related = ("customer", "payment", "credit_note")
    ordering = ("-pk",)
    searched_by = "customer"
    search_help_text = _("By the customer.")


@admin.register(WriteOff)
class WriteOffAdmin(ReadOnlyAdmin):
    """What was given up as uncollectible, found by the invoice."""

    list_display = ("__str__", "invoice", "posted_on", "recorded_by", "reversed_on")
    fields = ("invoice", "reason", "posted_on", "recorded_by", "reversed_on", "reversed_by")
    inlines = (AllocationInline,)
    list_select_related = ("invoice", "recorded_by")
    ordering = ("-pk",)
    searched_by = "invoice"
    search_help_text = _("By the invoice's number or the customer's name.")
