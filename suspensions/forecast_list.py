"""The pages of whom the rules hit: on a day to come, and in the last days had they been switched on."""

from collections.abc import Iterable
from dataclasses import replace

from django.db.models import QuerySet
from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from customerflow.bulk.lists import BulkList
from customerflow.csv_export import csv_response
from customerflow.lists import ListScreen
from customerflow.paging import Order, Page
from customers.models import Customer
from suspensions.bulk_acts import HoldCustomers
from suspensions.filters import ForecastFilter, TrialFilter
from suspensions.forecast import cases_in_parts
from suspensions.quiet_days import next_cutoff_day, why_quiet
from suspensions.tables import ForecastTable, TrialTable
from suspensions.trial import try_out


class CustomersByRules(ListScreen):
    """A list of customers by key, each row with how they stand by the rules."""

    model = Customer
    permission_required = ("suspensions.view_suspension", "billing.view_invoice")

    def get_permission_required(self) -> tuple[str, ...]:
        return self.permission_required

    def page(self, rows: QuerySet[Customer], order: Order) -> Page:
        page = super().page(rows, order)
        return replace(page, rows=list(self.stand(page.rows)))

    def export(self, rows: QuerySet[Customer]) -> HttpResponse:
        found = self.stand(rows.iterator(chunk_size=500))
        return csv_response(self.table_class.export(found), self.file_name)

    def stand(self, customers: Iterable[Customer]) -> Iterable:
        """Return how each of `customers` stands."""
        raise NotImplementedError


class Forecast(CustomersByRules, BulkList):
    """Who will be suspended on the next day with cut-offs, or another, and why; they can be held."""

    table_class = ForecastTable
    filterset_class = ForecastFilter
    file_name = "cut-offs.csv"

    def get_template_names(self) -> list[str]:
        return ["suspensions/forecast.html"]

    def stand(self, customers: Iterable[Customer]) -> Iterable:
        day, today = self.filterset.day, timezone.localdate()
        return cases_in_parts(customers, policy=self.filterset.policy, on=day, today=today)

    def get_context_data(self, **context: object) -> dict[str, object]:
        context = super().get_context_data(**context)
        acts = [each for each in context["acts"] if each[0] == HoldCustomers.__name__]
        context["table"].is_selectable = bool(acts)
        policy, day = self.filterset.policy, None
        if self.filterset.form.is_valid():
            day = self.filterset.day
        quiet = why_quiet(policy, day) if day else ""
        following = next_cutoff_day(policy, day) if quiet else None
        return context | {"acts": acts, "day": day, "policy": policy, "quiet": quiet, "following": following}

    def links(self) -> dict[str, object]:
        return super().links() | {"create_url": None, "kinds": _("Cut-offs")}


class Trial(CustomersByRules):
    """Whom the rules would have hit in the last 30 days, before they are switched on."""

    table_class = TrialTable
    filterset_class = TrialFilter
    file_name = "trial.csv"

    def get_template_names(self) -> list[str]:
        return ["suspensions/trial.html"]

    def stand(self, customers: Iterable[Customer]) -> Iterable:
        return try_out(customers, policy=self.filterset.policy, today=timezone.localdate())

    def get_context_data(self, **context: object) -> dict[str, object]:
        return super().get_context_data(policy=self.filterset.policy, **context)

    def links(self) -> dict[str, object]:
        return super().links() | {"create_url": None, "kinds": _("Trial of the rules")}
