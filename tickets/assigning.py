"""Giving tickets to a group, and by the rules."""

from collections.abc import Iterable
from datetime import datetime

from django.contrib.auth.models import AbstractUser, Group
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from customerflow.changes.recording import recorded
from tickets.choosing import choose
from tickets.desk import follow_up, lock, refuse_merged, save_change
from tickets.events import tell_rule, watched
from tickets.models import Ticket


@recorded(_("Ticket given to a group"))
def give_to_group(
    *, tickets: Iterable[Ticket], group: Group | None, at: datetime, by: AbstractUser | None
) -> list[Ticket]:
    """
    Give `tickets` to `group`, or to none, at the moment `at`; return those that changed, as they are then.

    Who has such a ticket and is not a member of the group has it no longer, so that the group sees that it is to be
    taken. Raises `ValidationError` for a ticket that was merged, and then changes none.
    """
    wanted = [ticket.pk for ticket in tickets]
    locked = list(Ticket.objects.select_for_update(no_key=True).filter(pk__in=wanted).order_by("pk"))
    refuse_merged(*locked)
    changed = [ticket for ticket in locked if ticket.group_id != (group and group.pk)]
    members = set(group.user_set.values_list("pk", flat=True)) if group else None
    for ticket in changed:
        was = watched(ticket)
        ticket.group = group
        if members is not None and ticket.assignee_id not in members:
            ticket.assignee = None
        save_change(ticket, "group", "assignee")
        follow_up(ticket, was, at=at, by=by)
    return changed


@recorded(_("Ticket assigned by the rules"))
def assign_by_rules(*, ticket: Ticket, at: datetime, by: AbstractUser | None) -> Ticket | None:
    """
    Give `ticket`, which nobody has, to whom the rules give it at the moment `at`; return it as it is then.

    None: they give it to nobody whom it does not belong to already. A ticket that has a group keeps it. Raises
    `ValidationError` where somebody has it, and where it is finished.
    """
    ticket = lock(ticket)
    if ticket.assignee_id:
        raise ValidationError({"assignee": _("Somebody has it already.")})
    if ticket.is_finished:
        raise ValidationError({"status": _("It is finished.")})
    choice, was = choose(ticket, timezone.localdate(at)), watched(ticket)
    ticket.group, ticket.assignee = choice.group, choice.assignee
    if watched(ticket) == was:
        return None
    if choice.rule:
        tell_rule(ticket, choice.rule.name, at=at)
    save_change(ticket, "group", "assignee")
    follow_up(ticket, was, at=at, by=by)
    return ticket
