"""What staff type when a customer moves house, or the next tenant takes over."""

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from customerflow.forms import DayInput, NormalisedTextMixin
from customerflow.lookup import LookupField
from customers.models import Customer, Location

ADDRESS = ("address", "city", "postcode")


class HouseMoveForm(NormalisedTextMixin, forms.Form):
    """Where a customer moves: a location that is on record, or a new address; and since when."""

    first_day = forms.DateField(
        label=_("First day there"),
        widget=DayInput,
        initial=timezone.localdate,
        help_text=_("For a day to come it is planned."),
    )
    location = LookupField(Location, label=_("To the location"), required=False)
    address = forms.CharField(label=_("Or to a new address"), max_length=300, required=False)
    city = forms.CharField(label=_("City"), max_length=100, required=False)
    postcode = forms.CharField(label=_("Postcode"), max_length=20, required=False)

    def clean(self) -> dict[str, object]:
        cleaned = super().clean()
        if not self.errors and bool(cleaned["location"]) == bool(cleaned["address"]):
            self.add_error("location", _now("Choose a location or give a new address, one of the two."))
        return cleaned


class TakeoverForm(forms.Form):
    """Who takes over, and from which day on."""

    customer = LookupField(Customer, label=_("Next tenant"))
    first_day = forms.DateField(
        label=_("First day of the next tenant"),
        widget=DayInput,
        initial=timezone.localdate,
        help_text=_("For a day to come it is planned."),
    )
    location = LookupField(
        Location,
        label=_("Location of the next tenant"),
        required=False,
        help_text=_("Its number. Empty: a new one with this address."),
    )

    def clean(self) -> dict[str, object]:
        cleaned = super().clean()
        location, customer = cleaned.get("location"), cleaned.get("customer")
        if location and customer and location.customer_id != customer.pk:
            self.add_error("location", _now("This location belongs to another customer."))
        return cleaned
