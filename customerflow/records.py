"""What every record that staff edit has in common."""

from django.db import models


class Record(models.Model):
    """
    A record that staff edit.

    `version` grows by one with each change; an edit that began on an older version is refused, so that nobody
    overwrites what a colleague has just saved.
    """

    created_at = models.DateTimeField(auto_now_add=True, editable=False)
    updated_at = models.DateTimeField(auto_now=True, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        abstract = True
