"""Taking down what the journal of a closed period is like: of a large one that takes minutes, so a worker does it."""

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from billing.models import PeriodClosing
from billing.periods.closing import seal_period, unsealed
from customerflow.changes.recording import recording
from customerflow.jobs.models import Job
from customerflow.jobs.running import enqueue
from customerflow.jobs.turns import Turn
from customerflow.jobs.work import Work, register

KIND = "seal_period"


@register
class SealPeriods(Work):
    """All closed periods of which it is not on record yet what their journal is like."""

    kind = KIND
    label = gettext_lazy("Journal of a closed period")
    is_whole = True

    def perform(self, job: Job, turn: Turn) -> None:
        """Seal one period after the other."""
        for closing in unsealed():
            seal_period(closing=closing)
            job.done += 1
            turn.advance(job.done, job.total)
        with recording(job.title, by=job.by):
            turn.end(job)


def seal_soon(closing: PeriodClosing, by: AbstractBaseUser | None) -> Job:
    """Let a worker seal a period that was just closed."""
    with transaction.atomic():
        job = Job.objects.open(KIND, title=_("Journal of the period %(days)s") % {"days": closing}, by=by, total=1)
        enqueue(job)
    return job


def seal_all() -> int:
    """Seal all closed periods that are not yet, and return how many they were: what the day does, if no worker did."""
    return len([seal_period(closing=closing) for closing in unsealed()])
