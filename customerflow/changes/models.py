"""What was changed, by whom, when and why."""

import json
from collections.abc import Iterator
from decimal import Decimal

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from customerflow.records import page_of_record

IMAGES = json.JSONDecoder(parse_float=Decimal)


class ChangeSet(models.Model):
    """
    What one act did: all of it, in one transaction, or the sum of a long job's batches.

    A long job has a set that is the parent of one set for each of its batches, and holds no change itself.
    """

    class Through(models.TextChoices):
        SCREEN = "screen", _("Screen")
        ADMIN = "admin", _("Administration")
        LOAD = "load", _("Load")
        COMMAND = "command", _("Command")
        TASK = "task", _("Background task")
        # Written past the product, such as by SQL: the database recorded it all the same.
        DIRECT = "direct", _("Direct access")

    at = models.DateTimeField(_("at"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("by")
    )
    through = models.CharField(_("through"), max_length=10, choices=Through)
    act = models.CharField(_("act"), max_length=100, blank=True)
    why = models.CharField(_("reason"), max_length=200, blank=True)
    request_id = models.CharField(_("request"), max_length=64, blank=True)
    parent = models.ForeignKey(
        "self", models.CASCADE, null=True, blank=True, related_name="batches", verbose_name=_("part of")
    )
    undoes = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, related_name="undone_by", verbose_name=_("undoes")
    )

    is_on_record = False

    class Meta:
        ordering = ["-pk"]
        default_permissions = ("view",)
        verbose_name = _("change")
        verbose_name_plural = _("changes")
        indexes = [
            models.Index(fields=["by", "id"], name="change_set_by_person"),
            models.Index(fields=["at", "id"], name="change_set_by_moment"),
            models.Index(fields=["through", "id"], name="change_set_by_way"),
        ]

    def __str__(self) -> str:
        return f"{self.act} (#{self.pk})" if self.act else f"#{self.pk}"

    def get_absolute_url(self) -> str:
        return page_of_record("changes:changeset_detail", self.pk)


class ChangeCount(models.Model):
    """How many records of one kind a change set created, changed or deleted."""

    # What the database's triggers write needs no check of its own, row by row: the transaction writes both.
    change_set = models.ForeignKey(ChangeSet, models.CASCADE, related_name="counts", db_constraint=False)
    kind = models.CharField(max_length=60)
    action = models.CharField(max_length=6)
    number = models.PositiveIntegerField()

    is_on_record = False

    class Meta:
        ordering = ["pk"]
        default_permissions = ()
        indexes = [models.Index(fields=["kind", "action", "change_set"], name="change_count_by_kind")]

    def __str__(self) -> str:
        return f"{self.number} {self.kind} {self.action}"


class ChangeQuerySet(models.QuerySet):
    """Changes, chosen."""

    def of(self, *records: models.Model) -> "ChangeQuerySet":
        """Return the changes of these records of one kind, also of records that are gone."""
        kind = records[0]._meta.label_lower
        return self.filter(kind=kind, record_id__in=[record.pk for record in records])

    def since(self, record: models.Model, version: int) -> "ChangeQuerySet":
        """Return what was changed of `record` since it had `version`, the oldest first."""
        return self.of(record).filter(version__gt=version).select_related("change_set__by").order_by("pk")


class Change(models.Model):
    """
    What became of one record, written by a trigger of the database.

    `before` and `after` are JSON of the stored columns: all of them where the record was created or deleted, the
    changed ones where it was changed. What is derived from them, `version` and `updated_at` are left out.
    """

    class Action(models.TextChoices):
        CREATE = "create", _("added")
        CHANGE = "change", _("changed")
        DELETE = "delete", _("removed")

    change_set = models.ForeignKey(ChangeSet, models.CASCADE, related_name="changes", db_constraint=False)
    kind = models.CharField(max_length=60)
    record_id = models.BigIntegerField()
    action = models.CharField(max_length=6, choices=Action)
    # The record's own, after the change; of a deleted one, its last. Null for kinds that have none.
    version = models.PositiveIntegerField(null=True)
    before = models.TextField(null=True)
    after = models.TextField(null=True)

    objects = ChangeQuerySet.as_manager()

    is_on_record = False

    class Meta:
        ordering = ["pk"]
        default_permissions = ()
        indexes = [models.Index(fields=["kind", "record_id", "id"], name="change_by_record")]

    def __str__(self) -> str:
        return f"{self.kind} #{self.record_id} {self.action}"

    @property
    def old(self) -> dict[str, object]:
        """The columns before, as stored: nothing of a record that was created."""
        return loads(self.before)

    @property
    def new(self) -> dict[str, object]:
        """The columns after, as stored: nothing of a record that was deleted."""
        return loads(self.after)

    def pairs(self) -> Iterator[tuple[str, object, object]]:
        """Yield each column with what it was and what it became, as stored."""
        old, new = self.old, self.new
        for column in new or old:
            yield column, old.get(column), new.get(column)


def loads(image: str | None) -> dict[str, object]:
    """Return the columns of an image; numbers with decimals stay exact."""
    return IMAGES.decode(image) if image else {}


class CurrentRecording(models.Model):
    """The change set that is being recorded, on SQLite: one row, seen by the one transaction that may write."""

    change_set_id = models.BigIntegerField(null=True)

    is_on_record = False

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"#{self.change_set_id}"
