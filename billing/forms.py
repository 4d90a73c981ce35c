"""What staff type about invoices and payments."""

from collections.abc import Collection
from uuid import uuid4

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from billing.allocations import LONGEST_REASON, lock_books
from billing.balances import balance_of
from billing.models import Invoice, Payment
from billing.payments import find_twin, record_payment
from customerflow.forms import DayInput, NormalisedTextMixin, RecordForm
from customerflow.lookup import LookupField
from customerflow.money import format_money
from customers.models import Customer

# So many open invoices are offered to be chosen from.
MOST_OFFERED = 50


class OpenInvoicesField(forms.MultipleChoiceField):
    """Invoices that are open, to be ticked; `cleaned_data` has the invoices."""

    widget = forms.CheckboxSelectMultiple

    def __init__(self, invoices: Collection[Invoice]) -> None:
        self.invoices = {str(invoice.pk): invoice for invoice in invoices}
        words = _("%(number)s, due %(due)s: %(open)s open")
        choices = [
            (key, words % {"number": each, "due": each.due_on, "open": format_money(each.open_amount)})
            for key, each in self.invoices.items()
        ]
        super().__init__(
            label=_("Settles"),
            choices=choices,
            required=False,
            help_text=_("Without a tick: the oldest due first. What is left is kept as credit."),
            error_messages={"invalid_choice": _("One of the chosen invoices is not open any more.")},
        )

    def clean(self, value: object) -> list[Invoice]:
        """Return the chosen invoices."""
        return [self.invoices[key] for key in super().clean(value)]


class PaymentForm(RecordForm):
    """
    A payment: the customer and the amount are enough.

    Once the customer is known, what is open is offered to be ticked, and the amount is what they owe; without a tick
    the oldest due is settled first. The form carries a key made when it is shown, so that sending it twice records one
    payment. Another payment of the same customer, amount and day is refused until "record it anyway" is ticked, a box
    that only then is in sight.
    """

    customer = LookupField(Customer)
    key = forms.UUIDField(widget=forms.HiddenInput, initial=uuid4)
    record_anyway = forms.BooleanField(
        label=_("This is another payment: record it anyway"), required=False, widget=forms.HiddenInput
    )

    # Whether this very form was recorded before.
    is_repeat = False

    class Meta:
        model = Payment
        fields = ["customer", "amount", "method", "received_on", "reference"]
        widgets = {"received_on": DayInput}

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("received_on", timezone.localdate())
        if self.data.get("record_anyway") == "on":
            self._show_box()

    def offer(self, customer: Customer, ticked: Collection[str] = ()) -> None:
        """Offer what is open of `customer` to be chosen, with the invoices of the keys `ticked` chosen already."""
        still_open = list(customer.invoices.open().order_by("due_on", "issued_on", "pk")[:MOST_OFFERED])
        if still_open:
            self.fields["invoices"] = OpenInvoicesField(still_open)
        if self.is_bound:
            return
        chosen = [invoice for invoice in still_open if str(invoice.pk) in ticked]
        self.initial["invoices"] = [invoice.pk for invoice in chosen]
        owed = sum(each.open_amount for each in chosen) or balance_of(customer, timezone.localdate()).total
        if owed > 0:
            self.initial.setdefault("amount", owed)
        self.fields["amount"].widget.attrs["autofocus"] = True

    def clean(self) -> dict[str, object]:
        cleaned = super().clean()
        if "key" in self.errors:
            raise ValidationError(_("This form is damaged. Open it anew."))
        return cleaned

    def save(self, commit: bool = True) -> Payment:
        """Record the payment, and return it, or the one that this form recorded before; raises `ValidationError`."""
        values = {name: self.cleaned_data[name] for name in self.Meta.fields}
        key = str(self.cleaned_data["key"])
        lock_books(values["customer"])
        self.is_repeat = Payment.objects.filter(idempotency_key=key).exists()
        if not self.is_repeat and not self.cleaned_data["record_anyway"]:
            self._refuse_twin()
        invoices = self.cleaned_data.get("invoices") or None
        return record_payment(**values, on=timezone.localdate(), by=self.by, key=key, invoices=invoices)

    def _refuse_twin(self) -> None:
        """Raise `ValidationError` where this payment was perhaps recorded already, and let it be recorded anyway."""
        values = {name: self.cleaned_data[name] for name in ("customer", "amount", "received_on")}
        twin = find_twin(**values)
        if twin:
            self._show_box()
            there_is = _("There is a payment of this customer, amount and day already: {}.")
            twin_link = format_html('<a href="{}">{}</a>', twin.get_absolute_url(), twin)
            raise ValidationError({"record_anyway": format_html(there_is, twin_link)})

    def _show_box(self) -> None:
        self.fields["record_anyway"].widget = forms.CheckboxInput()


class ReasonForm(NormalisedTextMixin, forms.Form):
    """Why something on the books is taken back."""

    reason = forms.CharField(label=_("Reason"), max_length=LONGEST_REASON, help_text=_("It stays on record."))


class VoidForm(ReasonForm):
    """Why an invoice is voided, and whether the next billing run charges again what it charged."""

    bill_again = forms.TypedChoiceField(
        label=_("What it charged"),
        choices=[("yes", _("Bill it again, correctly, with the next run")), ("never", _("Never bill it again"))],
        coerce=lambda value: value == "yes",
        empty_value=True,
        required=False,
        initial="yes",
        widget=forms.RadioSelect,
    )
