"""The page of the customers with overdue payments."""

from django.core.exceptions import ValidationError
from django.db.models import Count, QuerySet, Sum
from django.db.models.functions import Coalesce
from django.http import HttpResponse
from django.utils.translation import gettext as _

from billing.filters import OverdueFilter
from billing.tables import OverdueTable, PayableOverdueTable
from customerflow.csv_export import csv_response
from customerflow.lists import ListScreen
from customerflow.money import ZERO, zero
from customerflow.paging import Order, Page
from customers.models import Customer


class OverdueList(ListScreen):
    """
    Who is late, with how much, since when, and the way to take their payment.

    Its rows are sums, which no index has in order: its pages are counted off, not reached by key.
    """

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

    def page(self, rows: QuerySet, order: Order) -> Page:
        whole = rows.aggregate(count=Count("pk"), total=Coalesce(Sum("overdue_amount"), zero()))
        count, self.total = whole["count"], whole["total"]
        start = min(self.start(count), count)
        found = list(order.apply(rows)[start : start + self.size])
        end = start + len(found)
        return Page(
            rows=found,
            count=count,
            first=start + 1 if found else None,
            previous=str(start + 1) if start and found else "",
            following=str(end) if end < count else "",
        )

    def start(self, count: int) -> int:
        """Return how many rows stand before the page; raises `ValidationError` for a place that is none."""
        if "last" in self.request.GET:
            return max(count - self.size, 0)
        after, before = self.request.GET.get("after", ""), self.request.GET.get("before", "")
        place = after or before or "0"
        if not (place.isascii() and place.isdigit() and len(place) <= 9):
            raise ValidationError(_("This page link is damaged. Go to the first page instead."))
        return int(place) if after else max(int(place) - 1 - self.size, 0)

    def export(self, rows: QuerySet) -> HttpResponse:
        return csv_response(OverdueTable.export(rows.iterator(chunk_size=2_000)), "overdue.csv")

    def get_context_data(self, **context: object) -> dict[str, object]:
        day = self.filterset.day if self.filterset.form.is_valid() else None
        return super().get_context_data(day=day, total=self.total, **context) | {"create_url": None}
