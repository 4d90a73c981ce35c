"""What staff type about charges and discounts."""

from decimal import Decimal

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from billing.charges import add_charge, check_service
from billing.discounts import add_discount
from billing.models import Charge, Discount
from customerflow.forms import DayInput, RecordForm
from customerflow.lookup import LookupField
from customers.models import Customer, Service


class OfServiceMixin:
    """A form about a customer and perhaps one of their services."""

    def clean(self) -> dict[str, object]:
        cleaned = super().clean()
        if cleaned.get("customer"):
            try:
                check_service(cleaned["customer"], cleaned.get("service"))
            except forms.ValidationError as error:
                self.add_error(None, error)
        return cleaned


class ChargeForm(OfServiceMixin, RecordForm):
    """A one-off charge: the customer, what for, and how much."""

    customer = LookupField(Customer)
    service = LookupField(Service, required=False)

    folded = ("quantity", "service", "tax_code")

    class Meta:
        model = Charge
        fields = ["customer", "description", "unit_price", "charged_on", "quantity", "service", "tax_code"]
        labels = {"unit_price": _("Amount")}
        widgets = {"charged_on": DayInput}

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("charged_on", timezone.localdate())

    def save(self, commit: bool = True) -> Charge:
        """Save the charge, through `add_charge`."""
        return add_charge(charge=self.instance)


class DiscountForm(OfServiceMixin, RecordForm):
    """A discount: a percentage off all services or one, or an amount off one."""

    customer = LookupField(Customer)
    service = LookupField(Service, required=False, help_text=_("Its number. Empty: all services of the customer."))

    class Meta:
        model = Discount
        fields = ["customer", "service", "percent", "amount", "first_day", "last_day", "reason"]
        widgets = {"first_day": DayInput, "last_day": DayInput}
        help_texts = {"last_day": _("Itself with the discount. Empty: until further notice.")}

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("first_day", timezone.localdate())
        self.initial["percent"] = self.initial["amount"] = None

    def clean_percent(self) -> Decimal:
        return self.cleaned_data["percent"] or Decimal(0)

    def save(self, commit: bool = True) -> Discount:
        """Save the discount, through `add_discount`."""
        return add_discount(discount=self.instance)


class DiscountEndForm(forms.Form):
    """The last day of a discount."""

    last_day = forms.DateField(label=_("Last day"), widget=DayInput, help_text=_("Itself with the discount."))
