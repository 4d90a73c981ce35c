"""What staff type about suspensions."""

from django import forms
from django.utils.translation import gettext_lazy as _

from customerflow.forms import DayInput, NormalisedTextMixin, RecordForm
from suspensions.models import Policy, QuietDay
from suspensions.models.policy import Weekday


class WeekdaysField(forms.MultipleChoiceField):
    """Some days of the week, kept as their numbers, such as "67"."""

    widget = forms.CheckboxSelectMultiple

    def prepare_value(self, value: object) -> object:
        return list(value) if isinstance(value, str) else value

    def clean(self, value: object) -> str:
        return "".join(sorted(super().clean(value)))

    def has_changed(self, initial: object, data: object) -> bool:
        return super().has_changed(list(initial or ""), data)


class PolicyForm(RecordForm):
    """The rules of suspension."""

    quiet_weekdays = WeekdaysField(
        label=_("Days of the week without cut-offs"), choices=Weekday.choices, required=False
    )

    class Meta:
        model = Policy
        fields = (
            "grace_days",
            "least_amount",
            "days_after_reminder",
            "returns_on_promise",
            "quiet_weekdays",
            "keeps_holidays",
            "subdivision",
            "is_on",
        )

    def save(self, commit: bool = True) -> Policy:
        if not self.instance._state.adding:
            return super().save(commit)
        # The one row: a colleague who was faster is not overwritten.
        self.instance.pk = 1
        self.instance.save(force_insert=True)
        return self.instance


class QuietDayForm(RecordForm):
    """A day of our own without cut-offs."""

    class Meta:
        model = QuietDay
        fields = ("day", "name", "is_yearly")
        widgets = {"day": DayInput}


class HoldForm(NormalisedTextMixin, forms.Form):
    """Until when nobody is suspended, and why."""

    last_day = forms.DateField(label=_("Held until"), widget=DayInput, help_text=_("Itself still held."))
    reason = forms.CharField(label=_("Reason"), max_length=200)

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **{"label_suffix": "", **kwargs})
