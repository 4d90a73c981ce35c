"""What staff type about invoices and payments."""

from uuid import uuid4

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from billing.allocations import LONGEST_REASON, lock_books
from billing.models import Payment
from billing.payments import find_twin, record_payment
from customerflow.forms import DayInput, NormalisedTextMixin, RecordForm
from customerflow.lookup import LookupField
from customers.models import Customer


class PaymentForm(RecordForm):
    """
    A payment: the customer and the amount are enough.

    It carries a key made when it is shown, so that sending it twice records one payment. Another payment of the same
    customer, amount and day is refused until "record it anyway" is ticked, a box that only then is in sight.
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
        return record_payment(**values, on=timezone.localdate(), by=self.by, key=key)

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
