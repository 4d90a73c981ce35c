"""The lines of invoices, and the taxes on them."""

from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from billing.models.invoice import Invoice
from customerflow.constraints import between, in_order, one_of, text_fits
from customerflow.money import MoneyField
from customers.models import Equipment, Plan, Service, TaxCode
from customers.models.tax import PERCENT_PLACES

MOST_QUANTITY = 1_000_000


class InvoiceLine(models.Model):
    """
    One charge on an invoice, before tax; the days are inclusive.

    `cycle_first` and `cycle_last` are the full cycle that the days are of. `live` says that they count as billed: not
    on a draft, and not on an invoice that was voided so that they are billed again. It takes the line out of the
    unique constraints, because a constraint's condition cannot look at the invoice.
    """

    class Kind(models.TextChoices):
        RECURRING = "recurring", _("Recurring")
        PART_PERIOD = "part", _("Part period")
        ADJUSTMENT = "adjustment", _("Adjustment")
        ONE_OFF = "one_off", _("One-off")
        SETUP = "setup", _("Set-up")
        TERMINATION = "termination", _("Early termination")
        EQUIPMENT = "equipment", _("Equipment")
        LATE_FEE = "late_fee", _("Late fee")

    # For each first day, a service is charged once.
    CHARGED_ONCE = ("recurring", "part")

    invoice = models.ForeignKey(Invoice, models.CASCADE, related_name="lines", verbose_name=_("invoice"))
    kind = models.CharField(_("kind"), max_length=12, choices=Kind, default=Kind.ONE_OFF)
    description = models.CharField(_("description"), max_length=300)
    service = models.ForeignKey(
        Service, models.PROTECT, related_name="invoice_lines", null=True, blank=True, verbose_name=_("service")
    )
    # The plan that the service had when this was made out: what is reported of a past month stays as it was.
    plan = models.ForeignKey(
        Plan, models.PROTECT, related_name="+", null=True, blank=True, editable=False, verbose_name=_("plan")
    )
    equipment = models.ForeignKey(
        Equipment, models.PROTECT, related_name="invoice_lines", null=True, blank=True, verbose_name=_("equipment")
    )
    first_day = models.DateField(_("first day"), null=True, blank=True)
    last_day = models.DateField(_("last day"), null=True, blank=True)
    quantity = models.PositiveIntegerField(_("quantity"), default=1, validators=[MaxValueValidator(MOST_QUANTITY)])
    unit_price = MoneyField(_("unit price"))
    amount = MoneyField(_("amount"))
    cycle_first = models.DateField(null=True, blank=True, editable=False)
    cycle_last = models.DateField(null=True, blank=True, editable=False)
    tax_code = models.ForeignKey(
        TaxCode, models.PROTECT, related_name="+", null=True, blank=True, verbose_name=_("tax code")
    )
    charge = models.ForeignKey(
        "billing.Charge", models.PROTECT, related_name="lines", null=True, blank=True, verbose_name=_("charge")
    )
    # What the amount was made of: see `billing.engine.explaining`.
    inputs = models.JSONField(default=dict, blank=True, editable=False)
    live = models.BooleanField(default=True, editable=False)

    part_of = "invoice"
    counter_document = Invoice.counter_document
    undone_whole = True

    class Meta:
        ordering = ["pk"]
        constraints = [
            one_of(
                "kind",
                ["recurring", "part", "adjustment", "one_off", "setup", "termination", "equipment", "late_fee"],
            ),
            text_fits("description", 300, shortest=1),
            between("quantity", 0, MOST_QUANTITY),
            in_order("first_day", "last_day"),
            models.UniqueConstraint(
                fields=["service", "first_day"],
                condition=Q(live=True, kind__in=["recurring", "part"]),
                name="billing_invoiceline_service_charged_once",
            ),
            # Not for all invoices: where a takeover is told late, two customers were charged the rent of a day, and one
            # of them got it back.
            models.UniqueConstraint(
                fields=["invoice", "equipment", "first_day"],
                condition=Q(live=True, kind="equipment", first_day__isnull=False),
                name="billing_invoiceline_equipment_charged_once",
            ),
            models.UniqueConstraint(
                fields=["charge"], condition=Q(live=True), name="billing_invoiceline_charge_billed_once"
            ),
            in_order("cycle_first", "cycle_last"),
        ]
        indexes = [
            models.Index(fields=["service", "cycle_first"], condition=Q(live=True), name="invoice_line_by_cycle"),
        ]

    def __str__(self) -> str:
        return self.description

    @property
    def is_by_hand(self) -> bool:
        """Whether somebody wrote it, and no billing run."""
        return self.kind == self.Kind.ONE_OFF and not (self.cycle_first or self.charge_id or self.equipment_id)


class InvoiceTax(models.Model):
    """The tax of one rate on an invoice: computed once, on the sum of the lines that it is on."""

    invoice = models.ForeignKey(Invoice, models.CASCADE, related_name="taxes", verbose_name=_("invoice"))
    code = models.ForeignKey(TaxCode, models.PROTECT, related_name="+", verbose_name=_("tax code"))
    name = models.CharField(_("name"), max_length=50)
    percent = models.DecimalField(_("percent"), max_digits=6, decimal_places=PERCENT_PLACES)
    base = MoneyField(_("on"))
    amount = MoneyField(_("amount"))

    part_of = "invoice"
    counter_document = Invoice.counter_document
    undone_whole = True

    class Meta:
        ordering = ["pk"]
        verbose_name = _("tax of an invoice")
        constraints = [
            text_fits("name", 50, shortest=1),
            between("percent", 0, 100),
            models.UniqueConstraint(fields=["invoice", "code"], name="billing_invoicetax_once"),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.percent.normalize():f} %"
