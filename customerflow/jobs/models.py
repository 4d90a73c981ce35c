"""Jobs: work that is done piece by piece, how far each is; and the leases of the workers that do it."""

from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from customerflow.changes.models import ChangeSet
from customerflow.changes.recording import current_origin
from customerflow.records import page_of_record
from customerflow.search import SearchField, SearchQuerySet
from customerflow.text import fold

SEE_ALL = "jobs.view_job"
CONTROL_ALL = "jobs.change_job"


def search_text(job: "Job") -> str:
    """Return what a search finds a job by."""
    return fold(job.title)


class JobQuerySet(SearchQuerySet):
    """Jobs, chosen."""

    exact_fields = ("pk",)

    def open(
        self,
        kind: str,
        *,
        title: str,
        by: AbstractBaseUser | None = None,
        total: int = 0,
        payload: dict[str, object] | None = None,
    ) -> "Job":
        """Return a new draft; without `by` it is whose act this is."""
        origin = current_origin()
        by = by or (origin.by if origin.by and origin.by.is_authenticated else None)
        return self.create(
            kind=kind, title=str(title)[:200], by=by, through=origin.through, total=total, payload=payload or {}
        )

    def visible_to(self, user: AbstractBaseUser) -> "JobQuerySet":
        """Return the jobs that a person may see: their own, or all."""
        return self if user.has_perm(SEE_ALL) else self.filter(by=user)

    def active(self) -> "JobQuerySet":
        """Return the jobs that are being done, or wait for it."""
        return self.filter(state__in=Job.ACTIVE)


class Job(models.Model):
    """
    Work for somebody, done piece by piece.

    What is left to do, the work finds by itself; here stands how far it is. `turn` counts the times that a worker was
    asked to go on: one who was asked before, and was late, does nothing more.
    """

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        CHECKING = "checking", _("Being checked")
        CHECKED = "checked", _("Checked")
        WAITING = "waiting", _("Waiting")
        RUNNING = "running", _("Running")
        STOPPED = "stopped", _("Stopped")
        FINISHED = "finished", _("Finished")
        FAILED = "failed", _("Failed")

    ACTIVE = (State.CHECKING, State.WAITING, State.RUNNING)

    kind = models.CharField(_("kind"), max_length=50)
    title = models.CharField(_("title"), max_length=200)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("by")
    )
    through = models.CharField(_("through"), max_length=10, choices=ChangeSet.Through, default=ChangeSet.Through.DIRECT)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.DRAFT)
    # Whether it may do what it was made for. Until then it only checks.
    is_confirmed = models.BooleanField(_("confirmed"), default=False)
    total = models.PositiveIntegerField(_("total"), default=0)
    done = models.PositiveIntegerField(_("done"), default=0)
    refused = models.PositiveIntegerField(_("refused"), default=0)
    problem = models.TextField(_("problem"), blank=True)
    payload = models.JSONField(default=dict, blank=True)
    result = models.JSONField(_("result"), default=dict, blank=True)
    change_set = models.ForeignKey(
        ChangeSet, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("change")
    )
    created_at = models.DateTimeField(_("made at"), auto_now_add=True)
    started_at = models.DateTimeField(_("started at"), null=True, blank=True)
    finished_at = models.DateTimeField(_("ended at"), null=True, blank=True)
    # When it was last begun or continued, and how many it had by then: the pace since is what it goes on at.
    resumed_at = models.DateTimeField(null=True, blank=True)
    resumed_with = models.PositiveIntegerField(default=0)
    turn = models.PositiveIntegerField(default=0)

    search_text = SearchField(max_length=300, derive=search_text)

    objects = JobQuerySet.as_manager()

    is_on_record = False

    class Meta:
        ordering = ["-pk"]
        default_permissions = ("view", "change")
        verbose_name = _("job")
        verbose_name_plural = _("jobs")
        indexes = [
            models.Index(fields=["state", "id"], name="job_by_state"),
            models.Index(fields=["kind", "id"], name="job_by_kind"),
            models.Index(fields=["by", "id"], name="job_by_person"),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return page_of_record("jobs:job_detail", self.pk)

    def lock(self) -> None:
        """Read the job again and keep it locked until the transaction ends, behind the step that is being done."""
        self.refresh_from_db(from_queryset=Job.objects.select_for_update(no_key=True))

    @property
    def is_active(self) -> bool:
        """Whether it is being done, or waits for it."""
        return self.state in self.ACTIVE

    @property
    def is_resumable(self) -> bool:
        """Whether it ended before it was through."""
        return self.state in (self.State.STOPPED, self.State.FAILED)

    @property
    def processed(self) -> int:
        """How many items are through, whatever became of them."""
        return self.done + self.refused

    def is_visible_to(self, user: AbstractBaseUser) -> bool:
        """Say whether a person may see it."""
        return self.by_id == user.pk or user.has_perm(SEE_ALL)

    def is_controlled_by(self, user: AbstractBaseUser) -> bool:
        """Say whether a person may stop and continue it."""
        return self.by_id == user.pk or user.has_perm(CONTROL_ALL)

    def pace(self, now: datetime) -> float:
        """Return the items that are done in a second since it was last begun or continued; 0 where none is yet."""
        seconds = (now - self.resumed_at).total_seconds() if self.resumed_at else 0
        return (self.processed - self.resumed_with) / seconds if seconds > 0 else 0

    def time_left(self, now: datetime) -> timedelta | None:
        """Return how long it takes at the same pace; None where that cannot be said yet."""
        pace = self.pace(now)
        if not self.is_active or pace <= 0 or self.total <= self.processed:
            return None
        return timedelta(seconds=(self.total - self.processed) / pace)


class LeaseQuerySet(models.QuerySet):
    """Leases, chosen."""

    def held(self, now: datetime | None = None) -> "LeaseQuerySet":
        """Return the leases of the workers that are alive."""
        return self.filter(until__gte=now or timezone.now())


class Lease(models.Model):
    """
    A worker, and until when it counts as alive unless it says so again.

    What a worker has begun whose lease is over is given to another.
    """

    worker = models.CharField(_("worker"), max_length=64, unique=True)
    since = models.DateTimeField(_("since"), auto_now_add=True)
    until = models.DateTimeField(_("until"))

    objects = LeaseQuerySet.as_manager()

    is_on_record = False

    class Meta:
        ordering = ["-pk"]
        default_permissions = ("view",)
        verbose_name = _("worker")
        verbose_name_plural = _("workers")

    def __str__(self) -> str:
        return self.worker
