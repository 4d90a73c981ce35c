"""Customers whose services are off because they have not paid: since when, why, and until when."""

from datetime import date

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from billing.models import Invoice
from customerflow.constraints import at_least, in_order, one_of
from customerflow.money import MoneyField
from customerflow.records import page_of_record
from customers.models import Customer, Pause, Service


class SuspensionQuerySet(models.QuerySet):
    """Suspensions, chosen."""

    def open(self) -> "SuspensionQuerySet":
        """Return the suspensions that have not ended."""
        return self.filter(ended_on=None)

    def search(self, text: str) -> "SuspensionQuerySet":
        """Return the suspensions of the customers whom `text` finds."""
        return self.filter(customer__in=Customer.objects.search(text))


class Suspension(models.Model):
    """
    The services of a customer are off from `began_on` on, for what was open then; `ended_on` is the day they came back.

    They may come back on the same day. After two accounts are merged one customer may have two.
    """

    class End(models.TextChoices):
        SETTLED = "settled", _("Nothing is left that counts")
        PROMISED = "promised", _("Promised")
        BY_HAND = "by_hand", _("Turned on by hand")
        ENDED = "ended", _("No service is left")

    customer = models.ForeignKey(
        Customer, models.PROTECT, related_name="suspensions", verbose_name=_("customer"), db_index=False
    )
    began_on = models.DateField(_("suspended on"))
    amount = MoneyField(_("open then"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("by")
    )
    ended_on = models.DateField(_("ended on"), null=True, blank=True)
    end = models.CharField(_("why it ended"), max_length=10, choices=End, blank=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("ended by")
    )

    objects = SuspensionQuerySet.as_manager()

    counter_document = _("A suspension ends when it is settled, or when the services are turned on.")
    undoable_columns = frozenset({"customer_id"})

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("suspension")
        verbose_name_plural = _("suspensions")
        indexes = [
            models.Index(fields=["customer", "id"], name="suspension_by_customer"),
            models.Index(fields=["customer"], condition=Q(ended_on=None), name="suspension_open_by_customer"),
            models.Index(fields=["began_on", "id"], name="suspension_by_day"),
        ]
        constraints = [
            one_of("end", ["", "settled", "promised", "by_hand", "ended"]),
            at_least("amount", 0),
            in_order("began_on", "ended_on"),
            models.CheckConstraint(
                condition=Q(ended_on=None, end="") | (Q(ended_on__isnull=False) & ~Q(end="")),
                name="suspensions_suspension_ends_for_a_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.customer}: {self.began_on} – {self.ended_on or '…'}"

    def get_absolute_url(self) -> str:
        return page_of_record("suspensions:suspension_detail", self.pk)


class Cause(models.Model):
    """An invoice for which somebody was suspended, and what was open on it at that moment."""

    suspension = models.ForeignKey(Suspension, models.CASCADE, related_name="causes", verbose_name=_("suspension"))
    invoice = models.ForeignKey(Invoice, models.PROTECT, related_name="suspended_for", verbose_name=_("invoice"))
    amount = MoneyField(_("open then"))

    part_of = "suspension"
    counter_document = Suspension.counter_document

    class Meta:
        ordering = ["pk"]
        verbose_name = _("cause of a suspension")
        verbose_name_plural = _("causes of suspensions")
        constraints = [
            at_least("amount", 0),
            models.UniqueConstraint(fields=["suspension", "invoice"], name="suspensions_cause_once"),
        ]

    def __str__(self) -> str:
        return f"{self.invoice}: {self.amount}"

    def get_absolute_url(self) -> str:
        return page_of_record("suspensions:suspension_detail", self.suspension_id)


class SuspendedServiceQuerySet(models.QuerySet):
    """Suspended services, chosen."""

    def off(self) -> "SuspendedServiceQuerySet":
        """Return those that have not come back."""
        return self.filter(ended_on=None)

    def without_pause(self, on: date) -> "SuspendedServiceQuerySet":
        """Return those that are said to be off, and are not on the day `on`: ended, or turned on by hand."""
        over = Pause.objects.on(on).filter(pk=OuterRef("pause"))
        served = Service.objects.active(on).filter(pk=OuterRef("service"))
        return self.off().filter(~Exists(over) | ~Exists(served), suspension__began_on__lte=on)


class SuspendedService(models.Model):
    """A service that a suspension turned off, by which pause, and when it came back."""

    suspension = models.ForeignKey(Suspension, models.CASCADE, related_name="services", verbose_name=_("suspension"))
    service = models.ForeignKey(Service, models.PROTECT, related_name="suspensions", verbose_name=_("service"))
    # None: it came back on the same day, or somebody removed the pause.
    pause = models.ForeignKey(
        Pause, models.SET_NULL, null=True, blank=True, related_name="suspensions", verbose_name=_("pause")
    )
    ended_on = models.DateField(_("back on"), null=True, blank=True)

    objects = SuspendedServiceQuerySet.as_manager()

    part_of = "suspension"
    counter_document = Suspension.counter_document
    # A pause that was removed may be put back.
    undoable_columns = frozenset({"pause_id"})

    class Meta:
        ordering = ["pk"]
        verbose_name = _("suspended service")
        verbose_name_plural = _("suspended services")
        constraints = [
            models.UniqueConstraint(
                fields=["service"], condition=Q(ended_on=None), name="suspensions_service_suspended_once"
            ),
        ]

    def __str__(self) -> str:
        return str(self.service)

    def get_absolute_url(self) -> str:
        return page_of_record("suspensions:suspension_detail", self.suspension_id)
