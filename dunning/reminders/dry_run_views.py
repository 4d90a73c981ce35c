"""The page of a dry run: whom a rule would hit, before it is switched on."""

from datetime import date, timedelta

import django_filters
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from billing.models import Invoice
from customerflow.filters import ListFilter
from customerflow.lists import ListScreen
from customerflow.tables import Column, Table, link
from customers.filters import CustomerNumberFilter
from dunning.models import Rule
from dunning.reminders.dry_run import DAYS, hits_of_past, hits_today, reach_of

PAST = "past"


class DryRunFilter(ListFilter):
    """Today, or the days before; by text and customer."""

    when = django_filters.ChoiceFilter(
        label=_("When"), choices=[(PAST, _("The last 30 days"))], empty_label=_("Today"), method="as_it_is"
    )
    customer = CustomerNumberFilter()

    def as_it_is(self, queryset: models.QuerySet, _name: str, _when: str) -> models.QuerySet:
        """Return the rows: the page has chosen them by it."""
        return queryset


def step_day(invoice: Invoice) -> date:
    """Return the day on which an invoice comes to the step of the rule."""
    return invoice.due_on + timedelta(days=invoice.rule_days)


class DryRunTable(Table):
    """The invoices that a rule would hit."""

    columns = (
        Column("number", _("Invoice")),
        Column("customer", _("Customer"), cell=lambda invoice: link(invoice.customer)),
        Column("step", _("Day of the step"), value=step_day, css="num"),
        Column("due_on", _("Due on"), sort="due_on", css="num"),
        Column("open_then", _("Open that day"), css="num"),
        Column("open_amount", _("Open now"), css="num"),
    )
    select_related = ("customer",)
    order = "-due_on"


class DryRun(ListScreen):
    """The invoices that a rule would hit today, or would have hit on the days before."""

    model = Invoice
    table_class = DryRunTable
    filterset_class = DryRunFilter

    def get_permission_required(self) -> list[str]:
        return ["dunning.view_rule", "billing.view_invoice"]

    def get_template_names(self) -> list[str]:
        return ["dunning/dry_run.html"]

    def get(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        self.rule = get_object_or_404(Rule, pk=kwargs["rule"])
        return super().get(request, *args, **kwargs)

    def get_queryset(self) -> models.QuerySet:
        hits = hits_of_past if self.request.GET.get("when") == PAST else hits_today
        return hits(self.rule, timezone.localdate())

    def get_context_data(self, **context: object) -> dict[str, object]:
        is_past = self.request.GET.get("when") == PAST
        reach = None if is_past else reach_of(hits_today(self.rule, timezone.localdate()))
        context = super().get_context_data(rule=self.rule, reach=reach, is_past=is_past, days=DAYS, **context)
        return context | {"create_url": None}
