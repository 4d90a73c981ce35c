"""The pages of jobs: whoever is logged in sees their own, and with a right those of all."""

from collections.abc import Callable
from datetime import datetime

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.functional import Promise, cached_property
from django.utils.timesince import timeuntil
from django.utils.translation import gettext as _
from django.views import generic

from customerflow.crud import DetailScreen
from customerflow.jobs.models import Job, Lease
from customerflow.jobs.tables import job_state
from customerflow.jobs.work import WORKS, Work, label_of, may_retry_refused
from customerflow.lists import ListScreen
from customerflow.screens import Screen


class JobList(ListScreen):
    """One's own jobs, or all."""

    def has_permission(self) -> bool:
        return True

    def get_queryset(self) -> models.QuerySet:
        return Job.objects.visible_to(self.request.user)


class OneJob(Screen):
    """What the pages and acts of one job share."""

    model = Job

    @cached_property
    def job(self) -> Job:
        """The job that the address names."""
        return get_object_or_404(Job.objects.select_related("by", "change_set"), pk=self.kwargs["pk"])

    @property
    def work(self) -> Work:
        """What the job is of; a work that the program knows no more is shown like any."""
        return WORKS.get(self.job.kind) or Work()

    def get_object(self, queryset: models.QuerySet | None = None) -> Job:
        return self.job

    def has_permission(self) -> bool:
        return self.job.is_visible_to(self.request.user)


class JobDetail(OneJob, DetailScreen):
    """How far a job is, and what came of it."""

    def get_template_names(self) -> list[str]:
        return [self.work.template]

    def get_context_data(self, **context: object) -> dict[str, object]:
        job, now = self.job, timezone.now()
        may_act = job.is_controlled_by(self.request.user)
        return super().get_context_data(
            job=job,
            state=job_state(job.state),
            work_label=label_of(job.kind),
            pace=pace_in_words(job, now),
            can_stop=may_act and job.is_active,
            can_continue=may_act and job.is_resumable,
            can_retry=may_act and may_retry_refused(job),
            is_without_worker=job.is_active and not Lease.objects.held(now).exists(),
            **self.work.context(job, self.request),
            **context,
        )


class JobAct(OneJob, generic.View):
    """Stopping or continuing a job: `act` does it, `said` tells what was done."""

    http_method_names = ["post"]
    act: Callable[[Job], None] | None = None
    said: str | Promise = ""

    def has_permission(self) -> bool:
        return self.job.is_controlled_by(self.request.user)

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        try:
            self.act(self.job)
        except ValidationError as refusal:
            messages.error(request, " ".join(refusal.messages))
        else:
            self.say(str(self.said), self.job)
        return redirect(self.job)


def pace_in_words(job: Job, now: datetime) -> str:
    """Return how quickly a job that is being done gets on and how long it takes yet; nothing where that is unknown."""
    left = job.time_left(now)
    if left is None:
        return ""
    pace = job.pace(now)
    if pace >= 1:
        speed = _("About %(number)d a second") % {"number": round(pace)}
    else:
        speed = _("About %(number)d a minute") % {"number": max(round(pace * 60), 1)}
    if left.total_seconds() < 60:
        return _("%(speed)s, less than a minute left.") % {"speed": speed}
    return _("%(speed)s, %(time)s left.") % {"speed": speed, "time": timeuntil(now + left, now, depth=1)}
