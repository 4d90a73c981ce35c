"""
The turn of a job that is being done: what of the job's row may be written by whom, and how it ends.

A job gives out its turns by number. Whoever was asked for one that is over, or whose job was stopped meanwhile, writes
nothing more.
"""

import logging
from time import monotonic

from django.db import transaction
from django.utils import timezone

from customerflow.jobs.ending import ending
from customerflow.jobs.models import Job

log = logging.getLogger(__name__)

# Seconds between two writings of how far a whole is: the page of the job looks every two.
INTERVAL = 1.0

STATE = ["state", "problem", "done", "refused", "finished_at"]
PROGRESS = [*STATE, "total", "payload", "result", "change_set", "started_at", "turn"]


class StoppedError(Exception):
    """The job was stopped, somebody else ended it, or this process is to end: whoever does it leaves it as it is."""


class Turn:
    """The turn of a job that is done as a whole, in the hands of the work that does it (`Work.perform`)."""

    def __init__(self, job_id: int, number: int) -> None:
        self.job_id, self.number = job_id, number
        self.is_over = False
        self._told_at = -INTERVAL

    def advance(self, done: int, total: int | None = None) -> None:
        """
        Let others see how far the job is; to be called often, outside of any transaction.

        It is written down about once a second. Raises `StoppedError` where the work is to be left.
        """
        if ending.is_near:
            raise StoppedError
        if monotonic() < self._told_at + INTERVAL:
            return
        counts = {"done": done} if total is None else {"done": done, "total": total}
        with transaction.atomic(durable=True):
            if not Job.objects.active().filter(pk=self.job_id, turn=self.number).update(**counts):
                raise StoppedError
        self._told_at = monotonic()

    def end(self, job: Job) -> None:
        """
        End the job, checked or finished, and keep its counters, `payload`, `result` and `change_set`.

        Called at the end of the transaction of what the work did, both are kept or neither. Raises `StoppedError` where
        the job was stopped or has ended already; then the transaction must be rolled back.
        """
        with transaction.atomic():
            current = locked(self.job_id, self.number)
            if current is None:
                raise StoppedError
            end(job, Job.State.CHECKED if current.state == Job.State.CHECKING else Job.State.FINISHED)
            job.save(update_fields=PROGRESS)
        self.is_over = True


def locked(job_id: int, turn: int) -> Job | None:
    """Return the job, locked, if it is still at this turn and has not ended."""
    return Job.objects.active().select_for_update(no_key=True).filter(pk=job_id, turn=turn).first()


def end(job: Job, state: str) -> None:
    """Let a locked job have ended in `state`; whoever calls it saves the job."""
    job.state, job.finished_at = state, timezone.now()
    log.info("Job %s (%s) is %s: %s done, %s refused.", job.pk, job.kind, state, job.done, job.refused)
