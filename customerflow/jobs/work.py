"""
Kinds of work that are done piece by piece or as a whole, in the background or at once.

An app declares its kinds in its `tasks.py`, which is imported at the start::

    @register
    class ChangePlans(Work):
        kind = "change_plans"
        label = _("Change of plans")

        def step(self, job):
            services = list(left_to_do(job)[:BATCH])
            with recording(job.title, by=job.by, parent=job.change_set):
                for service in services:
                    change_plan(service, ...)
            job.done += len(services)
            return bool(services)

A screen makes a job of it and starts it, inside a transaction if it likes: one that is rolled back starts nothing::

    job = Job.objects.open("change_plans", title=_("Change of plans"), by=request.user, total=1_204, payload={...})
    enqueue(job)             # let a worker do it; `run_now(job)`: do at once what can be done within a few seconds
    return redirect(job)     # the page of the job shows how far it is

A kind with a `check` is tried before a person confirms it: `enqueue_check(job)` or `check_now(job)` leads a draft to
`CHECKED`, and `enqueue(job)` or `run_now(job)` then does it. Both count in `done` and `refused`, from 0.

What a step must keep to:

- It runs in one transaction with the job's row locked, and all that it changes and counts is kept, or none of it. It
  may run again after it was interrupted, so it finds by the database what is left, never by what it remembers. Nothing
  outside of the database is done in a step: it would be done twice.
- It changes the job's counters, `payload` and `result`; the runner saves them.
- It takes about a second at most: on SQLite nobody else writes meanwhile, and Stop works between steps.
- What one item refuses is counted in `refused` and kept by the work with its item. A `ValidationError` ends the whole
  job, and is what the job's page says; so does any other exception, in general words and with a line in the log.

What cannot be cut into such steps is done as a whole: nothing of it is to be seen before all of it is there::

    @register
    class LoadFiles(Work):
        kind = "load_files"
        is_whole = True

        def perform(self, job, turn):
            for number, portion in enumerate(portions_of(job)):
                stage(portion)                      # in temporary tables of this connection, without a transaction
                turn.advance(number)                # how far it is; raises `StoppedError` when it is to be left
            with recording(job.title, by=job.by):
                apply()
                turn.end(job)                       # the job ends in the transaction of what it did

What `perform` must keep to:

- It is called without a transaction around it, in the state `CHECKING` for a check and `RUNNING` otherwise, with the
  counters at 0. All that it leaves in the database it writes in one transaction, whose last statement is `turn.end`,
  which ends the job as checked or finished and keeps its counters, `payload`, `result` and `change_set`.
- Whatever dies before that transaction has left nothing, and is done once more from the beginning, by the same rules as
  a step: by another worker when its own is gone, and by the same one when the database was away for a moment.
- `StoppedError` passes through it: then the job was stopped, or is done by somebody else, or this process is to end.
  What it holds outside of the database, and its temporary tables, it removes whatever happens.
- It calls `turn.advance` at least every few seconds, so that Stop works, and a worker that is told to end does.
"""

from django.http import HttpRequest
from django.utils.functional import Promise

from customerflow.jobs.models import Job
from customerflow.jobs.turns import Turn


class Work:
    """One kind of work: what its next piece is, or what the whole is, and what its job's page shows of it."""

    kind = ""
    label: str | Promise = ""
    # The page of a job; one of its own extends this one and fills its block `result`.
    template = "jobs/job_detail.html"
    can_retry_refused = False
    # Whether it is done by `perform`, not by `check` and `step`.
    is_whole = False

    def check(self, job: Job) -> bool:
        """Try the next piece and leave nothing of it but what was found; return whether more is left."""
        raise NotImplementedError

    def step(self, job: Job) -> bool:
        """Do the next piece; return whether more is left. Raises `ValidationError` where the job cannot go on."""
        raise NotImplementedError

    def perform(self, job: Job, turn: Turn) -> None:
        """Check or do the whole, and end its turn. Raises `ValidationError` where it cannot be done."""
        raise NotImplementedError

    def retry_refused(self, job: Job) -> None:
        """Let the items that were refused be tried again by the next steps."""
        raise NotImplementedError

    def context(self, job: Job, request: HttpRequest) -> dict[str, object]:
        """Return what the work's own template shows besides the job."""
        return {}


WORKS: dict[str, Work] = {}


def register(work: type[Work]) -> type[Work]:
    """Make a kind of work known; two of the same name are refused."""
    if work.kind in WORKS:
        raise ValueError(f"There are two kinds of work called {work.kind!r}.")
    WORKS[work.kind] = work()
    return work


def work_of(job: Job) -> Work:
    """Return the work that a job is of; raises `KeyError` where the program knows it no more."""
    return WORKS[job.kind]


def may_retry_refused(job: Job) -> bool:
    """Say whether what was refused of a job can be tried again."""
    is_supported = job.kind in WORKS and WORKS[job.kind].can_retry_refused
    return is_supported and job.is_confirmed and not job.is_active and job.refused > 0


def label_of(kind: str) -> str:
    """Return a kind of work for a person."""
    return str(WORKS[kind].label) if kind in WORKS else kind


def kinds() -> list[tuple[str, str]]:
    """Return the kinds of work that there are, for a choice."""
    return [(kind, str(work.label)) for kind, work in sorted(WORKS.items())]
