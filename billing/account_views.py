"""The pages of a customer's account: the statement."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django import forms
from django.http import HttpRequest, HttpResponse
from django.urls import NoReverseMatch
from django.utils import timezone
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from billing.ledger import Kind
from billing.models import BillingStart
from billing.runs.views import next_bill
from billing.statement import as_rows, statement_of
from customerflow.crud import DetailScreen
from customerflow.csv_export import csv_response
from customerflow.forms import DayInput
from customerflow.money import ZERO
from customerflow.records import page_of_record
from customers.models import Customer

# So many days a statement goes back, unless another first day is asked for.
DAYS = 90
PAGES = {
    Kind.INVOICE: "billing:invoice_detail",
    Kind.INVOICE_VOIDED: "billing:invoice_detail",
    Kind.WRITE_OFF: "billing:invoice_detail",
    Kind.WRITE_OFF_TAKEN_BACK: "billing:invoice_detail",
    Kind.PAYMENT: "billing:payment_detail",
    Kind.PAYMENT_REVERSED: "billing:payment_detail",
    Kind.CREDIT_NOTE: "billing:creditnote_detail",
    Kind.CREDIT_NOTE_VOIDED: "billing:creditnote_detail",
}


class StatementForm(forms.Form):
    """The days of a statement, both included; what is left out is said by `initial`."""

    first = forms.DateField(label=_("From"), required=False, widget=DayInput)
    last = forms.DateField(label=_("To"), required=False, widget=DayInput)

    def __init__(self, data: object, *, today: date) -> None:
        super().__init__(data)
        self.today = today

    def clean(self) -> dict[str, date]:
        last = self.cleaned_data.get("last") or self.today
        try:
            first = self.cleaned_data.get("first") or last - timedelta(days=DAYS)
        except OverflowError:
            first = date.min
        if not self.errors and first > last:
            self.add_error("last", _("The last day is before the first."))
        # The day before the first one is asked about.
        return {"first": max(first, date.min + timedelta(days=1)), "last": last}


class StatementPage(DetailScreen):
    """A customer's account for some days: to be read, printed, or taken as CSV."""

    model = Customer
    permission_required = "billing.view_invoice"

    def get_template_names(self) -> list[str]:
        return ["billing/statement.html"]

    def get(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        self.object, today = self.get_object(), timezone.localdate()
        form = StatementForm(request.GET, today=today)
        if not form.is_valid():
            return self.render_to_response(self.get_context_data(form=form, statement=None))
        statement = statement_of(self.object, **form.cleaned_data, today=today)
        if request.GET.get("export"):
            return csv_response(as_rows(statement), f"{_t('statement')}-{self.object.pk}.csv")
        rows = [(line, address_of(line.entry.kind, line.entry.document_id)) for line in statement.lines]
        shown = StatementForm(form.cleaned_data, today=today)
        unbilled = unbilled_of(self.object, today)
        return self.render_to_response(
            self.get_context_data(form=shown, statement=statement, rows=rows, today=today, unbilled=unbilled)
        )


@dataclass(frozen=True)
class Unbilled:
    """What a billing run would bill today, taxes included; below zero, give back. `problem` says why it can not."""

    amount: Decimal
    problem: str


def unbilled_of(customer: Customer, today: date) -> Unbilled | None:
    """Return what is not invoiced yet of `customer`, worked out anew; None where customers are not billed here."""
    if not BillingStart.objects.exists():
        return None
    bill, problem = next_bill(customer, today)
    return Unbilled(bill.total if bill else ZERO, problem)


def address_of(kind: Kind, key: int) -> str:
    """Return the address of the document of an entry; empty where it has no page of its own."""
    try:
        return page_of_record(PAGES[kind], key)
    except (KeyError, NoReverseMatch):
        return ""
