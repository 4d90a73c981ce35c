"""The background work of this app."""

from dataclasses import replace

from django.core.exceptions import ValidationError
from django.db.models import Max
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customerflow.changes.recording import acting_for, current_origin
from customerflow.jobs.models import Job
from customerflow.jobs.work import Work, register
from customers.models import Customer
from shadow.models import ShadowRun
from shadow.running import work_on_next

KIND = "shadow_billing"


@register
class ShadowBilling(Work):
    """A comparison with another system, or its going live, a stretch of customers at a time."""

    kind = KIND
    label = gettext_lazy("Shadow billing")
    template = "shadow/shadow_job.html"

    def step(self, job: Job) -> bool:
        with acting_for(replace(current_origin(), by=job.by)):
            is_left = work_on_next(job.payload["run"])
        run = ShadowRun.objects.filter(pk=job.payload["run"]).first()
        if run is None:
            raise ValidationError(_("This comparison is not there any more."))
        last = Customer.objects.aggregate(last=Max("pk"))["last"] or 0
        job.done = job.total if not is_left or not last else min(job.total, job.total * run.done_up_to // last)
        return is_left

    def context(self, job: Job, request: HttpRequest) -> dict[str, object]:
        return {"run": ShadowRun.objects.filter(pk=job.payload["run"]).first()}


def job_for(run: ShadowRun) -> Job:
    """Return a new job that does what is left of `run`."""
    title = _("Comparison with %(run)s") if run.state == ShadowRun.State.RUNNING else _("%(run)s goes live")
    return Job.objects.open(KIND, title=title % {"run": run}, total=Customer.objects.count(), payload={"run": run.pk})


def last_job_of(run: ShadowRun) -> Job | None:
    """Return the job that last worked on `run`."""
    return Job.objects.filter(kind=KIND, payload__run=run.pk).order_by("-pk").first()
