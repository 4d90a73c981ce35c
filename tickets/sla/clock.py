"""
The clock of a ticket: a pure function of what happened, the working hours and the targets. No database, and no now.

A ticket has rounds: one from its opening until it is finished, and one more for each time that it is opened again. The
clock measures the last. Working time counts while the ticket is with us, and not while it waits for the customer, is on
hold or finished. What is measured are steps, each from a moment on: the first response from the opening on; the next
response from the first message of the customer that is not answered; the solution from the beginning of the round on.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from tickets.sla.working_hours import WorkingHours


class What(StrEnum):
    """What can happen to a ticket, as far as the clock asks."""

    OPENED = "opened"
    ASKED = "asked"
    ANSWERED = "answered"
    STATUS = "status"


class StepKind(StrEnum):
    """What we owe a customer; of two that are due at once, the one that comes first here is named."""

    FIRST = "first"
    NEXT = "next"
    SOLUTION = "solution"


class Mode(StrEnum):
    """Whether working time counts."""

    RUNNING = "running"
    PAUSED = "paused"
    FINISHED = "finished"


MODES = {
    "new": Mode.RUNNING,
    "open": Mode.RUNNING,
    "waiting": Mode.PAUSED,
    "on_hold": Mode.PAUSED,
    "resolved": Mode.FINISHED,
    "closed": Mode.FINISHED,
}


@dataclass(frozen=True)
class Happening:
    """One thing that happened: `status` is the new one, of a change of status; `by` is the key of who did it."""

    what: What
    at: datetime
    status: str = ""
    by: int | None = None


@dataclass(frozen=True)
class Targets:
    """The working time within which each step is to be taken, and how long before the end of it one is warned."""

    within: dict[StepKind, timedelta]
    warning: timedelta = timedelta()


@dataclass(frozen=True)
class Piece:
    """A stretch of time in one status; the last one of a ticket that is not finished has no end."""

    status: str
    since: datetime
    until: datetime | None

    @property
    def mode(self) -> Mode:
        """Whether working time counts."""
        return MODES[self.status]


@dataclass(frozen=True)
class Step:
    """
    One thing that was or is owed, since a moment.

    `due_at` is the last moment that is good enough; None while nobody knows, since the clock is paused before it.
    `warn_at` is when the warning begins. `done_at` is when the step was taken.
    """

    kind: StepKind
    since: datetime
    target: timedelta
    due_at: datetime | None
    warn_at: datetime | None
    done_at: datetime | None = None

    @property
    def is_breached(self) -> bool:
        """Whether it was taken, but too late."""
        return self.done_at is not None and self.due_at is not None and self.done_at > self.due_at

    def is_late(self, now: datetime) -> bool:
        """Say whether it is not taken at the moment `now`, and past due."""
        return self.done_at is None and self.due_at is not None and self.due_at < now


@dataclass(frozen=True)
class Taken:
    """
    A step that was taken, whether there is a target for it or not.

    `worked` is the working time from the moment on from which it was owed; `due_at` is None where no target is missed.
    """

    kind: StepKind
    since: datetime
    done_at: datetime
    done_by: int | None
    worked: timedelta
    target: timedelta | None
    due_at: datetime | None

    @property
    def is_in_target(self) -> bool | None:
        """Whether it was taken in time; None where there is no target."""
        return None if self.target is None else self.due_at is None or self.done_at <= self.due_at


@dataclass(frozen=True)
class Clock:
    """What the clock says of the last round of a ticket."""

    pieces: tuple[Piece, ...]
    steps: tuple[Step, ...]

    @property
    def mode(self) -> Mode:
        """Whether working time counts now."""
        return self.pieces[-1].mode

    @property
    def owed(self) -> Step | None:
        """The step that is due next; None where none is owed, or not by us while the clock is paused."""
        if self.mode != Mode.RUNNING:
            return None
        order = list(StepKind)
        owed = [step for step in self.steps if step.done_at is None and step.due_at is not None]
        return min(owed, key=lambda step: (step.due_at, order.index(step.kind)), default=None)

    @property
    def is_breached(self) -> bool:
        """Whether a step was taken too late."""
        return any(step.is_breached for step in self.steps)


def clock(happenings: Iterable[Happening], hours: WorkingHours, targets: Targets) -> Clock:
    """
    Return what the clock says after `happenings`, which begin with the opening.

    They are taken in their order: one that claims to be earlier than the one before it happened at the moment of that.
    """
    happened = in_order(happenings)
    spans = _spans_of_steps(happened)
    pieces = _pieces(happened)
    steps = [
        _step(kind, since, done and done.at, targets, pieces, hours)
        for kind, since, done in spans
        if kind in targets.within
    ]
    return Clock(tuple(pieces), tuple(steps))


def taken(happenings: Iterable[Happening], hours: WorkingHours | None, targets: Targets) -> list[Taken]:
    """Return the steps of the last round that were taken; without `hours` all time counts while the clock runs."""
    happened = in_order(happenings)
    pieces, found = _pieces(happened), []
    for kind, since, done in _spans_of_steps(happened):
        if done is not None:
            seen, target = _as_of(done.at, pieces), targets.within.get(kind)
            due_at = _moment_of(target, since, seen, hours) if target and hours else None
            worked = _worked(since, done.at, seen, hours)
            found.append(Taken(kind, since, done.at, done.by, worked, target, due_at))
    return found


def in_order(happenings: Iterable[Happening]) -> list[Happening]:
    """Return what happened, with moments that never run backwards."""
    ordered: list[Happening] = []
    for each in happenings:
        at = max(each.at, ordered[-1].at) if ordered else each.at
        ordered.append(replace(each, at=at))
    return ordered


def _pieces(happened: list[Happening]) -> list[Piece]:
    """Return the stretches of the last round; those of no length are left out, but for the last."""
    status, since = "new", happened[0].at
    pieces: list[Piece] = []
    for each in happened:
        if each.what != What.STATUS or each.status == status:
            continue
        if MODES[status] == Mode.FINISHED != MODES[each.status]:
            pieces.clear()
        elif since < each.at:
            pieces.append(Piece(status, since, each.at))
        status, since = each.status, each.at
    return [*pieces, Piece(status, since, None)]


Span = tuple[StepKind, datetime, Happening | None]


def _spans_of_steps(happened: list[Happening]) -> list[Span]:
    """Return the steps of the last round: kind, since when it is owed, and what took it."""
    status, opened_at = "new", happened[0].at
    is_answered = False
    steps: list[Span] = [(StepKind.FIRST, opened_at, None), (StepKind.SOLUTION, opened_at, None)]
    for each in happened:
        if each.what == What.ANSWERED:
            is_answered = True
            steps = _with_taken(steps, {StepKind.FIRST, StepKind.NEXT}, each)
        elif each.what == What.ASKED and not _is_response_owed(steps):
            steps = [*steps, (StepKind.NEXT, each.at, None)]
        elif each.what == What.STATUS:
            was, status = MODES[status], each.status
            if MODES[status] == Mode.FINISHED != was:
                steps = _with_taken(steps, set(StepKind), each)
            elif was == Mode.FINISHED != MODES[status]:
                asked = [step for step in steps if step[0] == StepKind.NEXT and step[2] is None]
                first = [] if is_answered or asked else [(StepKind.FIRST, each.at, None)]
                steps = [*first, *asked, (StepKind.SOLUTION, each.at, None)]
    return steps


def _is_response_owed(steps: list[Span]) -> bool:
    return any(kind != StepKind.SOLUTION and done is None for kind, _since, done in steps)


def _with_taken(steps: list[Span], kinds: set[StepKind], by: Happening) -> list[Span]:
    """Return the steps with those of `kinds` that are still owed taken by what happened."""
    return [(kind, since, by if done is None and kind in kinds else done) for kind, since, done in steps]


def _step(
    kind: StepKind,
    since: datetime,
    done_at: datetime | None,
    targets: Targets,
    pieces: list[Piece],
    hours: WorkingHours,
) -> Step:
    target = targets.within[kind]
    seen = pieces if done_at is None else _as_of(done_at, pieces)
    due_at = _moment_of(target, since, seen, hours)
    warn_at = None
    if due_at is not None:
        warn_at = _moment_of(target - targets.warning, since, seen, hours) if targets.warning < target else since
    return Step(kind, since, target, due_at, warn_at, done_at)


def _as_of(moment: datetime, pieces: list[Piece]) -> list[Piece]:
    """Return the stretches as they were known until a moment: what came later does not move what was due then."""
    before = [piece for piece in pieces if piece.since < moment]
    return [*before[:-1], replace(before[-1], until=None)] if before else []


def _worked(since: datetime, until: datetime, pieces: list[Piece], hours: WorkingHours | None) -> timedelta:
    """Return the working time between two moments that counted."""
    total = timedelta()
    for piece in pieces:
        begin, end = max(piece.since, since), min(piece.until or until, until)
        if piece.mode == Mode.RUNNING and begin < end:
            total += hours.worked(begin, end) if hours else end - begin
    return total


def _moment_of(working_time: timedelta, since: datetime, pieces: list[Piece], hours: WorkingHours) -> datetime | None:
    """Return when so much working time has counted since a moment; None where it has not, and the clock stands."""
    left = working_time
    for piece in pieces:
        if piece.mode != Mode.RUNNING or (piece.until is not None and piece.until <= since):
            continue
        begin = max(piece.since, since)
        if piece.until is None:
            return hours.after(begin, left)
        worked = hours.worked(begin, piece.until)
        if worked >= left:
            return hours.after(begin, left)
        left -= worked
    return None
