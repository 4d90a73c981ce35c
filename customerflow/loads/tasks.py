"""The work of a load that was made in the browser."""

from dataclasses import replace

from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customerflow.changes.models import ChangeSet
from customerflow.changes.recording import acting_for, current_origin
from customerflow.jobs.models import Job
from customerflow.jobs.turns import Turn
from customerflow.jobs.work import Work, register
from customerflow.loads.declaration import KINDS
from customerflow.loads.drafts import apply, check
from customerflow.loads.making import KIND, may_load
from customerflow.loads.models import Load


@register
class LoadFiles(Work):
    """A load: checked, and then done. What the check found is what is done, or nothing is."""

    kind = KIND
    label = gettext_lazy("Load")
    template = "loads/load_job.html"
    is_whole = True

    def perform(self, job: Job, turn: Turn) -> None:
        load = Load.objects.select_related("loaded_by").filter(job=job, loaded_at=None).first()
        if load is None:
            raise ValidationError(_("This load was given up."))
        for kind in load.files.values_list("kind", flat=True).distinct():
            if kind not in KINDS or not may_load(job.by, KINDS[kind]):
                raise ValidationError(_("Whoever asked for this may not do it any more."))
        with acting_for(replace(current_origin(), by=job.by, through=ChangeSet.Through.LOAD)):
            (check if job.state == Job.State.CHECKING else apply)(load, job, turn)

    def context(self, job: Job, request: HttpRequest) -> dict[str, object]:
        return {"load": job.loads.visible_to(request.user).first()}
