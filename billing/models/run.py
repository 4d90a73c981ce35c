"""The billing run: what it charged, and whom it could not."""

from datetime import date

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from billing.models.credit_note import CreditNote
from billing.models.invoice import Invoice
from customerflow.constraints import between, one_of, text_fits
from customerflow.money import MoneyField
from customerflow.records import page_of_record
from customers.models import Customer


class BillingStart(models.Model):
    """The first day that is charged here: before it another system did. One row; fixed by the first run."""

    day = models.DateField(_("first day charged"))

    class Meta:
        verbose_name = verbose_name_plural = _("start of billing")
        constraints = [between("id", 1, 1)]

    def __str__(self) -> str:
        return str(self.day)


class BillingRunQuerySet(models.QuerySet):
    """Billing runs, chosen."""

    def search(self, text: str) -> "BillingRunQuerySet":
        """Return the runs of the day `text`, such as 2026-11-20; none for what is no day."""
        try:
            return self.filter(day=date.fromisoformat(text.strip()))
        except ValueError:
            return self.none()


class BillingRun(models.Model):
    """
    The billing of all that is due up to the day `day`: planned, that is previewed, or done.

    There is one for each day. What is entered after it is done is billed by its next attempt.
    """

    class State(models.TextChoices):
        PLANNING = "planning", _("Being previewed")
        PLANNED = "planned", _("Previewed")
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")

    day = models.DateField(_("day"), unique=True)
    state = models.CharField(_("state"), max_length=10, choices=State)
    attempt = models.PositiveIntegerField(_("attempt"), default=1)
    started_at = models.DateTimeField(_("started"))
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)
    # The customers up to this key are done in this attempt.
    done_up_to = models.BigIntegerField(default=0)
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("started by")
    )

    objects = BillingRunQuerySet.as_manager()

    # It is a record of what was done itself.
    is_on_record = False

    class Meta:
        ordering = ["-day"]
        verbose_name = _("billing run")
        constraints = [
            one_of("state", ["planning", "planned", "running", "done"]),
            models.CheckConstraint(
                condition=Q(state__in=["planning", "running"], finished_at=None)
                | Q(state__in=["planned", "done"], finished_at__isnull=False),
                name="billing_billingrun_finished_iff_done",
            ),
        ]

    def __str__(self) -> str:
        return str(self.day)

    def get_absolute_url(self) -> str:
        return page_of_record("billing:billingrun_detail", self.pk)


class BillingRunItemQuerySet(models.QuerySet):
    """Customers of billing runs, chosen."""

    def search(self, text: str) -> "BillingRunItemQuerySet":
        """Return the items of the customers that a search for `text` finds."""
        return self.filter(customer__in=Customer.objects.search(text))


class BillingRunItem(models.Model):
    """What a run's attempt plans to do, or did, for one customer; or why it could do nothing."""

    class Outcome(models.TextChoices):
        PLANNED = "planned", _("Planned")
        INVOICED = "invoiced", _("Invoiced")
        CREDITED = "credited", _("Credited")
        NOTHING = "nothing", _("Nothing left")
        PARKED = "parked", _("Parked")

    class Difference(models.TextChoices):
        """In what a document is another than the customer's last one; the most striking one counts."""

        UNUSUAL = "unusual", _("Unusual amount")
        NEW = "new", _("First invoice")
        CREDIT = "credit", _("Credit note")
        PRICE = "price", _("Price changed")
        GONE = "gone", _("Something gone")
        ADDED = "added", _("Something new")
        PART = "part", _("Part of a cycle")
        ZERO = "zero", _("Nothing to pay")
        SAME = "same", _("Like the last one")

    run = models.ForeignKey(BillingRun, models.CASCADE, related_name="items", verbose_name=_("billing run"))
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="+", verbose_name=_("customer"))
    attempt = models.PositiveIntegerField(_("attempt"))
    outcome = models.CharField(_("outcome"), max_length=10, choices=Outcome)
    difference = models.CharField(_("difference"), max_length=10, choices=Difference, blank=True)
    total = MoneyField(_("total"), default=0)
    before = MoneyField(_("last invoice"), null=True, blank=True)
    # Of what is planned: a document of other lines than these is another one.
    digest = models.CharField(max_length=16, blank=True)
    has_changed = models.BooleanField(
        _("changed since the preview"), default=False, help_text=_("Other lines were issued than had been previewed.")
    )
    invoice = models.OneToOneField(
        Invoice, models.PROTECT, related_name="run_item", null=True, blank=True, verbose_name=_("invoice")
    )
    credit_note = models.OneToOneField(
        CreditNote, models.PROTECT, related_name="run_item", null=True, blank=True, verbose_name=_("credit note")
    )
    reason = models.CharField(_("reason"), max_length=500, blank=True)

    objects = BillingRunItemQuerySet.as_manager()

    is_on_record = False

    class Meta:
        ordering = ["pk"]
        verbose_name = _("customer of a billing run")
        verbose_name_plural = _("customers of billing runs")
        indexes = [
            models.Index(fields=["run", "outcome", "difference", "id"], name="billing_run_item_by_outcome"),
            models.Index(fields=["run", "customer"], name="billing_run_item_by_customer"),
        ]
        constraints = [
            one_of("outcome", ["planned", "invoiced", "credited", "nothing", "parked"]),
            one_of(
                "difference",
                ["", "unusual", "new", "credit", "price", "gone", "added", "part", "zero", "same"],
            ),
            text_fits("digest", 16),
            text_fits("reason", 500),
            models.CheckConstraint(
                condition=Q(outcome__in=["planned", "nothing"], invoice=None, credit_note=None, reason="")
                | Q(outcome="invoiced", invoice__isnull=False, credit_note=None, reason="")
                | Q(outcome="credited", credit_note__isnull=False, reason="")
                | (Q(outcome="parked", invoice=None, credit_note=None) & ~Q(reason="")),
                name="billing_billingrunitem_has_what_it_made",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.run}: {self.customer}"

    def get_absolute_url(self) -> str:
        """Return the address of what was issued, or of the customer."""
        return (self.invoice or self.credit_note or self.customer).get_absolute_url()
