"""The billing run: what it charged, and whom it could not."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from billing.models.credit_note import CreditNote
from billing.models.invoice import Invoice
from customerflow.constraints import between, one_of, text_fits
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


class BillingRun(models.Model):
    """The billing of all that is due up to the day `day`; there is one a day, and each attempt goes on with it."""

    class State(models.TextChoices):
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")

    day = models.DateField(_("day"), unique=True)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.RUNNING)
    attempt = models.PositiveIntegerField(_("attempt"), default=1)
    started_at = models.DateTimeField(_("started"))
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)
    # The customers up to this key are done in the running attempt.
    done_up_to = models.BigIntegerField(default=0)
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("started by")
    )

    # It is a record of what was done itself.
    is_on_record = False

    class Meta:
        ordering = ["-day"]
        verbose_name = _("billing run")
        constraints = [
            one_of("state", ["running", "done"]),
            models.CheckConstraint(
                condition=Q(state="running", finished_at=None) | Q(state="done", finished_at__isnull=False),
                name="billing_billingrun_finished_iff_done",
            ),
        ]

    def __str__(self) -> str:
        return str(self.day)

    def get_absolute_url(self) -> str:
        return page_of_record("billing:billingrun_detail", self.pk)


class BillingRunItem(models.Model):
    """What a run's attempt did for one customer: an invoice, a credit note, or why it could do nothing."""

    class Outcome(models.TextChoices):
        INVOICED = "invoiced", _("Invoiced")
        CREDITED = "credited", _("Credited")
        PARKED = "parked", _("Parked")

    run = models.ForeignKey(BillingRun, models.CASCADE, related_name="items", verbose_name=_("billing run"))
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="+", verbose_name=_("customer"))
    attempt = models.PositiveIntegerField(_("attempt"))
    outcome = models.CharField(_("outcome"), max_length=10, choices=Outcome)
    invoice = models.OneToOneField(
        Invoice, models.PROTECT, related_name="run_item", null=True, blank=True, verbose_name=_("invoice")
    )
    credit_note = models.OneToOneField(
        CreditNote, models.PROTECT, related_name="run_item", null=True, blank=True, verbose_name=_("credit note")
    )
    reason = models.CharField(_("reason"), max_length=500, blank=True)

    is_on_record = False

    class Meta:
        ordering = ["pk"]
        verbose_name = _("customer of a billing run")
        indexes = [models.Index(fields=["run", "outcome", "id"], name="billing_run_item_by_outcome")]
        constraints = [
            one_of("outcome", ["invoiced", "credited", "parked"]),
            text_fits("reason", 500),
            models.CheckConstraint(
                condition=Q(outcome="invoiced", invoice__isnull=False, credit_note=None, reason="")
                | Q(outcome="credited", invoice=None, credit_note__isnull=False, reason="")
                | (Q(outcome="parked", invoice=None, credit_note=None) & ~Q(reason="")),
                name="billing_billingrunitem_has_what_it_made",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.run}: {self.customer}"
