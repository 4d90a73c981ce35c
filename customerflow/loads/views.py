"""The record of loads: the list, the page of one, and what was found in each row of its files."""

from django.conf import settings
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.functional import cached_property
from django.views import generic

from customerflow.changes.undoing import may_undo, refusal
from customerflow.crud import DetailScreen
from customerflow.jobs.models import Job, Lease
from customerflow.jobs.tables import job_state
from customerflow.jobs.views import pace_in_words
from customerflow.lists import ListScreen
from customerflow.loads.declaration import KINDS
from customerflow.loads.forms import FilesForm, PolicyForm
from customerflow.loads.models import Finding, Load, LoadedFile
from customerflow.loads.reconciling import reconciliation_of
from customerflow.loads.rejects import rejects_of
from customerflow.loads.tables import finding_filter, finding_table, kind_of, load_state, with_state
from customerflow.screens import Screen, undo_address

Outcome = Finding.Outcome


class LoadList(ListScreen):
    """The loads that came into force, and one's own drafts."""

    def get_queryset(self) -> models.QuerySet:
        return Load.objects.visible_to(self.request.user)


class OneLoad(Screen):
    """What the pages and acts of one load share. A draft is there for the person only whose it is."""

    model = Load
    action = "detail"

    @cached_property
    def load(self) -> Load:
        """The load that the address names."""
        loads = with_state(Load.objects.visible_to(self.request.user))
        return get_object_or_404(loads.select_related("change_set"), pk=self.kwargs["pk"])

    @cached_property
    def file(self) -> LoadedFile:
        """The file of the load that the address names."""
        return get_object_or_404(self.load.files.select_related("upload"), pk=self.kwargs["file"])

    def get_object(self, queryset: models.QuerySet | None = None) -> Load:
        return self.load


class LoadDetail(OneLoad, DetailScreen):
    """A draft on its way, or what came of a load."""

    template_name_suffix = "_detail"

    def get_context_data(self, **context: object) -> dict[str, object]:
        load, user = self.load, self.request.user
        files = list(load.files.select_related("upload"))
        earlier = {} if load.is_loaded else loaded_before(files)
        for file in files:
            file.kind_name = kind_of(file.kind)
            file.parts = parts_of(file)
            file.earlier = earlier.get((file.sha256, file.kind))
        return super().get_context_data(
            load=load,
            files=files,
            state=load_state(load),
            is_wrong=any(file.problem for file in files),
            undo_url=undo_url_of(load, user),
            **self.job_context(load.job),
            **reconciliation_of(files),
            **({} if load.is_loaded else self.draft_context(load, files)),
            **context,
        )

    def draft_context(self, load: Load, files: list[LoadedFile]) -> dict[str, object]:
        """Return what is shown of a draft only."""
        user, job = self.request.user, load.job
        return {
            "is_editable": job is None or not job.is_active,
            "is_checked": job is not None and job.state == Job.State.CHECKED,
            "policy_form": PolicyForm(instance=load, kinds=[file.kind for file in files]),
            "files_form": FilesForm(user=user, is_new=False),
            "upload_limit": settings.UPLOAD_LIMIT,
        }

    def job_context(self, job: Job | None) -> dict[str, object]:
        """Return what is shown of the job of a draft that is being checked or loaded."""
        if job is None:
            return {}
        now = timezone.now()
        return {
            "job": job,
            "job_state": job_state(job.state),
            "pace": pace_in_words(job, now),
            "is_without_worker": job.is_active and not Lease.objects.held(now).exists(),
        }


def loaded_before(files: list[LoadedFile]) -> dict[tuple[str, str], Load]:
    """Return the last load in force that had the same content as the same kind, by checksum and kind."""
    same = LoadedFile.objects.filter(sha256__in={file.sha256 for file in files}).exclude(load__loaded_at=None)
    return {(file.sha256, file.kind): file.load for file in same.select_related("load").order_by("pk")}


def undo_url_of(load: Load, user: models.Model) -> str:
    """Return the address at which a person may undo a load; nothing where there is none."""
    change_set = load.change_set
    if change_set is None or not may_undo(user, change_set) or refusal(change_set):
        return ""
    return undo_address(change_set)


def parts_of(file: LoadedFile) -> list[tuple[str, str, int]]:
    """Return what was found in a file: outcome, in words, and how many rows."""
    return [(outcome.value, outcome.label, getattr(file, outcome.value)) for outcome in Outcome]


class FindingList(OneLoad, ListScreen):
    """The rows of a file of one outcome, each with what was found in it."""

    def get_template_names(self) -> list[str]:
        return ["loads/finding_list.html"]

    def get(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        if self.kwargs["outcome"] not in Outcome.values:
            raise Http404
        self.outcome = Outcome(self.kwargs["outcome"])
        declaration = KINDS.get(self.file.kind)
        self.table_class = finding_table(self.outcome, declaration)
        self.filterset_class = finding_filter(self.outcome, declaration)
        return super().get(request, *args, **kwargs)

    def get_queryset(self) -> models.QuerySet:
        return Finding.objects.filter(file=self.file, outcome=self.outcome)

    def get_context_data(self, **context: object) -> dict[str, object]:
        context = super().get_context_data(**context)
        return context | {"kinds": self.outcome.label, "load": self.load, "file": self.file, "outcome": self.outcome}


class Rejects(OneLoad, generic.View):
    """The refused rows of a file as they were written, with what is wrong: corrected, the file can be loaded."""

    def get(self, request: HttpRequest, pk: int, file: int) -> HttpResponse:
        response = StreamingHttpResponse(rejects_of(self.file), content_type="text/csv; charset=utf-8")
        response["Content-Disposition"] = 'attachment; filename="rejects.csv"'
        return response
