"""The page of the ageing report: who owes how much since when, as of any day."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import django_filters
from django.core.validators import MinValueValidator
from django.db.models import QuerySet
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from billing.ageing import AMOUNTS, BUCKETS, Aged, AgedCustomer, AgeingRows, Bucket
from customerflow.csv_export import csv_response
from customerflow.filters import ListFilter
from customerflow.forms import DayInput
from customerflow.lists import CountedListScreen
from customerflow.money import format_money
from customerflow.tables import Column, Table, anchor, link
from customers.models import Customer

# An app that works on what is late names here, when it starts, the address of its list of an age: of one customer, or
# of all (None). An amount of today leads there, and a link beside it to the invoices.
WORKLISTS: list[Callable[[Bucket, Customer | None], str]] = []
# Before it there are no books; and every bucket has a first day.
EARLIEST = date(1900, 1, 1)


class AgeingFilter(ListFilter):
    """The rows of the ageing report as of a day, by text."""

    on = django_filters.DateFilter(label=_("As of"), widget=DayInput, validators=[MinValueValidator(EARLIEST)])
    credit = django_filters.ChoiceFilter(label=_("Credit"), choices=[("with", _("With credit"))])

    @property
    def day(self) -> date:
        """The day asked about: today, unless the address names another."""
        return self.form.cleaned_data["on"] or timezone.localdate()

    def filter_queryset(self, queryset: QuerySet) -> AgeingRows:
        text = self.form.cleaned_data["q"]
        rows = AgeingRows(self.day, timezone.localdate(), queryset.search(text) if text else None)
        return replace(rows, with_credit=bool(self.form.cleaned_data["credit"]))


def invoices_address(bucket: Bucket, on: date, customer: Customer | None = None) -> str:
    """Return the address of the invoices behind a cell: those of one customer, or of all."""
    first, last = bucket.due_days(on)
    asked = {"customer": customer and customer.number, "open_on": on, "due_from": first, "due_to": last}
    return f"{reverse('billing:invoice_list')}?{urlencode({k: v for k, v in asked.items() if v})}"


def account_address(customer: Customer, on: date) -> str:
    """Return the address of a customer's statement up to a day."""
    return f"{reverse('billing:statement', args=[customer.pk])}?{urlencode({'last': on})}"


def opened_by(bucket: Bucket, on: date, customer: Customer | None, *, is_of_today: bool) -> str:
    """Return the address that an amount of the report leads to: where it is worked on, else the invoices behind it."""
    if is_of_today and bucket.least is not None and WORKLISTS:
        return WORKLISTS[0](bucket, customer)
    return invoices_address(bucket, on, customer)


def _of_bucket(bucket: Bucket) -> Callable[[AgedCustomer], SafeString | str]:
    def cell(row: AgedCustomer) -> SafeString | str:
        amount = getattr(row.aged, bucket.name)
        address = opened_by(bucket, row.on, row.customer, is_of_today=row.is_of_today)
        return anchor(address, format_money(amount)) if amount else ""

    return cell


def _of_account(name: str) -> Callable[[AgedCustomer], SafeString | str]:
    def cell(row: AgedCustomer) -> SafeString | str:
        amount = row.aged.in_total(name)
        return anchor(account_address(row.customer, row.on), format_money(amount)) if amount or name == "total" else ""

    return cell


def _amount(name: str, label: object, cell: Callable) -> Column:
    return Column(name, label, value=lambda row: getattr(row.aged, name), cell=cell, sort=name, css="num")


class AgeingTable(Table):
    """The rows of the ageing report."""

    columns = (
        Column("number", _("Number"), value=lambda row: row.customer.number),
        Column(
            "name",
            _("Customer"),
            value=lambda row: row.customer.name,
            cell=lambda row: link(row.customer, row.customer.name),
            sort="name_key",
        ),
        *(_amount(bucket.name, bucket.label, _of_bucket(bucket)) for bucket in BUCKETS),
        _amount("credit", _("Unapplied credit"), _of_account("credit")),
        _amount("total", _("Total"), _of_account("total")),
    )
    order = "name"


class AgeingReport(CountedListScreen):
    """What is owed by its age, each amount with the way to what it is made of: sums, which no index has in order."""

    model = Customer
    table_class = AgeingTable
    filterset_class = AgeingFilter
    permission_required = "billing.view_invoice"
    # Of all rows on all pages.
    totals = Aged()

    def get_template_names(self) -> list[str]:
        return ["billing/ageing.html"]

    def measure(self, rows: AgeingRows) -> int:
        count, self.totals = rows.totals()
        return count

    def export(self, rows: AgeingRows) -> HttpResponse:
        return csv_response(AgeingTable.export(rows.iterator()), f"{_t('ageing')}.csv")

    def get_context_data(self, **context: object) -> dict[str, object]:
        day = self.filterset.day if self.filterset.form.is_valid() else None
        context = super().get_context_data(day=day, totals=self.total_cells(day), **context)
        return context | {"create_url": None}

    def total_cells(self, day: date | None) -> list[tuple[str, str, str]]:
        """Return label, sum and, where all invoices are behind it, their address, for each column of amounts."""
        is_of_today = day == timezone.localdate()
        linked = {each.name: opened_by(each, day, None, is_of_today=is_of_today) for each in BUCKETS} if day else {}
        if day and (self.filterset.form.cleaned_data["q"] or self.filterset.form.cleaned_data["credit"]):
            linked = {}
        labels = {column.name: column.label for column in AgeingTable.columns}
        return [
            (
                labels[name],
                format_money(self.totals.in_total(name)),
                linked.get(name, ""),
            )
            for name in (*AMOUNTS, "total")
        ]
