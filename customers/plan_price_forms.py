"""What staff type about another price of a plan."""

from datetime import date, datetime

from django import forms
from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from customerflow.forms import DayInput, NormalisedTextMixin
from customerflow.money import MoneyFormField
from customers.models import Plan, PlanPriceChange
from customers.models.plan_price_change import LONGEST_REASON


class PlanPriceForm(NormalisedTextMixin, forms.Form):
    """A monthly price, the day from which on it is in force, and who is left out."""

    price = MoneyFormField(label=_("New monthly price"), help_text=_("Before tax."))
    effective_on = forms.DateField(label=_("From"), widget=DayInput, help_text=_("Today or later."))
    notice_on = forms.DateField(
        label=_("Notice given on"),
        widget=DayInput,
        help_text=_("The day on which customers are told, or were: by the day from which on it is in force."),
    )
    reason = forms.CharField(label=_("Reason"), max_length=LONGEST_REASON, required=False)
    with_own_prices = forms.BooleanField(label=_("Also those with a price of their own"), required=False)
    with_contracts = forms.BooleanField(label=_("Also those under contract on that day"), required=False)
    old_price = MoneyFormField(widget=forms.HiddenInput)

    def clean_effective_on(self) -> date:
        day = self.cleaned_data["effective_on"]
        if day < timezone.localdate():
            raise ValidationError(_now("A price can change today or later, not in the past."))
        return day

    def clean(self) -> dict[str, object]:
        cleaned = super().clean()
        notice_on, effective_on = cleaned.get("notice_on"), cleaned.get("effective_on")
        if notice_on and effective_on and notice_on > effective_on:
            self.add_error("notice_on", _now("Customers are told before the price is in force, or on that day."))
        for name in ("price", "old_price"):
            if name in cleaned and cleaned[name] < 0:
                self.add_error("price", _now("A price is not negative."))
        return cleaned


def change_of(plan: Plan, values: dict[str, object], *, by: AbstractBaseUser | None, at: datetime) -> PlanPriceChange:
    """Return the change of a plan's price that cleaned values of the form describe, not saved."""
    return PlanPriceChange(plan=plan, announced_at=at, announced_by=by, **values)
