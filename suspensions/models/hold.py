"""Customers who are not suspended for a while, whatever they owe."""

from datetime import date

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from customerflow.constraints import in_order, text_fits
from customerflow.records import Record
from customers.models import Customer


class HoldQuerySet(models.QuerySet):
    """Holds, chosen. All days are inclusive."""

    def on(self, day: date) -> "HoldQuerySet":
        """Return the holds over a day."""
        return self.filter(first_day__lte=day, last_day__gte=day)

    def search(self, text: str) -> "HoldQuerySet":
        """Return the holds of the customers whom `text` finds."""
        return self.filter(customer__in=Customer.objects.search(text))


class Hold(Record):
    """A customer is not suspended from `first_day` to `last_day`, both included, for a reason that somebody gave."""

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="holds", verbose_name=_("customer"))
    first_day = models.DateField(_("first day"))
    last_day = models.DateField(_("last day"), help_text=_("Itself still held."))
    reason = models.CharField(_("reason"), max_length=200)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("by")
    )

    objects = HoldQuerySet.as_manager()

    personal_fields = ("reason",)
    shown_with = ("customer",)

    class Meta:
        ordering = ["-last_day", "-pk"]
        verbose_name = _("hold")
        verbose_name_plural = _("holds")
        indexes = [models.Index(fields=["last_day", "id"], name="hold_by_last_day")]
        constraints = [in_order("first_day", "last_day"), text_fits("reason", 200)]

    def __str__(self) -> str:
        return f"{self.first_day} – {self.last_day}"

    def get_absolute_url(self) -> str:
        return self.customer.get_absolute_url()
