"""Words that tickets are marked with."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from customerflow.constraints import text_fits

LONGEST_TAG = 40


class Tag(models.Model):
    """A word that tickets are marked with; it is made by whoever uses it first, in small letters."""

    name = models.CharField(_("name"), max_length=LONGEST_TAG, unique=True)

    class Meta:
        ordering = ["name"]
        default_permissions = ("view",)
        verbose_name = _("tag")
        verbose_name_plural = _("tags")
        constraints = [text_fits("name", LONGEST_TAG, shortest=1)]

    def __str__(self) -> str:
        return self.name
