"""Payments, and what of them is paid back."""

from decimal import Decimal

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from billing.models.period import why_closed
from customerflow.constraints import at_least, one_of, text_fits
from customerflow.money import QUANTUM, MoneyField, format_money
from customerflow.records import page_of_record
from customerflow.search import SearchField, SearchQuerySet
from customerflow.text import fold
from customers.models import Customer

WITH_CREDIT = Q(allocated__lt=F("amount") - F("refunded"))


def search_text(payment: "Payment") -> str:
    """Return what a search finds a payment by."""
    return fold(" ".join(filter(None, (payment.number, payment.reference, str(payment.amount)))))


class PaymentQuerySet(SearchQuerySet):
    """Payments, chosen."""

    exact_fields = ("number", "pk")

    def standing(self) -> "PaymentQuerySet":
        """Return the payments that were not reversed."""
        return self.filter(reversed_on=None)

    def with_credit(self) -> "PaymentQuerySet":
        """Return the payments of which a part settles no invoice."""
        return self.standing().filter(WITH_CREDIT)


class Payment(models.Model):
    """
    Money received from a customer.

    A payment is never edited or deleted: it is reversed, with a reason. `allocated` is the sum of its allocations and
    `refunded` that of its refunds, kept with them in one transaction; the rest is the customer's credit.
    """

    class Method(models.TextChoices):
        CASH = "cash", _("Cash")
        TRANSFER = "transfer", _("Bank transfer")
        CARD = "card", _("Card")
        CHEQUE = "cheque", _("Cheque")
        DIRECT_DEBIT = "debit", _("Direct debit")
        OTHER = "other", _("Other")

    customer = models.ForeignKey(Customer, models.PROTECT, related_name="payments", verbose_name=_("customer"))
    amount = MoneyField(_("amount"), validators=[MinValueValidator(QUANTUM)])
    allocated = MoneyField(_("allocated"), default=0)
    refunded = MoneyField(_("refunded"), default=0, db_default=0)
    received_on = models.DateField(_("received on"))
    method = models.CharField(_("method"), max_length=10, choices=Method, default=Method.TRANSFER)
    reference = models.CharField(_("reference"), max_length=100, blank=True)
    number = models.CharField(
        _("number"), max_length=32, null=True, blank=True, help_text=_("That of the system that it comes from.")
    )
    origin = models.CharField(
        _("origin"), max_length=50, blank=True, help_text=_("The system that it comes from; empty for ours.")
    )
    idempotency_key = models.CharField(max_length=64, null=True, blank=True, unique=True, editable=False)
    posted_at = models.DateTimeField(_("recorded at"), auto_now_add=True)
    posted_on = models.DateField(
        _("recorded on"), help_text=_("The day on which it came on these books: never backdated.")
    )
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("recorded by")
    )
    reversed_on = models.DateField(_("reversed on"), null=True, blank=True)
    reversal_reason = models.CharField(_("reason for the reversal"), max_length=200, blank=True)
    reversed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("reversed by")
    )

    search_text = SearchField(max_length=150, derive=search_text)

    objects = PaymentQuerySet.as_manager()

    # Taken back by an act of its own; only whose it is may be put back, when customers are merged and unmerged.
    counter_document = _("A payment is taken back by reversing it, with a reason.")
    undoable_columns = frozenset({"customer_id"})
    # Those of another system are taken back with the load that brought them: see `changes.documents`.
    undone_whole = True
    origin_column = "origin"

    class Meta:
        ordering = ["-received_on", "-pk"]
        indexes = [
            models.Index(fields=["customer", "received_on", "id"], name="payment_by_customer"),
            models.Index(fields=["received_on", "id"], name="payment_by_day"),
            models.Index(fields=["posted_on", "id"], name="payment_by_day_posted"),
            models.Index(fields=["origin", "received_on", "id"], name="payment_by_origin"),
            models.Index(fields=["customer"], condition=WITH_CREDIT, name="payment_with_credit"),
            models.Index(
                fields=["reversed_on"], condition=Q(reversed_on__isnull=False), name="payment_by_day_reversed"
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(amount__gt=0),
                name="billing_payment_amount_positive",
                violation_error_message=_("A payment is more than zero."),
            ),
            at_least("allocated", 0),
            at_least("refunded", 0),
            models.CheckConstraint(
                condition=Q(allocated__lte=F("amount") - F("refunded")), name="billing_payment_not_over_allocated"
            ),
            models.CheckConstraint(
                condition=Q(reversed_on=None) | Q(allocated=0, refunded=0),
                name="billing_payment_reversed_is_unallocated",
            ),
            one_of("method", ["cash", "transfer", "card", "cheque", "debit", "other"]),
            text_fits("reference", 100),
            text_fits("number", 32, shortest=1),
            text_fits("origin", 50),
            models.UniqueConstraint(
                fields=["number", "origin"],
                name="billing_payment_number_once_in_its_origin",
                violation_error_message=_("There is a payment with this number already."),
            ),
            models.CheckConstraint(
                condition=Q(origin="", number__isnull=True) | (~Q(origin="") & Q(number__isnull=False)),
                name="billing_payment_numbered_iff_of_another_system",
                violation_error_message=_("A payment has a number exactly when it comes from another system."),
            ),
            text_fits("reversal_reason", 200),
            models.CheckConstraint(
                condition=Q(reversed_on=None, reversal_reason="")
                | (Q(reversed_on__isnull=False) & ~Q(reversal_reason="")),
                name="billing_payment_reversal_has_a_reason",
                violation_error_message=_("A payment is reversed on a day, with a reason."),
            ),
        ]

    def __str__(self) -> str:
        return f"{format_money(self.amount)} #{self.pk}"

    def get_absolute_url(self) -> str:
        return page_of_record("billing:payment_detail", self.pk)

    @classmethod
    def why_closed(cls, keys: models.QuerySet) -> str:
        """Return why those with `keys` are not taken back with their load; empty where they may be."""
        return why_closed(cls.objects.exclude(origin="").filter(pk__in=keys))

    @property
    def is_reversed(self) -> bool:
        """Whether the payment was taken back."""
        return self.reversed_on is not None

    @property
    def credit(self) -> Decimal:
        """What of the payment settles no invoice."""
        return self.amount * 0 if self.is_reversed else self.amount - self.allocated - self.refunded


class Refund(models.Model):
    """
    Money paid back to a customer, out of one payment or credit note.

    Like a payment it is never edited or deleted: it is reversed, with a reason, where it did not arrive.
    """

    customer = models.ForeignKey(Customer, models.PROTECT, related_name="refunds", verbose_name=_("customer"))
    payment = models.ForeignKey(
        Payment, models.PROTECT, related_name="refunds", null=True, blank=True, verbose_name=_("payment")
    )
    credit_note = models.ForeignKey(
        "billing.CreditNote",
        models.PROTECT,
        related_name="refunds",
        null=True,
        blank=True,
        verbose_name=_("credit note"),
    )
    amount = MoneyField(_("amount"), validators=[MinValueValidator(QUANTUM)])
    paid_on = models.DateField(_("paid on"))
    method = models.CharField(_("method"), max_length=10, choices=Payment.Method, default=Payment.Method.TRANSFER)
    reference = models.CharField(_("reference"), max_length=100, blank=True)
    reason = models.CharField(_("reason"), max_length=200)
    idempotency_key = models.CharField(max_length=64, null=True, blank=True, unique=True, editable=False)
    posted_on = models.DateField(_("recorded on"))
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("recorded by")
    )
    reversed_on = models.DateField(_("reversed on"), null=True, blank=True)
    reversal_reason = models.CharField(_("reason for the reversal"), max_length=200, blank=True)
    reversed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("reversed by")
    )

    counter_document = _("A refund is taken back by reversing it, with a reason.")
    undoable_columns = frozenset({"customer_id"})

    class Meta:
        ordering = ["-paid_on", "-pk"]
        verbose_name = _("refund")
        indexes = [
            models.Index(fields=["customer", "paid_on", "id"], name="refund_by_customer"),
            models.Index(fields=["posted_on", "id"], name="refund_by_day_posted"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(amount__gt=0),
                name="billing_refund_amount_positive",
                violation_error_message=_("A refund is more than zero."),
            ),
            models.CheckConstraint(
                condition=Q(payment__isnull=False, credit_note=None) | Q(payment=None, credit_note__isnull=False),
                name="billing_refund_of_one_document",
            ),
            one_of("method", ["cash", "transfer", "card", "cheque", "debit", "other"]),
            text_fits("reference", 100),
            text_fits("reason", 200, shortest=1),
            text_fits("reversal_reason", 200),
            models.CheckConstraint(
                condition=Q(reversed_on=None, reversal_reason="")
                | (Q(reversed_on__isnull=False) & ~Q(reversal_reason="")),
                name="billing_refund_reversal_has_a_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"{format_money(self.amount)} #{self.pk}"

    def get_absolute_url(self) -> str:
        """Return the address of the document that it was paid out of."""
        if self.payment_id:
            return page_of_record("billing:payment_detail", self.payment_id)
        return page_of_record("billing:creditnote_detail", self.credit_note_id)

    @property
    def source(self) -> models.Model:
        """The payment or credit note that it was paid out of."""
        return self.payment or self.credit_note

    @property
    def is_reversed(self) -> bool:
        """Whether the refund was taken back."""
        return self.reversed_on is not None
