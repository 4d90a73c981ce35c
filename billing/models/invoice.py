"""Invoices."""

from datetime import date
from decimal import Decimal

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from billing.models.period import why_closed
from customerflow.constraints import at_least, in_order, one_of, text_fits
from customerflow.money import MoneyField, format_money
from customerflow.records import Record, page_of_record
from customerflow.search import SearchField, SearchQuerySet
from customerflow.text import fold
from customers.models import Customer

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

    def drafts(self) -> "InvoiceQuerySet":
        """Return the drafts, which are on nobody's books."""
        # Exactly they have no number, and the number is what has an index.
        return self.filter(number=None)

    def overdue(self, on: date) -> "InvoiceQuerySet":
        """Return the open invoices whose due day was before `on`: overdue begins the day after the due day."""
        return self.open().filter(due_on__lt=on)


class Invoice(Record):
    """
    What a customer is charged.

    A draft has no number and no taxes, and its `total` is what it came to when it was saved. At issue the invoice takes
    its number, which no other of its origin has, and a copy of the customer's name and address; from then on it is
    corrected only by other documents. `settled` is the sum of its
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
    note = models.CharField(
        _("note"), max_length=300, blank=True, default="", db_default="", help_text=_("It stands on the invoice.")
    )
    total = MoneyField(_("total"), default=0)
    settled = MoneyField(_("settled"), default=0)
    # Of the form by which somebody made it by hand.
    idempotency_key = models.CharField(max_length=64, null=True, blank=True, editable=False)
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
    # A draft is nobody's document yet: what was done to it may be undone, and who may change it may remove it.
    draft_column, draft_value = "status", "draft"
    right_to_remove = "change"
    unrecorded_fields = ("idempotency_key",)

    class Meta:
        ordering = ["-issued_on", "-pk"]
        indexes = [
            models.Index(fields=["customer", "issued_on", "id"], name="invoice_by_customer"),
            models.Index(fields=["issued_on", "id"], name="invoice_by_issue"),
            models.Index(fields=["posted_on", "id"], name="invoice_by_day_posted"),
            models.Index(fields=["origin", "issued_on", "id"], name="invoice_by_origin"),
            models.Index(fields=["due_on", "id"], name="invoice_by_due_day"),
            # What is open is added up out of these alone; the status is in them for SQLite, which asks for it again.
            models.Index(
                fields=["due_on", "customer", "total", "settled", "status"],
                condition=OPEN,
                name="invoice_open_by_due_day",
            ),
            models.Index(
                fields=["customer", "due_on", "total", "settled", "status"],
                condition=OPEN,
                name="invoice_open_by_customer",
            ),
            models.Index(fields=["voided_on"], condition=Q(voided_on__isnull=False), name="invoice_by_day_voided"),
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
            models.UniqueConstraint(
                fields=["idempotency_key"],
                condition=Q(idempotency_key__isnull=False),
                name="billing_invoice_form_sent_once",
            ),
            text_fits("customer_name", 200),
            text_fits("customer_address", 600),
            text_fits("note", 300),
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
        return self.number or _t("Draft #%(key)s") % {"key": self.pk}

    def get_absolute_url(self) -> str:
        return page_of_record("billing:invoice_detail", self.pk)

    @classmethod
    def why_closed(cls, keys: models.QuerySet) -> str:
        """Return why those with `keys` are not taken back with their load; empty where they may be."""
        return why_closed(cls.objects.exclude(origin="").filter(pk__in=keys))

    @property
    def is_draft(self) -> bool:
        """Whether it is not issued yet."""
        return self.status == self.Status.DRAFT

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
