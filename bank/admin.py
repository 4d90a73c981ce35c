"""The bank in the administration: accounts, profiles and mandates by their forms; what the bank said is only read."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from bank.forms import BankAccountForm
from bank.models import (
    BankAccount,
    Collection,
    CollectionItem,
    CsvProfile,
    KnownPayer,
    LinePayment,
    Mandate,
    Statement,
    StatementLine,
)
from customerflow.administration import ReadOnlyAdmin, RecordAdmin


@admin.register(BankAccount)
class BankAccountAdmin(RecordAdmin):
    """Bank accounts. They are never removed: statements and collections name them."""

    form = BankAccountForm
    list_display = ("name", "iban", "number", "csv_profile")
    list_select_related = ("csv_profile",)
    sortable_by = ("name",)
    search_help_text = _("By name, IBAN or number.")
    is_removable = False


@admin.register(CsvProfile)
class CsvProfileAdmin(ReadOnlyAdmin):
    """CSV profiles: changed on their page, where the headings are."""

    list_display = ("name", "delimiter", "encoding", "date_order", "decimal_sign")
    fields = ("name", "delimiter", "encoding", "header_line", "date_order", "decimal_sign", "columns")
    sortable_by = ("name",)
    search_help_text = _("By name.")


@admin.register(Statement)
class StatementAdmin(ReadOnlyAdmin):
    """Statements."""

    list_display = ("__str__", "account", "format", "first_on", "last_on", "closing", "loaded_at")
    fields = (
        *("account", "format", "file_name", "reference", "first_on", "last_on", "opening", "closing", "known"),
        *("warnings", "loaded_at", "loaded_by"),
    )
    list_select_related = ("account",)
    ordering = ("-pk",)
    search_help_text = _("By file or reference.")


@admin.register(StatementLine)
class StatementLineAdmin(ReadOnlyAdmin):
    """Lines of statements."""

    list_display = ("__str__", "party_name", "state", "level", "customer")
    fields = (
        *("statement", "account", "booked_on", "value_on", "amount", "party_name", "party_iban", "bank_reference"),
        *("reference", "text", "return_code", "original_amount", "state", "reason", "handled_on", "handled_by"),
        *("kind", "level", "why", "customer"),
    )
    list_select_related = ("customer",)
    ordering = ("-pk",)
    search_help_text = _("By name, text, reference or amount.")


@admin.register(LinePayment)
class LinePaymentAdmin(ReadOnlyAdmin):
    """The payments that lines have made."""

    list_display = ("line", "payment", "undone_on", "returned_by")
    fields = ("line", "payment", "attempt", "part", "undone_on", "returned_by")
    list_select_related = ("line", "payment", "returned_by")
    ordering = ("-pk",)
    searched_by = "line"
    search_help_text = _("By the line's name, text, reference or amount.")
    view_on_site = False


@admin.register(KnownPayer)
class KnownPayerAdmin(ReadOnlyAdmin):
    """From which accounts customers have paid."""

    list_display = ("customer", "iban", "learned_on")
    fields = ("customer", "iban", "learned_on")
    list_select_related = ("customer",)
    ordering = ("-pk",)
    searched_by = "customer"
    search_help_text = _("By the customer's name, number, e-mail or phone.")
    view_on_site = False


@admin.register(Mandate)
class MandateAdmin(ReadOnlyAdmin):
    """Mandates: added, corrected and revoked on their pages."""

    list_display = ("reference", "customer", "holder", "iban", "signed_on", "state")
    fields = ("customer", "reference", "holder", "iban", "signed_on", "sequence", "state", "ended_on", "reason")
    list_select_related = ("customer",)
    ordering = ("-pk",)
    search_help_text = _("By reference, account holder or IBAN.")


@admin.register(Collection)
class CollectionAdmin(ReadOnlyAdmin):
    """Collections."""

    list_display = ("reference", "collect_on", "state", "confirmed_at", "collected_on", "made_by")
    fields = ("reference", "collect_on", "due_up_to", "state", "confirmed_at", "collected_on", "credited_by", "made_by")
    list_select_related = ("made_by",)
    ordering = ("-pk",)
    search_help_text = _("By reference.")


@admin.register(CollectionItem)
class CollectionItemAdmin(ReadOnlyAdmin):
    """Direct debits, found by the customer."""

    list_display = ("end_to_end_id", "customer", "invoice", "amount", "state")
    fields = (
        *("collection", "mandate", "customer", "invoice", "amount", "sequence", "end_to_end_id", "state", "reason"),
        *("payment", "returned_on", "return_code", "returned_by"),
    )
    list_select_related = ("customer", "invoice")
    ordering = ("-pk",)
    searched_by = "customer"
    search_help_text = _("By the customer's name, number, e-mail or phone.")
