"""The help desk at work: opening tickets, answering, assigning, changing their state."""

from collections.abc import Iterable
from datetime import datetime
from types import EllipsisType

from django.contrib.auth.models import AbstractUser, Group
from django.core.exceptions import ValidationError
from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy as _

from customerflow.changes.recording import recorded
from customerflow.idempotency import made_before
from customerflow.series.models import NumberSeries
from customerflow.text import normalise
from customers.models import Customer, Equipment, Location, Service
from tickets.attachments import SentFile, attach
from tickets.choosing import choose
from tickets.events import Watched, tell_changes, tell_opened, watched
from tickets.mail.sending import send_reply
from tickets.models import AssignmentRule, Message, Ticket, TicketEvent, TicketMerge, TicketType
from tickets.sla.keeping import keep, outcome_at

SERIES = "ticket"


@recorded(_("Ticket opened"))
def open_ticket(
    *,
    customer: Customer,
    type: TicketType,
    subject: str,
    at: datetime,
    by: AbstractUser | None,
    body: str = "",
    files: Iterable[SentFile] = (),
    source: Ticket.Source = Ticket.Source.PHONE,
    priority: str | None = None,
    location: Location | None = None,
    service: Service | None = None,
    equipment: Equipment | None = None,
    assignee: AbstractUser | None = None,
    group: Group | None = None,
    key: str | None = None,
) -> Ticket:
    """
    Open a ticket of `customer` at the moment `at`, and return it with the next number of the series.

    `body` is what the customer asks for, the first public message, written down by `by` (None: by the customer), with
    `files`. The priority is that of the type where none is given. Where neither an assignee nor a group is, the first
    rule that is for the ticket says who looks after it, or else the group of the type does. A second call with the same
    idempotency `key` returns the first ticket and opens none. Raises `ValidationError`, keyed by field, also when the
    key came before with another customer, type or subject.
    """
    about = {"customer": customer, "type": type, "location": location, "service": service, "equipment": equipment}
    ticket = Ticket(**about, opened_at=at, source=source, assignee=assignee, group=group)
    ticket.subject, ticket.priority = normalise(subject), priority or type.default_priority
    ticket.idempotency_key = key or None
    if first := _number(ticket):
        return first
    rule = _hand_out(ticket)
    ticket.save(force_insert=True)
    tell_opened(ticket, at=at, by=by, rule=rule)
    _ask(ticket, normalise(body), list(files), by, at)
    keep([ticket.pk])
    return ticket


def _ask(ticket: Ticket, body: str, files: list[SentFile], by: AbstractUser | None, at: datetime) -> None:
    """Write what the customer asks for on a new ticket, if it was said."""
    if files and not body:
        raise ValidationError({"body": _("Write what the files are.")})
    if body:
        message = Message(ticket=ticket, kind=Message.Kind.PUBLIC, body=body, author=by, created_at=at)
        _write(message)
        attach(message, files)


@recorded(_("Message written"))
def reply(
    *,
    ticket: Ticket,
    kind: Message.Kind,
    body: str,
    by: AbstractUser | None,
    at: datetime,
    files: Iterable[SentFile] = (),
    to: str = "",
    key: str | None = None,
    minutes: int | None = None,
) -> Message:
    """
    Write a message with `files` on `ticket` at the moment `at`, and return it; `by` is None when the customer wrote it.
    `minutes` is the time that it took, where somebody says so.

    A public message opens a ticket that is new or finished; one that waits for the customer is opened by the
    customer's own, which brings back one that is snoozed, too. An internal note changes no state, and is never sent; a
    public message is, where `to` names an address. What is said on a ticket that was merged is said on the one that
    goes on. The message's `ticket` is the ticket as it is then. A second call with the same idempotency `key` returns
    the first message and writes none. Raises `ValidationError`, keyed by field, also when the key came before with
    another text or kind.
    """
    ticket = _lock_for_message(ticket)
    said = {"kind": kind, "body": normalise(body), "minutes": minutes}
    message = Message(ticket=ticket, **said, author=by, created_at=at, idempotency_key=key or None)
    if first := made_before(message, said=("kind", "body")):
        return first
    was = watched(ticket)
    _write(message)
    if kind == Message.Kind.PUBLIC:
        _bring_back(ticket, message)
    save_change(ticket, "status", "finished_at", "snoozed_until")
    follow_up(ticket, was, at=at, by=by, message=message)
    attach(message, files)
    if to:
        send_reply(message=message, to=to, at=at, by=by)
    return message


def _bring_back(ticket: Ticket, message: Message) -> None:
    """Open a ticket that is new or finished, as `message` is public; also one that waits, by the customer's own."""
    by_customer = message.author is None
    if ticket.status in {Ticket.Status.NEW, *Ticket.FINISHED} | ({Ticket.Status.WAITING} if by_customer else set()):
        ticket.move_to(Ticket.Status.OPEN, message.created_at)
    if by_customer:
        ticket.snoozed_until = None


@recorded(_("Ticket assigned"))
def assign(
    *,
    tickets: Iterable[Ticket],
    assignee: AbstractUser | None,
    at: datetime,
    by: AbstractUser | None,
    instead_of: AbstractUser | EllipsisType | None = ...,
) -> list[Ticket]:
    """
    Give `tickets` to `assignee`, or to nobody, at the moment `at`; return those that changed, as they are then.

    Where it is said `instead_of` whom, as the person saw it, another one who has it meanwhile keeps it. Raises
    `ValidationError`, keyed by field, also for a ticket that was merged, and then changes none.
    """
    _check_assignee(assignee)
    wanted = [ticket.pk for ticket in tickets]
    locked = list(Ticket.objects.select_for_update(no_key=True).filter(pk__in=wanted).order_by("pk"))
    refuse_merged(*locked)
    changed = [ticket for ticket in locked if ticket.assignee_id != (assignee and assignee.pk)]
    for ticket in changed:
        if instead_of is not ... and ticket.assignee_id != (instead_of and instead_of.pk):
            message = _("Meanwhile it was given to %(name)s. Nothing was changed; if you still want it, do it again.")
            params = {"name": ticket.assignee or _("nobody")}
            raise ValidationError({"assignee": ValidationError(message, code="stale", params=params)})
        was = watched(ticket)
        ticket.assignee = assignee
        save_change(ticket, "assignee")
        follow_up(ticket, was, at=at, by=by)
    return changed


@recorded(_("Ticket moved"))
def change_status(*, ticket: Ticket, status: Ticket.Status, at: datetime, by: AbstractUser | None = None) -> Ticket:
    """
    Move `ticket` to the state `status` at the moment `at`, and return it as it is then.

    `by` is None where nobody in particular does it, such as a rule.

    Raises `ValidationError`, keyed by field, that names the states it may go to.
    """
    ticket = lock(ticket)
    refuse_merged(ticket)
    was = watched(ticket)
    ticket.move_to(status, at)
    save_change(ticket, "status", "finished_at", "snoozed_until")
    follow_up(ticket, was, at=at, by=by)
    return ticket


def save_edited(*, ticket: Ticket, at: datetime, by: AbstractUser | None) -> None:
    """Save what a form changed of `ticket`, whose row the caller has locked, at the moment `at`."""
    was = watched(Ticket.objects.get(pk=ticket.pk))
    ticket.save()
    follow_up(ticket, was, at=at, by=by)


def follow_up(
    ticket: Ticket, was: Watched, *, at: datetime, by: AbstractUser | None, message: Message | None = None
) -> None:
    """Do what follows from every act on a saved ticket, which was as `watched` returned before it."""
    is_finishing = ticket.status in Ticket.FINISHED and was[TicketEvent.Kind.STATUS] not in Ticket.FINISHED
    outcome = outcome_at(ticket, ticket.status, at) if is_finishing else None
    tell_changes(ticket, was, at=at, by=by, outcome=outcome, message=message)
    keep([ticket.pk])


# Their existence is the database's business; `Ticket.clean` says whose they must be.
RELATIONS = ("customer", "type", "location", "service", "equipment", "assignee", "group")
# What is the same of a ticket that is opened twice by one form.
SAID = ("customer", "type", "subject")


def _number(ticket: Ticket) -> Ticket | None:
    """Check a new ticket, and give it the next number; return the one that its key has opened before, if any."""
    if first := made_before(ticket, said=SAID):
        return first
    if ticket.type.is_retired:
        raise ValidationError({"type": _("This type of ticket is retired.")})
    _check_assignee(ticket.assignee)
    ticket.clean_fields(exclude=RELATIONS)
    ticket.clean()
    ticket.number = str(NumberSeries.objects.take_beyond(SERIES, _is_number_taken))
    # The series is locked now: whoever sent the same at this moment has opened theirs, or has not begun.
    return made_before(ticket, said=SAID)


def _hand_out(ticket: Ticket) -> AssignmentRule | None:
    """Give a new ticket that was given to nobody by hand to whom the rules say; return the rule that did."""
    if ticket.assignee_id or ticket.group_id:
        return None
    choice = choose(ticket, localdate(ticket.opened_at))
    ticket.group, ticket.assignee = choice.group, choice.assignee
    return choice.rule


def lock(ticket: Ticket) -> Ticket:
    """Return `ticket` as it is stored, locked for what changes it."""
    return Ticket.objects.select_for_update(no_key=True).get(pk=ticket.pk)


def refuse_merged(*tickets: Ticket) -> None:
    """Raise `ValidationError` for a locked ticket that was merged into another: it goes on there."""
    if merge := TicketMerge.objects.filter(merged__in=tickets).select_related("survivor").first():
        message = _("It was merged into #%(number)s: work on that one, or take the merge back.")
        raise ValidationError({"status": ValidationError(message, params={"number": merge.survivor.number})})


def _lock_for_message(ticket: Ticket) -> Ticket:
    """Return the ticket on which what is said on `ticket` belongs, locked."""
    ticket = lock(ticket)
    merge = TicketMerge.objects.filter(merged=ticket).select_related("survivor").first()
    return lock(merge.survivor) if merge else ticket


def _write(message: Message) -> None:
    """Check a new message, and save it."""
    message.clean_fields(exclude={"ticket", "author"})
    if message.kind == Message.Kind.INTERNAL and message.author is None:
        raise ValidationError({"kind": _("An internal note is written by a member of staff.")})
    message.save(force_insert=True)


def save_change(ticket: Ticket, *fields: str) -> None:
    """Save `fields` of `ticket` as one change."""
    ticket.version += 1
    ticket.save(update_fields=[*fields, "version", "updated_at"])


def _check_assignee(assignee: AbstractUser | None) -> None:
    if assignee and not assignee.is_active:
        raise ValidationError(
            {
                "assignee": ValidationError(
                    _("%(assignee)s does not work here any more."), code="inactive", params={"assignee": assignee}
                )
            }
        )


def _is_number_taken(number: int) -> bool:
    return Ticket.objects.filter(number=str(number)).exists()
