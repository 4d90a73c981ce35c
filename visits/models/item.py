"""What is to be done on a visit, thing by thing."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from customerflow.constraints import text_fits
from visits.models.checklist import LONGEST_ITEM
from visits.models.visit import Visit


class VisitItem(models.Model):
    """One thing to do on a visit; done once it is ticked by somebody, with what was found, such as a measured value."""

    visit = models.ForeignKey(Visit, models.CASCADE, related_name="items", verbose_name=_("visit"))
    position = models.PositiveSmallIntegerField(_("position"))
    text = models.CharField(_("text"), max_length=LONGEST_ITEM)
    note = models.CharField(_("note"), max_length=LONGEST_ITEM, blank=True)
    done_at = models.DateTimeField(_("done at"), null=True, blank=True)
    done_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, blank=True, verbose_name=_("done by")
    )

    part_of = "visit"
    right_to_write = "change"
    personal_fields = internal_fields = ("text", "note")

    class Meta:
        ordering = ["visit", "position"]
        default_permissions = ("view",)
        verbose_name = _("item of a visit")
        verbose_name_plural = _("items of visits")
        constraints = [
            text_fits("text", LONGEST_ITEM, shortest=1),
            text_fits("note", LONGEST_ITEM),
            models.UniqueConstraint(fields=["visit", "position"], name="visits_visititem_one_at_a_place"),
            models.CheckConstraint(
                condition=Q(done_at=None, done_by=None) | Q(done_at__isnull=False, done_by__isnull=False),
                name="visits_visititem_done_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return self.text
