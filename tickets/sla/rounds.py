"""
The rounds of tickets and the steps taken in them, kept in rows for the reports.

They follow from the events: while a ticket is unfinished, its steps are measured by the policy in force; what was
frozen when a round was finished stays.
"""

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime, timedelta
from functools import cached_property

from django.db import models
from django.utils.dateparse import parse_datetime

from tickets.models import Calendar, Ticket, TicketEvent, TicketRound, TicketStep
from tickets.sla.clock import MODES, Happening, Mode, StepKind, Taken, Targets, What, in_order, taken
from tickets.sla.working_hours import WorkingHours

Kind = TicketEvent.Kind
ASKED_FOR = tuple(what.value for what in What)
# Kinds of events that say why a round ended or began.
MERGES = (Kind.MERGED, Kind.UNMERGED)
NO_TARGETS = Targets({})
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)

# What the steps of an unfinished round are measured by.
Measure = tuple[WorkingHours | None, Targets]
Rows = tuple[list[TicketRound], list[TicketStep]]
UNMEASURED: Measure = (None, NO_TARGETS)
BATCH = 500


def happenings(events: Iterable[TicketEvent]) -> Iterator[Happening]:
    """Yield what the clock asks for of the events of a ticket."""
    for event in events:
        if event.kind in ASKED_FOR:
            yield Happening(What(event.kind), event.at, event.after if event.kind == Kind.STATUS else "", event.by_id)


class Calendars:
    """The calendars by their names, read once: those of outcomes that were frozen without the working time."""

    @cached_property
    def _by_name(self) -> dict[str, WorkingHours]:
        return {calendar.name: calendar.working_hours() for calendar in Calendar.objects.all()}

    def hours(self, name: str) -> WorkingHours | None:
        """Return the working hours of a calendar; None where it is there no more."""
        return self._by_name.get(name)


def rounds_of(events: list[TicketEvent], measure: Measure, calendars: Calendars) -> Rows:
    """Return the rounds of a ticket with these events, and the steps taken in them; `measure` is for an open one."""
    asked = [event for event in events if event.kind in ASKED_FOR]
    happened = in_order(happenings(asked))
    merges = {kind: {event.at for event in events if event.kind == kind} for kind in MERGES}
    rounds, steps, status = [], [], "new"
    for place, (event, each) in enumerate(zip(asked, happened, strict=True)):
        was, status = MODES[status], each.status or status
        begins = not rounds or was == Mode.FINISHED != MODES[status]
        if begins:
            rounds.append(_begun(event, each, len(rounds) + 1, merges[Kind.UNMERGED]))
        if was != Mode.FINISHED == MODES[status]:
            _finish(rounds[-1], event, each, merges[Kind.MERGED])
            found = _frozen(event, happened[: place + 1], calendars)
            steps += _steps(rounds[-1], found)
    if rounds and rounds[-1].finished_at is None:
        steps += _steps(rounds[-1], taken(happened, *measure))
    return rounds, steps


def _begun(event: TicketEvent, each: Happening, number: int, unmerged: set[datetime]) -> TicketRound:
    began = TicketRound.Began.OPENED if number == 1 else TicketRound.Began.REOPENED
    if number > 1 and event.at in unmerged:
        began = TicketRound.Began.UNMERGED
    return TicketRound(ticket_id=event.ticket_id, number=number, began=began, began_at=each.at, began_by_id=each.by)


def _finish(unfinished: TicketRound, event: TicketEvent, each: Happening, merged: set[datetime]) -> None:
    unfinished.ended = TicketRound.Ended.MERGED if event.at in merged else TicketRound.Ended.SOLVED
    unfinished.finished_at, unfinished.finished_by_id = each.at, each.by


def _frozen(event: TicketEvent, happened: list[Happening], calendars: Calendars) -> list[Taken]:
    """Return the steps of the round that an event finished, as they were measured then."""
    outcome = event.outcome or {}
    hours = calendars.hours(outcome["calendar"]) if outcome and "taken" not in outcome else None
    found = taken(happened, hours, NO_TARGETS)
    known = {(each["kind"], each["since"]): each for each in outcome.get("taken", outcome.get("steps", []))}
    return [_as_frozen(each, known.get((each.kind.value, each.since.isoformat()))) for each in found]


def _as_frozen(step: Taken, known: dict[str, object] | None) -> Taken:
    if known is None:
        return step
    worked = known["seconds"] * SECOND if "seconds" in known else step.worked
    target = known["minutes"] and known["minutes"] * MINUTE
    due_at = parse_datetime(known["due_at"]) if known["due_at"] else None
    return Taken(step.kind, step.since, step.done_at, step.done_by, worked, target, due_at)


def as_json(step: Taken) -> dict[str, object]:
    """Return a step as it is frozen."""
    return {
        "kind": step.kind.value,
        "since": step.since.isoformat(),
        "due_at": step.due_at and step.due_at.isoformat(),
        "minutes": step.target and step.target // MINUTE,
        "seconds": step.worked // SECOND,
    }


def _steps(of: TicketRound, found: list[Taken]) -> Iterator[TicketStep]:
    """Yield the rows of the steps taken in a round; a merge takes none."""
    for place, each in enumerate(found):
        if of.ended != TicketRound.Ended.MERGED or each.done_at < of.finished_at:
            yield TicketStep(
                ticket_id=of.ticket_id,
                number=of.number,
                place=place,
                kind=Ticket.DueStep(StepKind(each.kind).value),
                since=each.since,
                done_at=each.done_at,
                done_by_id=each.done_by,
                due_at=each.due_at,
                target_minutes=each.target and each.target // MINUTE,
                seconds=each.worked // SECOND,
                is_in_target=each.is_in_target,
            )


def write(keys: Collection[int], rounds: list[TicketRound], steps: list[TicketStep]) -> None:
    """Keep these rounds and steps, and no others, of the tickets with these keys."""
    for model, wanted in ((TicketRound, rounds), (TicketStep, steps)):
        changed, gone = _changed(model, keys, wanted)
        if gone:
            model.objects.filter(ticket__in=gone).delete()
        model.objects.bulk_create([row for row in wanted if row.ticket_id in changed], batch_size=BATCH)


def differing(keys: Collection[int], rounds: list[TicketRound], steps: list[TicketStep]) -> set[int]:
    """Return the keys of the tickets of which other rounds or steps are kept."""
    return _changed(TicketRound, keys, rounds)[0] | _changed(TicketStep, keys, steps)[0]


def _changed(model: type[models.Model], keys: Collection[int], wanted: list[models.Model]) -> tuple[set[int], set[int]]:
    """Return the keys of the tickets of which other rows are kept than are wanted, and of those that have some."""
    now, then = _by_ticket(model.objects.filter(ticket__in=keys).order_by("ticket", "number", "pk")), _by_ticket(wanted)
    changed = {key for key in keys if now.get(key) != then.get(key)}
    return changed, changed & now.keys()


def _by_ticket(rows: Iterable[models.Model]) -> dict[int, list[tuple]]:
    found: dict[int, list[tuple]] = {}
    for row in rows:
        fields = [field.attname for field in row._meta.concrete_fields if not field.primary_key]
        found.setdefault(row.ticket_id, []).append(tuple(getattr(row, name) for name in fields))
    return found
