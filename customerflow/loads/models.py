"""The record of every load: what came in, from which file, and what became of it."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from customerflow.changes.models import ChangeSet
from customerflow.records import page_of_record
from customerflow.search import SearchField, SearchQuerySet
from customerflow.text import fold


def search_text(load: "Load") -> str:
    """Return what a search finds a load by."""
    return fold(f"{load.file_name} {load.sha256}")


class LoadQuerySet(SearchQuerySet):
    """Loads, chosen."""

    exact_fields = ("pk",)


class Load(models.Model):
    """
    One file that was loaded, with what became of its rows.

    Only loads that were applied are kept: a load that is refused, or a dry run, changes nothing and leaves nothing.
    """

    kind = models.CharField(_("kind"), max_length=50)
    file_name = models.CharField(_("file"), max_length=255)
    sha256 = models.CharField("SHA-256", max_length=64)
    loaded_at = models.DateTimeField(_("loaded at"), auto_now_add=True)
    loaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("loaded by")
    )
    change_set = models.ForeignKey(
        ChangeSet, models.SET_NULL, null=True, blank=True, editable=False, related_name="+", verbose_name=_("change")
    )
    created = models.PositiveIntegerField(_("created"), default=0)
    changed = models.PositiveIntegerField(_("changed"), default=0)
    unchanged = models.PositiveIntegerField(_("unchanged"), default=0)
    refused = models.PositiveIntegerField(_("refused"), default=0)

    search_text = SearchField(max_length=400, derive=search_text)

    objects = LoadQuerySet.as_manager()

    # It is a record of what was done itself.
    is_on_record = False

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.file_name} ({self.kind})"

    def get_absolute_url(self) -> str:
        return page_of_record("loads:load_detail", self.pk)
