"""Parts of the network."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from customerflow.constraints import text_fits
from customerflow.records import Record, page_of_record
from customerflow.search import SearchField, SearchQuerySet
from customerflow.text import KeyField, fold


def folded_name(area: "Area") -> str:
    """Return what areas are sorted and found by."""
    return fold(area.name)


class AreaQuerySet(SearchQuerySet):
    """Areas, chosen."""

    exact_fields = ("pk",)
    prefix_fields = ("name_key",)


class Area(Record):
    """A part of the network that is served, and fails, together: a town, a mast, a street cabinet."""

    name = models.CharField(
        _("name"), max_length=100, unique=True, help_text=_("What is served, and fails, together: a town, a mast.")
    )
    notes = models.TextField(
        _("notes"), blank=True, max_length=2_000, help_text=_("Who owns the mast, where the keys are, what feeds it.")
    )

    name_key = KeyField(max_length=100, db_index=True, derive=folded_name)
    search_text = SearchField(max_length=100, derive=folded_name)

    objects = AreaQuerySet.as_manager()

    class Meta:
        ordering = ["name_key", "pk"]
        constraints = [text_fits("name", 100, shortest=1), text_fits("notes", 2_000)]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return page_of_record("customers:area_detail", self.pk)
