"""What the leak finder found, and what of it is meant so."""

from datetime import date

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from customerflow.constraints import in_order, text_fits
from customers.models import Customer

LONGEST_NAME = 50


class FoundLeak(models.Model):
    """That the record `record_id` had the leak called `leak` when it was looked for; it is asked again when shown."""

    leak = models.CharField(_("leak"), max_length=LONGEST_NAME)
    record_id = models.BigIntegerField(_("record"))
    found_on = models.DateField(_("found on"))

    # It is made from other records.
    is_on_record = False

    class Meta:
        ordering = ["leak", "record_id"]
        default_permissions = ("view",)
        verbose_name = _("leak")
        verbose_name_plural = _("leaks")
        constraints = [
            models.UniqueConstraint(fields=["leak", "record_id"], name="reports_leak_found_once"),
            text_fits("leak", LONGEST_NAME, shortest=1),
        ]

    def __str__(self) -> str:
        return f"{self.leak} #{self.record_id}"


class AcceptedLeakQuerySet(models.QuerySet):
    """What is meant so, chosen. The day is passed in; last days are inclusive."""

    def holding(self, on: date) -> "AcceptedLeakQuerySet":
        """Return what is still meant so on the day `on`."""
        return self.filter(Q(until=None) | Q(until__gte=on))


class AcceptedLeak(models.Model):
    """That somebody said of a leak that it is meant so, until the day `until`; without one, until it is taken back."""

    leak = models.CharField(_("leak"), max_length=LONGEST_NAME)
    record_id = models.BigIntegerField(_("record"))
    customer = models.ForeignKey(Customer, models.CASCADE, related_name="accepted_leaks", verbose_name=_("customer"))
    reason = models.CharField(_("reason"), max_length=200)
    accepted_on = models.DateField(_("accepted on"))
    until = models.DateField(_("until"), null=True, blank=True, help_text=_("The last day. Empty: for good."))
    accepted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("accepted by")
    )

    objects = AcceptedLeakQuerySet.as_manager()

    personal_fields = ("reason",)

    class Meta:
        ordering = ["pk"]
        verbose_name = _("accepted leak")
        verbose_name_plural = _("accepted leaks")
        constraints = [
            models.UniqueConstraint(fields=["leak", "record_id"], name="reports_leak_accepted_once"),
            text_fits("leak", LONGEST_NAME, shortest=1),
            text_fits("reason", 200, shortest=1),
            in_order("accepted_on", "until"),
        ]

    def __str__(self) -> str:
        return f"{self.leak}: {self.customer}"

    def get_absolute_url(self) -> str:
        return self.customer.get_absolute_url()
