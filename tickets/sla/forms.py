"""What staff type about calendars and policies."""

from django import forms
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from customerflow.forms import RecordForm
from tickets.models import Calendar, Priority, SlaPolicy, TicketType
from tickets.models.calendar import WEEK
from tickets.sla.measuring import measure_anew


class PrioritiesField(forms.MultipleChoiceField):
    """Some priorities, kept as their values with commas between."""

    widget = forms.CheckboxSelectMultiple

    def prepare_value(self, value: object) -> object:
        return value.split(",") if isinstance(value, str) else value

    def clean(self, value: object) -> str:
        return ",".join(sorted(super().clean(value)))

    def has_changed(self, initial: object, data: object) -> bool:
        return super().has_changed((initial or "").split(","), data)


class MeasuringForm(RecordForm):
    """A form of what tickets are measured by: they are measured anew when it is saved."""

    def save(self, commit: bool = True):
        saved = super().save(commit)
        measure_anew(self.by)
        return saved


class CalendarForm(MeasuringForm):
    """Working hours."""

    folded = ("time_zone",)

    class Meta:
        model = Calendar
        fields = ["name", *WEEK, "country", "subdivision", "own_days", "time_zone"]
        widgets = {"own_days": forms.Textarea(attrs={"rows": 5})}


class SlaPolicyForm(MeasuringForm):
    """Targets, and the tickets that they are for."""

    priorities = PrioritiesField(
        label=_("Priorities"), choices=Priority.choices, required=False, help_text=_("None: every priority.")
    )

    class Meta:
        model = SlaPolicy
        fields = [
            "name",
            "calendar",
            "types",
            "priorities",
            "plans",
            "first_minutes",
            "next_minutes",
            "solution_minutes",
            "warning_minutes",
            "position",
            "is_on",
        ]

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        chosen = self.instance.types.all() if self.instance.pk else TicketType.objects.none()
        self.fields["types"].queryset = TicketType.objects.filter(Q(is_retired=False) | Q(pk__in=chosen.values("pk")))
