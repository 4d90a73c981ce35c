"""The pages of the reports, and of the rows behind figures that no other list has."""

from datetime import date

import django_filters
from django import forms
from django.contrib.auth.mixins import PermissionRequiredMixin
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView

from billing.journal.chart import Words
from customerflow.csv_export import csv_response
from customerflow.filters import ListFilter
from customerflow.forms import DayInput
from customerflow.lists import CountedListScreen, ListScreen
from customerflow.loads.download import xlsx_response
from customerflow.money import format_money
from customerflow.tables import Column, Table, link
from customers.models import Customer, Service
from customers.tables import CustomerTable, ServiceTable
from reports.chart import chart_of
from reports.churn import Step, customers_of, services_of
from reports.figures import REPORTS
from reports.months import MOST, USUAL, Month, months, months_before
from reports.recurring import Movement, RecurringRows
from reports.report import Figures, Report
from reports.tax import Part, TaxRows

RIGHT = "billing.view_ledgeraccount"
FORMAT = "%Y-%m"
EARLIEST = date(1990, 1, 1)


class MonthInput(forms.DateInput):
    """The browser's own picker of months."""

    input_type = "month"

    def __init__(self, attrs=None) -> None:
        super().__init__({"size": 7, "placeholder": "2026-01", **(attrs or {})}, format=FORMAT)


class MonthsForm(forms.Form):
    """The months of a report, both included: the last twelve, unless others are asked for."""

    first = forms.DateField(label=_("From month"), required=False, widget=MonthInput, input_formats=[FORMAT])
    last = forms.DateField(label=_("To month"), required=False, widget=MonthInput, input_formats=[FORMAT])

    def __init__(self, data: object, *, today: date) -> None:
        super().__init__(data)
        self.today = today

    def clean(self) -> dict[str, date]:
        last = min(self.cleaned_data.get("last") or self.today, self.today.replace(day=1))
        first = self.cleaned_data.get("first") or months_before(last, USUAL - 1)
        if not self.errors and first > last:
            self.add_error("last", _("The last month is before the first."))
        elif first < max(EARLIEST, months_before(last, MOST - 1)):
            self.add_error("first", _("A report has %(most)d months at most.") % {"most": MOST})
        return {"first": first, "last": last}


class ReportPage(PermissionRequiredMixin, TemplateView):
    """A report: its chart, and the table behind it, each figure with the way to its rows."""

    permission_required = RIGHT
    raise_exception = True
    template_name = "reports/report.html"
    report: Report = REPORTS[0]
    reports: tuple[Report, ...] = REPORTS

    def get(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        today = timezone.localdate()
        form = MonthsForm(request.GET, today=today)
        if not form.is_valid():
            return self.render_to_response(self.get_context_data(form=form))
        figures = self.report.figures(months(**form.cleaned_data, today=today), today)
        if kind := request.GET.get("export"):
            return self.file(figures, kind)
        return self.render_to_response(self.shown(figures, form=MonthsForm(form.cleaned_data, today=today)))

    def file(self, figures: Figures, kind: str) -> HttpResponse:
        """Return the figures as a file."""
        name, rows = self.report.slug, figures.rows()
        return xlsx_response(rows, f"{name}.xlsx") if kind == "xlsx" else csv_response(rows, f"{name}.csv")

    def shown(self, figures: Figures, **context: object) -> dict[str, object]:
        """Return what the page shows of the figures."""
        return self.get_context_data(figures=figures, chart=chart_of(figures), **context)

    def asked(self, form: forms.Form) -> str:
        """Return what was asked for, as the part of an address."""
        return "&".join(f"{name}={day:{FORMAT}}" for name, day in form.cleaned_data.items())

    def get_context_data(self, **context: object) -> dict[str, object]:
        asked = self.asked(context["form"]) if context["form"].is_valid() else ""
        return super().get_context_data(report=self.report, reports=self.reports, asked=asked, **context)


class MonthFilter(django_filters.DateFilter):
    """A month."""

    def __init__(self, **options: object) -> None:
        super().__init__(label=_("Month"), widget=MonthInput, input_formats=[FORMAT], **options)


class NothingSearched(ListFilter):
    """The filter of rows that have no text to be searched."""

    def get_form_class(self) -> type[forms.Form]:
        """Return the form of the filters."""
        return type("RowsForm", (super().get_form_class(),), {"q": None})


def asked_month(filterset: ListFilter) -> Month:
    """Return the month that an address asks about: this one, unless it names another."""
    today = timezone.localdate()
    day = filterset.form.cleaned_data["month"] or today
    return Month.of(min(max(day, EARLIEST), today), today)


class RecurringFilter(NothingSearched):
    """The services that moved in a month, by how; or those that bring something on a day."""

    month = MonthFilter()
    movement = django_filters.ChoiceFilter(label=_("Movement"), choices=Movement.choices)
    on = django_filters.DateFilter(label=_("As of"), widget=DayInput)

    def filter_queryset(self, queryset: models.QuerySet) -> RecurringRows:
        asked = self.form.cleaned_data
        if asked["month"] or asked["movement"]:
            month = asked_month(self)
            return RecurringRows(month.last, month, asked["movement"])
        return RecurringRows(asked["on"] or timezone.localdate())


class RecurringTable(Table):
    """Services, and what they bring in a month."""

    columns = (
        Column("service", _("Service"), value=lambda row: str(row.service), sort="id"),
        Column(
            "customer",
            _("Customer"),
            value=lambda row: str(row.service.location.customer),
            cell=lambda row: link(row.service.location.customer),
        ),
        Column("plan", _("Plan"), value=lambda row: str(row.service.plan or "")),
        Column("earlier", _("Before"), css="num"),
        Column("later", _("After"), css="num"),
        Column("difference", _("Difference"), css="num"),
    )
    order = "service"

    @classmethod
    def prepare(cls, rows: RecurringRows) -> RecurringRows:
        return rows


class RowsPage(CountedListScreen):
    """The rows behind a figure, with what they come to."""

    permission_required = RIGHT
    heading = ""
    sums: list[tuple[str, str]] = []

    def get_template_names(self) -> list[str]:
        return ["reports/rows.html"]

    def get_context_data(self, **context: object) -> dict[str, object]:
        context = super().get_context_data(heading=self.heading, sums=self.sums, **context)
        return context | {"create_url": None}

    def export(self, rows: object) -> HttpResponse:
        return csv_response(self.table_class.export(rows.iterator()), "rows.csv")


class RecurringList(RowsPage):
    """The services behind the monthly recurring revenue."""

    model = Service
    table_class = RecurringTable
    filterset_class = RecurringFilter
    heading = _("Services behind the recurring revenue")

    def measure(self, rows: RecurringRows) -> int:
        count, earlier, later = rows.totals()
        labels = (_t("Before"), _t("After"), _t("Difference"))
        self.sums = [
            (label, format_money(amount))
            for label, amount in zip(labels, (earlier, later, later - earlier), strict=True)
        ]
        return count


class TaxFilter(NothingSearched):
    """The taxes of one rate on the documents of a month."""

    month = MonthFilter()
    part = django_filters.ChoiceFilter(label=_("Documents"), choices=Part.choices, empty_label=None, required=True)
    place = django_filters.CharFilter(label=_("Rate"), widget=forms.HiddenInput, required=True)

    def filter_queryset(self, queryset: models.QuerySet) -> TaxRows:
        month = asked_month(self)
        return TaxRows(month.first, month.last, self.form.cleaned_data["part"], self.form.cleaned_data["place"])

    def in_words(self, name: str, value: str) -> str:
        return Words().of(value) if name == "place" else super().in_words(name, value)


class TaxTable(Table):
    """Documents with the tax of one rate on them."""

    columns = (
        Column("day", _("Day"), sort="day", css="num"),
        Column("kind", _("What"), value=lambda row: row.kind.label),
        Column("document", _("Document"), value=str, cell=lambda row: link(row.document)),
        Column("customer", _("Customer"), cell=lambda row: link(row.customer)),
        Column("base", _("Net"), css="num"),
        Column("tax", _("Tax"), css="num"),
    )
    order = "day"

    @classmethod
    def prepare(cls, rows: TaxRows) -> TaxRows:
        return rows


class TaxList(RowsPage):
    """The documents behind a figure of the tax return."""

    model = Service
    table_class = TaxTable
    filterset_class = TaxFilter
    heading = _("Taxes of documents")

    def measure(self, rows: TaxRows) -> int:
        count, base, tax = rows.totals()
        self.sums = [(_t("Net"), format_money(base)), (_t("Tax"), format_money(tax))]
        return count


class ChurnFilter(ListFilter):
    """Customers or services by where they stand in a month, and by text."""

    month = MonthFilter(method="nothing")
    step = django_filters.ChoiceFilter(label=_("Standing"), choices=Step.choices, empty_label=None, method="nothing")

    def nothing(self, queryset: models.QuerySet, _name: str, _value: object) -> models.QuerySet:
        """Return the same rows: month and step are asked about together."""
        return queryset

    def filter_queryset(self, queryset: models.QuerySet) -> models.QuerySet:
        month, step = asked_month(self), self.form.cleaned_data["step"] or Step.END.value
        found = customers_of(month, step) if queryset.model is Customer else services_of(month, step)
        text = self.form.cleaned_data["q"]
        return found.search(text) if text else found


class ChurnList(ListScreen):
    """The customers, or the services, behind a figure of the churn."""

    permission_required = RIGHT
    filterset_class = ChurnFilter

    def get_template_names(self) -> list[str]:
        return ["reports/churn_rows.html"]

    def get_context_data(self, **context: object) -> dict[str, object]:
        return super().get_context_data(**context) | {"create_url": None}


CHURN = {"churn_customers": (Customer, CustomerTable), "churn_services": (Service, ServiceTable)}
