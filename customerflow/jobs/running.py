"""
Doing jobs: step by step, each in a transaction of its own, in turns that the queue hands out; or as a whole.

The queue carries nothing but the number of a job and of its turn. A worker that is given one does steps for a while,
then asks for the next turn, in the same transaction as its last step; so a long job leaves room for others, a worker
can be stopped at any step, and whatever dies in between loses nothing and does nothing twice. A work that is done as a
whole takes one turn, and ends it in its own last transaction: what dies before is done once more from its beginning.
"""

import logging
import time
from collections.abc import Callable
from datetime import timedelta

from django.core.exceptions import ValidationError
from django.db import InterfaceError, OperationalError, connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django_tasks import task

from customerflow.changes.models import ChangeSet
from customerflow.changes.recording import Origin, acting_for
from customerflow.jobs.ending import ending
from customerflow.jobs.models import Job
from customerflow.jobs.turns import PROGRESS, STATE, StoppedError, Turn, end, locked
from customerflow.jobs.work import WORKS, may_retry_refused, work_of

log = logging.getLogger(__name__)

# Seconds that a worker stays with one job while others wait.
TURN = 20.0
# Seconds that a request does a job itself. A proxy waits for 60.
TURN_IN_REQUEST = 5.0
# Should the process die that does a job at once, a worker goes on after so long.
RESCUE = timedelta(minutes=2)
# After so many seconds a step is tried again while the database does not answer or is busy, and then no more.
DELAYS = (1, 2, 4, 8, 16)
DATABASE_IS_AWAY = (OperationalError, InterfaceError)
# On SQLite somebody who waits to write looks again every tenth of a second. So nobody waits for a whole job.
PAUSE = 0.12

STARTABLE = (Job.State.DRAFT, Job.State.CHECKED)


@task()
def work_on(job_id: int, turn: int) -> None:
    """Do one turn of a job: what the queue hands to a worker."""
    job = Job.objects.select_related("by").filter(pk=job_id).first()
    if job is not None:
        with acting_for(Origin(by=job.by, through=ChangeSet.Through.TASK, act=job.title)):
            run_turn(job_id, turn, seconds=TURN)


def enqueue(job: Job) -> None:
    """
    Confirm a draft, or a job that was checked, and let a worker do it.

    It is part of the surrounding transaction. Raises `ValidationError` where the job has been started already.
    """
    _start(job, Job.State.WAITING)


def enqueue_check(job: Job) -> None:
    """Let a worker check a draft, or check again what was checked; otherwise like `enqueue`."""
    _start(job, Job.State.CHECKING)


def run_now(job: Job) -> None:
    """
    Confirm a job and do it at once; what is not done within a few seconds is left to a worker.

    What is done as a whole is done to its end here: the caller decides whether it is small enough. Each step is a
    transaction, so it cannot be inside of one. Raises `ValidationError` as `enqueue` does; what stops the job itself is
    its `problem`.
    """
    _start(job, Job.State.WAITING, rescue=RESCUE)
    _run_here(job)


def run_to_end(job: Job) -> None:
    """Confirm a job and do all of it here, as a command that somebody waits for; otherwise like `run_now`."""
    run_now(job)
    job.refresh_from_db()
    while job.is_active:
        run_turn(job.pk, job.turn, seconds=TURN)
        job.refresh_from_db()


def check_now(job: Job) -> None:
    """Check a job at once; otherwise like `run_now`."""
    _start(job, Job.State.CHECKING, rescue=RESCUE)
    _run_here(job)


@transaction.atomic
def stop(job: Job) -> None:
    """End a job behind the step that is being done. Raises `ValidationError` where it has ended."""
    job.lock()
    if not job.is_active:
        raise ValidationError(_("It has ended already."))
    end(job, Job.State.STOPPED)
    job.save(update_fields=STATE)


@transaction.atomic
def resume(job: Job) -> None:
    """Let a worker go on with a job that was stopped or failed. Raises `ValidationError` where there is nothing to."""
    job.lock()
    if not job.is_resumable:
        raise ValidationError(_("It was neither stopped, nor has it failed."))
    _go_on(job)


@transaction.atomic
def retry_refused(job: Job) -> None:
    """Let a worker try again what was refused. Raises `ValidationError` where there is nothing to."""
    job.lock()
    if not may_retry_refused(job):
        raise ValidationError(_("There is nothing to try again."))
    work_of(job).retry_refused(job)
    job.refused = 0
    _go_on(job)


def run_turn(job_id: int, turn: int, *, seconds: float) -> None:
    """
    Do the steps of one turn of a job, for so many seconds and until at least one is done; or the whole.

    A turn that is over, or is not the job's any more, is left. What goes wrong is in the job's `problem`.
    """
    over_at = time.monotonic() + seconds

    def step() -> bool:
        return _step(job_id, turn, lambda: ending.is_near or time.monotonic() >= over_at)

    try:
        if _is_whole(job_id):
            _persistently(lambda: _whole(job_id, turn))
            return
        while _persistently(step):
            if connection.vendor == "sqlite":
                time.sleep(PAUSE)
    except ValidationError as refusal:
        _fail(job_id, turn, " ".join(refusal.messages))
    except DATABASE_IS_AWAY as error:
        log.exception("Job %s: the database does not answer.", job_id)
        full = _("The disk of the database is full. Nothing of this step was kept; free some space, then continue.")
        away = _("The database did not answer, or was busy for too long.")
        _fail(job_id, turn, full if _is_disk_full(error) else away)
    except Exception:
        log.exception("Job %s failed.", job_id)
        problem = _("Something went wrong in the program. The details are in its log, under job %(number)s.")
        _fail(job_id, turn, problem % {"number": job_id})


def _persistently(step: Callable[[], bool | None]) -> bool | None:
    """Do a step, and once more while the database does not answer or is busy; raises what it said the last time."""
    for delay in DELAYS:
        try:
            return step()
        except DATABASE_IS_AWAY as error:
            if _is_disk_full(error):
                raise
            log.warning("The step is done again, in %s seconds at the latest: %s", delay, str(error).strip())
            connection.close_if_unusable_or_obsolete()
            ending.wait(delay)
    return step()


@transaction.atomic(durable=True)
def _step(job_id: int, turn: int, is_over: Callable[[], bool]) -> bool:
    """Do the next step of a job; return whether the turn goes on."""
    job = locked(job_id, turn)
    if job is None:
        return False
    if job.state == Job.State.WAITING:
        job.state = Job.State.RUNNING
        job.started_at = job.started_at or timezone.now()
    is_check = job.state == Job.State.CHECKING
    more = work_of(job).check(job) if is_check else work_of(job).step(job)
    if not more:
        end(job, Job.State.CHECKED if is_check else Job.State.FINISHED)
    elif is_over():
        more = False
        job.state = job.state if is_check else Job.State.WAITING
        _queue(job)
    job.save(update_fields=PROGRESS)
    return more


def _is_disk_full(error: Exception) -> bool:
    """Return whether the database has no room: that does not pass by itself."""
    cause = error.__cause__
    return getattr(cause, "sqlite_errorname", "") == "SQLITE_FULL" or getattr(cause, "sqlstate", "") == "53100"


def _is_whole(job_id: int) -> bool:
    """Return whether a job is done as a whole; one that is unknown is left to the steps, which say so."""
    kind = Job.objects.filter(pk=job_id).values_list("kind", flat=True).first()
    return kind in WORKS and WORKS[kind].is_whole


def _whole(job_id: int, number: int) -> None:
    """Do a job that is done as a whole, from its beginning to its end, unless it is stopped."""
    job, turn = _begin(job_id, number), Turn(job_id, number)
    if job is None:
        return
    try:
        work_of(job).perform(job, turn)
    except StoppedError:
        log.info("Job %s was left before its end.", job_id)
        if ending.is_near:
            _hand_back(job_id, number)
        return
    if not turn.is_over:
        raise RuntimeError(f"The work {job.kind!r} did not end its turn.")


@transaction.atomic(durable=True)
def _begin(job_id: int, turn: int) -> Job | None:
    """Return a job that is done as a whole, now being done and at its beginning; None where the turn is over."""
    job = locked(job_id, turn)
    if job is None:
        return None
    if job.state == Job.State.WAITING:
        job.state = Job.State.RUNNING
        job.started_at = job.started_at or timezone.now()
    job.done = job.refused = job.resumed_with = 0
    job.resumed_at = timezone.now()
    job.save(update_fields=[*PROGRESS, "resumed_at", "resumed_with"])
    return job


@transaction.atomic(durable=True)
def _hand_back(job_id: int, turn: int) -> None:
    """Let another worker do a whole that this process, which is to end, has left."""
    job = locked(job_id, turn)
    if job is not None:
        _go_on(job)


@transaction.atomic
def _start(job: Job, state: str, rescue: timedelta | None = None) -> None:
    job.lock()
    if job.state not in STARTABLE:
        raise ValidationError(_("It has been started already."))
    job.is_confirmed = state == Job.State.WAITING
    job.done = job.refused = 0
    _go_on(job, rescue)


def _go_on(job: Job, rescue: timedelta | None = None) -> None:
    """Let it be done from where it is."""
    job.state = Job.State.WAITING if job.is_confirmed else Job.State.CHECKING
    job.problem, job.finished_at = "", None
    job.resumed_at, job.resumed_with = timezone.now(), job.processed
    _queue(job, rescue)
    job.save(update_fields=[*PROGRESS, "is_confirmed", "resumed_at", "resumed_with"])


def _queue(job: Job, rescue: timedelta | None = None) -> None:
    """Ask for the next turn of a job."""
    job.turn += 1
    wanted = work_on.using(run_after=timezone.now() + rescue) if rescue else work_on
    wanted.enqueue(job.pk, job.turn)


def _run_here(job: Job) -> None:
    run_turn(job.pk, job.turn, seconds=TURN_IN_REQUEST)
    job.refresh_from_db()


@transaction.atomic
def _fail(job_id: int, turn: int, problem: str) -> None:
    job = locked(job_id, turn)
    if job is not None:
        fail(job, problem)


def fail(job: Job, problem: str) -> None:
    """End a locked job that cannot go on by itself, and say why in words."""
    job.problem = problem
    end(job, Job.State.FAILED)
    job.save(update_fields=STATE)
