"""The page of the customers with overdue payments."""

from django.core.exceptions import ValidationError
from django.db.models import Count, QuerySet, Sum
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from billing.filters import OverdueFilter
from billing.tables import OverdueTable, PayableOverdueTable
from customerflow.crud import ListScreen
from customerflow.csv_export import csv_response
from customerflow.filters import page_size, sorting
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

    def get_permission_required(self) -> list[str]:
        return ["billing.view_invoice"]

    def get_template_names(self) -> list[str]:
        return ["billing/overdue_list.html"]

    @property
    def table_class(self) -> type[OverdueTable]:
        """The columns; the one that leads to taking a payment only for who may."""
        return PayableOverdueTable if self.request.user.has_perm("billing.add_payment") else OverdueTable

    def get(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        self.filterset = OverdueFilter(request.GET, self.get_queryset(), request=request)
        problems = self.filterset.errors_in_words()
        self.sort, self.descending, self.size = *sorting(OverdueTable, ""), page_size("")
        page, total = Page([], 0, None), ZERO
        try:
            self.sort, self.descending = sorting(OverdueTable, request.GET.get("sort", ""))
            self.size = page_size(request.GET.get("size", ""))
            if not problems:
                rows = Order(OverdueTable.column(self.sort).sort, self.descending).apply(self.filterset.qs)
                if request.GET.get("export"):
                    return self.export(rows)
                page, total = self.page_and_total(rows)
        except ValidationError as error:
            problems += error.messages
        return self.render_to_response(self.get_context_data(page=page, total=total, problems=problems))

    def page_and_total(self, rows: QuerySet) -> tuple[Page, object]:
        """Return the page that the address asks for, and what all customers together are late with."""
        whole = rows.aggregate(count=Count("pk"), total=Coalesce(Sum("overdue_amount"), zero()))
        count = whole["count"]
        start = min(self.start(count), count)
        found = list(rows[start : start + self.size])
        end = start + len(found)
        page = Page(
            rows=found,
            count=count,
            first=start + 1 if found else None,
            previous=str(start + 1) if start and found else "",
            following=str(end) if end < count else "",
        )
        return page, whole["total"]

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
        return super().get_context_data(day=day, **context) | {"create_url": None}
