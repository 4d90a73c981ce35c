"""What administrators do to many customers, services, units or plans at once, by the acts that the screens use."""

from datetime import date
from decimal import Decimal

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from customerflow.bulk_acts import BulkAct, ChangeFields, RemoveRecords
from customerflow.forms import DayInput, NormalisedTextMixin
from customerflow.money import ZERO, MoneyFormField
from customerflow.tables import as_text
from customers.equipment_moves import return_to_stock
from customers.forms import CloseForm, EndForm
from customers.models import Customer, Equipment, Plan, Service
from customers.price_changes import change_costs
from customers.registration import close_customer, remove_customer, reopen_customer
from customers.subscriptions import end_service


class CloseCustomers(BulkAct):
    """Closing accounts."""

    heading = _("Close the accounts")
    button = _("Close the accounts")
    explanation = _("Services end, the books stay. Equipment stays listed at its location until it is returned.")
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
    button = _("Reopen the accounts")
    explanation = _("Ended services stay ended. Add new ones; the days between are not charged.")

    def state(self, customer: Customer) -> str:
        return customer.get_status_display()

    def act(self, customer: Customer) -> str:
        return self.state(reopen_customer(customer=customer))


class CustomerStatusForm(forms.Form):
    """Leads become customers, and the other way round; closing is an act of its own."""

    status = forms.ChoiceField(
        label=_("Status"),
        choices=[choice for choice in Customer.Status.choices if choice[0] != Customer.Status.CLOSED],
    )


class ChangeCustomerStatus(ChangeFields):
    """Making leads active customers, or the other way round."""

    heading = _("Change the status")
    button = _("Change the status")
    form_class = CustomerStatusForm

    def act(self, customer: Customer, **values: object) -> str:
        if customer.is_closed:
            raise ValidationError(_("is closed. Reopen the account instead."))
        return super().act(customer, **values)


class RemoveCustomers(RemoveRecords):
    """Removing customers of whom nothing is on the books."""

    explanation = _("A customer of whom something was billed, paid or said cannot be removed, but closed.")

    def remove(self, customer: Customer) -> None:
        remove_customer(customer=customer)


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
    button = _("Change the cost")
    explanation = _("From today, or from a later day. What was invoiced stays as it was.")
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
    ) -> str:
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
            raise ValidationError(_("the cost stays the same."))
        return _("%(cost)s from %(day)s") % {
            "cost": as_text(changes[0].cost),
            "day": as_text(changes[0].effective_on),
        }


class PlanForm(forms.Form):
    """One of the plans that are offered."""

    plan = forms.ModelChoiceField(label=_("Plan"), queryset=Plan.objects.filter(is_offered=True))


class ChangePlan(ChangeFields):
    """Moving services to another plan."""

    heading = _("Change the plan")
    button = _("Change the plan")
    explanation = _("Name and cost stay as they are: the cost changes by an act of its own.")
    form_class = PlanForm


class EndServices(BulkAct):
    """Ending services."""

    heading = _("End the services")
    button = _("End the services")
    form_class = EndForm

    def initial(self) -> dict[str, object]:
        return {"last_day": self.on}

    def state(self, service: Service) -> str:
        return last_day_of(service)

    def act(self, service: Service, *, last_day: date) -> str:
        return last_day_of(end_service(service=service, last_day=last_day))


def last_day_of(service: Service) -> str:
    """Return in words when a service ends."""
    return _("until %(day)s") % {"day": service.ends_on} if service.ends_on else _("no last day")


class ReturnEquipment(BulkAct):
    """Taking units back."""

    heading = _("Return to stock")
    button = _("Return to stock")
    explanation = _("They leave their locations and go back to stock; what was sold stays sold.")

    def state(self, unit: Equipment) -> str:
        return unit.get_status_display()

    def act(self, unit: Equipment) -> str:
        return self.state(return_to_stock(unit=unit))


class EquipmentStatusForm(forms.Form):
    """Where units are that are at no location."""

    status = forms.ChoiceField(
        label=_("Status"),
        choices=[choice for choice in Equipment.Status.choices if choice[0] != Equipment.Status.INSTALLED],
    )


class ChangeEquipmentStatus(ChangeFields):
    """Noting what became of units that are at no location."""

    heading = _("Change the status")
    button = _("Change the status")
    explanation = _("What is installed is returned to stock first.")
    form_class = EquipmentStatusForm


class OfferPlans(ChangeFields):
    """Offering plans."""

    heading = _("Start offering")
    button = _("Start offering")
    values = {"is_offered": True}


class WithdrawPlans(ChangeFields):
    """Not offering plans any more."""

    heading = _("Stop offering")
    button = _("Stop offering")
    explanation = _("Who has such a plan keeps it.")
    values = {"is_offered": False}
