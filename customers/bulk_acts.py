"""What is done to many customers, services, units or plans at once, by the acts that the screens use."""

from datetime import date
from decimal import Decimal

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from customerflow.bulk.acts import BulkAct, Facts, RemoveRecords, register
from customerflow.bulk.fields import ChangeFields
from customerflow.forms import DayInput, NormalisedTextMixin
from customerflow.money import ZERO, MoneyFormField
from customerflow.tables import as_text
from customers.equipment_moves import return_to_stock, set_aside
from customers.forms import (
    CloseForm,
    ContactForm,
    CustomerForm,
    EndForm,
    EquipmentForm,
    LocationForm,
    PlanForm,
    ReturnForm,
    ServiceForm,
    SetAsideForm,
)
from customers.models import Area, Contact, Customer, Equipment, Location, Plan, Service
from customers.plan_price_acts import ChangePlanPrice
from customers.price_changes import change_costs
from customers.registration import close_customer, remove_customer, reopen_customer
from customers.stays import renew_stay
from customers.subscriptions import end_service


class CustomerFieldsForm(CustomerForm):
    """The form of a customer, and the status: leads become customers, and the other way round."""

    status = forms.ChoiceField(
        label=_("Status"),
        choices=[choice for choice in Customer.Status.choices if choice[0] != Customer.Status.CLOSED],
    )


class ChangeCustomers(ChangeFields):
    """Changing fields of customers; closing is an act of its own."""

    record_form = CustomerFieldsForm
    fields = ("status", "billing_day", "payment_terms", "is_tax_exempt", "language", "channel", "note")

    def refuse(self, record: Customer, changed: dict[str, object]) -> None:
        if record.is_closed and "status" in changed:
            raise ValidationError(_("The account is closed. Reopen it instead."))


class CloseCustomers(BulkAct):
    """Closing accounts."""

    heading = _("Close the accounts")
    explanation = _(
        "Services end, the books stay. Equipment stays listed at its location until it is returned, without rent."
    )
    is_grave = True
    form_class = CloseForm

    def initial(self) -> dict[str, object]:
        return {"last_day": self.on}

    def state(self, customer: Customer) -> str:
        return customer.get_status_display()

    def act(self, customer: Customer, *, last_day: date) -> str:
        return self.state(close_customer(customer=customer, last_day=last_day, on=self.on))


class ReopenCustomers(BulkAct):
    """Taking closed customers back."""

    heading = _("Reopen the accounts")
    explanation = _("Ended services stay ended. Add new ones; the days between are not charged.")

    def state(self, customer: Customer) -> str:
        return customer.get_status_display()

    def act(self, customer: Customer) -> str:
        return self.state(reopen_customer(customer=customer, on=self.on))


class RemoveCustomers(RemoveRecords):
    """Removing customers of whom nothing is on the books."""

    explanation = _("A customer of whom something was billed, paid or said cannot be removed, but closed.")

    def remove(self, record: Customer) -> None:
        remove_customer(customer=record)


class ChangeContacts(ChangeFields):
    """Changing what people are to talk to about."""

    record_form = ContactForm
    fields = ("role",)

    def records(self, values: dict[str, object]) -> models.QuerySet:
        return super().records(values).select_related("customer")


class RemoveContacts(RemoveRecords):
    """Removing people to talk to."""

    def records(self, values: dict[str, object]) -> models.QuerySet:
        return super().records(values).select_related("customer")


class ChangeLocations(ChangeFields):
    """Changing what many addresses share."""

    record_form = LocationForm
    fields = ("area", "city", "region", "postcode", "country")


class ChangePlans(ChangeFields):
    """Changing plans; who has one keeps what it costs."""

    record_form = PlanForm
    fields = ("kind", "tax_code", "download_mbps", "upload_mbps", "needs_equipment", "is_offered")


class OfferPlans(ChangeFields):
    """Offering plans."""

    heading = _("Start offering")
    values = {"is_offered": True}


class WithdrawPlans(ChangeFields):
    """Not offering plans any more."""

    heading = _("Stop offering")
    explanation = _("Who has such a plan keeps it.")
    values = {"is_offered": False}


class ServiceFieldsForm(ServiceForm):
    """The form of a service, with the plans that are offered."""

    plan = forms.ModelChoiceField(label=_("Plan"), queryset=Plan.objects.filter(is_offered=True))


class ChangeServices(ChangeFields):
    """Changing fields of services; what one costs changes by an act of its own, whatever the plan."""

    explanation = _("Name and cost stay as they are: the cost changes by an act of its own.")
    record_form = ServiceFieldsForm
    fields = ("plan", "billing_interval", "contract_ends_on", "early_termination_fee")


class ChangeCostsForm(NormalisedTextMixin, forms.Form):
    """By how much prices change, and from when on."""

    percent = forms.DecimalField(
        label=_("Percent"),
        required=False,
        min_value=-100,
        max_value=1000,
        decimal_places=4,
        help_text=_("5 makes 20.00 to 21.00; with a minus it is a reduction."),
    )
    amount = MoneyFormField(label=_("Amount"), required=False, help_text=_("Added after the percentage."))
    effective_on = forms.DateField(
        label=_("From"), required=False, widget=DayInput, help_text=_("Empty: from today on.")
    )
    reason = forms.CharField(label=_("Reason"), max_length=200, required=False)

    def clean(self) -> dict[str, object]:
        cleaned = super().clean()
        if not (self.errors or cleaned.get("percent") or cleaned.get("amount")):
            raise ValidationError(_("Give a percentage, an amount, or both."))
        return cleaned


class ChangeCosts(BulkAct):
    """Changing prices by a percentage, an amount, or both."""

    heading = _("Change the cost")
    explanation = _("From today, or from a later day. What was invoiced stays as it was.")
    permission = "customers.add_pricechange"
    form_class = ChangeCostsForm

    def state(self, service: Service) -> str:
        return as_text(service.cost)

    def act(
        self,
        service: Service,
        *,
        percent: Decimal | None,
        amount: Decimal | None,
        effective_on: date | None,
        reason: str,
    ) -> str | None:
        changes = change_costs(
            services=[service],
            on=self.on,
            percent=percent or ZERO,
            amount=amount or ZERO,
            effective_on=effective_on,
            reason=reason,
            by=self.by,
        )
        if not changes:
            return None
        return _("%(cost)s from %(day)s") % {
            "cost": as_text(changes[0].cost),
            "day": as_text(changes[0].effective_on),
        }


class EndServices(BulkAct):
    """Ending services."""

    heading = _("End the services")
    is_grave = True
    form_class = EndForm

    def initial(self) -> dict[str, object]:
        return {"last_day": self.on}

    def state(self, service: Service) -> str:
        return last_day_of(service)

    def act(self, service: Service, *, last_day: date) -> str | None:
        return None if service.ends_on == last_day else last_day_of(end_service(service=service, last_day=last_day))


def last_day_of(service: Service) -> str:
    """Return in words when a service ends."""
    return _("until %(day)s") % {"day": service.ends_on} if service.ends_on else _("no last day")


class ChangeEquipment(ChangeFields):
    """Changing what units are and on which terms; where each is changes by acts of its own."""

    record_form = EquipmentForm
    fields = ("model", "cost", "terms", "monthly_rent")

    def carry_out(self, record: Equipment, values: dict[str, object]) -> Facts | None:
        after = super().carry_out(record, values)
        if after is not None:
            renew_stay(record, self.on)
        return after


class ReturnEquipment(BulkAct):
    """Taking units back."""

    heading = _("Return to stock")
    explanation = _("They leave their locations and go back to stock; what was sold stays sold.")
    form_class = ReturnForm

    def state(self, unit: Equipment) -> str:
        return unit.get_status_display()

    def act(self, unit: Equipment, *, day: date) -> str:
        return self.state(return_to_stock(unit=unit, day=day, on=self.on))


class SetEquipmentAside(BulkAct):
    """Saying what became of units: in repair, lost, sold."""

    heading = _("Change the status")
    explanation = _("A unit that is installed leaves its location.")
    form_class = SetAsideForm

    def state(self, unit: Equipment) -> str:
        return unit.get_status_display()

    def act(self, unit: Equipment, *, status: str, day: date) -> str | None:
        if unit.status == status:
            return None
        return self.state(set_aside(unit=unit, status=status, day=day, on=self.on))


register(Customer, ChangeCustomers, CloseCustomers, ReopenCustomers, RemoveCustomers)
register(Contact, ChangeContacts, RemoveContacts)
register(Area, RemoveRecords)
register(Location, ChangeLocations, RemoveRecords)
register(Plan, ChangePlans, OfferPlans, WithdrawPlans, RemoveRecords)
register(Service, ChangeServices, ChangeCosts, ChangePlanPrice, EndServices, RemoveRecords)
register(Equipment, ChangeEquipment, ReturnEquipment, SetEquipmentAside, RemoveRecords)
