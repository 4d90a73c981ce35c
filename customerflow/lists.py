"""The list screen: filtered, sorted, in pages, or all of it as CSV."""

from django.core.exceptions import ValidationError
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.views import generic

from customerflow.csv_export import csv_response
from customerflow.filters import ListFilter, page_size, sorting
from customerflow.paging import SIZES, Order, Page, page_of
from customerflow.screens import Screen
from customerflow.tables import Table


class ListScreen(Screen, generic.TemplateView):
    """A list: filtered, sorted, in pages, or all of it as CSV."""

    action = "list"
    template_name_suffix = "_list"
    table_class: type[Table] = None
    filterset_class: type[ListFilter] = None

    def get_queryset(self) -> models.QuerySet:
        """Return all rows of the list, before filters."""
        return self.model._default_manager.all()

    def get(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        self.filterset = self.filterset_class(request.GET, self.get_queryset(), request=request)
        self.sort, self.descending, self.size = *sorting(self.table_class, ""), page_size("")
        problems = self.filterset.errors_in_words()
        page = Page([], 0, None)
        if not problems:
            try:
                self.sort, self.descending = sorting(self.table_class, request.GET.get("sort", ""))
                self.size = page_size(request.GET.get("size", ""))
                order = Order(self.table_class.column(self.sort).sort, self.descending)
                rows = self.table_class.prepare(self.filterset.qs)
                if request.GET.get("export"):
                    return self.export(order.apply(rows))
                page = self.page(rows, order)
            except ValidationError as error:
                problems = error.messages
        return self.render_to_response(self.get_context_data(page=page, problems=problems))

    def page(self, rows: models.QuerySet, order: Order) -> Page:
        """Return the page that the address asks for; raises `ValidationError` for a place that is none."""
        asked = self.request.GET
        after, before = asked.get("after", ""), asked.get("before", "")
        return page_of(rows, order, size=self.size, after=after, before=before, last="last" in asked)

    def export(self, rows: models.QuerySet) -> HttpResponse:
        """Return exactly the filtered rows as a CSV file."""
        name = f"{slugify(self.model._meta.verbose_name_plural)}.csv"
        return csv_response(self.table_class.export(rows.iterator(chunk_size=2_000)), name)

    def get_context_data(self, **context: object) -> dict[str, object]:
        page, address = context["page"], self.filterset.without()
        table = self.table_class(page.rows)

        def with_(**parameters: str) -> str:
            changed = address.copy()
            changed.update(parameters)
            return f"?{changed.urlencode()}"

        return super().get_context_data(
            table=table,
            filter=self.filterset,
            headings=self.headings(),
            sizes=SIZES,
            size=self.size,
            sort=self.request.GET.get("sort", ""),
            export_url=with_(export="csv"),
            first_url=with_() if page.previous else "",
            previous_url=with_(before=page.previous) if page.previous else "",
            next_url=with_(after=page.following) if page.following else "",
            last_url=with_(last="1") if page.following else "",
            **context,
        )

    def headings(self) -> list[dict[str, str]]:
        """Return the columns' headings: label, css, the address that sorts by it, and how it is sorted now."""
        rest = self.filterset.without("sort")
        headings = []
        for column in self.table_class.columns:
            heading = {"label": column.label, "css": column.css}
            if column.sort:
                is_current = column.name == self.sort
                rest["sort"] = f"-{column.name}" if is_current and not self.descending else column.name
                heading["url"] = f"?{rest.urlencode()}"
                if is_current:
                    heading["sorted"] = "descending" if self.descending else "ascending"
            headings.append(heading)
        return headings


class CountedListScreen(ListScreen):
    """A list whose rows no index has in order, such as sums: its pages are counted off, not reached by key."""

    def measure(self, rows: models.QuerySet) -> int:
        """Return how many rows there are; what else holds of all of them is kept for the page."""
        return rows.count()

    def page(self, rows: models.QuerySet, order: Order) -> Page:
        count = self.measure(rows)
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
