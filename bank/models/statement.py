"""What the bank says: statements, their lines, and the payments that lines have made."""

from decimal import Decimal

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from bank.models.account import BankAccount
from billing.models import Payment
from customerflow.constraints import at_least, in_order, one_of, text_fits
from customerflow.money import MoneyField, format_money
from customerflow.records import page_of_record
from customerflow.search import SearchField, SearchQuerySet
from customerflow.text import fold
from customers.models import Customer


class Statement(models.Model):
    """
    A statement of an account, as a file said it.

    `part` is its place in the file, from 1. Of its lines, `known` had been loaded before with another file; they are
    lines of that statement. The balances are the bank's; None where the file says none.
    """

    class Format(models.TextChoices):
        CAMT = "camt", _("CAMT.053")
        OFX = "ofx", _("OFX")
        CSV = "csv", _("CSV")

    account = models.ForeignKey(BankAccount, models.PROTECT, related_name="statements", verbose_name=_("bank account"))
    format = models.CharField(_("format"), max_length=4, choices=Format)
    file_name = models.CharField(_("file"), max_length=255)
    sha256 = models.CharField(max_length=64, editable=False)
    part = models.PositiveSmallIntegerField(default=1, editable=False)
    reference = models.CharField(_("reference"), max_length=100, blank=True)
    first_on = models.DateField(_("from"), null=True, blank=True)
    last_on = models.DateField(_("to"), null=True, blank=True)
    opening = MoneyField(_("opening balance"), null=True, blank=True)
    closing = MoneyField(_("closing balance"), null=True, blank=True)
    known = models.PositiveIntegerField(_("lines known before"), default=0)
    warnings = models.JSONField(_("warnings"), default=list, blank=True)
    loaded_at = models.DateTimeField(_("loaded at"), auto_now_add=True)
    loaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("loaded by")
    )

    search_text = SearchField(max_length=400, derive=lambda each: fold(f"{each.file_name} {each.reference}"))

    objects = SearchQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("bank statement")
        indexes = [models.Index(fields=["account", "last_on", "id"], name="statement_by_account")]
        constraints = [
            models.UniqueConstraint(
                fields=["sha256", "part"],
                name="bank_statement_loaded_once",
                violation_error_message=_("This file was loaded before."),
            ),
            one_of("format", ["camt", "ofx", "csv"]),
            text_fits("file_name", 255, shortest=1),
            text_fits("reference", 100),
            in_order("first_on", "last_on"),
        ]

    def __str__(self) -> str:
        return self.reference or self.file_name

    def get_absolute_url(self) -> str:
        return page_of_record("bank:statement_detail", self.pk)


class LineQuerySet(SearchQuerySet):
    """Lines of statements, chosen."""

    exact_fields = ("pk",)

    def open(self) -> "LineQuerySet":
        """Return the lines of which nobody has said yet what becomes of them."""
        return self.filter(state="open")

    def sure(self) -> "LineQuerySet":
        """Return the open lines of which it is sure whose they are."""
        return self.open().filter(level="sure")


def line_search_text(line: "StatementLine") -> str:
    """Return what a search finds a line by."""
    return fold(f"{line.party_name} {line.reference} {line.text} {line.party_iban} {line.amount}")


class StatementLine(models.Model):
    """
    What came in (`amount` above zero) or went out on one day.

    `identity` tells it from all other lines of its account, in whichever file they come. `level`, `why`, `customer` and
    `offer` (keys of invoices, of a direct debit, of a collection) say what the line was found to be, until somebody
    accepts it. `attempt` counts how often it was taken back: the payments of each attempt have keys of their own.
    """

    class State(models.TextChoices):
        OPEN = "open", _("Open")
        APPLIED = "applied", _("Applied")
        PARKED = "parked", _("Parked")
        IGNORED = "ignored", _("Ignored")

    class Level(models.TextChoices):
        SURE = "sure", _("Sure")
        LIKELY = "likely", _("Likely")
        UNKNOWN = "unknown", _("Unknown")

    class Kind(models.TextChoices):
        PAYMENT = "payment", _("Payment")
        RETURN = "return", _("Return")
        COLLECTION = "collection", _("Direct debits")
        OUTGOING = "outgoing", _("Outgoing")

    statement = models.ForeignKey(Statement, models.PROTECT, related_name="lines", verbose_name=_("statement"))
    account = models.ForeignKey(BankAccount, models.PROTECT, related_name="lines", verbose_name=_("bank account"))
    position = models.PositiveIntegerField(_("position"))
    identity = models.CharField(max_length=64, editable=False)
    booked_on = models.DateField(_("booked on"))
    value_on = models.DateField(_("value day"))
    amount = MoneyField(_("amount"))
    party_name = models.CharField(_("name"), max_length=200, blank=True)
    party_iban = models.CharField(_("IBAN"), max_length=34, blank=True)
    bank_reference = models.CharField(_("bank's reference"), max_length=255, blank=True)
    reference = models.CharField(_("reference"), max_length=100, blank=True)
    text = models.CharField(_("text"), max_length=1_000, blank=True)
    return_code = models.CharField(_("reason of the return"), max_length=4, blank=True)
    # What was meant to move, where the bank took charges for a return out of the same amount.
    original_amount = MoneyField(_("original amount"), null=True, blank=True)

    state = models.CharField(_("state"), max_length=10, choices=State, default=State.OPEN)
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    attempt = models.PositiveSmallIntegerField(default=1, editable=False)
    handled_on = models.DateField(_("handled on"), null=True, blank=True)
    handled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("handled by")
    )

    kind = models.CharField(_("kind"), max_length=10, choices=Kind, default=Kind.PAYMENT)
    level = models.CharField(_("match"), max_length=10, choices=Level, default=Level.UNKNOWN)
    why = models.CharField(_("why"), max_length=300, blank=True)
    customer = models.ForeignKey(
        Customer, models.SET_NULL, null=True, blank=True, related_name="bank_lines", verbose_name=_("customer")
    )
    offer = models.JSONField(default=dict, blank=True, editable=False)

    search_text = SearchField(max_length=1_400, derive=line_search_text)

    objects = LineQuerySet.as_manager()

    part_of = "statement"
    # Found anew whenever it is asked for.
    unrecorded_fields = ("level", "why", "offer", "identity", "kind")

    class Meta:
        ordering = ["pk"]
        verbose_name = _("bank line")
        indexes = [
            models.Index(fields=["state", "level", "id"], name="bankline_by_state"),
            models.Index(fields=["statement", "id"], name="bankline_by_statement"),
            models.Index(fields=["account", "booked_on", "id"], name="bankline_by_day"),
            models.Index(fields=["reference"], condition=~Q(reference=""), name="bankline_by_reference"),
            models.Index(fields=["booked_on", "id"], name="bankline_by_booking"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["account", "identity"],
                name="bank_line_once",
                violation_error_message=_("This line was loaded before."),
            ),
            models.CheckConstraint(condition=~Q(amount=0), name="bank_statementline_amount_not_zero"),
            one_of("state", ["open", "applied", "parked", "ignored"]),
            one_of("level", ["sure", "likely", "unknown"]),
            one_of("kind", ["payment", "return", "collection", "outgoing"]),
            at_least("attempt", 1),
            text_fits("identity", 64, shortest=1),
            text_fits("party_name", 200),
            text_fits("party_iban", 34),
            text_fits("bank_reference", 255),
            text_fits("reference", 100),
            text_fits("text", 1_000),
            text_fits("return_code", 4),
            text_fits("reason", 200),
            text_fits("why", 300),
            models.CheckConstraint(
                condition=Q(state__in=["open", "applied"]) | ~Q(reason=""),
                name="bank_statementline_set_aside_with_a_reason",
                violation_error_message=_("Say why."),
            ),
        ]

    def __str__(self) -> str:
        return _t("%(amount)s of %(day)s") % {"amount": format_money(self.amount), "day": self.booked_on}

    def get_absolute_url(self) -> str:
        return page_of_record("bank:statementline_detail", self.pk)

    @property
    def is_incoming(self) -> bool:
        """Whether money came in."""
        return self.amount > 0

    @property
    def is_unknown_return(self) -> bool:
        """Whether money went out, as when a payment comes back, and it is not known which."""
        return not self.is_incoming and not self.offer

    @property
    def moved(self) -> Decimal:
        """How much moved, without a sign, and without what the bank charged for a return."""
        return self.original_amount or abs(self.amount)


class LinePaymentQuerySet(models.QuerySet):
    """Payments that lines have made, chosen."""

    def standing(self) -> "LinePaymentQuerySet":
        """Return those that were neither taken back, nor returned, nor reversed."""
        return self.filter(undone_on=None, returned_by=None, payment__reversed_on=None)


class LinePayment(models.Model):
    """
    A payment that a line has made.

    `undone_on` is set when the line was taken back; `returned_by` is the line by which the bank took the money back.
    """

    line = models.ForeignKey(StatementLine, models.PROTECT, related_name="parts", verbose_name=_("bank line"))
    payment = models.OneToOneField(Payment, models.PROTECT, related_name="bank_part", verbose_name=_("payment"))
    attempt = models.PositiveSmallIntegerField()
    part = models.PositiveIntegerField()
    undone_on = models.DateField(_("taken back on"), null=True, blank=True)
    returned_by = models.ForeignKey(
        StatementLine,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="returns",
        verbose_name=_("returned by"),
    )

    objects = LinePaymentQuerySet.as_manager()
    part_of = "line"
    counter_document = _("A payment from the bank is taken back on the page of its line.")

    class Meta:
        ordering = ["pk"]
        verbose_name = _("payment of a bank line")
        constraints = [
            models.UniqueConstraint(fields=["line", "attempt", "part"], name="bank_linepayment_once"),
            models.CheckConstraint(
                condition=Q(undone_on=None) | Q(returned_by=None), name="bank_linepayment_undone_or_returned"
            ),
        ]

    def __str__(self) -> str:
        return str(self.payment)

    def get_absolute_url(self) -> str:
        return self.line.get_absolute_url()


class KnownPayer(models.Model):
    """An account from which a person has accepted a payment for a customer: the next one from there is theirs too."""

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="known_payers", verbose_name=_("customer"))
    iban = models.CharField(_("IBAN"), max_length=34)
    learned_on = models.DateField(_("learned on"))

    part_of = "customer"
    personal_fields = ("iban",)

    class Meta:
        ordering = ["pk"]
        verbose_name = _("known payer")
        # Not unique: two customers with one payer may be merged.
        indexes = [models.Index(fields=["iban", "customer"], name="knownpayer_by_iban")]
        constraints = [text_fits("iban", 34, shortest=1)]

    def __str__(self) -> str:
        return self.iban
