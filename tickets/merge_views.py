"""The pages on which two tickets become one, a merge is taken back, and a message gets a ticket of its own."""

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from customerflow.acts import ActScreen
from customerflow.conflicts import BothSeenScreen
from tickets.merging import conversation_of, merge_tickets, split, unmerge
from tickets.models import Message, Ticket, TicketMerge
from tickets.planning_forms import OtherTicketForm, SplitForm

MERGE_RIGHTS = ("tickets.view_ticket", "tickets.merge_ticket")
# So many of the customer's other tickets are offered by name.
MOST_OFFERED = 10


class TicketMergeScreen(BothSeenScreen, ActScreen):
    """Choosing the other ticket, then what was said on both as it will stand on one page."""

    model = Ticket
    heading = _("Merge tickets")
    button = _("Merge")
    done = _("Merged into {}.")

    def get_permission_required(self) -> tuple[str, ...]:
        return MERGE_RIGHTS

    def get_template_names(self) -> list[str]:
        return ["tickets/ticket_merge.html"]

    def post(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        self.object = self.get_object()
        return super().post(request, *args, **kwargs) if self.other else self.get(request, *args, **kwargs)

    @cached_property
    def choice(self) -> OtherTicketForm:
        """The form that asks for the other ticket; the address may say it."""
        return OtherTicketForm(self.object, self.request.GET if "other" in self.request.GET else None)

    @cached_property
    def other(self) -> Ticket | None:
        """The ticket that is merged into this one, once that is known."""
        return self.choice.cleaned_data["other"] if self.choice.is_valid() else None

    def get_form(self, form_class: object = None) -> forms.Form:
        if self.other is None:
            return self.choice
        return forms.Form(self.request.POST if self.request.method == "POST" else None)

    def get_context_data(self, **context: object) -> dict[str, object]:
        alike = Ticket.objects.filter(customer=self.object.customer_id, merge=None).exclude(pk=self.object.pk)
        both = []
        if self.other:
            both = [*conversation_of(self.object), *conversation_of(self.other)]
            both.sort(key=lambda message: (message.created_at, message.pk))
        return super().get_context_data(
            choice=self.choice, other=self.other, both=both, alike=alike[:MOST_OFFERED], **context
        )

    def act(self) -> Ticket:
        merge_tickets(survivor=self.object, duplicate=self.other, at=timezone.now(), by=self.request.user)
        return self.object


class TicketUnmerge(ActScreen):
    """Taking a merge back."""

    model = Ticket
    form_class = forms.Form
    heading = _("Take the merge back")
    explanation = _(
        "The ticket goes on by itself, in the state it had, with what was said on it. What was said since stays on the"
        " other one."
    )
    button = _("Take the merge back")
    done = _("By itself again: {}.")

    def get_permission_required(self) -> tuple[str, ...]:
        return MERGE_RIGHTS

    def act(self) -> Ticket:
        merge = TicketMerge.objects.filter(merged=self.object).select_related("merged").first()
        if merge is None:
            raise forms.ValidationError(_("It is not merged with another ticket."))
        return unmerge(merge=merge, at=timezone.now(), by=self.request.user)


class MessageSplit(ActScreen):
    """Giving a message a ticket of its own."""

    model = Ticket
    form_class = SplitForm
    heading = _("Split")
    explanation = _(
        "The message moves to a new ticket of the same customer, with its files; public or internal as it is."
    )
    button = _("Open the ticket")
    done = _("Split off: {}.")

    def get_permission_required(self) -> tuple[str, ...]:
        return ("tickets.change_ticket", "tickets.add_ticket")

    @cached_property
    def message(self) -> Message:
        """The message that is to move."""
        return get_object_or_404(Message.objects.select_related("ticket"), pk=self.kwargs["message"])

    def get_object(self, queryset: object = None) -> Ticket:
        ticket = super().get_object(queryset)
        if self.message.ticket_id != ticket.pk:
            raise Http404
        return ticket

    def get_initial(self) -> dict[str, object]:
        return {"type": self.object.type_id, "subject": self.message.body.splitlines()[0][:80]}

    def act(self, **values: object) -> Ticket:
        return split(message=self.message, at=timezone.now(), by=self.request.user, **values)
