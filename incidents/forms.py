"""What staff type about incidents."""

from uuid import uuid4

from django import forms
from django.utils.translation import gettext_lazy as _

from customerflow.forms import NormalisedTextMixin, RecordForm
from customerflow.lookup import LookupField
from customerflow.money import QUANTUM, MoneyFormField
from customerflow.variables import help_on
from customers.models import Service
from incidents.answer_texts import VARIABLES
from incidents.models import Incident
from incidents.models.answer import LONGEST_ANSWER
from incidents.outages import number_incident, save_edited
from tickets.mail.sending import why_not_sent
from tickets.models import Message


class MomentInput(forms.DateTimeInput):
    """The browser's own date and time picker; whole minutes."""

    input_type = "datetime-local"

    def __init__(self, attrs=None) -> None:
        super().__init__(attrs, format="%Y-%m-%dT%H:%M")


class IncidentForm(RecordForm):
    """What is out, where, and since when."""

    folded = ("note", "least_minutes")

    class Meta:
        model = Incident
        fields = ["title", "areas", "plans", "began_at", "text", "note", "least_minutes"]
        widgets = {
            "began_at": MomentInput,
            "text": forms.Textarea(attrs={"rows": 3}),
            "note": forms.Textarea(attrs={"rows": 3}),
        }

    def save(self, commit: bool = True) -> Incident:
        """Save the incident; a new one gets its number, and of one that is over it is written down anew what it hit."""
        if not self.instance.pk:
            number_incident(self.instance)
            return super().save(commit)
        incident = super().save(commit)
        save_edited(incident=incident, changed=set(self.changed_data), by=self.by)
        return incident


class EndForm(forms.Form):
    """When an incident ended."""

    ended_at = forms.DateTimeField(
        label=_("Ended at"), widget=MomentInput, help_text=_("The first minute in which all works again.")
    )


class ServiceForm(forms.Form):
    """A service that is hit, or is not, whatever its area and plan say."""

    service = LookupField(Service)
    is_spared = forms.BooleanField(
        label=_("It is not hit"), required=False, help_text=_("Take it out, though its area or plan is out.")
    )


class AmountForm(NormalisedTextMixin, forms.Form):
    """Another amount than was worked out, and why."""

    amount = MoneyFormField(label=_("Amount"), min_value=QUANTUM, help_text=_("Before tax."))
    reason = forms.CharField(label=_("Reason"), max_length=200)


class JoinForm(forms.Form):
    """The incident that tickets are about."""

    incident = LookupField(Incident)


class AnswerForm(NormalisedTextMixin, forms.Form):
    """What is to be said on all tickets of an incident; sent twice it is said once."""

    kind = forms.ChoiceField(label=_("Who reads it"), choices=Message.Kind.choices, initial=Message.Kind.PUBLIC)
    body = forms.CharField(
        label=_("Text"),
        max_length=LONGEST_ANSWER,
        widget=forms.Textarea(attrs={"rows": 8}),
        help_text=help_on(VARIABLES),
    )
    is_sent = forms.BooleanField(label=_("Send it by e-mail too"), required=False, initial=True)
    is_resolving = forms.BooleanField(label=_("Resolve the tickets"), required=False)
    key = forms.UUIDField(widget=forms.HiddenInput, initial=uuid4)

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        if reason := why_not_sent():
            self.fields["is_sent"].initial = False
            self.fields["is_sent"].disabled = True
            self.fields["is_sent"].help_text = reason
