"""Prices of plans that were announced to those who have them."""

from datetime import date

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from customerflow.constraints import at_least, in_order, text_fits
from customerflow.money import MoneyField, format_money
from customerflow.records import page_of_record
from customers.models.plan import Plan

# It is the reason of each price, too.
LONGEST_REASON = 200


class PlanPriceChangeQuerySet(models.QuerySet):
    """Announced prices of plans, chosen."""

    def search(self, text: str) -> "PlanPriceChangeQuerySet":
        """Return those of the plans that are found by `text`."""
        if not text.strip():
            return self
        return self.filter(plan__in=Plan.objects.search(text).order_by().values("pk"))

    def announced(self, on: date) -> "PlanPriceChangeQuerySet":
        """Return those that begin after the day `on`."""
        return self.filter(cancelled_at=None, effective_on__gt=on)

    def in_force(self, on: date) -> "PlanPriceChangeQuerySet":
        """Return those that have begun by the day `on`."""
        return self.filter(cancelled_at=None, effective_on__lte=on)

    def cancelled(self, on: date) -> "PlanPriceChangeQuerySet":
        """Return those that were cancelled, on whatever day."""
        return self.exclude(cancelled_at=None)


class PlanPriceChange(models.Model):
    """
    A monthly price that takes the place of `old_price` for those who have a plan, from the day `effective_on` on.

    They are told by the day `notice_on`. Services that cost something else than the plan, and those under contract on
    that day, are left out unless it is `with_own_prices`, `with_contracts`. `announced_at` tells those of a plan apart.
    """

    class Status(models.TextChoices):
        ANNOUNCED = "announced", _("Announced")
        IN_FORCE = "in_force", _("In force")
        CANCELLED = "cancelled", _("Cancelled")

    plan = models.ForeignKey(Plan, models.PROTECT, related_name="price_changes", verbose_name=_("plan"))
    price = MoneyField(_("new monthly price"), validators=[MinValueValidator(0)])
    old_price = MoneyField(_("old monthly price"), validators=[MinValueValidator(0)])
    effective_on = models.DateField(_("effective on"))
    notice_on = models.DateField(_("notice given on"))
    reason = models.CharField(_("reason"), max_length=LONGEST_REASON, blank=True)
    with_own_prices = models.BooleanField(_("also prices of their own"), default=False)
    with_contracts = models.BooleanField(_("also under contract"), default=False)
    announced_at = models.DateTimeField(_("announced at"), editable=False)
    announced_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, editable=False, related_name="+"
    )
    cancelled_at = models.DateTimeField(_("cancelled at"), null=True, blank=True, editable=False)

    objects = PlanPriceChangeQuerySet.as_manager()

    class Meta:
        ordering = ["-effective_on", "-pk"]
        verbose_name = _("price change of a plan")
        verbose_name_plural = _("price changes of plans")
        indexes = [models.Index(fields=["effective_on", "id"], name="plan_price_change_by_day")]
        constraints = [
            at_least("price", 0),
            at_least("old_price", 0),
            in_order("notice_on", "effective_on"),
            text_fits("reason", LONGEST_REASON),
            models.UniqueConstraint(fields=["plan", "announced_at"], name="customers_planpricechange_once"),
        ]

    def __str__(self) -> str:
        return f"{self.plan}: {format_money(self.price)} ({self.effective_on})"

    def get_absolute_url(self) -> str:
        return page_of_record("customers:planpricechange_detail", self.pk)

    def status(self, on: date) -> Status:
        """Return how it stands on the day `on`."""
        if self.cancelled_at:
            return self.Status.CANCELLED
        return self.Status.ANNOUNCED if self.effective_on > on else self.Status.IN_FORCE
