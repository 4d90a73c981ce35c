"""What staff type about accounts, statements, lines and mandates."""

from collections.abc import Collection, Sequence

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext_lazy as _

from bank.applying import Part
from bank.came_back import MayBe
from bank.files.csv_statement import FIELDS, Layout, check_columns
from bank.models import BankAccount, CsvProfile, Mandate
from billing.allocations import LONGEST_REASON
from billing.forms import MOST_OFFERED, OpenInvoicesField
from billing.models import Invoice
from customerflow.forms import DayInput, NormalisedTextMixin, RecordForm
from customerflow.lookup import LookupField
from customerflow.money import QUANTUM, MoneyFormField, format_money
from customers.models import Customer

# Between the headings of a field that is told by several.
JOIN = " + "


class BankAccountForm(RecordForm):
    """An account of the operator."""

    class Meta:
        model = BankAccount
        fields = ["name", "iban", "number", "csv_profile"]

    def clean_iban(self) -> str | None:
        """Return nothing as None, which is unique as often as one likes."""
        return self.cleaned_data["iban"] or None


class ProfileForm(RecordForm):
    """
    How the CSV files of a bank are read.

    With the `headings` of a file they are chosen from; without, they are typed as they stand in the file.
    """

    class Meta:
        model = CsvProfile
        fields = ["name", "delimiter", "encoding", "header_line", "date_order", "decimal_sign"]

    def __init__(self, *args, headings: Sequence[str] = (), **kwargs) -> None:
        super().__init__(*args, **kwargs)
        columns = self.instance.columns
        for name, label in FIELDS.items():
            told = columns.get(name, "")
            told = JOIN.join(told) if isinstance(told, list) else told
            if headings and JOIN not in told:
                choices = [
                    ("", "—"),
                    *((heading, heading) for heading in dict.fromkeys([*filter(None, headings), told]) if heading),
                ]
                field = forms.ChoiceField(label=label, choices=choices, required=False)
            else:
                field = forms.CharField(label=label, max_length=300, required=False)
            field.initial = told
            self.fields[f"of_{name}"] = field
        self.fields["of_text"].help_text = _("Several headings are joined by “ + ”.")

    def columns(self) -> dict[str, str | list[str]]:
        """Return the headings by field, as they were typed."""
        found: dict[str, str | list[str]] = {}
        for name in FIELDS:
            headings = [each.strip() for each in self.cleaned_data.get(f"of_{name}", "").split(JOIN) if each.strip()]
            if headings:
                found[name] = headings if name == "text" else JOIN.join(headings)
        return found

    def clean(self) -> dict[str, object]:
        cleaned = super().clean()
        try:
            check_columns(self.columns())
        except ValidationError as refusal:
            for name, errors in refusal.error_dict.items():
                self.add_error(f"of_{name}", errors)
        self.instance.columns = self.columns()
        return cleaned

    def layout(self) -> Layout:
        """Return how a file is read by what was typed."""
        said = self.cleaned_data
        names = ("delimiter", "encoding", "header_line", "date_order", "decimal_sign")
        return Layout(**{name: said[name] for name in names}, columns=self.columns())


class StatementForm(forms.Form):
    """A file of a bank; the account is needed where the file does not name it."""

    account = forms.ModelChoiceField(
        label=_("Bank account"), queryset=BankAccount.objects.all(), required=False, empty_label=_("as the file says")
    )
    file = forms.FileField(
        label=_("File"),
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": ".xml,.ofx,.qfx,.csv,.txt,.camt,.053"}),
        help_text=_("CAMT.053, OFX or CSV; at most %(limit)s.") % {"limit": filesizeformat(settings.UPLOAD_LIMIT)},
    )


class AssignForm(NormalisedTextMixin, forms.Form):
    """Whose a line is; once that is known, what is open is offered to be chosen."""

    customer = LookupField(Customer)

    def offer(self, customer: Customer, ticked: Collection[int] = ()) -> None:
        """Offer what is open of `customer` to be chosen, those with the keys `ticked` chosen already."""
        if still_open := list(customer.invoices.open().order_by("due_on", "issued_on", "pk")[:MOST_OFFERED]):
            self.fields["invoices"] = OpenInvoicesField(still_open)
            self.initial["invoices"] = [invoice.pk for invoice in still_open if invoice.pk in ticked]


class ReturnForm(NormalisedTextMixin, forms.Form):
    """Which payment came back; those of another customer are offered once that one is named."""

    payment = forms.ChoiceField(
        label=_("It came back"),
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose the payment, or name the customer whose payments to offer.")},
    )
    customer = LookupField(
        Customer, required=False, help_text=_("Not there? Name the customer, and their payments are offered.")
    )

    def offer(self, found: Sequence[MayBe]) -> None:
        """Offer `found` to be chosen from."""
        self.found = {each.key: each for each in found}
        words = _("%(amount)s of %(day)s, %(customer)s, %(name)s")
        said = {
            key: words
            % {"amount": format_money(each.amount), "day": each.paid_on, "customer": each.customer, "name": each.name}
            for key, each in self.found.items()
        }
        self.fields["payment"].choices = list(said.items())
        if not found:
            self.fields["payment"].help_text = _("Of nobody whom the line names a payment of so much is known.")

    def clean_payment(self) -> dict[str, int]:
        """Return what a line keeps of the payment."""
        return self.found[self.cleaned_data["payment"]].offer


class PartForm(NormalisedTextMixin, forms.Form):
    """A row of a split: a customer and an amount, and an invoice where one is meant."""

    customer = LookupField(Customer)
    amount = MoneyFormField(label=_("Amount"), min_value=QUANTUM)
    invoice = LookupField(Invoice, required=False, label=_("Invoice"))

    def part(self) -> Part:
        """Return the part that the row says."""
        said = self.cleaned_data
        return Part(said["customer"], said["amount"], (said["invoice"],) if said["invoice"] else None)


class ReasonForm(NormalisedTextMixin, forms.Form):
    """Why something is set aside or taken back."""

    reason = forms.CharField(label=_("Reason"), max_length=LONGEST_REASON)


class MandateForm(RecordForm):
    """A customer's mandate: what a signed form says."""

    customer = LookupField(Customer)

    class Meta:
        model = Mandate
        fields = ["customer", "reference", "holder", "iban", "signed_on"]
        widgets = {"signed_on": DayInput}

    def clean_customer(self) -> Customer:
        """Refuse a second active mandate: it would not be known by which one to collect."""
        customer = self.cleaned_data["customer"]
        if customer.mandates.filter(state=Mandate.State.ACTIVE).exclude(pk=self.instance.pk).exists():
            raise ValidationError(_("The customer has an active mandate already: revoke it first."))
        return customer

    def clean(self) -> dict[str, object]:
        cleaned = super().clean()
        if self.instance.pk and self.instance.items.exists() and self.has_changed():
            raise ValidationError(_("Something was collected by this mandate: revoke it, and add the new one."))
        return cleaned


class CollectionForm(forms.Form):
    """On which day what is collected."""

    collect_on = forms.DateField(label=_("Collection day"), widget=DayInput)
    due_up_to = forms.DateField(
        label=_("Due up to"),
        widget=DayInput,
        help_text=_("Open invoices due up to this day, included. What is promised to be paid otherwise is left out."),
    )
