"""The pages of credit notes, and of issuing an invoice anew."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from billing.credits.credit_notes import issue_credit_note, left_to_give_back, void_credit_note
from billing.credits.forms import CustomerCreditForm, InvoiceCreditForm, OnceForm, ReissueForm
from billing.forms import ReasonForm
from billing.invoices import reissue_invoice
from billing.models import CreditNote, Invoice
from billing.offered_acts import acts_on_note
from billing.views import InvoiceAct
from customerflow.acts import ActScreen
from customerflow.crud import DetailScreen
from customerflow.money import ZERO, format_money
from customerflow.panels import ROWS
from customers.models import Customer


class CreditNoteDetail(DetailScreen):
    """A credit note with its lines, fit to be printed, and what it settles and what of it was paid back."""

    def get_queryset(self) -> models.QuerySet:
        whole = CreditNote.objects.select_related("customer", "invoice", "issued_by", "voided_by")
        return whole.prefetch_related("lines", "taxes", "documents")

    def get_context_data(self, **context: object) -> dict[str, object]:
        note = self.object
        return super().get_context_data(
            allocations=note.allocations.select_related("invoice"),
            refunds=note.refunds.select_related("recorded_by"),
            acts=list(acts_on_note(note, self.request.user)),
            net=sum((line.amount for line in note.lines.all()), ZERO),
            to_settle=self.to_settle(),
            **context,
        )

    def to_settle(self) -> models.QuerySet:
        """Return the first open invoices of the customer, the oldest due first, where some of the note is credit."""
        note = self.object
        if note.is_void or not note.credit or not self.request.user.has_perm("billing.change_invoice"):
            return Invoice.objects.none()
        return note.customer.invoices.open().order_by("due_on", "pk")[:ROWS]


class IssueCreditNote(ActScreen):
    """Giving something back; where the same was given back today already, it is asked whether this is another note."""

    permission_required = "billing.add_creditnote"
    button = _("Issue the credit note")
    done = _("Issued: {}.")

    def form_valid(self, form: OnceForm):
        self.form = form
        return super().form_valid(form)

    def issue(self, customer: Customer, invoice: Invoice | None, reason: str) -> CreditNote:
        """Issue what the form says to `customer`, once."""
        today = timezone.localdate()
        known = set(customer.credit_notes.values_list("pk", flat=True).filter(issued_on=today))
        note = issue_credit_note(
            customer=customer,
            lines=self.form.lines(),
            reason=reason,
            on=today,
            invoice=invoice,
            by=self.request.user,
        )
        twins = CreditNote.objects.standing().filter(pk__in=known, invoice=invoice, reason=note.reason)
        self.form.refuse_twin(twins.filter(total=note.total).first())
        return note


class InvoiceCreditNote(IssueCreditNote):
    """Giving back what an invoice charged."""

    model = Invoice
    form_class = InvoiceCreditForm
    heading = _("Issue a credit note")

    def get_queryset(self) -> models.QuerySet:
        return Invoice.objects.select_related("customer")

    @property
    def explanation(self) -> str:
        """What becomes of it, and how much it can be."""
        most = format_money(left_to_give_back(self.object))
        return _(
            "It settles this invoice; what is more is kept as credit. Left to be given back, with tax: %(most)s."
        ) % {"most": most}

    def get_form_kwargs(self) -> dict[str, object]:
        return {**super().get_form_kwargs(), "invoice": self.object}

    def act(self, *, reason: str, **_said: object) -> CreditNote:
        return self.issue(self.object.customer, self.object, reason)


class CustomerCreditNote(IssueCreditNote):
    """Giving a customer something back, for no invoice."""

    model = Customer
    form_class = CustomerCreditForm
    heading = _("Issue a credit note")
    explanation = _(
        "It is kept as credit: the next invoice is settled from it. Invoices that are open now stay open, until they "
        "are settled from credit on the note's page. To correct an invoice, begin on its page."
    )

    def act(self, *, reason: str, **_said: object) -> CreditNote:
        return self.issue(self.object, None, reason)


class CreditNoteVoid(ActScreen):
    """Taking back a credit note that should not have been issued."""

    model = CreditNote
    form_class = ReasonForm
    heading = _("Void this credit note")
    explanation = _("It keeps its number. What it settled of invoices is open again.")
    button = _("Void the credit note")
    done = _("Voided: {}.")

    def get_queryset(self) -> models.QuerySet:
        return CreditNote.objects.select_related("customer")

    def act(self, *, reason: str) -> CreditNote:
        return void_credit_note(note=self.object, reason=reason, on=timezone.localdate(), by=self.request.user)


class InvoiceReissue(InvoiceAct):
    """Issuing an invoice anew, with the customer's name, address and taxes of today."""

    form_class = ReissueForm
    heading = _("Issue anew, corrected")
    explanation = _(
        "This invoice is voided, and a new one with the same lines issued: with the name, the address and the tax "
        "rates of today. What a service should have cost is corrected by the billing run, from its prices."
    )
    button = _("Void it and issue the new one")
    done = _("Issued in its place: {}.")

    def act(self, *, reason: str, due_on) -> Invoice:
        today = timezone.localdate()
        return reissue_invoice(invoice=self.object, reason=reason, on=today, by=self.request.user, due_on=due_on)
