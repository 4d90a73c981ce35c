"""The forms of shadow billing."""

from calendar import monthrange
from datetime import timedelta

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from customerflow.forms import DayInput
from customerflow.money import ZERO, MoneyFormField
from shadow.models import ShadowItem, ShadowRun
from shadow.running import origins

LONGEST = timedelta(days=366)


class ShadowRunForm(forms.ModelForm):
    """What is compared: a system, the days in which cycles begin, and those on which it issued its invoices."""

    class Meta:
        model = ShadowRun
        fields = ("origin", "first_day", "last_day", "issued_from", "issued_to")
        widgets = dict.fromkeys(("first_day", "last_day", "issued_from", "issued_to"), DayInput)

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        systems = [(name, name) for name in origins()]
        self.fields["origin"] = forms.ChoiceField(label=_("Other system"), choices=systems)
        for name in ("last_day", "issued_from", "issued_to"):
            self.fields[name].required = False
        self.fields["first_day"].label = _("Cycles that begin from")
        self.fields["last_day"].label = _("Until")
        self.fields["last_day"].help_text = _("Empty: a month. The day after it is the first that is charged here.")
        self.fields["issued_from"].label = _("Its invoices issued from")
        self.fields["issued_from"].help_text = _("Empty: the same days.")
        self.fields["issued_to"].label = _("Until")

    def clean(self) -> dict[str, object]:
        """Give the days that were left out; refuse more than a year."""
        values = super().clean()
        first = values.get("first_day")
        if first is None:
            return values
        last = values.get("last_day") or first + timedelta(days=monthrange(first.year, first.month)[1] - 1)
        values |= {"last_day": last, "issued_from": values.get("issued_from") or first}
        values["issued_to"] = values.get("issued_to") or max(last, values["issued_from"])
        if last - first > LONGEST:
            raise ValidationError({"last_day": _("Compare at most a year at once.")})
        return values


class BecauseForm(forms.Form):
    """Why a difference is meant so."""

    because = forms.CharField(label=_("Why it is meant so"), max_length=200)


class AcceptForm(BecauseForm):
    """Which of the differences are meant so, and why."""

    outcomes = forms.MultipleChoiceField(
        label=_("Customers who are"), choices=ShadowItem.Outcome.choices, widget=forms.CheckboxSelectMultiple
    )
    most = MoneyFormField(
        label=_("Differences of at most"),
        min_value=ZERO,
        required=False,
        help_text=_("Of what is billed, and of what is owed, in either direction. Empty: any."),
    )
    field_order = ("outcomes", "most", "because")
