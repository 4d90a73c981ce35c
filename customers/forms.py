"""What staff type about customers, their locations, services and equipment."""

from django import forms
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from customerflow.forms import DayInput, NormalisedTextMixin, RecordForm
from customerflow.lookup import LookupField
from customerflow.money import MoneyFormField
from customers.emails import normalise_email
from customers.equipment_moves import add_equipment, change_equipment
from customers.models import Area, Contact, Customer, Equipment, Location, Plan, Service
from customers.registration import register_customer
from customers.subscriptions import add_service


def past_day(label: str) -> forms.DateField:
    """Return a field for the day on which something happened that is on record now."""
    return forms.DateField(
        label=label,
        widget=DayInput,
        initial=timezone.localdate,
        required=False,
        help_text=_("Today or before; empty: today. Rent follows from it."),
    )


class CustomerForm(RecordForm):
    """A customer: the name is enough; the number comes from the series unless one is given."""

    number = forms.CharField(
        label=_("Number"),
        max_length=32,
        required=False,
        help_text=_("The account number. Left empty, the next free one is taken."),
    )

    folded = ("number", "billing_day", "payment_terms", "is_tax_exempt", "language", "channel", "note")

    class Meta:
        model = Customer
        fields = ["name", "phone", "email", *("number", "billing_day", "payment_terms", "is_tax_exempt")]
        fields += ["language", "channel", "note"]
        widgets = {
            "phone": forms.TextInput(attrs={"type": "tel"}),
            "note": forms.Textarea(attrs={"rows": 3}),
        }

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        # Left out, it stays as it is.
        self.fields["channel"].required = False
        if self.instance.pk:
            self.fields["number"].required = True
            self.fields["number"].help_text = ""

    def clean_email(self) -> str:
        return normalise_email(self.cleaned_data["email"])

    def _get_validation_exclusions(self) -> set[str]:
        # A number that is still to be given out is not missing.
        exclude = super()._get_validation_exclusions()
        return exclude if self.cleaned_data.get("number") else {*exclude, "number"}

    def save(self, commit: bool = True) -> Customer:
        """Save the customer; a new one through `register_customer`."""
        return super().save() if self.instance.pk else register_customer(customer=self.instance)


class ContactForm(RecordForm):
    """One more person at a customer."""

    customer = LookupField(Customer)

    class Meta:
        model = Contact
        fields = ["customer", "name", "role", "phone", "email"]

    def clean_email(self) -> str:
        return normalise_email(self.cleaned_data["email"])

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            del self.fields["customer"]


class AreaForm(RecordForm):
    """A part of the network."""

    class Meta:
        model = Area
        fields = ["name", "notes"]
        widgets = {"notes": forms.Textarea(attrs={"rows": 3})}


class LocationForm(RecordForm):
    """A service address: the customer and one line are enough."""

    customer = LookupField(Customer)
    area = LookupField(Area, required=False, help_text=_("The part of the network it is served by."))

    folded = ("region", "country", "label", "latitude", "longitude", "access_notes")

    class Meta:
        model = Location
        fields = [
            "customer",
            "address",
            "city",
            "postcode",
            "area",
            "region",
            "country",
            "label",
            "latitude",
            "longitude",
            "access_notes",
        ]
        widgets = {"access_notes": forms.Textarea(attrs={"rows": 3})}

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            # Its services were billed to this customer; the next tenant takes over by an act of its own.
            del self.fields["customer"]

    def clean_country(self) -> str:
        return self.cleaned_data["country"].upper()


class PlanForm(RecordForm):
    """What is sold."""

    class Meta:
        model = Plan
        fields = ["name", "kind", "price", "tax_code", "download_mbps", "upload_mbps", "needs_equipment", "is_offered"]


class ServiceForm(RecordForm):
    """A service: a location with a name and a cost, or with a plan that has both."""

    location = LookupField(Location)
    name = forms.CharField(label=_("Name"), max_length=100, required=False, help_text=_("Left empty: as the plan."))
    cost = MoneyFormField(
        label=_("Cost"), required=False, help_text=_("For one billing cycle, before tax. Left empty: as the plan.")
    )

    folded = (
        "ends_on",
        "charged_from",
        "billing_interval",
        "setup_fee",
        "contract_ends_on",
        "early_termination_fee",
        "login",
        "ip_address",
        "port",
    )

    class Meta:
        model = Service
        fields = [
            "location",
            "plan",
            "name",
            "cost",
            "starts_on",
            "ends_on",
            "charged_from",
            "billing_interval",
            "setup_fee",
            "contract_ends_on",
            "early_termination_fee",
            "login",
            "ip_address",
            "port",
        ]
        widgets = dict.fromkeys(["starts_on", "ends_on", "charged_from", "contract_ends_on"], DayInput)

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        offered = Q(is_offered=True) | Q(pk=self.instance.plan_id)
        self.fields["plan"].queryset = Plan.objects.filter(offered)
        if self.instance.pk:
            # The price has a history, and an end may bring one back to a closed account: both change by acts.
            del self.fields["cost"], self.fields["ends_on"]
            self.fields["name"].required = True
            self.fields["name"].help_text = ""
        else:
            self.initial.setdefault("starts_on", timezone.localdate())

    def clean(self) -> dict[str, object]:
        cleaned = super().clean()
        if self.instance.pk:
            location = cleaned.get("location")
            if location and location.customer_id != self.instance.location.customer_id:
                self.add_error("location", _("This location belongs to another customer."))
            return cleaned
        plan = cleaned.get("plan")
        if plan:
            cleaned["name"] = cleaned.get("name") or plan.name
            if cleaned.get("cost") is None and "cost" not in self.errors:
                cleaned["cost"] = plan.price * int(cleaned.get("billing_interval") or 1)
        for name, what in (
            ("name", _("Give a name, or choose a plan.")),
            ("cost", _("Give a cost, or choose a plan.")),
        ):
            if cleaned.get(name) in (None, "") and name not in self.errors:
                self.add_error(name, what)
        return cleaned

    def save(self, commit: bool = True) -> Service:
        """Save the service; a new one through `add_service`, which writes its first price."""
        return super().save() if self.instance.pk else add_service(service=self.instance, by=self.by)


class EquipmentForm(RecordForm):
    """A device: a name and a cost, and where it is."""

    location = LookupField(Location, required=False, help_text=_("Empty: in stock."))
    day = past_day(_("First day there"))

    folded = ("day", "model", "serial", "mac", "terms", "monthly_rent")

    class Meta:
        model = Equipment
        fields = ["location", "name", "cost", "model", "serial", "mac", "terms", "monthly_rent"]

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            # A unit moves by acts: installed, returned, set aside.
            del self.fields["location"], self.fields["day"]

    def clean(self) -> dict[str, object]:
        cleaned = super().clean()
        if not self.instance.pk:
            self.instance.status = Equipment.Status.INSTALLED if cleaned.get("location") else Equipment.Status.IN_STOCK
        return cleaned

    def save(self, commit: bool = True) -> Equipment:
        """Save the unit, through an act that keeps what is paid for it where it is."""
        today = timezone.localdate()
        if self.instance.pk:
            return change_equipment(unit=self.instance, on=today)
        return add_equipment(unit=self.instance, day=self.cleaned_data["day"], on=today)


class CostForm(NormalisedTextMixin, forms.Form):
    """A new price of one service: the amount is enough."""

    cost = MoneyFormField(label=_("New cost"), help_text=_("For one billing cycle, before tax."))
    effective_on = forms.DateField(
        label=_("From"), required=False, widget=DayInput, help_text=_("Empty: from today on.")
    )
    reason = forms.CharField(label=_("Reason"), max_length=200, required=False)


class EndForm(forms.Form):
    """The last day of a service."""

    last_day = forms.DateField(label=_("Last day of service"), widget=DayInput, help_text=_("Itself still served."))


class InstallForm(forms.Form):
    """Where a unit goes, and when it came there."""

    location = LookupField(Location)
    day = past_day(_("First day there"))


class ReturnForm(forms.Form):
    """When a unit came back."""

    day = past_day(_("Last day there"))


class SetAsideForm(forms.Form):
    """What becomes of a unit that is not installed, or no longer, and since when."""

    status = forms.ChoiceField(
        label=_("Status"),
        choices=[choice for choice in Equipment.Status.choices if choice[0] != Equipment.Status.INSTALLED],
    )
    day = past_day(_("Last day there, if it is installed"))


class CloseForm(forms.Form):
    """When a customer goes, and that it is meant."""

    last_day = forms.DateField(
        label=_("Last day"), widget=DayInput, help_text=_("Today or before. Services end with this day.")
    )
