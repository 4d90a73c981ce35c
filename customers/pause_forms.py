"""What staff type about the days on which a service is off."""

from django import forms
from django.utils.translation import gettext_lazy as _

from customerflow.forms import DayInput
from customers.models import Pause


class PauseForm(forms.Form):
    """From when to when a service is off, and why."""

    reason = forms.ChoiceField(label=_("Reason"), choices=Pause.Reason.choices)
    first_day = forms.DateField(label=_("First day"), widget=DayInput, help_text=_("Itself off."))
    last_day = forms.DateField(
        label=_("Last day"), widget=DayInput, required=False, help_text=_("Itself off. Empty: until further notice.")
    )
    is_charged = forms.TypedChoiceField(
        label=_("Are the days charged?"),
        choices=[("", _("As is usual for the reason")), ("yes", _("Yes")), ("no", _("No"))],
        coerce=lambda answer: answer == "yes",
        empty_value=None,
        required=False,
        help_text=_("Usual: charged for non-payment, not charged otherwise."),
    )

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **{"label_suffix": "", **kwargs})

    def clean(self) -> dict[str, object]:
        cleaned = super().clean()
        first, last = cleaned.get("first_day"), cleaned.get("last_day")
        if first and last and last < first:
            self.add_error("last_day", _("The last day must not be before the first."))
        return cleaned


class PauseEndForm(forms.Form):
    """The last day on which a service is off."""

    last_day = forms.DateField(label=_("Last day"), widget=DayInput, help_text=_("Itself still off."))
