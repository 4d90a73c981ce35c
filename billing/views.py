"""Pages of this app that are more than the screens of a model."""

from django import forms
from django.contrib import messages
from django.db import models
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from billing.forms import PaymentForm, ReasonForm
from billing.invoices import apply_credit, void_invoice
from billing.models import Invoice, Payment
from billing.payments import reverse_payment
from customerflow.acts import ActScreen
from customerflow.crud import CreateScreen, DetailScreen
from customerflow.money import format_money
from customerflow.tables import link


class InvoiceDetail(DetailScreen):
    """An invoice with its lines and what was paid on it, fit to be printed."""

    def get_queryset(self) -> models.QuerySet:
        return Invoice.objects.select_related("customer", "voided_by").prefetch_related("lines")

    def get_context_data(self, **context: object) -> dict[str, object]:
        allocations = self.object.allocations.select_related("payment")
        credit = self.object.open_amount and self.object.customer.payments.with_credit().exists()
        return super().get_context_data(allocations=allocations, can_apply_credit=credit, **context)


class InvoiceAct(ActScreen):
    """An act on one invoice."""

    model = Invoice

    def get_queryset(self) -> models.QuerySet:
        return Invoice.objects.select_related("customer")


class InvoiceVoid(InvoiceAct):
    """Voiding an invoice that should not have been issued."""

    form_class = ReasonForm
    heading = _("Void this invoice")
    explanation = _("It keeps its number and is owed no more. What it charged may be invoiced again.")
    button = _("Void the invoice")
    done = _("Voided: {}.")

    def act(self, *, reason: str) -> Invoice:
        return void_invoice(invoice=self.object, reason=reason, on=timezone.localdate(), by=self.request.user)


class InvoiceApplyCredit(InvoiceAct):
    """Settling an invoice out of what the customer has paid in advance."""

    form_class = forms.Form
    heading = _("Settle from credit")
    explanation = _("What the customer has paid in advance settles this invoice, as far as it goes.")
    button = _("Settle from credit")
    done = _("Settled from credit: {}.")

    def act(self) -> Invoice:
        return apply_credit(invoice=self.object)


class PaymentDetail(DetailScreen):
    """A payment with the invoices it settles or settled."""

    def get_queryset(self) -> models.QuerySet:
        return Payment.objects.select_related("customer", "recorded_by", "reversed_by")

    def get_context_data(self, **context: object) -> dict[str, object]:
        return super().get_context_data(allocations=self.object.allocations.select_related("invoice"), **context)


class PaymentCreate(CreateScreen):
    """Taking a payment."""

    def accept(self, form: PaymentForm) -> bool:
        self.is_repeat = False
        accepted = super().accept(form)
        self.is_repeat = form.is_repeat
        return accepted

    def say(self, text: str, record: Payment) -> None:
        """Tell the person what the payment settled, or that this form had been sent before."""
        if self.is_repeat:
            again = _t("This form was sent twice. Payment {} was recorded once.")
            messages.info(self.request, format_html(again, link(record)))
        else:
            messages.success(self.request, effect_of(record))


def effect_of(payment: Payment) -> SafeString:
    """Return in words what a payment has done, such as "settled invoice 2026-000012, 5.00 kept as credit"."""
    settled = [link(allocation.invoice) for allocation in payment.allocations.select_related("invoice")]
    effects = []
    if settled:
        invoices = format_html_join(", ", "{}", ((each,) for each in settled))
        effects.append(format_html(ngettext("settled invoice {}", "settled invoices {}", len(settled)), invoices))
    if payment.credit:
        effects.append(_t("%(amount)s kept as credit") % {"amount": format_money(payment.credit)})
    return format_html(
        _t("Recorded {} from {}: {}."),
        link(payment),
        link(payment.customer),
        format_html_join(", ", "{}", ((each,) for each in effects)),
    )


class PaymentReverse(ActScreen):
    """Taking a payment back: a bounced transfer, a wrong customer."""

    model = Payment
    form_class = ReasonForm
    heading = _("Reverse this payment")
    explanation = _("The invoices that it settled are open again. The payment stays on record.")
    button = _("Reverse the payment")
    done = _("Reversed: {}.")

    def get_queryset(self) -> models.QuerySet:
        return Payment.objects.select_related("customer")

    def act(self, *, reason: str) -> Payment:
        return reverse_payment(payment=self.object, reason=reason, on=timezone.localdate(), by=self.request.user)
