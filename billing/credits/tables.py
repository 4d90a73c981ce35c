"""What the list of credit notes shows, and how it is filtered."""

import django_filters
from django.db.models import F
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from billing.models import CreditNote
from customerflow.filters import ListFilter
from customerflow.forms import DayInput
from customerflow.tables import Column, Table, link, state
from customers.filters import CustomerNumberFilter


def note_standing(note: CreditNote) -> str:
    """Return in a word what became of a credit note."""
    if note.is_void:
        return _("Void")
    return _("Credit left") if note.credit else _("Used up")


def note_state(note: CreditNote) -> SafeString:
    """Return what became of a credit note as a word with a shape."""
    shape = "off" if note.is_void else "new" if note.credit else "active"
    return state(note_standing(note), shape)


class CreditNoteTable(Table):
    """The list of credit notes."""

    columns = (
        Column("number", _("Number")),
        Column("customer", _("Customer"), cell=lambda note: link(note.customer)),
        Column("issued_on", _("Issued on"), sort="issued_on", css="num"),
        Column("invoice", _("Invoice"), value=lambda note: str(note.invoice or "")),
        Column("reason", _("Reason")),
        Column("total", _("Total"), css="num"),
        Column("credit", _("Credit left"), css="num"),
        Column("standing", _("Standing"), value=note_standing, cell=note_state),
    )
    select_related = ("customer", "invoice")
    order = "-issued_on"


class CreditNotesOfOneTable(CreditNoteTable):
    """Credit notes on their customer's own page."""

    columns = tuple(column for column in CreditNoteTable.columns if column.name not in {"customer", "credit"})
    select_related = ("invoice",)


class CreditNoteFilter(ListFilter):
    """Credit notes by text, customer, what became of them, and day of issue (inclusive)."""

    customer = CustomerNumberFilter()
    standing = django_filters.ChoiceFilter(
        label=_("Standing"),
        choices=[("credit", _("Credit left")), ("used", _("Used up")), ("void", _("Void"))],
        method="stands",
    )
    issued_from = django_filters.DateFilter(
        label=_("Issued from"), field_name="issued_on", lookup_expr="gte", widget=DayInput
    )
    issued_to = django_filters.DateFilter(
        label=_("Issued to"), field_name="issued_on", lookup_expr="lte", widget=DayInput
    )

    def stands(self, queryset, _name: str, standing: str):
        """Return the credit notes of which this has become."""
        if standing == "void":
            return queryset.filter(voided_on__isnull=False)
        used = {"allocated": F("total") - F("refunded")}
        return queryset.with_credit() if standing == "credit" else queryset.standing().filter(**used)
