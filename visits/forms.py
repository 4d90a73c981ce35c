"""What staff type about visits."""

from datetime import date

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from customerflow.forms import DayInput, NormalisedTextMixin, RecordForm
from customerflow.lookup import LookupField
from customers.models import Location
from tickets.forms import AttachmentsField
from tickets.models import Ticket
from visits.models import Checklist, Visit
from visits.models.checklist import LONGEST_LIST, items_of
from visits.models.visit import LONGEST_RESULT
from visits.planning import plan_visit, save_edited
from visits.technicians import technicians

NO_CHECKLIST = "none"
# Of what is shown: there is a day before and after each.
EARLIEST, LATEST = date(1990, 1, 1), date(2999, 12, 31)


class TimeInput(forms.TimeInput):
    """The browser's own choice of a time."""

    input_type = "time"

    def __init__(self, attrs=None) -> None:
        super().__init__(attrs, format="%H:%M")


class TechnicianField(forms.ModelChoiceField):
    """Somebody who goes on visits, or nobody yet."""

    def __init__(self, **kwargs) -> None:
        kwargs = {"label": _("Technician"), "required": False, "empty_label": _("Nobody yet"), **kwargs}
        super().__init__(queryset=technicians(), **kwargs)


class ChecklistForm(RecordForm):
    """What is to be done on visits of a kind."""

    class Meta:
        model = Checklist
        fields = ["name", "type", "items"]
        widgets = {"items": forms.Textarea(attrs={"rows": 10})}


class VisitForm(RecordForm):
    """A visit: the ticket and the day are enough."""

    ticket = LookupField(Ticket)
    technician = TechnicianField()
    location = LookupField(Location, required=False, help_text=_("Empty: the place that the ticket is about."))
    checklist = forms.ChoiceField(label=_("Checklist"), required=False)
    more_items = forms.CharField(
        label=_("More to do"),
        required=False,
        max_length=LONGEST_LIST,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("One in a line. They come after those of the checklist."),
    )

    class Meta:
        model = Visit
        fields = ["ticket", "day", "starts", "ends", "technician", "location"]
        widgets = {"day": DayInput, "starts": TimeInput, "ends": TimeInput}
        help_texts = {
            "starts": _("Both times empty: any time of the day."),
            "ends": _("Empty: an appointment at this time."),
        }

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            for name in ("ticket", "checklist", "more_items"):
                del self.fields[name]
            self.fields["location"].help_text = ""
            known = Q(pk__in=technicians().order_by().values("pk")) | Q(pk=self.instance.technician_id)
            everybody = self.fields["technician"].queryset.model.objects
            self.fields["technician"].queryset = everybody.filter(known).order_by("username")
            return
        lists = [(str(checklist.pk), checklist.name) for checklist in Checklist.objects.all()]
        none = (NO_CHECKLIST, _("None"))
        self.fields["checklist"].choices = [("", _("As usual for the ticket type")), none, *lists]

    def clean_more_items(self) -> list[str]:
        """Return the items, one of each line."""
        return items_of(self.cleaned_data["more_items"])

    def save(self, commit: bool = True) -> Visit:
        """Save the visit; a new one through `plan_visit`, which copies the checklist."""
        if self.instance.pk:
            save_edited(visit=self.instance, at=timezone.now(), by=self.by)
            return self.instance
        values = {name: self.cleaned_data[name] for name in self.Meta.fields}
        return plan_visit(**values, items=self._items(), at=timezone.now(), by=self.by)

    def _items(self) -> list[str]:
        chosen, ticket = self.cleaned_data["checklist"], self.cleaned_data["ticket"]
        if chosen == "":
            checklist = Checklist.objects.for_type(ticket.type_id)
        else:
            checklist = None if chosen == NO_CHECKLIST else Checklist.objects.get(pk=chosen)
        return [*(checklist.lines if checklist else []), *self.cleaned_data["more_items"]]


class GiveForm(forms.Form):
    """Whose visits they are to be."""

    technician = TechnicianField()


class MoveForm(forms.Form):
    """The day that visits are moved to."""

    day = forms.DateField(label=_("Day"), widget=DayInput)


class ShownDayField(forms.DateField):
    """The day of what is shown: today, unless another one is asked for."""

    def __init__(self, **kwargs) -> None:
        limits = [MinValueValidator(EARLIEST), MaxValueValidator(LATEST)]
        super().__init__(required=False, widget=DayInput, validators=limits, **kwargs)


class SheetForm(forms.Form):
    """Whose day sheet of which day is shown."""

    on = ShownDayField(label=_("Day"))
    technician = TechnicianField(to_field_name="username", empty_label=_("Me"))


class WeekForm(forms.Form):
    """Which days of whom are shown."""

    on = ShownDayField(label=_("Week or day of"))
    days = forms.ChoiceField(label=_("Show"), required=False, choices=[("7", _("Week")), ("1", _("Day"))])
    technician = TechnicianField(to_field_name="username", empty_label=_("Everybody"))


class MoveOnForm(forms.Form):
    """That one is on the way, or has arrived."""

    status = forms.ChoiceField(choices=[(each, each.label) for each in (Visit.Status.ON_WAY, Visit.Status.ON_SITE)])


class TickForm(NormalisedTextMixin, forms.Form):
    """That something of the checklist is done, and what was found; sent twice, it says the same."""

    item = forms.ModelChoiceField(queryset=None)
    is_done = forms.TypedChoiceField(choices=[("yes", _("Yes")), ("no", _("No"))], coerce=lambda value: value == "yes")
    note = forms.CharField(label=_("Value or note"), required=False, max_length=200)

    def __init__(self, *args, visit: Visit, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.fields["item"].queryset = visit.items.all()


class FinishForm(NormalisedTextMixin, forms.Form):
    """How a visit ended."""

    status = forms.ChoiceField(choices=[(each, each.label) for each in (Visit.Status.DONE, Visit.Status.FAILED)])
    result = forms.CharField(
        label=_("What was done"),
        required=False,
        max_length=LONGEST_RESULT,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("It becomes an internal note on the ticket. Only staff see it."),
    )
    files = AttachmentsField()
    reason = forms.ChoiceField(
        label=_("If it failed, why"), required=False, choices=[("", _("Choose")), *Visit.Reason.choices]
    )

    def clean(self) -> dict[str, object]:
        """Refuse a failure without a reason here already, so that what was typed is kept beside it."""
        values = super().clean()
        if values.get("status") == Visit.Status.FAILED and not values.get("reason"):
            self.add_error("reason", ValidationError(_("Say why it failed: choose a reason.")))
        return values
