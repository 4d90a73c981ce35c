"""Invoices and their lines."""

from datetime import date
from decimal import Decimal

from django.conf import settings
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from customerflow.constraints import at_least, between, in_order, one_of, text_fits
from customerflow.money import MoneyField, format_money
from customerflow.records import Record, page_of_record
from customerflow.search import SearchField, SearchQuerySet
from customerflow.text import fold
from customers.models import Customer, Equipment, Service, TaxCode
from customers.models.tax import PERCENT_PLACES

MOST_QUANTITY = 1_000_000
OPEN = Q(status="issued", settled__lt=F("total"))


def search_text(invoice: "Invoice") -> str:
    """Return what a search finds an invoice by."""
    return fold(" ".join(filter(None, (invoice.number, invoice.customer_name))))


class InvoiceQuerySet(SearchQuerySet):
    """Invoices, chosen. The day asked about is passed in."""

    exact_fields = ("number", "pk")

    def open(self) -> "InvoiceQuerySet":
        """Return the issued invoices that are not settled."""
        return self.filter(OPEN)

    def overdue(self, on: date) -> "InvoiceQuerySet":
        """Return the open invoices whose due day was before `on`: overdue begins the day after the due day."""
        return self.open().filter(due_on__lt=on)


class Invoice(Record):
    """
    What a customer is charged.

    A draft has no number. At issue the invoice takes its number, which no other of its origin has, and a copy of the
    customer's name and address; from then on it is corrected only by other documents. `settled` is the sum of its
    allocations, kept with them in one transaction; everything else about its payment is derived.
    """

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        ISSUED = "issued", _("Issued")
        VOID = "void", _("Void")

    customer = models.ForeignKey(Customer, models.PROTECT, related_name="invoices", verbose_name=_("customer"))
    number = models.CharField(_("number"), max_length=32, null=True, blank=True)
    origin = models.CharField(
        _("origin"), max_length=50, blank=True, help_text=_("The system that it comes from; empty for ours.")
    )
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.DRAFT)
    issued_on = models.DateField(_("issued on"), help_text=_("Of a draft: the day planned."))
    due_on = models.DateField(_("due on"))
    customer_name = models.CharField(_("customer's name"), max_length=200, blank=True)
    customer_address = models.CharField(_("customer's address"), max_length=600, blank=True)
    total = MoneyField(_("total"), default=0)
    settled = MoneyField(_("settled"), default=0)
    posted_on = models.DateField(
        _("recorded on"), help_text=_("The day on which it came on these books: never backdated.")
    )
    is_waived = models.BooleanField(
        _("never billed again"),
        default=False,
        db_default=False,
        editable=False,
        help_text=_("What the void invoice charged counts as billed: its lines stay live."),
    )
    voided_on = models.DateField(_("voided on"), null=True, blank=True, editable=False)
    void_reason = models.CharField(_("reason for voiding"), max_length=200, blank=True, editable=False)
    voided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        verbose_name=_("voided by"),
    )

    search_text = SearchField(max_length=250, derive=search_text)

    objects = InvoiceQuerySet.as_manager()

    # Copied from the customer at issue: the document keeps it when the customer is erased, its history does not.
    snapshot_fields = ("customer_name", "customer_address")
    reference_field = "number"

    # Taken back by a document of its own; only whose it is may be put back, when customers are merged and unmerged.
    counter_document = _("An invoice is taken back by voiding it, with a reason.")
    undoable_columns = frozenset({"customer_id"})
    # Those of another system are taken back with the load that brought them: see `changes.documents`.
    undone_whole = True
    origin_column = "origin"

    class Meta:
        ordering = ["-issued_on", "-pk"]
        indexes = [
            models.Index(fields=["customer", "issued_on", "id"], name="invoice_by_customer"),
            models.Index(fields=["issued_on", "id"], name="invoice_by_issue"),
            models.Index(fields=["origin", "issued_on", "id"], name="invoice_by_origin"),
            models.Index(fields=["due_on", "id"], name="invoice_by_due_day"),
            models.Index(fields=["due_on", "customer"], condition=OPEN, name="invoice_open_by_due_day"),
            models.Index(fields=["customer", "due_on"], condition=OPEN, name="invoice_open_by_customer"),
        ]
        constraints = [
            one_of("status", ["draft", "issued", "void"]),
            text_fits("number", 32, shortest=1),
            text_fits("origin", 50),
            models.UniqueConstraint(
                fields=["number", "origin"],
                name="billing_invoice_number_once_in_its_origin",
                violation_error_message=_("There is an invoice with this number already."),
            ),
            models.CheckConstraint(
                condition=Q(origin="") | ~Q(status="draft"),
                name="billing_invoice_of_another_system_is_no_draft",
                violation_error_message=_("An invoice of another system is no draft."),
            ),
            text_fits("customer_name", 200),
            text_fits("customer_address", 600),
            text_fits("void_reason", 200),
            at_least("total", 0),
            at_least("settled", 0),
            in_order("issued_on", "due_on"),
            models.CheckConstraint(
                condition=Q(settled__lte=F("total")),
                name="billing_invoice_not_over_settled",
                violation_error_message=_("More would be paid on this invoice than it amounts to."),
            ),
            models.CheckConstraint(
                condition=Q(status="draft", number__isnull=True, settled=0)
                | (~Q(status="draft") & Q(number__isnull=False)),
                name="billing_invoice_numbered_iff_issued",
            ),
            models.CheckConstraint(
                condition=~Q(status="void") | Q(settled=0),
                name="billing_invoice_void_is_unpaid",
                violation_error_message=_("An invoice that something was paid on cannot be void."),
            ),
            models.CheckConstraint(
                condition=(Q(status="void", voided_on__isnull=False) & ~Q(void_reason=""))
                | (~Q(status="void") & Q(voided_on=None, void_reason="")),
                name="billing_invoice_void_has_a_reason",
                violation_error_message=_("An invoice is voided on a day, with a reason."),
            ),
        ]

    def __str__(self) -> str:
        return self.number or f"Draft #{self.pk}"

    def get_absolute_url(self) -> str:
        return page_of_record("billing:invoice_detail", self.pk)

    @property
    def lookup_detail(self) -> str:
        """From which system it is, if not ours, whose it is, and over how much."""
        return " · ".join(filter(None, (self.origin, self.customer_name, format_money(self.total))))

    @property
    def open_amount(self) -> Decimal:
        """What is still to be paid."""
        return self.total - self.settled if self.status == self.Status.ISSUED else self.total * 0

    def is_overdue(self, on: date) -> bool:
        """Return whether the invoice is open and its due day was before `on`."""
        return self.open_amount > 0 and self.due_on < on

    def standing(self, on: date) -> str:
        """Return in a word how the invoice stands on the day `on`."""
        if self.status != self.Status.ISSUED:
            return self.get_status_display()
        if not self.open_amount:
            return _("Paid")
        if self.due_on < on:
            return _("Overdue")
        return _("Part paid") if self.settled else _("Open")


class InvoiceLine(models.Model):
    """
    One charge on an invoice, before tax; the days are inclusive.

    `cycle_first` and `cycle_last` are the full cycle that the days are of. `live` says that they count as billed: it is
    cleared when the invoice is voided so that they are billed again, and takes the line out of the unique constraints,
    because a constraint's condition cannot look at the invoice.
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
            models.UniqueConstraint(
                fields=["equipment", "first_day"],
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
