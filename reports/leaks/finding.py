"""
Looking for leaks: once a day, by the command, and from the page.

That somebody has none of something is asked of every customer, so it is not asked while a page is drawn. What was found
is kept by its key, and asked again when it is shown: what was mended meanwhile is gone at once.
"""

from collections.abc import Iterator
from datetime import date

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customerflow.jobs.models import Job
from customerflow.jobs.running import enqueue
from customerflow.jobs.work import Work
from customerflow.jobs.work import register as register_work
from customerflow.keys import among
from reports.leaks.registry import LEAKS, Leak
from reports.models import FoundLeak

KIND = "find_leaks"
# So many rows are written at a time.
CHUNK = 5_000


def find_leaks(*, on: date) -> Iterator[tuple[Leak, int]]:
    """Look for every kind of leak as of the day `on`, keep what was found, and yield each kind with how many."""
    for leak in LEAKS.values():
        yield leak, _find(leak, on)


@transaction.atomic
def _find(leak: Leak, on: date) -> int:
    # In memory is what was found, which is little, or nobody could work through it.
    there = set(leak.rows(on).order_by().values_list("pk", flat=True).iterator())
    known = set(FoundLeak.objects.filter(leak=leak.name).order_by().values_list("record_id", flat=True).iterator())
    FoundLeak.objects.filter(leak=leak.name, record_id__in=among(known - there)).delete()
    new = [FoundLeak(leak=leak.name, record_id=key, found_on=on) for key in sorted(there - known)]
    # Somebody else may be looking at the same moment.
    FoundLeak.objects.bulk_create(new, batch_size=CHUNK, ignore_conflicts=True)
    return len(there)


@register_work
class FindLeaks(Work):
    """All kinds of leaks, one after the other."""

    kind = KIND
    label = gettext_lazy("Leak finder")

    def step(self, job: Job) -> bool:
        _find(list(LEAKS.values())[job.done], date.fromisoformat(job.payload["on"]))
        job.done += 1
        return job.done < len(LEAKS)


def begin_finding(*, on: date, by: AbstractBaseUser) -> Job:
    """Return the job in which a worker looks for leaks as of the day `on`; the one that is being done, if one is."""
    if running := Job.objects.active().filter(kind=KIND).order_by("-pk").first():
        return running
    with transaction.atomic():
        title = _("Leaks of %(day)s") % {"day": on}
        job = Job.objects.open(KIND, title=title, by=by, total=len(LEAKS), payload={"on": str(on)})
        enqueue(job)
    return job
