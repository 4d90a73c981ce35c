"""Direct debits: mandates, and what is collected by them."""

from datetime import date

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from bank.identifiers import SEPA_IDENTIFIER, clean_iban
from bank.models.statement import StatementLine
from billing.models import Invoice, Payment
from customerflow.constraints import in_order, one_of, text_fits
from customerflow.money import MoneyField
from customerflow.records import Record, page_of_record
from customerflow.search import SearchField, SearchQuerySet
from customerflow.text import fold
from customers.models import Customer


class MandateQuerySet(SearchQuerySet):
    """Mandates, chosen."""

    exact_fields = ("reference",)

    def usable(self, on: date) -> "MandateQuerySet":
        """Return the mandates by which may be collected on the day `on`."""
        return self.filter(state="active", signed_on__lte=on)


def mandate_search_text(mandate: "Mandate") -> str:
    """Return what a search finds a mandate by."""
    return fold(f"{mandate.reference} {mandate.holder} {mandate.iban}")


class Mandate(Record):
    """
    A customer's permission to collect from an account by SEPA direct debit.

    `sequence` is FRST until something was collected by it. It is set aside when the bank says that there is none, and
    revoked by the customer; then nothing is collected any more.
    """

    class Sequence(models.TextChoices):
        FIRST = "FRST", _("First")
        RECURRING = "RCUR", _("Recurring")

    class State(models.TextChoices):
        ACTIVE = "active", _("Active")
        SET_ASIDE = "aside", _("Set aside")
        REVOKED = "revoked", _("Revoked")

    customer = models.ForeignKey(Customer, models.PROTECT, related_name="mandates", verbose_name=_("customer"))
    reference = models.CharField(
        _("mandate reference"),
        max_length=35,
        unique=True,
        validators=[RegexValidator(SEPA_IDENTIFIER, _("Only letters, digits and the signs / - ? : ( ) . , ' +."))],
    )
    holder = models.CharField(_("account holder"), max_length=70)
    iban = models.CharField(_("IBAN"), max_length=42)
    signed_on = models.DateField(_("signed on"))
    sequence = models.CharField(_("sequence"), max_length=4, choices=Sequence, default=Sequence.FIRST, editable=False)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.ACTIVE, editable=False)
    ended_on = models.DateField(_("ended on"), null=True, blank=True, editable=False)
    reason = models.CharField(_("reason"), max_length=200, blank=True, editable=False)

    search_text = SearchField(max_length=200, derive=mandate_search_text)

    objects = MandateQuerySet.as_manager()

    personal_fields = ("holder", "iban")
    reference_field = "reference"
    rules_are_about = frozenset({"iban"})

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("mandate")
        indexes = [models.Index(fields=["iban"], name="mandate_by_iban")]
        constraints = [
            text_fits("reference", 35, shortest=1),
            text_fits("holder", 70, shortest=1),
            text_fits("iban", 34, shortest=5),
            text_fits("reason", 200),
            one_of("sequence", ["FRST", "RCUR"]),
            one_of("state", ["active", "aside", "revoked"]),
            in_order("signed_on", "ended_on"),
            models.CheckConstraint(
                condition=Q(state="active", ended_on=None) | (~Q(state="active") & Q(ended_on__isnull=False)),
                name="bank_mandate_ended_on_a_day",
            ),
        ]

    def __str__(self) -> str:
        return self.reference

    def get_absolute_url(self) -> str:
        return page_of_record("bank:mandate_detail", self.pk)

    def clean(self) -> None:
        """Bring the IBAN into its plain form; raises `ValidationError` for one that is none."""
        try:
            self.iban = clean_iban(self.iban)
        except ValidationError as error:
            raise ValidationError({"iban": error}) from error

    @property
    def is_active(self) -> bool:
        """Whether something may be collected by it."""
        return self.state == self.State.ACTIVE


class Collection(Record):
    """
    Open invoices that are collected by direct debit on one day.

    It is drawn up, to be looked at; confirmed, which makes it a file for the bank; and collected, when the money came.
    """

    class State(models.TextChoices):
        DRAFT = "draft", _("Preview")
        CONFIRMED = "confirmed", _("Confirmed")
        COLLECTED = "collected", _("Collected")
        CANCELLED = "cancelled", _("Cancelled")

    reference = models.CharField(_("reference"), max_length=35, unique=True)
    collect_on = models.DateField(_("collection day"))
    due_up_to = models.DateField(_("due up to"))
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.DRAFT)
    confirmed_at = models.DateTimeField(_("confirmed at"), null=True, blank=True)
    collected_on = models.DateField(_("collected on"), null=True, blank=True)
    credited_by = models.OneToOneField(
        StatementLine, models.PROTECT, null=True, blank=True, related_name="collection", verbose_name=_("credited by")
    )
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("made by")
    )

    search_text = SearchField(max_length=50, derive=lambda each: fold(each.reference))

    objects = SearchQuerySet.as_manager()
    counter_document = _("A collection is cancelled on its page.")

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("direct debit run")
        indexes = [models.Index(fields=["collect_on", "id"], name="collection_by_day")]
        constraints = [
            one_of("state", ["draft", "confirmed", "collected", "cancelled"]),
            text_fits("reference", 35, shortest=1),
        ]

    def __str__(self) -> str:
        return self.reference

    def get_absolute_url(self) -> str:
        return page_of_record("bank:collection_detail", self.pk)


class CollectionItemQuerySet(models.QuerySet):
    """Direct debits, chosen."""

    def standing(self) -> "CollectionItemQuerySet":
        """Return those that are collected, or to be."""
        return self.exclude(state__in=["dropped"])


class CollectionItem(models.Model):
    """One direct debit: an open invoice, collected by a mandate. The bank knows it by `end_to_end_id`."""

    class State(models.TextChoices):
        PENDING = "pending", _("Pending")
        COLLECTED = "collected", _("Collected")
        RETURNED = "returned", _("Returned")
        DROPPED = "dropped", _("Dropped")

    collection = models.ForeignKey(Collection, models.PROTECT, related_name="items", verbose_name=_("collection"))
    mandate = models.ForeignKey(Mandate, models.PROTECT, related_name="items", verbose_name=_("mandate"))
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="direct_debits", verbose_name=_("customer"))
    invoice = models.ForeignKey(Invoice, models.PROTECT, related_name="direct_debits", verbose_name=_("invoice"))
    amount = MoneyField(_("amount"))
    sequence = models.CharField(_("sequence"), max_length=4, choices=Mandate.Sequence)
    end_to_end_id = models.CharField(_("end-to-end reference"), max_length=35, unique=True)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.PENDING)
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    payment = models.OneToOneField(
        Payment, models.PROTECT, null=True, blank=True, related_name="direct_debit", verbose_name=_("payment")
    )
    returned_on = models.DateField(_("returned on"), null=True, blank=True)
    returned_by = models.ForeignKey(
        StatementLine,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="returned_debits",
        verbose_name=_("returned by"),
    )
    return_code = models.CharField(_("reason code"), max_length=4, blank=True)

    objects = CollectionItemQuerySet.as_manager()
    part_of = "collection"
    undoable_columns = frozenset({"customer_id"})
    counter_document = _("A direct debit is taken back on the page of its payment.")

    class Meta:
        ordering = ["pk"]
        verbose_name = _("direct debit")
        indexes = [
            models.Index(fields=["collection", "id"], name="debit_by_collection"),
            models.Index(fields=["customer", "id"], name="debit_by_customer"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["invoice"],
                condition=Q(state="pending"),
                name="bank_collectionitem_invoice_pending_once",
                violation_error_message=_("This invoice is in a pending collection already."),
            ),
            models.CheckConstraint(condition=Q(amount__gt=0), name="bank_collectionitem_amount_positive"),
            one_of("sequence", ["FRST", "RCUR"]),
            one_of("state", ["pending", "collected", "returned", "dropped"]),
            text_fits("end_to_end_id", 35, shortest=1),
            text_fits("reason", 200),
            text_fits("return_code", 4),
        ]

    def __str__(self) -> str:
        return self.end_to_end_id

    def get_absolute_url(self) -> str:
        return self.collection.get_absolute_url()
