"""How the lists of this app are filtered."""

from datetime import date

import django_filters
from django.core.exceptions import ValidationError
from django.db.models import F, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from billing.as_of import open_invoices
from billing.models import Invoice, Payment
from billing.overdue import LateCustomers
from billing.standings import credited, paid, written_off
from customerflow.filters import ListFilter
from customerflow.forms import DayInput
from customers.filters import CustomerNumberFilter

SETTLED = {"paid": paid, "credited": credited, "written_off": written_off}


class OriginFilter(django_filters.CharFilter):
    """Documents of one system, by its name as it stands on them."""

    def __init__(self) -> None:
        super().__init__(label=_("Origin"), field_name="origin")


class InvoiceFilter(ListFilter):
    """Invoices by text, customer, status, how they stand today or stood on a day, days of issue and due days."""

    customer = CustomerNumberFilter()
    status = django_filters.ChoiceFilter(label=_("Status"), choices=Invoice.Status.choices, method="has_status")
    standing = django_filters.ChoiceFilter(
        label=_("Standing"),
        choices=[
            ("open", _("Open")),
            ("overdue", _("Overdue")),
            ("paid", _("Paid")),
            ("credited", _("Credited")),
            ("written_off", _("Written off")),
        ],
        method="stands",
    )
    origin = OriginFilter()
    issued_from = django_filters.DateFilter(
        label=_("Issued from"), field_name="issued_on", lookup_expr="gte", widget=DayInput
    )
    issued_to = django_filters.DateFilter(
        label=_("Issued to"), field_name="issued_on", lookup_expr="lte", widget=DayInput
    )
    open_on = django_filters.DateFilter(label=_("Open on"), method="was_open", widget=DayInput)
    due_from = django_filters.DateFilter(label=_("Due from"), field_name="due_on", lookup_expr="gte", widget=DayInput)
    due_to = django_filters.DateFilter(label=_("Due to"), field_name="due_on", lookup_expr="lte", widget=DayInput)

    def has_status(self, queryset, _name: str, status: str):
        """Return the invoices that have the status."""
        return queryset.drafts() if status == Invoice.Status.DRAFT else queryset.filter(status=status)

    def was_open(self, queryset, _name: str, day: date):
        """Return the invoices that were open at the end of the day; of a day to come, those open now."""
        return open_invoices(queryset, day, today=timezone.localdate())

    def stands(self, queryset, _name: str, standing: str):
        """Return the invoices that stand so today; overdue ones are open too."""
        if standing == "overdue":
            return queryset.overdue(timezone.localdate())
        return SETTLED[standing](queryset) if standing in SETTLED else queryset.open()


class PaymentFilter(ListFilter):
    """Payments by text, customer, method, what became of them, and day of receipt (inclusive)."""

    customer = CustomerNumberFilter()
    method = django_filters.ChoiceFilter(label=_("Method"), choices=Payment.Method.choices)
    standing = django_filters.ChoiceFilter(
        label=_("Standing"),
        choices=[("credit", _("Credit left")), ("used", _("Used up")), ("reversed", _("Reversed"))],
        method="stands",
    )
    origin = OriginFilter()
    received_from = django_filters.DateFilter(
        label=_("Received from"), field_name="received_on", lookup_expr="gte", widget=DayInput
    )
    received_to = django_filters.DateFilter(
        label=_("Received to"), field_name="received_on", lookup_expr="lte", widget=DayInput
    )

    def stands(self, queryset, _name: str, standing: str):
        """Return the payments of which this has become."""
        if standing == "reversed":
            return queryset.filter(reversed_on__isnull=False)
        used = {"allocated": F("amount") - F("refunded")}
        return queryset.with_credit() if standing == "credit" else queryset.standing().filter(**used)


class ComingDayInput(DayInput):
    """A date picker that begins today."""

    def build_attrs(self, base_attrs, extra_attrs=None):
        return super().build_attrs(base_attrs, extra_attrs) | {"min": timezone.localdate().isoformat()}


def refuse_past_day(day: date) -> None:
    """Raise `ValidationError` for a day before today: what was open then is not known, only what is open now."""
    if day < timezone.localdate():
        raise ValidationError(
            _("What was overdue on a past day is not kept yet: name today or a day to come."), code="past"
        )


class OverdueFilter(ListFilter):
    """The customers with overdue payments today or on a day to come, by text."""

    on = django_filters.DateFilter(label=_("As of"), widget=ComingDayInput, validators=[refuse_past_day])

    @property
    def day(self) -> date:
        """The day asked about: today, unless the address names another."""
        return self.form.cleaned_data["on"] or timezone.localdate()

    def filter_queryset(self, queryset: QuerySet) -> LateCustomers:
        text = self.form.cleaned_data["q"]
        return LateCustomers(self.day, queryset.search(text) if text else None)
