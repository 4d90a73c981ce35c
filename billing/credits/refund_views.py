"""The pages of paying back, and of giving up what is not collectible."""

from django import forms
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from billing.allocations import Source
from billing.credits.forms import RefundForm
from billing.credits.refunds import refund, reverse_refund
from billing.credits.write_offs import take_back_write_off, write_off
from billing.forms import ReasonForm
from billing.models import CreditNote, Invoice, Payment, Refund, WriteOff
from billing.views import InvoiceAct
from customerflow.acts import ActScreen
from customerflow.money import format_money


class SourceRefund(ActScreen):
    """Paying back the credit of a payment, or of a credit note."""

    permission_required = "billing.add_refund"
    form_class = RefundForm
    heading = _("Pay back")
    explanation = _("Records that credit was paid back to the customer. At most what settles no invoice.")
    button = _("Record the refund")
    done = _("A refund from {} is recorded.")

    def get_queryset(self) -> models.QuerySet:
        return self.model.objects.select_related("customer")

    def get_initial(self) -> dict[str, object]:
        return {**super().get_initial(), "amount": self.object.credit}

    def act(self, *, key, **said: object) -> Source:
        refund(source=self.object, on=timezone.localdate(), by=self.request.user, key=str(key), **said)
        return self.object


class PaymentRefund(SourceRefund):
    """Paying back what of a payment settles no invoice."""

    model = Payment


class CreditNoteRefund(SourceRefund):
    """Paying out a credit note."""

    model = CreditNote


class RefundReverse(ActScreen):
    """Taking a refund back that did not arrive."""

    model = Refund
    permission_required = "billing.change_refund"
    form_class = ReasonForm
    heading = _("Reverse this refund")
    explanation = _("What was paid back is the customer's credit again. The refund stays on record.")
    button = _("Reverse the refund")
    done = _("Reversed the refund of {}.")

    def get_queryset(self) -> models.QuerySet:
        return Refund.objects.select_related("customer", "payment", "credit_note")

    def act(self, *, reason: str) -> Source:
        reverse_refund(refund=self.object, reason=reason, on=timezone.localdate(), by=self.request.user)
        return self.object.source


class InvoiceWriteOff(InvoiceAct):
    """Giving up what is open on an invoice."""

    permission_required = "billing.add_writeoff"
    form_class = ReasonForm
    heading = _("Write off as uncollectible")
    button = _("Write it off")
    done = _("Written off: %(amount)s of {}.")

    @property
    def explanation(self) -> str:
        """How much is given up, and what that means."""
        return _("%(amount)s is open. It is given up: it is owed and overdue no more. That can be taken back.") % {
            "amount": format_money(self.object.open_amount)
        }

    def act(self, *, reason: str) -> Invoice:
        made = write_off(invoice=self.object, reason=reason, on=timezone.localdate(), by=self.request.user)
        self.done = self.done % {"amount": format_money(made.allocations.get().amount)}
        return self.object


class WriteOffTakeBack(ActScreen):
    """Taking back that an invoice was given up: the customer pays after all."""

    model = WriteOff
    permission_required = "billing.change_writeoff"
    form_class = forms.Form
    heading = _("Take the write-off back")
    explanation = _("What was given up is owed again.")
    button = _("Take it back")
    done = _("Owed again: {}.")

    def get_queryset(self) -> models.QuerySet:
        return WriteOff.objects.select_related("invoice__customer")

    def act(self) -> Invoice:
        take_back_write_off(write_off=self.object, on=timezone.localdate(), by=self.request.user)
        return self.object.invoice
