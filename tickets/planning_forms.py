"""What staff type to plan, tag, link, merge and split tickets."""

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from customerflow.forms import DayInput, NormalisedTextMixin
from customerflow.lookup import LookupField
from tickets.models import Ticket, TicketLink, TicketType
from tickets.planning import tag_names


class TagsField(forms.CharField):
    """Tags, parted by commas; it holds their names."""

    def __init__(self, **kwargs) -> None:
        kwargs.setdefault("label", _("Tags"))
        super().__init__(max_length=1_000, help_text=_("Parted by commas."), **kwargs)

    def clean(self, value: object) -> list[str]:
        return tag_names(super().clean(value))


class PlanForm(forms.Form):
    """
    Until when a ticket is out of the queues, by when it is to be done, and its tags.

    It carries what the person saw, so that only what they changed is saved: the customer may have written meanwhile,
    which ends a snooze.
    """

    snoozed_until = forms.DateField(
        label=_("Snooze until"),
        required=False,
        widget=DayInput,
        show_hidden_initial=True,
        help_text=_("Out of the queues until this day. It is back at once when the customer writes."),
    )
    due_on = forms.DateField(label=_("Due on"), required=False, widget=DayInput, show_hidden_initial=True)
    tags = TagsField(required=False, show_hidden_initial=True)

    def clean(self) -> dict[str, object]:
        """Return what the person changed, and of the tags which were added and taken off."""
        values = super().clean()
        changed = {name: values[name] for name in self.changed_data if name in values}
        if "tags" in changed:
            before, after = set(self._tags_seen()), set(changed.pop("tags"))
            changed |= {"added": after - before, "taken_off": before - after}
        return changed

    @property
    def seen(self) -> list[SafeString]:
        """What the person saw, as hidden fields."""
        return [field.as_hidden(only_initial=True) for field in self]

    def _tags_seen(self) -> list[str]:
        try:
            return tag_names(self.data.get(self.add_initial_prefix("tags"), ""))
        except ValidationError:
            return []


class TagsForm(forms.Form):
    """Tags for many tickets."""

    names = TagsField()


class LinkForm(forms.Form):
    """Another ticket, and what this one has to do with it."""

    other = LookupField(Ticket, label=_("Other ticket"))
    kind = forms.ChoiceField(label=_("This ticket is"), choices=TicketLink.Kind.choices)


class UnlinkForm(forms.Form):
    """The other ticket of a link."""

    other = forms.ModelChoiceField(queryset=Ticket.objects.all())


class FollowForm(forms.Form):
    """Whether one follows a ticket."""

    is_following = forms.BooleanField(required=False)


class OtherTicketField(LookupField):
    """Another ticket of the customer of this one."""

    def __init__(self, ticket: Ticket) -> None:
        self.ticket = ticket
        super().__init__(Ticket, label=_("The other ticket"))

    def get_queryset(self) -> models.QuerySet:
        return Ticket.objects.filter(customer=self.ticket.customer_id)

    def to_python(self, value: object) -> Ticket | None:
        other = super().to_python(value)
        if other == self.ticket:
            raise ValidationError(_("This is the same ticket. Choose another one."))
        return other


class OtherTicketForm(forms.Form):
    """Which ticket of the customer is about the same."""

    def __init__(self, ticket: Ticket, *args, **kwargs) -> None:
        super().__init__(*args, label_suffix="", **kwargs)
        self.fields["other"] = OtherTicketField(ticket)


class SplitForm(NormalisedTextMixin, forms.Form):
    """The ticket that a message gets for itself."""

    type = forms.ModelChoiceField(label=_("Type"), queryset=TicketType.objects.filter(is_retired=False))
    subject = forms.CharField(label=_("Subject"), max_length=Ticket._meta.get_field("subject").max_length)
