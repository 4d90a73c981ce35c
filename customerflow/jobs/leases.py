"""
Leases: which workers are alive, and what becomes of work that a dead one had begun.

A worker holds a lease and prolongs it six times before it would be over. On SQLite prolonging waits for whoever writes,
at most 60 seconds (`timeout` in the settings); with 20 seconds between two tries a lease of 120 outlives that. A lease
that is over too early, or a worker that is late, does no harm: the steps of a job come one after the other, and a
worker whose turn was given to another does nothing more.
"""

import logging
from datetime import datetime, timedelta

from django.core.management import call_command
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django_tasks import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from customerflow.jobs.models import Job, Lease
from customerflow.jobs.running import fail, work_on
from customerflow.jobs.turns import locked

log = logging.getLogger(__name__)

LEASE = 120.0
PROLONGED = 6
# What breaks off so often in one turn is not tried again without a person.
ATTEMPTS = 3
# What was never confirmed is of no use to anybody after so long.
DRAFTS_KEPT = timedelta(days=7)


def hold(worker: str, seconds: float) -> None:
    """Let a worker count as alive for so long from now on."""
    Lease.objects.update_or_create(worker=worker, defaults={"until": timezone.now() + timedelta(seconds=seconds)})


def give_up(worker: str) -> None:
    """Let a worker that ends count as alive no more."""
    Lease.objects.filter(worker=worker).delete()


def take_back(now: datetime) -> None:
    """Give to others what dead workers had begun; a job that broke off too often fails."""
    # First the tasks: whoever has begun one held a lease before.
    running = list(DBTaskResult.objects.running())
    alive = set(Lease.objects.filter(until__gte=now).values_list("worker", flat=True))
    for lost in running:
        if lost.worker_ids[-1] not in alive:
            _take_back_one(lost, now)
    _fail_abandoned()


def _take_back_one(lost: DBTaskResult, now: datetime) -> None:
    # Another worker may do the same now, or may have begun it again: only one of them finds it as it was.
    same = DBTaskResult.objects.running().filter(pk=lost.pk, worker_ids=lost.worker_ids)
    if len(lost.worker_ids) < ATTEMPTS:
        taken = same.update(status=TaskResultStatus.READY)
    else:
        taken = same.update(status=TaskResultStatus.FAILED, finished_at=now)
    if taken:
        log.warning("Worker %s is gone, and left task %s.", lost.worker_ids[-1], lost.pk)


def _fail_abandoned() -> None:
    """End the jobs that nobody does and that are in no queue."""
    active = list(Job.objects.active().values_list("pk", "turn"))
    if not active:
        return
    unfinished = DBTaskResult.objects.filter(
        status__in=[TaskResultStatus.READY, TaskResultStatus.RUNNING], task_path=work_on.module_path
    )
    queued = {tuple(arguments["args"]) for arguments in unfinished.values_list("args_kwargs", flat=True)}
    for job_id, turn in active:
        if (job_id, turn) not in queued:
            _fail_one(job_id, turn)


@transaction.atomic
def _fail_one(job_id: int, turn: int) -> None:
    job = locked(job_id, turn)
    if job is not None:
        fail(job, _("It broke off several times at the same place. Nothing is half done; Continue tries it again."))


def prune(now: datetime) -> None:
    """Remove what is of no more use: finished tasks, leases of the dead, and jobs that nobody confirmed."""
    call_command("prune_db_task_results", min_age_days=1, queue_name="*", verbosity=0)
    Lease.objects.filter(until__lt=now - timedelta(days=1)).delete()
    forgotten = Job.objects.filter(is_confirmed=False, created_at__lt=now - DRAFTS_KEPT)
    forgotten.exclude(state=Job.State.CHECKING).delete()
