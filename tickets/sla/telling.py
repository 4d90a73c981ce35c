"""What the clock of a ticket says, for the people who read its page."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from tickets.models import SlaPolicy, Ticket, TicketEvent
from tickets.sla.clock import Clock, Mode, Step
from tickets.sla.keeping import RuleBook, measured

MINUTE = timedelta(minutes=1)
DueStep = Ticket.DueStep


def in_hours(time: timedelta) -> str:
    """Return working time in words, such as "1 h 30 min"."""
    hours, minutes = divmod(time // MINUTE, 60)
    parts = [_("%(hours)d h") % {"hours": hours}] if hours else []
    return " ".join([*parts, _("%(minutes)d min") % {"minutes": minutes}] if minutes or not hours else parts)


@dataclass(frozen=True)
class ToldStep:
    """A step on the page: what, within which time, due when, taken when; `shape` is that of its state."""

    label: str
    target: str
    due_at: datetime | None
    done_at: datetime | None
    state: str
    shape: str


@dataclass(frozen=True)
class ToldPiece:
    """A stretch of time on the page: since when, in which status, and what of it counted."""

    since: datetime
    until: datetime | None
    status: str
    is_running: bool
    counted: str


@dataclass(frozen=True)
class ToldClock:
    """The clock of a ticket on its page; `turn` says in words who is to do something next."""

    policy: str
    calendar: str
    why: str
    turn: str
    steps: list[ToldStep]
    pieces: list[ToldPiece]
    link: SlaPolicy | None = None


def told(ticket: Ticket, events: list[TicketEvent], now: datetime) -> ToldClock | None:
    """Return what the page of `ticket` says of its clock at the moment `now`; None where it is not measured."""
    if ticket.status in Ticket.FINISHED:
        outcome = next((event.outcome for event in reversed(events) if event.outcome), None)
        return outcome and _told_outcome(outcome)
    book = RuleBook()
    found = measured(book, ticket, events)
    if found is None:
        return None
    policy, clock = found
    return ToldClock(
        policy.name,
        f"{policy.calendar.name}, {policy.calendar.zone}",
        policy.says_for_what,
        _turn(ticket, clock),
        [_told_step(step, clock, now) for step in clock.steps],
        list(_told_pieces(clock, policy, now)),
        policy,
    )


def _turn(ticket: Ticket, clock: Clock) -> str:
    if ticket.status == Ticket.Status.WAITING:
        return _("The customer. The clock stands.")
    if clock.mode == Mode.PAUSED:
        return _("Nobody, it is on hold. The clock stands.")
    if clock.owed is None:
        return _("Nothing is due.")
    return _("We: %(step)s") % {"step": DueStep(clock.owed.kind.value).label}


def _told_step(step: Step, clock: Clock, now: datetime) -> ToldStep:
    if step.done_at is not None:
        state, shape = (_("taken too late"), "bad") if step.is_breached else (_("in time"), "active")
    elif clock.mode == Mode.PAUSED:
        state, shape = _("paused"), "off"
    elif step.is_late(now):
        state, shape = _("late"), "bad"
    elif step.warn_at is not None and step.warn_at <= now:
        state, shape = _("due soon"), "warn"
    else:
        state, shape = _("open"), "new"
    label = str(DueStep(step.kind.value).label)
    return ToldStep(label, in_hours(step.target), step.due_at, step.done_at, state, shape)


def _told_pieces(clock: Clock, policy: SlaPolicy, now: datetime) -> Iterator[ToldPiece]:
    hours = policy.calendar.working_hours()
    for piece in clock.pieces:
        is_running = piece.mode == Mode.RUNNING
        counted = in_hours(hours.worked(piece.since, max(piece.until or now, piece.since))) if is_running else ""
        yield ToldPiece(piece.since, piece.until, str(Ticket.Status(piece.status).label), is_running, counted)


def _told_outcome(outcome: dict) -> ToldClock:
    """Return what was frozen when the ticket was finished."""
    steps = [
        ToldStep(
            str(DueStep(step["kind"]).label),
            in_hours(step["minutes"] * MINUTE),
            step["due_at"] and parse_datetime(step["due_at"]),
            step["done_at"] and parse_datetime(step["done_at"]),
            _("taken too late") if step["is_breached"] else _("in time"),
            "bad" if step["is_breached"] else "active",
        )
        for step in outcome["steps"]
    ]
    turn = _("Nobody: it is finished, and this is how it was measured then.")
    return ToldClock(outcome["policy"], outcome["calendar"], "", turn, steps, [])
