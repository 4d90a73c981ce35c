"""
What the clocks of tickets say, kept in columns so that the database can sort and choose by it.

It follows from the events and the policies in force, and is made anew with every event and every change of a policy or
calendar; of a finished ticket only the outcome stays, which was frozen when it was finished.
"""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from customerflow.changes.models import Change
from tickets.models import Calendar, SlaPolicy, Ticket, TicketEvent
from tickets.models.ticket import NEVER
from tickets.sla.clock import Clock, Step, StepKind, clock, taken
from tickets.sla.rounds import (
    ASKED_FOR,
    MERGES,
    UNMEASURED,
    Calendars,
    Measure,
    Rows,
    as_json,
    happenings,
    rounds_of,
    write,
)
from tickets.sla.rounds import differing as differing_rounds
from tickets.sla.working_hours import WorkingHours

KEPT = ("due_step", "due_at", "warn_at", "is_breached")
KEYS = ("pk", "status", "type_id", "priority", "service__plan_id", *KEPT)
RULES = (SlaPolicy, SlaPolicy.types.through, SlaPolicy.plans.through, Calendar)
TICKET_OF_IMAGE = re.compile(r'"ticket_id" ?: ?(\d+)')
# So many tickets are measured in the act itself; more are left to a job.
AT_ONCE = 200


@dataclass(frozen=True)
class Kept:
    """What is kept of a ticket."""

    due_step: str = ""
    due_at: datetime = NEVER
    warn_at: datetime = NEVER
    is_breached: bool = False


class RuleBook:
    """The policies in force, read once for many tickets."""

    @cached_property
    def policies(self) -> list[SlaPolicy]:
        """The policies in their order."""
        return list(SlaPolicy.objects.in_force())

    @cached_property
    def _hours(self) -> dict[int, WorkingHours]:
        return {policy.calendar_id: policy.calendar.working_hours() for policy in self.policies}

    def policy_for(self, *, type_id: int, priority: str, plan_id: int | None) -> SlaPolicy | None:
        """Return the first policy that is for such a ticket; None where there is none."""
        return next(
            (each for each in self.policies if each.is_for(type_id=type_id, priority=priority, plan_id=plan_id)), None
        )

    def measure(self, policy: SlaPolicy | None) -> Measure:
        """Return by which hours and targets a ticket of a policy is measured."""
        return (self._hours[policy.calendar_id], policy.targets) if policy else UNMEASURED

    def clock(self, policy: SlaPolicy, events: Iterable[TicketEvent]) -> Clock:
        """Return what the clock says of a ticket with these events, by a policy."""
        return clock(happenings(events), *self.measure(policy))


def measured(book: RuleBook, ticket: Ticket, events: list[TicketEvent]) -> tuple[SlaPolicy, Clock] | None:
    """Return which policy `ticket` is measured by now, and its clock; None for one that no policy is for."""
    plan_id = ticket.service.plan_id if ticket.service else None
    policy = book.policy_for(type_id=ticket.type_id, priority=ticket.priority, plan_id=plan_id)
    return (policy, book.clock(policy, events)) if policy and events else None


def outcome_at(ticket: Ticket, status: str, at: datetime) -> dict[str, object] | None:
    """Return what the clock says of a ticket that is finished at a moment, to be frozen; None if not measured."""
    events = [*ticket.events.all(), TicketEvent(kind=TicketEvent.Kind.STATUS, at=at, after=status)]
    book = RuleBook()
    found = measured(book, ticket, events)
    if found is None:
        return None
    policy, clock_ = found
    return {
        "policy": policy.name,
        "calendar": policy.calendar.name,
        "is_breached": clock_.is_breached,
        "steps": [_as_json(step) for step in clock_.steps],
        "taken": [as_json(step) for step in taken(happenings(events), *book.measure(policy))],
    }


def _as_json(step: Step) -> dict[str, object]:
    moments = {name: getattr(step, name) for name in ("since", "due_at", "done_at")}
    return {
        "kind": step.kind.value,
        "minutes": int(step.target.total_seconds() // 60),
        "is_breached": step.is_breached,
        **{name: moment and moment.isoformat() for name, moment in moments.items()},
    }


def keep(keys: Collection[int]) -> int:
    """Measure the tickets with these keys, which are locked for it, and return of how many something else is kept."""
    locked = Ticket.objects.select_for_update(no_key=True, of=("self",)).filter(pk__in=keys).order_by("pk")
    tickets = list(locked.values(*KEYS))
    changed, rounds, steps = [], [], []
    for ticket, now, (its_rounds, its_steps) in _measured_now(tickets):
        rounds += its_rounds
        steps += its_steps
        if any(ticket[name] != getattr(now, name) for name in KEPT):
            changed.append(Ticket(pk=ticket["pk"], **vars(now)))
    Ticket.objects.bulk_update(changed, KEPT)
    write([ticket["pk"] for ticket in tickets], rounds, steps)
    return len(changed)


def differing(after: int, size: int) -> tuple[list[int], int | None]:
    """
    Return the keys of tickets of which something else is kept than the clock says; for the check that they are none.

    It looks at the next `size` unfinished tickets with keys beyond `after`, and returns the last key too; None at the
    end.
    """
    tickets = list(Ticket.objects.unfinished().filter(pk__gt=after).order_by("pk").values(*KEYS)[:size])
    found = list(_measured_now(tickets))
    rounds, steps = ([row for *_, its in found for row in its[place]] for place in (0, 1))
    wrong = differing_rounds([ticket["pk"] for ticket in tickets], rounds, steps)
    wrong |= {ticket["pk"] for ticket, now, _rows in found if any(ticket[name] != getattr(now, name) for name in KEPT)}
    return sorted(wrong), tickets[-1]["pk"] if len(tickets) == size else None


def _measured_now(tickets: list[dict[str, object]]) -> Iterator[tuple[dict[str, object], Kept, Rows]]:
    """Yield each ticket with what is to be kept of it, and its rounds and steps."""
    book, calendars, events_of = RuleBook(), Calendars(), _events_of([ticket["pk"] for ticket in tickets])
    for ticket in tickets:
        events, policy = events_of[ticket["pk"]], None
        if events and ticket["status"] not in Ticket.FINISHED:
            about = {name: ticket[name] for name in ("type_id", "priority")}
            policy = book.policy_for(**about, plan_id=ticket["service__plan_id"])
        yield ticket, _kept(book, policy, events), rounds_of(events, book.measure(policy), calendars)


def _events_of(keys: list[int]) -> dict[int, list[TicketEvent]]:
    found: dict[int, list[TicketEvent]] = defaultdict(list)
    for event in TicketEvent.objects.filter(ticket__in=keys, kind__in=[*ASKED_FOR, *MERGES]).order_by("pk"):
        found[event.ticket_id].append(event)
    return found


def _kept(book: RuleBook, policy: SlaPolicy | None, events: list[TicketEvent]) -> Kept:
    was_breached = any(event.outcome and event.outcome["is_breached"] for event in events)
    if policy is None:
        return Kept(is_breached=was_breached)
    clock_ = book.clock(policy, events)
    is_breached, owed = was_breached or clock_.is_breached, clock_.owed
    if owed is None:
        return Kept(is_breached=is_breached)
    return Kept(StepKind(owed.kind).value, owed.due_at, owed.warn_at, is_breached)


def touched_by(change_set_id: int) -> tuple[bool, set[int]]:
    """
    Return whether a change set is about policies or calendars, and the keys of the tickets that it is about.

    A ticket is meant by its own changes and by those of its events.
    """
    changes = Change.objects.filter(change_set=change_set_id).order_by()
    kinds = set(changes.values_list("kind", flat=True).distinct())
    keys: set[int] = set()
    if Ticket._meta.label_lower in kinds:
        keys.update(changes.filter(kind=Ticket._meta.label_lower).values_list("record_id", flat=True))
    if TicketEvent._meta.label_lower in kinds:
        for before, after in changes.filter(kind=TicketEvent._meta.label_lower).values_list("before", "after"):
            keys.update(int(key) for key in TICKET_OF_IMAGE.findall(f"{before or ''}{after or ''}"))
    return not kinds.isdisjoint(model._meta.label_lower for model in RULES), keys
