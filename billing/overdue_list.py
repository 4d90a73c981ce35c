"""The page of the customers with overdue payments."""

from django.http import HttpResponse

from billing.filters import OverdueFilter
from billing.overdue import LateCustomers
from billing.tables import OverdueTable, PayableOverdueTable
from customerflow.csv_export import csv_response
from customerflow.lists import CountedListScreen
from customerflow.money import ZERO
from customers.models import Customer


class OverdueList(CountedListScreen):
    """Who is late, with how much, since when, and the way to take their payment: sums, which no index has in order."""

    model = Customer
    filterset_class = OverdueFilter
    # What all customers on all pages together are late with.
    total = ZERO

    def get_permission_required(self) -> list[str]:
        return ["billing.view_invoice"]

    def get_template_names(self) -> list[str]:
        return ["billing/overdue_list.html"]

    @property
    def table_class(self) -> type[OverdueTable]:
        """The columns; the one that leads to taking a payment only for who may."""
        return PayableOverdueTable if self.request.user.has_perm("billing.add_payment") else OverdueTable

    def measure(self, rows: LateCustomers) -> int:
        count, self.total = rows.totals()
        return count

    def export(self, rows: LateCustomers) -> HttpResponse:
        return csv_response(OverdueTable.export(rows.iterator()), "overdue.csv")

    def get_context_data(self, **context: object) -> dict[str, object]:
        day = self.filterset.day if self.filterset.form.is_valid() else None
        return super().get_context_data(day=day, total=self.total, **context) | {"create_url": None}
