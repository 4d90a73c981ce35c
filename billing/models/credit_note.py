"""What customers are given back of what they were charged."""

from decimal import Decimal

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from billing.models.invoice import Invoice
from billing.models.invoice_line import InvoiceLine
from customerflow.constraints import at_least, between, in_order, one_of, text_fits
from customerflow.money import MoneyField, format_money
from customerflow.records import Record, page_of_record
from customerflow.search import SearchField, SearchQuerySet
from customerflow.text import fold
from customers.models import Customer, Equipment, Plan, Service, TaxCode
from customers.models.tax import PERCENT_PLACES

NOTE_WITH_CREDIT = Q(voided_on=None, allocated__lt=F("total") - F("refunded"))


def search_text(note: "CreditNote") -> str:
    """Return what a search finds a credit note by."""
    return fold(f"{note.number} {note.customer_name}")


class CreditNoteQuerySet(SearchQuerySet):
    """Credit notes, chosen."""

    exact_fields = ("number", "pk")

    def standing(self) -> "CreditNoteQuerySet":
        """Return the credit notes that were not voided."""
        return self.filter(voided_on=None)

    def with_credit(self) -> "CreditNoteQuerySet":
        """Return the credit notes of which a part settles no invoice and was not paid back."""
        return self.filter(NOTE_WITH_CREDIT)


class CreditNote(Record):
    """
    What a customer is given back, as a document with a number of its own series.

    Like an invoice it is never edited or deleted. `total` is the sum of its lines and taxes, all of them amounts given
    back; `allocated` the sum of what it settles of invoices, `refunded` of what was paid back; the rest is the
    customer's credit.
    """

    customer = models.ForeignKey(Customer, models.PROTECT, related_name="credit_notes", verbose_name=_("customer"))
    number = models.CharField(_("number"), max_length=32, unique=True)
    invoice = models.ForeignKey(
        Invoice,
        models.PROTECT,
        related_name="credit_notes",
        null=True,
        blank=True,
        verbose_name=_("invoice"),
        help_text=_("The invoice that it corrects."),
    )
    reason = models.CharField(_("reason"), max_length=200)
    issued_on = models.DateField(_("issued on"))
    customer_name = models.CharField(_("customer's name"), max_length=200, blank=True)
    customer_address = models.CharField(_("customer's address"), max_length=600, blank=True)
    total = MoneyField(_("total"))
    allocated = MoneyField(_("allocated"), default=0)
    refunded = MoneyField(_("refunded"), default=0)
    issued_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("issued by")
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

    objects = CreditNoteQuerySet.as_manager()

    snapshot_fields = ("customer_name", "customer_address")
    reference_field = "number"

    counter_document = _("A credit note is taken back by voiding it, with a reason.")
    undoable_columns = frozenset({"customer_id"})

    class Meta:
        ordering = ["-issued_on", "-pk"]
        verbose_name = _("credit note")
        indexes = [
            models.Index(fields=["customer", "issued_on", "id"], name="credit_note_by_customer"),
            models.Index(fields=["issued_on", "id"], name="credit_note_by_issue"),
            models.Index(fields=["customer"], condition=NOTE_WITH_CREDIT, name="credit_note_with_credit"),
        ]
        constraints = [
            text_fits("number", 32, shortest=1),
            text_fits("reason", 200, shortest=1),
            text_fits("customer_name", 200),
            text_fits("customer_address", 600),
            text_fits("void_reason", 200),
            models.CheckConstraint(
                condition=Q(total__gt=0),
                name="billing_creditnote_total_positive",
                violation_error_message=_("A credit note is over more than zero."),
            ),
            at_least("allocated", 0),
            at_least("refunded", 0),
            models.CheckConstraint(
                condition=Q(allocated__lte=F("total") - F("refunded")), name="billing_creditnote_not_over_allocated"
            ),
            models.CheckConstraint(
                condition=Q(voided_on=None, void_reason="")
                | (Q(voided_on__isnull=False, allocated=0, refunded=0) & ~Q(void_reason="")),
                name="billing_creditnote_void_is_unused_and_has_a_reason",
                violation_error_message=_("A credit note that something was settled with cannot be void."),
            ),
        ]

    def __str__(self) -> str:
        return self.number

    def get_absolute_url(self) -> str:
        return page_of_record("billing:creditnote_detail", self.pk)

    @property
    def lookup_detail(self) -> str:
        """Whose it is, and over how much."""
        return f"{self.customer_name} · {format_money(self.total)}"

    @property
    def is_void(self) -> bool:
        """Whether the credit note was taken back."""
        return self.voided_on is not None

    @property
    def credit(self) -> Decimal:
        """What of it settles no invoice and was not paid back."""
        return self.total * 0 if self.is_void else self.total - self.allocated - self.refunded


class CreditNoteLine(models.Model):
    """One amount given back, before tax and above zero or, within a note of more than one line, below it."""

    credit_note = models.ForeignKey(CreditNote, models.CASCADE, related_name="lines", verbose_name=_("credit note"))
    kind = models.CharField(_("kind"), max_length=12, choices=InvoiceLine.Kind, default=InvoiceLine.Kind.ADJUSTMENT)
    description = models.CharField(_("description"), max_length=300)
    service = models.ForeignKey(
        Service, models.PROTECT, related_name="credit_note_lines", null=True, blank=True, verbose_name=_("service")
    )
    # The plan that the service had when this was made out: what is reported of a past month stays as it was.
    plan = models.ForeignKey(
        Plan, models.PROTECT, related_name="+", null=True, blank=True, editable=False, verbose_name=_("plan")
    )
    equipment = models.ForeignKey(
        Equipment, models.PROTECT, related_name="credit_note_lines", null=True, blank=True, verbose_name=_("equipment")
    )
    first_day = models.DateField(_("first day"), null=True, blank=True)
    last_day = models.DateField(_("last day"), null=True, blank=True)
    cycle_first = models.DateField(null=True, blank=True, editable=False)
    cycle_last = models.DateField(null=True, blank=True, editable=False)
    amount = MoneyField(_("amount"))
    tax_code = models.ForeignKey(
        TaxCode, models.PROTECT, related_name="+", null=True, blank=True, verbose_name=_("tax code")
    )
    charge = models.ForeignKey(
        "billing.Charge", models.PROTECT, related_name="+", null=True, blank=True, verbose_name=_("charge")
    )
    inputs = models.JSONField(default=dict, blank=True, editable=False)
    # Whether the amount counts against what was billed for these days; cleared when the note is voided.
    live = models.BooleanField(default=True, editable=False)

    part_of = "credit_note"
    counter_document = CreditNote.counter_document

    class Meta:
        ordering = ["pk"]
        verbose_name = _("line of a credit note")
        constraints = [
            one_of(
                "kind",
                ["recurring", "part", "adjustment", "one_off", "setup", "termination", "equipment", "late_fee"],
            ),
            text_fits("description", 300, shortest=1),
            in_order("first_day", "last_day"),
            in_order("cycle_first", "cycle_last"),
        ]

    def __str__(self) -> str:
        return self.description


class CreditNoteTax(models.Model):
    """The tax of one rate that a credit note gives back."""

    credit_note = models.ForeignKey(CreditNote, models.CASCADE, related_name="taxes", verbose_name=_("credit note"))
    code = models.ForeignKey(TaxCode, models.PROTECT, related_name="+", verbose_name=_("tax code"))
    name = models.CharField(_("name"), max_length=50)
    percent = models.DecimalField(_("percent"), max_digits=6, decimal_places=PERCENT_PLACES)
    base = MoneyField(_("on"))
    amount = MoneyField(_("amount"))

    part_of = "credit_note"
    counter_document = CreditNote.counter_document

    class Meta:
        ordering = ["pk"]
        verbose_name = _("tax of a credit note")
        constraints = [
            text_fits("name", 50, shortest=1),
            between("percent", 0, 100),
            models.UniqueConstraint(fields=["credit_note", "code"], name="billing_creditnotetax_once"),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.percent.normalize():f} %"
