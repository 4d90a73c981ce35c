"""The acts on a bulk edit: checking what was typed, confirming what was shown, throwing it away; and its records."""

from collections.abc import Iterable, Iterator
from itertools import islice

import django_filters
from django.contrib import messages
from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views import generic

from customerflow.bulk.acts import BulkAct
from customerflow.bulk.findings import Findings
from customerflow.bulk.models import BulkItem
from customerflow.bulk.pages import may_see_records, name
from customerflow.bulk.selection import KIND, UNSTARTED, act_of, check, choose, confirm
from customerflow.changes.requests import reason_of
from customerflow.filters import ListFilter
from customerflow.jobs.models import Job
from customerflow.jobs.views import OneJob
from customerflow.lists import ListScreen
from customerflow.screens import undo_address
from customerflow.tables import Column, Table, link, states


def begin(act: type[BulkAct], rows: models.QuerySet, *, by: AbstractBaseUser, back: str) -> Job | None:
    """Return a draft of an act on `rows`, checked already where there is nothing to ask; None without rows."""
    job = choose(act, rows, by=by, back=back)
    if job and not act_of(job).asks():
        check(job, QueryDict())
    return job


class BulkStep(OneJob, generic.View):
    """A step of a bulk edit, for the person whose it is."""

    http_method_names = ["post"]

    def has_permission(self) -> bool:
        if self.job.kind != KIND:
            raise Http404
        return self.job.by_id == self.request.user.pk

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        try:
            return self.do() or redirect(self.job)
        except ValidationError as refusal:
            messages.error(request, " ".join(refusal.messages))
        return redirect(self.job)

    def do(self) -> HttpResponse | None:
        """Do it; return where to go, None for the job's page. Raises `ValidationError`."""
        raise NotImplementedError


class BulkCheck(BulkStep):
    """Trying what was typed. What is wrong with it is shown on the job's page."""

    def do(self) -> None:
        check(self.job, self.request.POST)


class BulkConfirm(BulkStep):
    """Doing what was shown."""

    def do(self) -> None:
        posted = self.request.POST
        confirm(self.job, turn=posted.get("turn", ""), number=posted.get("number", ""), why=reason_of(self.request))
        if self.job.state == Job.State.FINISHED:
            messages.success(self.request, self.said())

    def said(self) -> str:
        """Return what was done, with the way to undo it."""
        done = Findings(**self.job.result.get("run", {})).number(BulkItem.Outcome.DONE)
        text = ngettext("%(act)s: %(number)d done.", "%(act)s: %(number)d done.", done)
        said = text % {"act": self.job.title, "number": done}
        if not self.job.change_set:
            return said
        return format_html('{} <a class="undo" href="{}">{}</a>', said, undo_address(self.job.change_set), _("Undo"))


class BulkDiscard(BulkStep):
    """Throwing a draft away."""

    @transaction.atomic
    def do(self) -> HttpResponse:
        self.job.lock()
        if self.job.is_confirmed or self.job.state not in UNSTARTED:
            raise ValidationError(_("It has been started already."))
        back = self.job.payload["back"]
        self.job.delete()
        return redirect(back)


OUTCOME = states(
    BulkItem.Outcome,
    {
        BulkItem.Outcome.READY: "new",
        BulkItem.Outcome.DONE: "active",
        BulkItem.Outcome.REFUSED: "warn",
        BulkItem.Outcome.MEANWHILE: "warn",
    },
)
# So many records are named with one question while a file is written.
CHUNK = 500


class BulkItemTable(Table):
    """The records of a bulk edit, each with what became of it."""

    columns = (
        Column(
            "record",
            gettext_lazy("Record"),
            sort="pk",
            value=str,
            cell=lambda item: link(item) if item.record else str(item),
        ),
        Column(
            "outcome",
            gettext_lazy("Result"),
            value=BulkItem.get_outcome_display,
            cell=lambda item: OUTCOME(item.outcome),
        ),
        Column("why", gettext_lazy("Reason")),
    )
    order = "record"
    bulk_act: BulkAct

    def __init__(self, records: Iterable[BulkItem]) -> None:
        super().__init__(name(records, self.bulk_act))

    @classmethod
    def export(cls, records: Iterable[BulkItem]) -> Iterator[list[object]]:
        records = iter(records)
        yield [str(column.label) for column in cls.columns]
        while chunk := list(islice(records, CHUNK)):
            yield from islice(super().export(name(chunk, cls.bulk_act)), 1, None)


class BulkItemFilter(ListFilter):
    """Records of a bulk edit by key, and by what became of them."""

    outcome = django_filters.ChoiceFilter(label=gettext_lazy("Result"), choices=BulkItem.Outcome.choices)


class BulkItemList(OneJob, ListScreen):
    """What became of each record of a bulk edit."""

    filterset_class = BulkItemFilter

    def get_template_names(self) -> list[str]:
        return ["bulk/bulkitem_list.html"]

    def has_permission(self) -> bool:
        if self.job.kind != KIND:
            raise Http404
        return super().has_permission() and may_see_records(self.job, self.request.user)

    @property
    def table_class(self) -> type[BulkItemTable]:
        """The columns, for records of the kind that the job is of."""
        return type("BulkItemTable", (BulkItemTable,), {"bulk_act": act_of(self.job)})

    def get_queryset(self) -> models.QuerySet:
        return BulkItem.objects.filter(job=self.job)

    def get_context_data(self, **context: object) -> dict[str, object]:
        return super().get_context_data(job=self.job, **context) | {"kinds": _("Records"), "create_url": None}
