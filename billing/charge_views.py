"""Charges and discounts: adding them, taking them back, and what of them a customer's page shows."""

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from billing.charge_forms import DiscountEndForm
from billing.charges import cancel_charge, waive_late_fee
from billing.discounts import end_discount, remove_discount
from billing.forms import ReasonForm
from billing.models import Charge, Discount
from customerflow.acts import ActScreen
from customerflow.crud import CreateScreen
from customerflow.lookup import find
from customers.models import Customer


class OfCustomerCreate(CreateScreen):
    """Adding a charge or a discount, which have no list: the way back is the customer."""

    def get_template_names(self) -> list[str]:
        return ["billing/charge_form.html"]

    def get_context_data(self, **context: object) -> dict[str, object]:
        # First the form: it says who the customer is.
        context = super().get_context_data(**context)
        said = str(context["form"]["customer"].value() or "")
        customer = find(Customer.objects.all(), said)
        return context | {"customer": customer, "list_url": customer and customer.get_absolute_url()}


class ChargeCancel(ActScreen):
    """Cancelling a charge that is not billed."""

    model = Charge
    form_class = forms.Form
    heading = _("Cancel this charge")
    explanation = _("It is not put on an invoice.")
    button = _("Cancel the charge")
    done = _("Cancelled: {}.")

    def act(self) -> Charge:
        return cancel_charge(charge=self.object)


class LateFeeWaive(ActScreen):
    """Waiving a late fee that is not billed."""

    model = Charge
    form_class = ReasonForm
    heading = _("Waive this late fee")
    explanation = _("It is not put on an invoice, and its invoice gets no other late fee.")
    button = _("Waive the late fee")
    done = _("Waived: {}.")

    def act(self, *, reason: str) -> Charge:
        return waive_late_fee(charge=self.object, reason=reason)


class DiscountRemove(ActScreen):
    """Taking a discount back that was never meant."""

    model = Discount
    permission_required = "billing.delete_discount"
    form_class = forms.Form
    heading = _("Remove this discount")
    explanation = _("What was invoiced stays as it was: the next invoice makes up for what was taken off.")
    button = _("Remove the discount")
    done = _("A discount of {} was removed.")

    def act(self) -> Customer:
        remove_discount(discount=self.object)
        return self.object.customer


class DiscountEnd(ActScreen):
    """Saying how long a discount goes on."""

    model = Discount
    form_class = DiscountEndForm
    heading = _("End this discount")
    explanation = _("What was invoiced stays as it was: the next invoice makes up for days with another price.")
    button = _("End the discount")
    done = _("{} was given its last day.")

    def get_initial(self) -> dict[str, object]:
        return {"last_day": self.object.last_day or max(self.object.first_day, timezone.localdate())}

    def act(self, *, last_day) -> Discount:
        return end_discount(discount=self.object, last_day=last_day)
