"""Who is to look after a ticket that is opened: by a rule, whose turn it is, or the group of its type."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractUser, Group
from django.db import models
from django.db.models import Case, F, FilteredRelation, Max, Q, When
from django.utils import timezone

from tickets.models import AssignmentRule, Ticket, Turn

Whom = AssignmentRule.Whom
# A dry run looks at so many of the newest tickets, and not further back than this.
MOST_TRIED = 1_000
TRIED_BACK = timedelta(days=30)
# What rules ask of a ticket: where it is at no location, where its service is.
ASKED_FOR = {
    "type_id": F("type_id"),
    "plan_id": F("service__plan_id"),
    "area_id": Case(When(location=None, then=F("service__location__area_id")), default=F("location__area_id")),
}


@dataclass(frozen=True)
class Choice:
    """To whom a ticket goes, and by which rule; by none to the group of its type."""

    group: Group | None
    assignee: AbstractUser | None = None
    rule: AssignmentRule | None = None


def choose(ticket: Ticket, on: date) -> Choice:
    """
    Return to whom `ticket`, as it is in memory and without an assignee, goes on the day `on`; a group it has it keeps.

    Whoever is given it in turn has had the turn: it belongs to the transaction that gives the ticket.
    """
    location = ticket.location or (ticket.service and ticket.service.location)
    asked = {
        "type_id": ticket.type_id,
        "plan_id": ticket.service and ticket.service.plan_id,
        "area_id": location and location.area_id,
    }
    rule = next((rule for rule in AssignmentRule.objects.in_force() if rule.is_for(**asked)), None)
    if rule is None or ticket.group_id not in (None, rule.group_id):
        return Choice(ticket.group or ticket.type.group)
    return Choice(rule.group, _take_turn(rule.group, on) if rule.whom == Whom.IN_TURN else _person(rule, on), rule)


def in_turn(group: Group, on: date) -> models.QuerySet:
    """Return the members of `group` who are there on the day `on`: first whoever was given a ticket longest ago."""
    own_turn = FilteredRelation("ticket_turns", condition=Q(ticket_turns__group=group))
    present = get_user_model().objects.present(on).filter(groups=group)
    return present.annotate(own_turn=own_turn).order_by(F("own_turn__last").asc(nulls_first=True), "pk")


def _take_turn(group: Group, on: date) -> AbstractUser | None:
    """Return whose turn it is in `group`, and let the others come first next time; None where nobody is there."""
    # All groups, in one order: whoever gives tickets to several never waits for somebody who waits for them.
    groups = AssignmentRule.objects.filter(whom=Whom.IN_TURN).values("group")
    list(Group.objects.select_for_update(no_key=True).filter(pk__in=groups).order_by("pk"))
    member = in_turn(group, on).first()
    if member is not None:
        newest = Turn.objects.filter(group=group).aggregate(newest=Max("last"))["newest"] or 0
        Turn.objects.update_or_create(group=group, user=member, defaults={"last": newest + 1})
    return member


def _person(rule: AssignmentRule, on: date) -> AbstractUser | None:
    """Return the person to whom `rule` gives; None where it names none, or they are not there or not in the group."""
    return get_user_model().objects.present(on).filter(groups=rule.group_id, pk=rule.person_id).first()


def tried(rule: AssignmentRule, at: datetime) -> list[tuple[int, AbstractUser | None]]:
    """
    Return what `rule` would have given, were it in force: the keys of tickets, the newest first, and to whom each.

    Of the newest tickets those of the days before `at`, as if nobody had been chosen by hand, and as if who is there
    at the moment `at` had been there.
    """
    given = [key for key, first in _first_rules(rule, at) if first == rule]
    on = timezone.localdate(at)
    members = list(in_turn(rule.group, on)) if rule.whom == Whom.IN_TURN else [_person(rule, on)]
    return [(key, members[place % len(members)] if members else None) for place, key in enumerate(given)][::-1]


def _first_rules(rule: AssignmentRule, at: datetime) -> Iterator[tuple[int, AssignmentRule | None]]:
    """Yield the keys of tickets, the oldest first, and the first rule that is for each, as if `rule` were in force."""
    rules = sorted({*AssignmentRule.objects.in_force(), rule}, key=lambda each: (each.position, each.pk))
    asked_for = {f"asked_{name}": expression for name, expression in ASKED_FOR.items()}
    newest = Ticket.objects.order_by("-pk").values("pk", "opened_at", **asked_for)[:MOST_TRIED]
    for row in reversed(newest):
        if at - TRIED_BACK <= row["opened_at"] <= at:
            asked = {name: row[f"asked_{name}"] for name in ASKED_FOR}
            yield row["pk"], next((each for each in rules if each.is_for(**asked)), None)
