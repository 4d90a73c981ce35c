"""The acts by which staff plan, tag, follow and link a ticket, on its page."""

from django.utils import timezone
from django.utils.translation import gettext as _

from tickets.models import Ticket
from tickets.planning import add_tags, follow, link_tickets, plan, take_off_tags, unlink
from tickets.planning_forms import FollowForm, LinkForm, PlanForm, UnlinkForm
from tickets.views import TicketAct


class TicketPlan(TicketAct):
    """Snoozing, a day by which it is to be done, and tags."""

    form_class, form_name = PlanForm, "plan_form"

    def act(self, **changed: object) -> str:
        ticket, now, by = self.object, timezone.now(), self.request.user
        days = {name: changed[name] for name in ("snoozed_until", "due_on") if name in changed}
        if days:
            plan(ticket=ticket, **days, at=now, by=by)
        if changed.get("added"):
            add_tags(ticket=ticket, names=changed["added"])
        if changed.get("taken_off"):
            take_off_tags(ticket=ticket, names=changed["taken_off"])
        if days.get("snoozed_until"):
            return _("out of the queues until %(day)s.") % {"day": days["snoozed_until"]}
        return _("saved.")


class TicketFollow(TicketAct):
    """Following a ticket, or following it no more."""

    form_class, form_name = FollowForm, "follow_form"

    def act(self, *, is_following: bool) -> str:
        follow(ticket=self.object, by=self.request.user, is_following=is_following)
        return _("you follow it.") if is_following else _("you follow it no more.")


class TicketLinkAct(TicketAct):
    """Saying that a ticket has to do with another."""

    form_class, form_name = LinkForm, "link_form"

    def act(self, *, other: Ticket, kind: str) -> str:
        said = link_tickets(ticket=self.object, other=other, kind=kind)
        return f"{said.get_kind_display()}: {other}"


class TicketUnlink(TicketAct):
    """Saying that two tickets have nothing to do with each other."""

    form_class, form_name = UnlinkForm, "unlink_form"

    def act(self, *, other: Ticket) -> str:
        unlink(ticket=self.object, other=other)
        return _("no longer linked with %(other)s.") % {"other": other}
