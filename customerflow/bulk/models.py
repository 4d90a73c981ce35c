"""What is chosen for a bulk edit, record by record, and what became of each."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from customerflow.jobs.models import Job
from customerflow.records import page_of_record


class BulkItemQuerySet(models.QuerySet):
    """Items of bulk edits, chosen."""

    def search(self, number: str) -> "BulkItemQuerySet":
        """Return the item of the record with this key; none for what is no key."""
        number = number.strip().removeprefix("#")
        if not (number.isascii() and number.isdigit() and len(number) <= 18):
            return self.none()
        return self.filter(record_id=number)


class BulkItem(models.Model):
    """
    One record of a bulk edit.

    `version` is the record's as it was last shown: chosen, then checked. Nothing of the record itself is kept here, its
    name neither: whoever looks finds it by its key.
    """

    class Outcome(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        READY = "ready", _("Will change")
        DONE = "done", _("Changed")
        UNCHANGED = "unchanged", _("Is so already")
        REFUSED = "refused", _("Left out")
        MEANWHILE = "meanwhile", _("Changed meanwhile")

    LEFT_OUT = (Outcome.REFUSED, Outcome.MEANWHILE)

    job = models.ForeignKey(Job, models.CASCADE, related_name="bulk_items", db_index=False, verbose_name=_("job"))
    record_id = models.BigIntegerField(_("number"))
    version = models.PositiveIntegerField()
    outcome = models.CharField(_("result"), max_length=10, choices=Outcome, default=Outcome.WAITING)
    message = models.CharField(_("reason"), max_length=300, blank=True)

    objects = BulkItemQuerySet.as_manager()

    # The record itself and who changed it meanwhile, while it is shown: see `pages.name`.
    record: models.Model | None = None
    changed_by: str | None = None

    is_on_record = False

    class Meta:
        ordering = ["pk"]
        default_permissions = ()
        verbose_name = _("record of a bulk edit")
        verbose_name_plural = _("records of a bulk edit")
        indexes = [
            models.Index(fields=["job", "id"], name="bulk_item_by_job"),
            models.Index(fields=["job", "outcome", "id"], name="bulk_item_by_outcome"),
        ]

    def __str__(self) -> str:
        return str(self.record or f"#{self.record_id}")

    def get_absolute_url(self) -> str:
        return self.record.get_absolute_url() if self.record else page_of_record("jobs:job_detail", self.job_id)

    @property
    def why(self) -> str:
        """Why the record was left out, in words; nothing where it was not."""
        if self.changed_by:
            return _("%(what)s It was %(person)s.") % {"what": self.message, "person": self.changed_by}
        return self.message
