"""The pages of the record of changes."""

from collections.abc import Iterable, Iterator
from itertools import islice

from django.core.exceptions import ValidationError
from django.db import models
from django.http import HttpRequest, HttpResponse

from customerflow.changes.models import Change, ChangeSet
from customerflow.changes.undoing import may_undo
from customerflow.changes.undoing import refusal as refusal_of
from customerflow.crud import DetailScreen
from customerflow.csv_export import csv_response
from customerflow.filters import page_size
from customerflow.history.describing import describe, tell, to_tell, with_marks
from customerflow.history.filters import ChangeFilter, ChangeSetFilter
from customerflow.history.kinds import changes_seen_by, name_of_kind, sets_seen_by
from customerflow.history.names import Names
from customerflow.history.tables import ChangeSetTable, ChangeTable
from customerflow.history.words import in_words
from customerflow.lists import ListScreen
from customerflow.paging import Order, Page, page_of

EXPORTED_AT_ONCE = 1_000


def in_portions(rows: models.QuerySet) -> Iterator[list[models.Model]]:
    """Yield rows in portions that can be told at once."""
    stream = rows.iterator(chunk_size=EXPORTED_AT_ONCE)
    while portion := list(islice(stream, EXPORTED_AT_ONCE)):
        yield portion


class HistoryList(ListScreen):
    """What the list of acts and the history of one record share."""

    model = ChangeSet

    def ready(self, rows: Iterable[models.Model]) -> list[models.Model]:
        """Return rows with what the page shows of them."""
        raise NotImplementedError

    def page(self, rows: models.QuerySet, order: Order) -> Page:
        page = super().page(rows, order)
        self.ready(page.rows)
        return page

    def export(self, rows: models.QuerySet) -> HttpResponse:
        """Return exactly the filtered rows as a CSV file."""
        portions = map(self.ready, in_portions(rows))
        return csv_response(self.table_class.export(row for portion in portions for row in portion), "changes.csv")


class ChangeSetList(HistoryList):
    """What was done, the newest first; the batches of a long job are on its own page."""

    template_name = "history/changeset_list.html"
    table_class = ChangeSetTable
    filterset_class = ChangeSetFilter

    def get_template_names(self) -> list[str]:
        return [self.template_name]

    def get_queryset(self) -> models.QuerySet:
        # Nearly all have no parent: said so, databases would look for them by it, and then sort.
        return with_marks(sets_seen_by(self.request.user).exclude(parent__gt=0))

    def get(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        if request.GET.get("record"):
            return RecordHistory.as_view()(request)
        return super().get(request, *args, **kwargs)

    def ready(self, rows: Iterable[ChangeSet]) -> list[ChangeSet]:
        return describe(rows, self.request.user)


class RecordHistory(HistoryList):
    """What became of one record, also of one that is gone, the newest first."""

    template_name = "history/record_history.html"
    table_class = ChangeTable
    filterset_class = ChangeFilter

    def get_template_names(self) -> list[str]:
        return [self.template_name]

    def get_queryset(self) -> models.QuerySet:
        return to_tell(Change.objects.all(), self.request.user)

    def ready(self, rows: Iterable[Change]) -> list[Change]:
        return tell(rows, self.request.user)

    def get_context_data(self, **context: object) -> dict[str, object]:
        page = context["page"]
        asked = self.filterset.form.cleaned_data.get("record")
        if asked:
            known = page.rows[0].told.record if page.rows else Names([asked], self.request.user).of(*asked)
            context |= {"record": known, "of_kind": name_of_kind(asked[0])}
        return super().get_context_data(**context)


class ChangeSetDetail(DetailScreen):
    """One act: who, when, why, and every change in words; of a long job, its batches."""

    model = ChangeSet
    template_name = "history/changeset_detail.html"

    def get_template_names(self) -> list[str]:
        return [self.template_name]

    def get_queryset(self) -> models.QuerySet:
        return with_marks(sets_seen_by(self.request.user)).select_related("by", "parent", "undoes")

    def get_context_data(self, **context: object) -> dict[str, object]:
        user = self.request.user
        is_job = self.object.batches.exists()
        problems, page, size = [], Page([], 0, None), page_size("")
        try:
            size = page_size(self.request.GET.get("size", ""))
            page = self.batches(size) if is_job else self.changes(size)
        except ValidationError as error:
            problems = error.messages
        describe([self.object], user)
        undo_refusal = refusal_of(self.object)
        return super().get_context_data(
            page=page,
            problems=problems,
            is_job=is_job,
            table=ChangeSetTable(page.rows) if is_job else None,
            headings=[{"label": column.label, "css": column.css} for column in ChangeSetTable.columns],
            told=[] if is_job else in_words(page.rows, user),
            may_undo=not undo_refusal and may_undo(user, self.object),
            undo_refusal=undo_refusal,
            **self.ways(page),
            **context,
        )

    def place(self) -> dict[str, object]:
        """Return where in the list the address asks to be."""
        asked = self.request.GET
        return {"after": asked.get("after", ""), "before": asked.get("before", ""), "last": "last" in asked}

    def changes(self, size: int) -> Page:
        """Return the page of changes that the address asks for; raises `ValidationError` for a place that is none."""
        changes = changes_seen_by(self.request.user).filter(change_set=self.object)
        return page_of(changes, Order("pk"), size=size, **self.place())

    def batches(self, size: int) -> Page:
        """Return the page of batches that the address asks for; raises `ValidationError` for a place that is none."""
        batches = with_marks(sets_seen_by(self.request.user).filter(parent=self.object)).select_related("by")
        page = page_of(batches, Order("pk"), size=size, **self.place())
        describe(page.rows, self.request.user)
        return page

    def ways(self, page: Page) -> dict[str, str]:
        """Return the addresses of the other pages."""
        return {
            "first_url": "?" if page.previous else "",
            "previous_url": f"?before={page.previous}" if page.previous else "",
            "next_url": f"?after={page.following}" if page.following else "",
            "last_url": "?last=1" if page.following else "",
        }
