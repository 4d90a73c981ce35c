"""What administrators do to many tickets or types at once, by the acts that the help desk uses."""

from django import forms
from django.contrib.auth.models import AbstractUser
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from customerflow.bulk_acts import BulkAct, ChangeFields
from tickets.desk import assign, change_status
from tickets.forms import AssignForm, StatusForm
from tickets.models import Priority, Ticket


class AssignTickets(BulkAct):
    """Giving tickets to a colleague, or to nobody."""

    heading = _("Assign")
    button = _("Assign")
    form_class = AssignForm

    def state(self, ticket: Ticket) -> str:
        return str(ticket.assignee or _("Nobody"))

    def act(self, ticket: Ticket, *, assignee: AbstractUser | None) -> str:
        changed = assign(tickets=[ticket], assignee=assignee)
        if not changed:
            raise ValidationError(_("is so already."))
        return self.state(changed[0])


class ChangeTicketStatus(BulkAct):
    """Moving tickets to another state."""

    heading = _("Change the status")
    button = _("Change the status")
    form_class = StatusForm

    def state(self, ticket: Ticket) -> str:
        return ticket.get_status_display()

    def act(self, ticket: Ticket, *, status: str) -> str:
        return self.state(change_status(ticket=ticket, status=Ticket.Status(status), at=self.at))


class PriorityForm(forms.Form):
    """How much tickets matter."""

    priority = forms.ChoiceField(label=_("Priority"), choices=Priority.choices, initial=Priority.NORMAL)


class ChangePriority(ChangeFields):
    """Saying how much tickets matter."""

    heading = _("Change the priority")
    button = _("Change the priority")
    form_class = PriorityForm


class RetireTypes(ChangeFields):
    """Not offering types any more."""

    heading = _("Retire")
    button = _("Retire")
    explanation = _("Tickets of such a type keep it; new ones cannot have it.")
    values = {"is_retired": True}


class BringBackTypes(ChangeFields):
    """Offering retired types again."""

    heading = _("Bring back")
    button = _("Bring back")
    values = {"is_retired": False}
