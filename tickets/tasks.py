"""Work on tickets that is done in the background."""

from django.utils.translation import gettext_lazy as _

from customerflow.jobs.models import Job
from customerflow.jobs.work import Work, register
from tickets.sla.keeping import keep
from tickets.sla.measuring import KIND, next_keys


@register
class MeasureTickets(Work):
    """What the clocks of tickets say, kept anew: the next batch of unfinished ones, by their keys."""

    kind = KIND
    label = _("Measuring tickets")

    def step(self, job: Job) -> bool:
        keys = next_keys(job.payload["after"])
        if not keys:
            return False
        keep(keys)
        job.payload["after"] = keys[-1]
        job.done += len(keys)
        return True
