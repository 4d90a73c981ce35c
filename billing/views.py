"""Pages of this app that are more than the screens of a model."""

from django import forms
from django.contrib import messages
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from billing.allocations import has_credit_left
from billing.drafts.drafting import outlook_of
from billing.forms import PaymentForm, ReasonForm, VoidForm
from billing.invoices import apply_credit, void_invoice
from billing.models import Allocation, Invoice, Payment
from billing.offered_acts import acts_on_draft, acts_on_invoice, acts_on_payment, copying
from billing.payments import reverse_payment
from billing.standings import with_standing
from billing.tables import InvoicesOpenThenTable
from customerflow.acts import ActScreen
from customerflow.bulk.lists import BulkList
from customerflow.changes.models import ChangeSet
from customerflow.crud import CreateScreen, DetailScreen, LookupScreen
from customerflow.lookup import find
from customerflow.money import ZERO, format_money
from customerflow.tables import link
from customers.models import Customer

# A payment of many invoices names so many of them.
MOST_NAMED = 5


class InvoiceList(BulkList):
    """Invoices; of those that were open on a day, what was open then."""

    def get(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        if request.GET.get("open_on"):
            self.table_class = InvoicesOpenThenTable
        return super().get(request, *args, **kwargs)


class InvoiceDetail(DetailScreen):
    """An invoice with its lines, what settles it and what of it was given back, fit to be printed."""

    def get_queryset(self) -> models.QuerySet:
        invoices = with_standing(Invoice.objects.select_related("customer", "voided_by"))
        return invoices.prefetch_related("lines", "taxes", "documents")

    def with_parts(self) -> list[models.Model]:
        return [self.object, *self.object.lines.all()] if self.object.is_draft else [self.object]

    def get_template_names(self) -> list[str]:
        return ["billing/draft_detail.html"] if self.object.is_draft else super().get_template_names()

    def get_context_data(self, **context: object) -> dict[str, object]:
        net = sum((line.amount for line in self.object.lines.all()), ZERO)
        said = self.of_draft() if self.object.is_draft else self.of_issued()
        return super().get_context_data(net=net, **said, **context)

    def of_draft(self) -> dict[str, object]:
        """Return what is shown of a draft only."""
        draft = self.object
        acts = list(acts_on_draft(draft, self.request.user))
        return {"outlook": outlook_of(draft, draft.issued_on), "acts": acts}

    def of_issued(self) -> dict[str, object]:
        """Return what is shown of an invoice that is issued, or was."""
        invoice, notes = self.object, list(self.object.credit_notes.all())
        left = invoice.total - sum(note.total for note in notes if not note.is_void)
        allocations = invoice.allocations.select_related("payment", "credit_note", "write_off")
        given_up = sum((each.amount for each in allocations if each.write_off and not each.released_on), ZERO)
        offered = acts_on_invoice(
            invoice,
            self.request.user,
            has_credit=bool(invoice.open_amount) and has_credit_left(invoice.customer),
            left=left,
            is_written_off=invoice.is_written_off,
        )
        return {
            "notes": notes,
            "acts": [*offered, *copying(invoice, self.request.user)],
            "allocations": allocations,
            "written_off": given_up,
            "settled": invoice.settled - given_up,
        }


class InvoiceLookup(LookupScreen):
    """Choosing an invoice by its number, which a draft has not."""

    def records(self) -> models.QuerySet:
        return Invoice.objects.exclude(number=None)


class InvoiceAct(ActScreen):
    """An act on one invoice."""

    model = Invoice

    def get_queryset(self) -> models.QuerySet:
        return Invoice.objects.select_related("customer")


class InvoiceVoid(InvoiceAct):
    """Voiding an invoice that should not have been issued."""

    form_class = VoidForm
    heading = _("Void this invoice")
    explanation = _("It keeps its number and is owed no more.")
    button = _("Void the invoice")
    done = _("Voided: {}.")

    def act(self, *, reason: str, bill_again: bool) -> Invoice:
        today = timezone.localdate()
        return void_invoice(invoice=self.object, reason=reason, on=today, by=self.request.user, bill_again=bill_again)


class InvoiceApplyCredit(InvoiceAct):
    """Settling an invoice out of what the customer has paid in advance."""

    form_class = forms.Form
    heading = _("Settle from credit")
    explanation = _("What the customer has paid in advance settles this invoice, as far as it goes.")
    button = _("Settle from credit")
    done = _("Settled from credit: {}.")

    def act(self) -> Invoice:
        return apply_credit(invoice=self.object, on=timezone.localdate())


class PaymentDetail(DetailScreen):
    """A payment with the invoices it settles or settled."""

    def get_queryset(self) -> models.QuerySet:
        return Payment.objects.select_related("customer", "recorded_by", "reversed_by")

    def get_context_data(self, **context: object) -> dict[str, object]:
        return super().get_context_data(
            allocations=self.object.allocations.select_related("invoice"),
            refunds=self.object.refunds.select_related("recorded_by"),
            acts=list(acts_on_payment(self.object, self.request.user)),
            **context,
        )


class PaymentCreate(CreateScreen):
    """Taking a payment, with what is open in sight, to be chosen from, once it is known whose it is."""

    def get_form(self, form_class: type[PaymentForm] | None = None) -> PaymentForm:
        form = super().get_form(form_class)
        self.customer = find(Customer.objects.all(), str(form["customer"].value() or ""))
        if self.customer:
            form.offer(self.customer, ticked=self.request.GET.getlist("invoices"))
        return form

    def get_context_data(self, **context: object) -> dict[str, object]:
        # First the form: it says who the customer is.
        context = super().get_context_data(**context)
        return context | {"customer": self.customer}

    def get_success_url(self) -> str:
        return self.object.customer.get_absolute_url()

    def accept(self, form: PaymentForm) -> bool:
        self.is_repeat = False
        accepted = super().accept(form)
        self.is_repeat = form.is_repeat
        return accepted

    def say(self, text: str, record: Payment, change_set: ChangeSet | None = None) -> None:
        """Tell the person what the payment settled, or that this form had been sent before."""
        if self.is_repeat:
            again = _t("This form was sent twice. Payment {} was recorded once.")
            messages.info(self.request, format_html(again, link(record)))
        else:
            messages.success(self.request, effect_of(record))


def effect_of(payment: Payment) -> SafeString:
    """Return in words what a new payment has done, such as "settled 2026-000012; 5.00 kept as credit"."""
    allocations = payment.allocations.select_related("invoice")
    settled = [link(each.invoice) for each in allocations if not each.invoice.open_amount]
    effects = [part_paid(each) for each in allocations if each.invoice.open_amount]
    if settled:
        effects.insert(0, format_html(_t("settled {}"), first_of(settled, MOST_NAMED - len(effects))))
    if payment.credit:
        effects.append(_t("%(amount)s kept as credit") % {"amount": format_money(payment.credit)})
    return format_html(_t("Recorded {} from {}: {}."), link(payment), link(payment.customer), joined("; ", effects))


def part_paid(allocation: Allocation) -> SafeString:
    """Return in words what was paid of an invoice that is still open."""
    amount, still_open = format_money(allocation.amount), format_money(allocation.invoice.open_amount)
    return format_html(_t("paid {} of {}, {} still open"), amount, link(allocation.invoice), still_open)


def first_of(links: list[SafeString], most: int) -> SafeString:
    """Return the first `most` of `links`, and how many more there are."""
    named, more = joined(", ", links[:most]), len(links) - most
    return format_html(_t("{} and {} more"), named, more) if more > 0 else named


def joined(separator: str, parts: list[SafeString]) -> SafeString:
    """Return `parts` as one text."""
    return format_html_join(separator, "{}", ((part,) for part in parts))


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
