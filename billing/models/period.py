"""Periods that are closed: up to which day nothing is posted any more."""

from datetime import date

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from customerflow.constraints import text_fits
from customerflow.money import MoneyField
from customerflow.records import page_of_record


class PeriodClosingQuerySet(models.QuerySet):
    """Closings of periods, chosen."""

    def standing(self) -> "PeriodClosingQuerySet":
        """Return the closings that were not taken back."""
        return self.filter(reopened_on=None)

    def closed_to(self) -> date | None:
        """Return the last day on which nothing is posted any more; None where no period is closed."""
        return self.standing().aggregate(day=models.Max("last_day"))["day"]


def why_closed(documents: models.QuerySet) -> str:
    """Return in words that some of `documents` were posted in a closed period; empty where none was."""
    closed = PeriodClosing.objects.closed_to()
    if closed is None or not documents.filter(posted_on__lte=closed).exists():
        return ""
    return _t("The books are closed up to %(day)s: what was posted by then stays.") % {"day": closed}


class PeriodClosing(models.Model):
    """
    The books were closed up to the day `last_day`, from `first_day` on (None: from their beginning).

    `digest`, `postings` and `debit` are those of the journal of these days, taken when nothing could be posted there
    any more: it is proven by them that it stayed as it was. A period is reopened with a reason, the last one first.
    """

    first_day = models.DateField(_("first day"), null=True, blank=True)
    last_day = models.DateField(_("last day"))
    closed_on = models.DateField(_("closed on"))
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("closed by")
    )
    digest = models.CharField(_("digest"), max_length=64, blank=True)
    postings = models.PositiveBigIntegerField(_("postings"), default=0)
    debit = MoneyField(_("debit"), default=0)
    reopened_on = models.DateField(_("reopened on"), null=True, blank=True)
    reopened_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("reopened by")
    )
    reopen_reason = models.CharField(_("reason for reopening"), max_length=200, blank=True)

    objects = PeriodClosingQuerySet.as_manager()

    counter_document = _("A closed period is opened by reopening it, with a reason.")

    class Meta:
        ordering = ["-last_day", "-pk"]
        verbose_name = _("closed period")
        indexes = [models.Index(fields=["last_day", "id"], name="period_by_last_day")]
        constraints = [
            text_fits("digest", 64),
            text_fits("reopen_reason", 200),
            models.UniqueConstraint(
                fields=["last_day"],
                condition=Q(reopened_on=None),
                name="billing_periodclosing_once",
                violation_error_message=_("This period is closed already."),
            ),
            models.CheckConstraint(
                condition=Q(first_day=None) | Q(first_day__lte=models.F("last_day")),
                name="billing_periodclosing_days_in_order",
            ),
            models.CheckConstraint(
                condition=Q(reopened_on=None, reopen_reason="") | (Q(reopened_on__isnull=False) & ~Q(reopen_reason="")),
                name="billing_periodclosing_reopened_with_a_reason",
            ),
        ]

    def __str__(self) -> str:
        if self.first_day is None:
            return _t("up to %(day)s") % {"day": self.last_day}
        return f"{self.first_day} – {self.last_day}"

    def get_absolute_url(self) -> str:
        return page_of_record("billing:periodclosing_detail", self.pk)

    @property
    def is_reopened(self) -> bool:
        """Whether the period was opened again."""
        return self.reopened_on is not None

    @property
    def is_sealed(self) -> bool:
        """Whether it is on record what its journal is like."""
        return bool(self.digest)
