"""What is done to many tickets or types at once, by the acts that the help desk uses."""

from django import forms
from django.contrib.auth.models import AbstractUser, Group
from django.utils.translation import gettext_lazy as _

from customerflow.bulk.acts import BulkAct, Facts, RemoveRecords, register
from customerflow.bulk.fields import ChangeFields
from tickets.assigning import assign_by_rules, give_to_group
from tickets.desk import assign, change_status, follow_up
from tickets.events import watched
from tickets.forms import AssignForm, GroupForm, StatusForm, TicketForm, TicketTypeForm
from tickets.models import Ticket, TicketType
from tickets.planning import add_tags, take_off_tags
from tickets.planning_forms import TagsForm


class AssignTickets(BulkAct):
    """Giving tickets to a colleague, or to nobody."""

    heading = _("Assign")
    form_class = AssignForm

    def state(self, ticket: Ticket) -> str:
        return str(ticket.assignee or _("Nobody"))

    def act(self, ticket: Ticket, *, assignee: AbstractUser | None) -> str | None:
        changed = assign(tickets=[ticket], assignee=assignee, at=self.at, by=self.by)
        return self.state(changed[0]) if changed else None


class GiveToGroup(BulkAct):
    """Giving tickets to a group, or to none."""

    heading = _("Give to a group")
    explanation = _("Who has such a ticket and is not in the group has it no longer.")
    form_class = GroupForm

    def state(self, ticket: Ticket) -> str:
        return ", ".join(str(each) for each in (ticket.group, ticket.assignee) if each) or str(_("Nobody"))

    def act(self, ticket: Ticket, *, group: Group | None) -> str | None:
        changed = give_to_group(tickets=[ticket], group=group, at=self.at, by=self.by)
        return self.state(changed[0]) if changed else None


class AssignByRules(GiveToGroup):
    """Giving tickets that nobody has to whom the rules say."""

    heading = _("Assign by the rules")
    explanation = _("Tickets that nobody has. A ticket that has a group keeps it.")
    form_class = forms.Form

    def act(self, ticket: Ticket) -> str | None:
        changed = assign_by_rules(ticket=ticket, at=self.at, by=self.by)
        return self.state(changed) if changed else None


class ChangeTicketStatus(BulkAct):
    """Moving tickets to another state."""

    heading = _("Change the status")
    form_class = StatusForm

    def state(self, ticket: Ticket) -> str:
        return ticket.get_status_display()

    def act(self, ticket: Ticket, *, status: str) -> str | None:
        if ticket.status == status:
            return None
        return self.state(change_status(ticket=ticket, status=Ticket.Status(status), at=self.at, by=self.by))


class AddTags(BulkAct):
    """Marking tickets with tags."""

    heading = _("Add tags")
    form_class = TagsForm

    def state(self, ticket: Ticket) -> str:
        return ", ".join(ticket.tags.values_list("name", flat=True)) or str(_("no tag"))

    def act(self, ticket: Ticket, *, names: list[str]) -> str | None:
        return self.state(ticket) if add_tags(ticket=ticket, names=names) else None


class TakeOffTags(AddTags):
    """Taking tags off tickets."""

    heading = _("Take tags off")

    def act(self, ticket: Ticket, *, names: list[str]) -> str | None:
        return self.state(ticket) if take_off_tags(ticket=ticket, names=names) else None


class TicketFieldsForm(TicketForm):
    """The form of a ticket, with the types that are not retired."""

    type = forms.ModelChoiceField(label=_("Type"), queryset=TicketType.objects.filter(is_retired=False))


class ChangeTickets(ChangeFields):
    """Changing what tickets are and how much they matter."""

    record_form = TicketFieldsForm
    fields = ("priority", "type")

    def carry_out(self, record: Ticket, values: dict[str, object]) -> Facts | None:
        was = watched(record)
        changed = super().carry_out(record, values)
        follow_up(record, was, at=self.at, by=self.by)
        return changed


class ChangeTypes(ChangeFields):
    """Changing types of tickets."""

    record_form = TicketTypeForm
    fields = ("default_priority", "group", "is_retired")


class RetireTypes(ChangeFields):
    """Not offering types any more."""

    heading = _("Retire")
    explanation = _("Tickets of such a type keep it; new ones cannot have it.")
    values = {"is_retired": True}


class BringBackTypes(ChangeFields):
    """Offering retired types again."""

    heading = _("Bring back")
    values = {"is_retired": False}


register(Ticket, AssignTickets, GiveToGroup, AssignByRules, ChangeTicketStatus, ChangeTickets, AddTags, TakeOffTags)
register(TicketType, ChangeTypes, RetireTypes, BringBackTypes, RemoveRecords)
