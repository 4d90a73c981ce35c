"""Closing, by rules, tickets that wait for a customer who does not answer."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.db.models import OuterRef, Subquery
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from customerflow.changes.recording import recorded
from tickets.desk import change_status, lock
from tickets.events import tell_rule
from tickets.models import ClosingRule, Ticket, TicketEvent, TicketQuerySet

BATCH = 200
# The wait begins with the state, and again with each answer.
BEGINS_WAIT = (TicketEvent.Kind.STATUS, TicketEvent.Kind.ANSWERED)


def closed_by(rule: ClosingRule, at: datetime) -> TicketQuerySet:
    """Return the tickets that `rule` closes at the moment `at`, or would if it were switched on, each with `since`."""
    begun = TicketEvent.objects.filter(ticket=OuterRef("pk"), kind__in=BEGINS_WAIT).order_by("-pk")
    waiting = Ticket.objects.filter(status=Ticket.Status.WAITING).awake(timezone.localdate(at))
    if rule.type_id:
        waiting = waiting.filter(type=rule.type_id)
    return waiting.annotate(since=Subquery(begun.values("at")[:1])).filter(since__lte=at - timedelta(days=rule.days))


@recorded(_("Closing rule switched"))
def switch(*, rule: ClosingRule, is_on: bool) -> ClosingRule:
    """Let a rule act with the daily step, or act no more. Raises `ValidationError` where it is so already."""
    rule = ClosingRule.objects.select_for_update().get(pk=rule.pk)
    if rule.is_on == is_on:
        raise ValidationError(_("It is switched on already.") if is_on else _("It is switched off already."))
    rule.is_on, rule.version = is_on, rule.version + 1
    rule.save(update_fields=["is_on", "version", "updated_at"])
    return rule


def close_waiting(at: datetime) -> int:
    """Close what the rules that are switched on close at the moment `at`; return how many. It may be repeated."""
    return sum(
        close_by_rule(rule=rule, ticket=ticket, at=at)
        for rule in ClosingRule.objects.filter(is_on=True)
        for ticket in _in_batches(rule, at)
    )


@recorded(_("Ticket closed by a rule"))
def close_by_rule(*, rule: ClosingRule, ticket: Ticket, at: datetime) -> bool:
    """Close `ticket`, and say by which rule; return False for one that the rule does not close any more."""
    ticket = lock(ticket)
    if not closed_by(rule, at).filter(pk=ticket.pk).exists():
        return False
    tell_rule(ticket, rule.name, at=at)
    change_status(ticket=ticket, status=Ticket.Status.CLOSED, at=at)
    return True


def _in_batches(rule: ClosingRule, at: datetime) -> Iterator[Ticket]:
    last = 0
    while batch := list(closed_by(rule, at).filter(pk__gt=last).order_by("pk")[:BATCH]):
        yield from batch
        last = batch[-1].pk
