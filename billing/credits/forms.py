"""What staff type to give something back, to pay it back, and to give it up."""

from collections.abc import Iterator
from uuid import uuid4

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from billing.forms import ReasonForm
from billing.lines import CreditLine
from billing.models import CreditNote, Invoice, InvoiceLine, Payment
from customerflow.forms import DayInput, NormalisedTextMixin
from customerflow.money import QUANTUM, MoneyFormField, format_money
from customers.models import TaxCode


class ReissueForm(ReasonForm):
    """Why an invoice is issued anew, and when the new one is due."""

    due_on = forms.DateField(
        label=_("Due on"), required=False, widget=DayInput, help_text=_("Empty: by the customer's terms.")
    )


class OnceForm(ReasonForm):
    """A form of a note that is, on the same day, not issued a second time but on purpose."""

    issue_anyway = forms.BooleanField(
        label=_("This is another credit note: issue it anyway"), required=False, widget=forms.HiddenInput
    )

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        if self.data.get("issue_anyway") == "on":
            self.show_box()

    def show_box(self) -> None:
        """Bring the box into sight by which a second note is issued on purpose."""
        self.fields["issue_anyway"].widget = forms.CheckboxInput()

    def refuse_twin(self, twin: CreditNote | None) -> None:
        """Raise `ValidationError` where there is such a note already, unless the box is ticked."""
        if twin and not self.cleaned_data["issue_anyway"]:
            self.show_box()
            message = _("There is a credit note of today with this reason and amount already: %(note)s.")
            raise ValidationError({"issue_anyway": message % {"note": twin}})


class CustomerCreditForm(OnceForm):
    """An amount given back to a customer, for no invoice."""

    description = forms.CharField(label=_("Description"), max_length=300, help_text=_("As it stands on the note."))
    amount = MoneyFormField(label=_("Amount"), min_value=QUANTUM, help_text=_("Before tax."))
    tax_code = forms.ModelChoiceField(
        TaxCode.objects.all(), label=_("Tax code"), required=False, help_text=_("Empty: the default one.")
    )

    field_order = ["description", "amount", "tax_code", "reason"]

    def lines(self) -> list[CreditLine]:
        """Return what is to be given back."""
        said = self.cleaned_data
        return [CreditLine(description=said["description"], amount=said["amount"], tax_code=said["tax_code"])]


class InvoiceCreditForm(OnceForm):
    """What is given back of an invoice: all of it, or a part of some of its lines."""

    whole = forms.BooleanField(label=_("The whole invoice, with its tax"), required=False)

    def __init__(self, *args, invoice: Invoice, **kwargs) -> None:
        self.charged = {f"line_{line.pk}": line for line in invoice.lines.select_related("service", "tax_code")}
        super().__init__(*args, **kwargs)
        self.label_suffix = ""
        for name, line in self.charged.items():
            label = f"{line.description} {line.first_day or ''}".strip()
            of = _("Of %(amount)s, before tax.") % {"amount": format_money(line.amount)}
            self.fields[name] = MoneyFormField(label=label, required=False, help_text=of)
        self.order_fields(["whole", *self.charged, "reason", "issue_anyway"])

    def clean(self) -> dict[str, object]:
        cleaned = super().clean()
        said = [name for name in self.charged if cleaned.get(name)]
        if not cleaned.get("whole") and not said and not self.errors:
            self.add_error("whole", _("Say how much of which line is given back, or tick the whole invoice."))
        if cleaned.get("whole") and said:
            self.add_error("whole", _("Either the whole invoice, or a part of some lines."))
        return cleaned

    def lines(self) -> list[CreditLine]:
        """Return what is to be given back."""
        return list(self._lines())

    def _lines(self) -> Iterator[CreditLine]:
        for name, line in self.charged.items():
            if amount := line.amount if self.cleaned_data["whole"] else self.cleaned_data[name]:
                yield given_back(line, amount)


def given_back(line: InvoiceLine, amount) -> CreditLine:
    """Return what gives `amount` of an invoice line back."""
    same = ("description", "service", "equipment", "first_day", "last_day", "tax_code")
    return CreditLine(amount=amount, **{name: getattr(line, name) for name in same})


class RefundForm(NormalisedTextMixin, forms.Form):
    """What is paid back; it carries a key, so that sending it twice records one refund."""

    amount = MoneyFormField(label=_("Amount"), min_value=QUANTUM)
    method = forms.ChoiceField(label=_("Method"), choices=Payment.Method.choices, initial=Payment.Method.TRANSFER)
    paid_on = forms.DateField(label=_("Paid on"), widget=DayInput, initial=timezone.localdate)
    reference = forms.CharField(label=_("Reference"), max_length=100, required=False)
    reason = forms.CharField(label=_("Reason"), max_length=200, help_text=_("It stays on record."))
    key = forms.UUIDField(widget=forms.HiddenInput, initial=uuid4)
