"""What is charged once, and what is taken off."""

from datetime import date
from decimal import Decimal

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from billing.models.invoice import Invoice
from billing.models.invoice_line import MOST_QUANTITY
from customerflow.constraints import at_least, between, in_order, text_fits
from customerflow.money import MoneyField, format_money
from customerflow.records import Record
from customers.models import Customer, Service, TaxCode
from customers.models.tax import PERCENT_PLACES


class ChargeQuerySet(models.QuerySet):
    """Charges, chosen."""

    def waiting(self) -> "ChargeQuerySet":
        """Return the charges that are neither on an invoice that counts nor cancelled."""
        billed = models.Exists(
            self.model._meta.get_field("lines").related_model.objects.filter(charge=models.OuterRef("pk"), live=True)
        )
        return self.filter(~billed, cancelled_at=None)


class Charge(Record):
    """
    A one-off charge, such as a visit: the billing run of the day `charged_on`, or the next, puts it on an invoice.

    `unit_price` is before tax. A late fee says which invoice was late (`late_fee_of`): of each there is one, also when
    it was waived.
    """

    customer = models.ForeignKey(Customer, models.PROTECT, related_name="charges", verbose_name=_("customer"))
    service = models.ForeignKey(
        Service, models.PROTECT, related_name="charges", null=True, blank=True, verbose_name=_("service")
    )
    description = models.CharField(_("description"), max_length=300)
    quantity = models.PositiveIntegerField(
        _("quantity"), default=1, validators=[MinValueValidator(1), MaxValueValidator(MOST_QUANTITY)]
    )
    unit_price = MoneyField(_("unit price"), validators=[MinValueValidator(0)], help_text=_("Before tax."))
    tax_code = models.ForeignKey(
        TaxCode,
        models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        verbose_name=_("tax code"),
        help_text=_("Empty: the default one."),
    )
    charged_on = models.DateField(_("to be charged on"))
    late_fee_of = models.OneToOneField(
        Invoice,
        models.PROTECT,
        related_name="late_fee",
        null=True,
        blank=True,
        editable=False,
        verbose_name=_("late fee of invoice"),
    )
    cancelled_at = models.DateTimeField(null=True, blank=True, editable=False)
    cancel_reason = models.CharField(
        _("reason for cancelling"), max_length=200, blank=True, default="", db_default="", editable=False
    )

    objects = ChargeQuerySet.as_manager()

    undoable_columns = frozenset({"customer_id"})
    shown_with = ("customer", "service")

    class Meta:
        ordering = ["charged_on", "pk"]
        verbose_name = _("charge")
        indexes = [
            models.Index(fields=["charged_on"], condition=Q(cancelled_at=None), name="charge_by_day"),
        ]
        constraints = [
            text_fits("description", 300, shortest=1),
            text_fits("cancel_reason", 200),
            between("quantity", 1, MOST_QUANTITY),
            at_least("unit_price", 0),
        ]

    def __str__(self) -> str:
        return f"{self.description}: {format_money(self.amount)}"

    def get_absolute_url(self) -> str:
        return self.customer.get_absolute_url()

    @classmethod
    def why_closed(cls, keys: models.QuerySet) -> str:
        """Return why those with `keys` are not removed by undoing what made them; empty where they may be."""
        if not cls.objects.filter(pk__in=keys, late_fee_of__isnull=False).exists():
            return ""
        return _t(
            "Reminders and late fees are not undone: what was sent is sent. A late fee that is not meant is waived on "
            "the page of its invoice, with a reason."
        )

    @property
    def amount(self) -> Decimal:
        """What is charged, before tax."""
        return self.quantity * self.unit_price


class DiscountQuerySet(models.QuerySet):
    """Discounts, chosen. All days are inclusive."""

    def not_over(self, on: date) -> "DiscountQuerySet":
        """Return the discounts that go on on the day `on`, or are to come."""
        return self.filter(Q(last_day=None) | Q(last_day__gte=on))


class Discount(Record):
    """
    What is taken off a service, or off all services of a customer, from `first_day` to `last_day`, both included.

    Either `percent`, or `amount` off each full cycle of one service.
    """

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="discounts", verbose_name=_("customer"))
    service = models.ForeignKey(
        Service,
        models.CASCADE,
        related_name="discounts",
        null=True,
        blank=True,
        verbose_name=_("service"),
        help_text=_("Empty: all services of the customer."),
    )
    percent = models.DecimalField(
        _("percent"),
        max_digits=6,
        decimal_places=PERCENT_PLACES,
        default=0,
        blank=True,
        validators=[MinValueValidator(0), MaxValueValidator(100)],
    )
    amount = MoneyField(
        _("amount"), default=0, blank=True, validators=[MinValueValidator(0)], help_text=_("Off a full cycle.")
    )
    first_day = models.DateField(_("first day"))
    last_day = models.DateField(_("last day"), null=True, blank=True)
    reason = models.CharField(_("reason"), max_length=200, blank=True)

    objects = DiscountQuerySet.as_manager()

    shown_with = ("customer", "service")

    class Meta:
        ordering = ["customer", "first_day", "pk"]
        verbose_name = _("discount")
        indexes = [
            models.Index(
                fields=["first_day"],
                condition=Q(service__isnull=False, last_day=None),
                name="discount_without_end",
            ),
        ]
        constraints = [
            between("percent", 0, 100),
            at_least("amount", 0),
            text_fits("reason", 200),
            in_order("first_day", "last_day"),
            models.CheckConstraint(
                condition=(Q(percent__gt=0) & Q(amount=0)) | (Q(percent=0) & Q(amount__gt=0)),
                name="billing_discount_percent_or_amount",
                violation_error_message=_("A discount is a percentage or an amount, and not both."),
            ),
            models.CheckConstraint(
                condition=Q(service__isnull=False) | Q(amount=0),
                name="billing_discount_amount_is_off_a_service",
                violation_error_message=_("An amount is taken off one service: choose it."),
            ),
        ]

    def __str__(self) -> str:
        if self.percent:
            return f"−{Decimal(self.percent).normalize():f} %"
        return f"−{format_money(self.amount)}"

    def get_absolute_url(self) -> str:
        return self.customer.get_absolute_url()
