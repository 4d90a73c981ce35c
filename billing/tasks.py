"""The background work of this app."""

from dataclasses import replace

from django.core.exceptions import ValidationError
from django.db.models import Max
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

# Their work is known once they are imported.
from billing.books import work  # noqa: F401
from billing.documents import printing  # noqa: F401
from billing.models import BillingRun
from billing.periods import work as _of_periods  # noqa: F401
from billing.runs.running import work_on_next
from customerflow.changes.recording import acting_for, current_origin
from customerflow.jobs.models import Job
from customerflow.jobs.work import Work, register
from customers.models import Customer

KIND = "billing_run"


@register
class RunBilling(Work):
    """A billing run, planned or done, a batch of customers at a time; how far it is stands in the run."""

    kind = KIND
    label = gettext_lazy("Billing run")
    template = "billing/run_job.html"

    def step(self, job: Job) -> bool:
        with acting_for(replace(current_origin(), by=job.by)):
            is_left = work_on_next(job.payload["run"], on=timezone.localdate())
        run = BillingRun.objects.filter(pk=job.payload["run"]).first()
        if run is None:
            raise ValidationError(_("This billing run is not there any more."))
        last = Customer.objects.aggregate(last=Max("pk"))["last"] or 0
        job.done = job.total if not is_left or not last else min(job.total, job.total * run.done_up_to // last)
        return is_left

    def context(self, job: Job, request: HttpRequest) -> dict[str, object]:
        return {"run": BillingRun.objects.filter(pk=job.payload["run"]).first()}


def job_for(run: BillingRun) -> Job:
    """Return a new job that does what is left of `run`."""
    is_plan = run.state == BillingRun.State.PLANNING
    title = _("Preview of the billing of %(day)s") if is_plan else _("Billing of %(day)s")
    total = Customer.objects.count()
    return Job.objects.open(KIND, title=title % {"day": run.day}, total=total, payload={"run": run.pk})


def last_job_of(run: BillingRun) -> Job | None:
    """Return the job that last worked on `run`."""
    return Job.objects.filter(kind=KIND, payload__run=run.pk).order_by("-pk").first()
