"""What staff type about tickets."""

from uuid import uuid4

from django import forms
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractUser, Group
from django.core.files.uploadedfile import UploadedFile
from django.db import models
from django.db.models import Q
from django.template.defaultfilters import filesizeformat
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from customerflow.forms import FilesField, NormalisedTextMixin, RecordForm
from customerflow.lookup import LookupField
from customerflow.variables import help_on
from customers.models import Customer, Equipment, Location, Service
from tickets.attachments import KINDS, SentFile
from tickets.desk import open_ticket, save_edited
from tickets.mail.sending import addresses_of, why_not_sent
from tickets.models import AssignmentRule, CannedReply, ClosingRule, Message, Priority, Ticket, TicketType
from tickets.models.canned_reply import VARIABLES
from tickets.models.message import MOST_MINUTES

LONGEST_MESSAGE = Message._meta.get_field("body").max_length


class AttachmentsField(FilesField):
    """Files that go with a message."""

    def __init__(self) -> None:
        limit = filesizeformat(settings.ATTACHMENT_LIMIT)
        super().__init__(
            accept=",".join(f".{ending}" for ending in KINDS),
            label=_("Files"),
            required=False,
            # Refused with its name, by whoever keeps it.
            allow_empty_file=True,
            help_text=_("Pictures, PDF, text, tables or ZIP; together at most %s.") % limit,
        )

    def clean(self, data: list[UploadedFile], initial: object = None) -> list[SentFile]:
        return [SentFile(file.name, file.read()) for file in super().clean(data, initial)]


class TicketTypeForm(RecordForm):
    """A kind of request."""

    class Meta:
        model = TicketType
        fields = ["code", "name", "default_priority", "group", "is_retired"]


class CannedReplyForm(RecordForm):
    """An answer that is given often."""

    class Meta:
        model = CannedReply
        fields = ["name", "type", "text"]
        widgets = {"text": forms.Textarea(attrs={"rows": 10})}
        help_texts = {"text": help_on(VARIABLES)}


class ClosingRuleForm(RecordForm):
    """After how long tickets that wait for the customer are closed."""

    class Meta:
        model = ClosingRule
        fields = ["name", "days", "type"]

    def save(self, commit: bool = True) -> ClosingRule:
        """Save the rule; one that closes other tickets than before is switched off until somebody has seen which."""
        if {"days", "type"} & set(self.changed_data):
            self.instance.is_on = False
        return super().save(commit)


class AssignmentRuleForm(RecordForm):
    """For which tickets a rule is, and to whom it gives them."""

    class Meta:
        model = AssignmentRule
        fields = ["name", "types", "plans", "areas", "group", "whom", "person", "position", "is_on"]

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        chosen = self.instance.types.all() if self.instance.pk else TicketType.objects.none()
        self.fields["types"].queryset = TicketType.objects.filter(Q(is_retired=False) | Q(pk__in=chosen.values("pk")))
        self.fields["person"].queryset = at_work()


class TicketForm(RecordForm):
    """A ticket: the customer, the type and the subject are enough. A form that is sent twice opens one."""

    key = forms.UUIDField(widget=forms.HiddenInput, required=False, initial=uuid4)
    customer = LookupField(Customer)
    body = forms.CharField(
        label=_("Message"),
        required=False,
        max_length=LONGEST_MESSAGE,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_("What the customer asks for, in their words. They can see it."),
    )
    files = AttachmentsField()
    priority = forms.ChoiceField(
        label=_("Priority"), required=False, choices=[("", _("As usual for the type")), *Priority.choices]
    )
    location = LookupField(Location, required=False)
    service = LookupField(Service, required=False)
    equipment = LookupField(Equipment, required=False)

    field_order = ["customer", "type", "subject", "body", "files", "priority"]
    folded = ("source", "location", "service", "equipment", "group", "assignee")

    class Meta:
        model = Ticket
        fields = [
            "customer",
            "type",
            "subject",
            "priority",
            "source",
            "location",
            "service",
            "equipment",
            "group",
            "assignee",
        ]

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.fields["type"].queryset = TicketType.objects.filter(Q(is_retired=False) | Q(pk=self.instance.type_id))
        if self.instance.pk:
            for name in ("key", "customer", "body", "files", "source", "group", "assignee"):
                del self.fields[name]
            self.fields["priority"] = forms.ChoiceField(label=_("Priority"), choices=Priority.choices)
            return
        self.fields["assignee"].queryset = at_work()
        for name in ("group", "assignee"):
            self.fields[name].empty_label = _("As the rules say")
        if "priority" not in self.initial:
            self.initial["priority"] = ""

    def save(self, commit: bool = True) -> Ticket:
        """Save the ticket; a new one through `open_ticket`, which gives it its number."""
        if self.instance.pk:
            save_edited(ticket=self.instance, at=timezone.now(), by=self.by)
            return self.instance
        said = {name: self.cleaned_data[name] for name in self.fields}
        return open_ticket(**{**said, "key": str(self.cleaned_data["key"] or "")}, at=timezone.now(), by=self.by)


class MessageForm(NormalisedTextMixin, forms.Form):
    """Something to say on a ticket. A form that is sent twice says it once."""

    key = forms.UUIDField(widget=forms.HiddenInput, required=False, initial=uuid4)
    body = forms.CharField(label=_("Text"), max_length=LONGEST_MESSAGE, widget=forms.Textarea(attrs={"rows": 4}))
    files = AttachmentsField()
    minutes = forms.IntegerField(
        label=Message._meta.get_field("minutes").verbose_name.capitalize(),
        help_text=Message._meta.get_field("minutes").help_text,
        required=False,
        min_value=1,
        max_value=MOST_MINUTES,
    )


class ReplyForm(MessageForm):
    """An answer to the customer, and to whom it is sent; nobody is offered while sending is not set up."""

    to = forms.ChoiceField(label=_("Send by e-mail to"), required=False)

    def __init__(self, *args, ticket: Ticket, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        addresses = [] if why_not_sent() else addresses_of(ticket)
        self.fields["to"].choices = [*((address, address) for address in addresses), ("", _("Nobody: only record it"))]
        self.fields["to"].initial = next(iter(addresses), "")
        if not addresses:
            del self.fields["to"]


class StatusForm(forms.Form):
    """The state that a ticket is to go to."""

    status = forms.ChoiceField(label=_("Status"), choices=Ticket.Status.choices)


def at_work() -> models.QuerySet:
    """Return who a ticket can be given to."""
    return get_user_model().objects.filter(is_active=True).order_by("username")


class ColleagueField(forms.ModelChoiceField):
    """A colleague; who is away is marked."""

    def label_from_instance(self, colleague: AbstractUser) -> str:
        if not colleague.is_away:
            return str(colleague)
        return _("%(name)s (away until %(until)s)") % {"name": colleague, "until": colleague.away_until}


class AssignForm(forms.Form):
    """Who is to work on a ticket."""

    assignee = ColleagueField(label=_("Assignee"), queryset=None, required=False, empty_label=_("Nobody"))

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.fields["assignee"].widget.attrs["class"] = "form-select"
        self.fields["assignee"].queryset = at_work()


class HandOverForm(AssignForm):
    """Who is to work on a ticket, and who had it when its page was opened."""

    instead_of = forms.ModelChoiceField(get_user_model().objects.all(), required=False, widget=forms.HiddenInput)

    def clean(self) -> dict[str, object]:
        """Leave out who had it where the form does not say."""
        values = super().clean()
        return values if "instead_of" in self.data else {"assignee": values.get("assignee")}


class GroupForm(forms.Form):
    """Which group is to look after a ticket."""

    group = forms.ModelChoiceField(label=_("Group"), queryset=None, required=False, empty_label=_("None"))

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.fields["group"].widget.attrs["class"] = "form-select"
        self.fields["group"].queryset = Group.objects.order_by("name")
