"""Two tickets about one thing become one, and one that is about two things becomes two."""

from datetime import datetime, timedelta

from django.contrib.auth.models import AbstractUser
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from customerflow.changes.recording import recorded
from tickets.desk import follow_up, lock, open_ticket, refuse_merged, save_change
from tickets.events import move_message, tell_related, watched
from tickets.models import Message, Ticket, TicketEvent, TicketLink, TicketMerge, TicketType
from tickets.planning import link_tickets
from tickets.sla.keeping import keep

Kind = TicketEvent.Kind
# For so long a merge can be taken back.
UNMERGE_WITHIN = timedelta(days=30)


def conversation_of(ticket: Ticket) -> models.QuerySet[Message]:
    """Return what was said on `ticket`, and on those that were merged into it, in the order in which it was said."""
    tickets = [ticket.pk, *ticket.merges.values_list("merged", flat=True)]
    said = Message.objects.filter(ticket__in=tickets).order_by("created_at", "pk")
    return said.select_related("author", "ticket", "email", "mail")


@recorded(_("Tickets merged"))
def merge_tickets(*, survivor: Ticket, duplicate: Ticket, at: datetime, by: AbstractUser | None) -> TicketMerge:
    """
    Let `survivor` go on for `duplicate` too, which is closed at the moment `at` unless it was finished before; its
    clock ends with that.

    No message moves: each stays what it is, where it was written, and the page of the survivor shows all of them. Who
    followed the duplicate follows the survivor. Raises `ValidationError`, keyed by field, for tickets of two customers,
    a ticket with itself, an open one into a finished one, and where either takes part in another merge in the way.
    """
    if survivor.pk == duplicate.pk:
        raise ValidationError({"other": _("This is the same ticket. Choose another one.")})
    survivor, duplicate = _lock_both(survivor, duplicate)
    _refuse(survivor, duplicate)
    merge = TicketMerge.objects.create(merged=duplicate, survivor=survivor, status=duplicate.status, at=at, by=by)
    was = watched(duplicate)
    if not duplicate.is_finished:
        duplicate.move_to(Ticket.Status.CLOSED, at)
    save_change(duplicate, "status", "finished_at", "snoozed_until")
    follow_up(duplicate, was, at=at, by=by)
    survivor.watchers.add(*duplicate.watchers.all())
    _tell_both(Kind.MERGED, survivor, duplicate, at, by)
    keep([duplicate.pk])
    return merge


@recorded(_("Merge of tickets taken back"))
def unmerge(*, merge: TicketMerge, at: datetime, by: AbstractUser | None) -> Ticket:
    """
    Let a merged ticket go on by itself, in the state it had before, at the moment `at`; return it as it is then.

    What was said since on the one that went on stays there. Raises `ValidationError` where it was taken back already,
    and after `UNMERGE_WITHIN`.
    """
    duplicate = lock(merge.merged)
    merge = TicketMerge.objects.filter(pk=merge.pk).select_related("survivor").first()
    if merge is None:
        raise ValidationError(_("A colleague has just taken this merge back."))
    if at > merge.at + UNMERGE_WITHIN:
        days = {"days": UNMERGE_WITHIN.days}
        raise ValidationError(_("A merge can be taken back for %(days)d days."), params=days)
    survivor, status = merge.survivor, Ticket.Status(merge.status)
    merge.delete()
    was = watched(duplicate)
    if status not in Ticket.FINISHED:
        # A closed ticket may only be opened; from there it goes on to where it was. It is new to nobody any more.
        duplicate.move_to(Ticket.Status.OPEN, at)
        if status in duplicate.moves:
            duplicate.move_to(status, at)
    save_change(duplicate, "status", "finished_at", "snoozed_until")
    follow_up(duplicate, was, at=at, by=by)
    _tell_both(Kind.UNMERGED, survivor, duplicate, at, by)
    keep([duplicate.pk])
    return duplicate


@recorded(_("Message split into a ticket of its own"))
def split(*, message: Message, type: TicketType, subject: str, at: datetime, by: AbstractUser | None) -> Ticket:
    """
    Open a ticket of the same customer at the moment `at`, about the same things, and move `message` to it, with files.

    It stays what it is, public or internal, with its author and moment, and its event goes with it, so that the clock
    of each ticket knows what was said on it. The two are linked. Raises
    `ValidationError`, keyed by field, for what is wrong with the new ticket, where the message is the only one of its
    ticket, and where a colleague has just moved it.
    """
    ticket = lock(message.ticket)
    refuse_merged(ticket)
    if not (message := ticket.messages.select_for_update().filter(pk=message.pk).first()):
        raise ValidationError({"subject": _("A colleague has just moved this message.")})
    if not ticket.messages.exclude(pk=message.pk).exists():
        raise ValidationError({"subject": _("This is all that was said on the ticket. Change the ticket instead.")})
    about = {name: getattr(ticket, name) for name in ("customer", "location", "service", "equipment", "source")}
    other = open_ticket(type=type, subject=subject, at=at, by=by, **about)
    move_message(message, other)
    keep([ticket.pk, other.pk])
    link_tickets(ticket=other, other=ticket, kind=TicketLink.Kind.RELATED)
    _tell_both(Kind.SPLIT, ticket, other, at, by)
    return other


def _lock_both(survivor: Ticket, duplicate: Ticket) -> tuple[Ticket, Ticket]:
    keys = [survivor.pk, duplicate.pk]
    locked = {
        each.pk: each for each in Ticket.objects.select_for_update(no_key=True).filter(pk__in=keys).order_by("pk")
    }
    return locked[survivor.pk], locked[duplicate.pk]


def _refuse(survivor: Ticket, duplicate: Ticket) -> None:
    """Raise `ValidationError` where two locked tickets cannot be merged."""
    if survivor.customer_id != duplicate.customer_id:
        raise ValidationError({"other": _("It belongs to another customer.")})
    for ticket in (survivor, duplicate):
        if TicketMerge.objects.filter(merged=ticket).exists():
            message = _("#%(number)s was merged into another ticket.")
            raise ValidationError({"other": ValidationError(message, params={"number": ticket.number})})
    if duplicate.merges.exists():
        message = _("Other tickets were merged into #%(number)s. Merge the other way round.")
        raise ValidationError({"other": ValidationError(message, params={"number": duplicate.number})})
    if survivor.is_finished and not duplicate.is_finished:
        raise ValidationError({"other": _("It is not finished, and this one is. Merge the other way round.")})


def _tell_both(kind: Kind, one: Ticket, other: Ticket, at: datetime, by: AbstractUser | None) -> None:
    tell_related(kind, one, other, at=at, by=by)
    tell_related(kind, other, one, at=at, by=by)
