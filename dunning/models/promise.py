"""Promises to pay."""

from datetime import date

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Case, Exists, F, OuterRef, Q, Subquery, Sum, Value, When
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from billing.models import Allocation, Invoice, Payment
from customerflow.constraints import in_order, text_fits
from customerflow.money import QUANTUM, MoneyField, format_money, zero
from customerflow.records import Record
from customers.models import Customer


def _lacking() -> models.QuerySet:
    """Return the invoices of a promise that were not settled through its day, or are not any more."""
    settled = Allocation.objects.filter(
        invoice=OuterRef("invoice"), released_on=None, posted_on__lte=OuterRef("promise__due_on")
    )
    sums = settled.order_by().values("invoice").values(sum=Sum("amount"))
    named = PromisedInvoice.objects.filter(promise=OuterRef("pk"), invoice__status=Invoice.Status.ISSUED)
    return named.annotate(
        settled_in_time=Coalesce(Subquery(sums, output_field=MoneyField()), zero()),
    ).filter(invoice__total__gt=F("settled_in_time"))


def _paid() -> Coalesce:
    """Return what was paid since a promise was made, and received through its day."""
    payments = Payment.objects.standing().filter(
        customer=OuterRef("customer"),
        posted_at__gte=OuterRef("created_at"),
        posted_on__gte=OuterRef("promised_on"),
        received_on__lte=OuterRef("due_on"),
    )
    sums = payments.order_by().values("customer").values(sum=Sum(F("amount") - F("refunded")))
    return Coalesce(Subquery(sums, output_field=MoneyField()), zero())


class PromiseQuerySet(models.QuerySet):
    """Promises, chosen. How they stand follows from invoices and payments; the day asked about is passed in."""

    def standing(self) -> "PromiseQuerySet":
        """Return the promises that were not withdrawn."""
        return self.filter(withdrawn_on=None)

    def newest(self) -> "PromiseQuerySet":
        """Return the last promise of each customer, where an invoice that it names is open still."""
        newer = Promise.objects.standing().filter(customer=OuterRef("customer"), pk__gt=OuterRef("pk"))
        named = PromisedInvoice.objects.filter(invoice__total__gt=F("invoice__settled"))
        is_open = named.filter(promise=OuterRef("pk"), invoice__status=Invoice.Status.ISSUED)
        return self.standing().filter(~Exists(newer), Exists(is_open))

    def kept(self) -> "PromiseQuerySet":
        """Return the promises of which all invoices are settled in time, or as much was paid as was promised."""
        return self.standing().annotate(paid=_paid()).filter(~Exists(_lacking()) | Q(paid__gte=F("amount")))

    def not_kept(self) -> "PromiseQuerySet":
        """Return the standing promises that are not kept so far."""
        return self.standing().annotate(paid=_paid()).filter(Exists(_lacking()), paid__lt=F("amount"))

    def open(self, on: date) -> "PromiseQuerySet":
        """Return the promises that hold on the day `on`: until the end of their own day."""
        return self.filter(promised_on__lte=on, due_on__gte=on).not_kept()

    def broken(self, on: date) -> "PromiseQuerySet":
        """Return the promises of which the day is over without being kept."""
        return self.filter(due_on__lt=on).not_kept()

    def with_state(self, on: date) -> "PromiseQuerySet":
        """Return the promises with the `state` that they are in on the day `on`."""
        state = Promise.State
        is_kept = ~Exists(_lacking()) | Q(paid__gte=F("amount"))
        found = Case(
            When(withdrawn_on__isnull=False, then=Value(state.WITHDRAWN)),
            When(is_kept, then=Value(state.KEPT)),
            When(due_on__lt=on, then=Value(state.BROKEN)),
            default=Value(state.OPEN),
            output_field=models.CharField(),
        )
        return self.annotate(paid=_paid()).annotate(state=found)


class Promise(Record):
    """
    What a customer promised: to pay `amount` by the end of the day `due_on`, for the invoices named.

    How it stands is not stored. It is kept when nothing is open any more on its invoices, settled through its day, or
    when payments recorded after it was made and received through its day reach the amount; open until the end of its
    day otherwise, and broken after that. What is reversed later does not count.
    """

    class State(models.TextChoices):
        OPEN = "open", _("Open")
        KEPT = "kept", _("Kept")
        BROKEN = "broken", _("Broken")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    customer = models.ForeignKey(Customer, models.PROTECT, related_name="promises", verbose_name=_("customer"))
    invoices = models.ManyToManyField(
        Invoice, through="dunning.PromisedInvoice", related_name="promises", verbose_name=_("invoices")
    )
    amount = MoneyField(_("amount"), validators=[MinValueValidator(QUANTUM)])
    promised_on = models.DateField(_("promised on"))
    due_on = models.DateField(_("to be paid by"), help_text=_("The promise holds until the end of this day."))
    note = models.CharField(_("note"), max_length=300, blank=True)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("recorded by")
    )
    idempotency_key = models.CharField(max_length=64, null=True, blank=True, unique=True, editable=False)
    withdrawn_on = models.DateField(_("withdrawn on"), null=True, blank=True, editable=False)
    withdrawal_reason = models.CharField(_("reason for the withdrawal"), max_length=200, blank=True, editable=False)
    withdrawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        verbose_name=_("withdrawn by"),
    )

    objects = PromiseQuerySet.as_manager()

    shown_with = ("customer",)
    personal_fields = ("note", "withdrawal_reason")
    unrecorded_fields = ("idempotency_key",)

    class Meta:
        ordering = ["-promised_on", "-pk"]
        verbose_name = _("promise to pay")
        verbose_name_plural = _("promises to pay")
        indexes = [
            models.Index(fields=["customer", "promised_on", "id"], name="promise_by_customer"),
            models.Index(fields=["due_on", "id"], condition=Q(withdrawn_on=None), name="promise_standing_by_day"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(amount__gt=0),
                name="dunning_promise_amount_positive",
                violation_error_message=_("A promise is over more than zero."),
            ),
            in_order("promised_on", "due_on"),
            text_fits("note", 300),
            text_fits("withdrawal_reason", 200),
            models.CheckConstraint(
                condition=Q(withdrawn_on=None, withdrawal_reason="")
                | (Q(withdrawn_on__isnull=False) & ~Q(withdrawal_reason="")),
                name="dunning_promise_withdrawal_has_a_reason",
                violation_error_message=_("A promise is withdrawn on a day, with a reason."),
            ),
        ]

    def __str__(self) -> str:
        return _("%(amount)s by %(day)s") % {"amount": format_money(self.amount), "day": self.due_on}

    def get_absolute_url(self) -> str:
        return self.customer.get_absolute_url()


class PromisedInvoice(models.Model):
    """An invoice that a promise is about."""

    promise = models.ForeignKey(Promise, models.CASCADE, related_name="promised", verbose_name=_("promise to pay"))
    invoice = models.ForeignKey(Invoice, models.PROTECT, related_name="promised", verbose_name=_("invoice"))

    part_of = "promise"

    class Meta:
        ordering = ["pk"]
        verbose_name = _("invoice of a promise")
        verbose_name_plural = _("invoices of promises")
        constraints = [models.UniqueConstraint(fields=["promise", "invoice"], name="dunning_promise_names_it_once")]

    def __str__(self) -> str:
        return f"{self.promise}: {self.invoice}"

    def get_absolute_url(self) -> str:
        return self.invoice.get_absolute_url()
