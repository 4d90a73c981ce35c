"""
Kinds of work that are done piece by piece, in the background or at once.

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
"""

from django.http import HttpRequest
from django.utils.functional import Promise

from customerflow.jobs.models import Job


class Work:
    """One kind of work: what its next piece is, and what its job's page shows of it."""

    kind = ""
    label: str | Promise = ""
    # The page of a job; one of its own extends this one and fills its block `result`.
    template = "jobs/job_detail.html"
    can_retry_refused = False

    def check(self, job: Job) -> bool:
        """Try the next piece and leave nothing of it but what was found; return whether more is left."""
        raise NotImplementedError

    def step(self, job: Job) -> bool:
        """Do the next piece; return whether more is left. Raises `ValidationError` where the job cannot go on."""
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
