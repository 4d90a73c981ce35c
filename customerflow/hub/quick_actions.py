"""
The quick actions of the home page: the old menu's entries, with no more to type than it asked for.

Each is a form that calls the same act as the screens.
"""

from datetime import date

from django import forms
from django.contrib.auth.models import AbstractBaseUser
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from customerflow.forms import NormalisedTextMixin
from customerflow.lookup import LookupField
from customerflow.money import MoneyFormField
from customers.equipment_moves import add_equipment
from customers.models import Customer, Equipment, Location, Service
from customers.phones import MAX_LENGTH, validate_phone
from customers.price_changes import change_cost
from customers.registration import register_customer
from customers.subscriptions import add_service


class QuickAction(NormalisedTextMixin, forms.Form):
    """A quick action: what it needs typed, who may do it, and what it does."""

    slug = ""
    title = ""
    icon = ""
    permission = ""
    done = ""

    def __init__(self, data=None) -> None:
        super().__init__(data, auto_id=f"{self.slug}-%s", label_suffix="")

    def perform(self, *, by: AbstractBaseUser, on: date) -> models.Model:
        """Do it on the day `on` and return the record; raises `ValidationError`."""
        raise NotImplementedError

    def next_page(self, record: models.Model) -> str:
        """Return where to go afterwards: here again, for the next one."""
        return reverse("home")


class AddCustomer(QuickAction):
    """Add a new customer: name and phone."""

    slug, icon, permission = "add-customer", "user-plus", "customers.add_customer"
    title, done = _("Add customer"), _("Added: {}.")
    name = forms.CharField(label=_("Name"), max_length=200)
    phone = forms.CharField(
        label=_("Phone"),
        max_length=MAX_LENGTH,
        required=False,
        validators=[validate_phone],
        widget=forms.TextInput(attrs={"type": "tel"}),
    )

    def perform(self, *, by: AbstractBaseUser, on: date) -> Customer:
        return register_customer(customer=Customer(**self.cleaned_data))


class AddLocation(QuickAction):
    """Add a new location for a customer: customer number and address."""

    slug, icon, permission = "add-location", "map-pin", "customers.add_location"
    title, done = _("Add location"), _("Added: {}.")
    customer = LookupField(Customer)
    address = forms.CharField(label=_("Address"), max_length=300)

    def perform(self, *, by: AbstractBaseUser, on: date) -> Location:
        location = Location(**self.cleaned_data)
        location.full_clean()
        location.save()
        return location


class AddService(QuickAction):
    """Add a new service to a location: location number, name and cost."""

    slug, icon, permission = "add-service", "wifi", "customers.add_service"
    title, done = _("Add service"), _("Added: {}.")
    location = LookupField(Location)
    name = forms.CharField(label=_("Name"), max_length=100)
    cost = MoneyFormField(label=_("Cost"))

    def perform(self, *, by: AbstractBaseUser, on: date) -> Service:
        return add_service(service=Service(starts_on=on, **self.cleaned_data), by=by)


class AddEquipment(QuickAction):
    """Add new equipment to a location: location number, name and cost."""

    slug, icon, permission = "add-equipment", "router", "customers.add_equipment"
    title, done = _("Add equipment"), _("Added: {}.")
    location = LookupField(Location)
    name = forms.CharField(label=_("Name"), max_length=100)
    cost = MoneyFormField(label=_("Cost"))

    def perform(self, *, by: AbstractBaseUser, on: date) -> Equipment:
        return add_equipment(unit=Equipment(**self.cleaned_data), on=on)


class ChangeCost(QuickAction):
    """Update service cost: service number and new cost."""

    slug, icon, permission = "change-cost", "tag", "customers.add_pricechange"
    title, done = _("Update service cost"), _("The cost of {} was changed.")
    service = LookupField(Service)
    cost = MoneyFormField(label=_("New cost"))

    def perform(self, *, by: AbstractBaseUser, on: date) -> Service:
        return change_cost(**self.cleaned_data, on=on, by=by).service


class RemoveCustomer(QuickAction):
    """Remove a customer by number: leads to the page that says what goes too, or what stands in the way."""

    slug, icon, permission = "remove-customer", "user-minus", "customers.delete_customer"
    title = _("Remove customer")
    customer = LookupField(Customer)

    def perform(self, *, by: AbstractBaseUser, on: date) -> Customer:
        return self.cleaned_data["customer"]

    def next_page(self, record: models.Model) -> str:
        return reverse("customers:customer_delete", args=[record.pk])


QUICK_ACTIONS = (AddCustomer, AddLocation, AddService, AddEquipment, ChangeCost, RemoveCustomer)
