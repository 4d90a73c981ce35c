"""The check of the books as a job: of a person, of the command, of the day. The last one is what the page shows."""

from dataclasses import dataclass
from datetime import date

from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from billing.books.check import CHECKS, check_books, needed_checks
from customerflow.history.names import Names, Value
from customerflow.jobs.models import Job
from customerflow.jobs.running import enqueue, run_now
from customerflow.jobs.turns import Turn
from customerflow.jobs.work import Work, register

KIND = "check_books"


@register
class CheckBooks(Work):
    """All checks of the books as of a day; `result` has what was found."""

    kind = KIND
    label = gettext_lazy("Books check")
    template = "billing/books_job.html"
    is_whole = True

    def perform(self, job: Job, turn: Turn) -> None:
        """Do one check after the other; each reads the books as they are at that moment."""
        job.total, found = len(needed_checks()), []
        for outcome in check_books(on=date.fromisoformat(job.payload["on"])):
            found += [outcome] if outcome["count"] else []
            job.done += 1
            turn.advance(job.done, job.total)
        job.result = {"checks": job.total, "found": found}
        with transaction.atomic():
            turn.end(job)

    def context(self, job: Job, request: HttpRequest) -> dict[str, object]:
        """Return what was found, with names that the person may see."""
        return {"outcome": Outcome.of(job, request.user) if job.state == Job.State.FINISHED else None}


@dataclass(frozen=True)
class Broken:
    """A rule that does not hold: what to do, how many records break it, and of the first of them what is wrong."""

    name: str
    rule: str | Promise
    remedy: str | Promise
    count: int
    records: list[tuple[Value | None, str]]

    @property
    def more(self) -> int:
        """How many records are not named."""
        return self.count - len(self.records)


@dataclass(frozen=True)
class Outcome:
    """What a check of the books found, as a person reads it."""

    job: Job
    on: date
    checks: int
    broken: list[Broken]

    @classmethod
    def of(cls, job: Job, user: AbstractBaseUser) -> "Outcome":
        """Return what `job` found; a few queries for the names."""
        # A check that the program knows no more has no words.
        found = [(CHECKS[each["check"]], each) for each in job.result["found"] if each["check"] in CHECKS]
        names = Names({(check.kind, key) for check, each in found for key, *_rest in each["records"] if key}, user)
        broken = [
            Broken(
                *(check.name, check.rule, check.remedy, each["count"]),
                [(names.of(check.kind, key) if key else None, check.says(*said)) for key, *said in each["records"]],
            )
            for check, each in found
        ]
        return cls(job, date.fromisoformat(job.payload["on"]), job.result["checks"], broken)

    @property
    def count(self) -> int:
        """How many findings there are, named or not."""
        return sum(each.count for each in self.broken)


def begin_check(*, on: date, by: AbstractBaseUser) -> Job:
    """Return the job in which a worker checks the books as of the day `on`; the one that is being done, if one is."""
    if running := running_check():
        return running
    with transaction.atomic():
        job = _open(on, by)
        enqueue(job)
    return job


def check_now(*, on: date) -> Job:
    """
    Check the books as of the day `on`, and return the job, finished, with what was found.

    Raises `ValidationError` where the check itself failed.
    """
    job = _open(on)
    run_now(job)
    if job.state != Job.State.FINISHED:
        raise ValidationError(job.problem or _("The check of the books was stopped."))
    return job


def count_of(job: Job) -> int:
    """Return how many findings a finished check has."""
    return sum(found["count"] for found in job.result["found"])


def last_check() -> Job | None:
    """Return the last check that came to its end."""
    return Job.objects.filter(kind=KIND, state=Job.State.FINISHED).order_by("-pk").first()


def running_check() -> Job | None:
    """Return the check that is being done, or waits for it."""
    return Job.objects.active().filter(kind=KIND).order_by("-pk").first()


def _open(on: date, by: AbstractBaseUser | None = None) -> Job:
    title = _("Check of the books of %(day)s") % {"day": on}
    return Job.objects.open(KIND, title=title, by=by, total=len(needed_checks()), payload={"on": str(on)})
