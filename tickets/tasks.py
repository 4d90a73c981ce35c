"""Work on tickets that is done in the background."""

from django.utils.translation import gettext_lazy as _

from customerflow.jobs.models import Job
from customerflow.jobs.work import Work, register
from tickets.sla.keeping import keep
from tickets.sla.measuring import KIND, next_keys, next_uncounted


@register
class MeasureTickets(Work):
    """What the clocks of tickets say, kept anew: a batch of unfinished ones, then of those nothing is kept of."""

    kind = KIND
    label = _("Measuring tickets")

    def step(self, job: Job) -> bool:
        name = "after"
        keys = next_keys(job.payload[name])
        if not keys:
            name = "uncounted_after"
            keys = next_uncounted(job.payload.get(name, 0))
        if not keys:
            return False
        keep(keys)
        job.payload[name] = keys[-1]
        job.done += len(keys)
        return True
