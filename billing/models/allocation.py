"""What settles an invoice: payments, credit notes, and what is given up."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from billing.models.credit_note import CreditNote
from billing.models.invoice import Invoice
from billing.models.payment import Payment
from customerflow.constraints import in_order, text_fits
from customerflow.money import MoneyField, format_money

# Exactly one of the three says where the money comes from.
ONE_SOURCE = (
    Q(payment__isnull=False, credit_note=None, write_off=None)
    | Q(payment=None, credit_note__isnull=False, write_off=None)
    | Q(payment=None, credit_note=None, write_off__isnull=False)
)


class WriteOff(models.Model):
    """
    What is open on an invoice, given up as uncollectible on the day `posted_on`; it may be taken back.

    The amount is that of its allocation.
    """

    invoice = models.ForeignKey(Invoice, models.PROTECT, related_name="write_offs", verbose_name=_("invoice"))
    reason = models.CharField(_("reason"), max_length=200)
    posted_on = models.DateField(_("recorded on"))
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("recorded by")
    )
    reversed_on = models.DateField(_("taken back on"), null=True, blank=True)
    reversed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("taken back by"),
    )

    counter_document = _("What was given up is taken back on the invoice's page.")

    class Meta:
        ordering = ["pk"]
        verbose_name = _("write-off")
        constraints = [
            text_fits("reason", 200, shortest=1),
            models.UniqueConstraint(
                fields=["invoice"], condition=Q(reversed_on=None), name="billing_writeoff_one_standing"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.invoice}: {self.reason}"

    def get_absolute_url(self) -> str:
        return self.invoice.get_absolute_url()


class Allocation(models.Model):
    """
    A part of a payment, credit note or write-off that settles a part of an invoice, from the day `posted_on` on.

    It is never changed; when what it comes from is taken back, `released_on` is set and it no longer counts.
    """

    payment = models.ForeignKey(
        Payment, models.PROTECT, related_name="allocations", null=True, blank=True, verbose_name=_("payment")
    )
    credit_note = models.ForeignKey(
        CreditNote, models.PROTECT, related_name="allocations", null=True, blank=True, verbose_name=_("credit note")
    )
    write_off = models.ForeignKey(
        WriteOff, models.PROTECT, related_name="allocations", null=True, blank=True, verbose_name=_("write-off")
    )
    invoice = models.ForeignKey(Invoice, models.PROTECT, related_name="allocations", verbose_name=_("invoice"))
    amount = MoneyField(_("amount"))
    posted_on = models.DateField(_("recorded on"))
    released_on = models.DateField(_("released on"), null=True, blank=True)

    part_of = "invoice"
    counter_document = Payment.counter_document
    undone_whole = True

    class Meta:
        ordering = ["pk"]
        indexes = [
            models.Index(fields=["posted_on", "id"], name="allocation_by_day_posted"),
            models.Index(
                fields=["released_on"], condition=Q(released_on__isnull=False), name="allocation_by_day_released"
            ),
            models.Index(fields=["invoice"], condition=Q(credit_note__isnull=False), name="allocation_of_credit_note"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="billing_allocation_amount_positive"),
            models.CheckConstraint(condition=ONE_SOURCE, name="billing_allocation_of_one_source"),
            in_order("posted_on", "released_on"),
        ]

    def __str__(self) -> str:
        return f"{format_money(self.amount)} → {self.invoice}"

    @property
    def source(self) -> "Payment | CreditNote | WriteOff":
        """Where the money comes from."""
        return self.payment or self.credit_note or self.write_off
