"""What staff plan of tickets: until when they sleep, by when they are to be done, their tags, links and followers."""

from collections.abc import Iterable
from datetime import date, datetime
from types import EllipsisType

from django.contrib.auth.models import AbstractUser
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from customerflow.changes.recording import recorded
from customerflow.text import normalise
from tickets.desk import follow_up, lock, refuse_merged, save_change
from tickets.events import watched
from tickets.models import Tag, Ticket, TicketLink
from tickets.models.tag import LONGEST_TAG

MOST_TAGS = 20


@recorded(_("Ticket planned"))
def plan(
    *,
    ticket: Ticket,
    at: datetime,
    by: AbstractUser | None,
    snoozed_until: date | EllipsisType | None = ...,
    due_on: date | EllipsisType | None = ...,
    tags: Iterable[str] | EllipsisType = ...,
) -> Ticket:
    """
    Keep `ticket` out of the queues until the day `snoozed_until`, on which it is back, want it done by `due_on`, and
    mark it with the tags of these names and no others, which `tag_names` returned; new ones are made.

    None takes a day back, and what is not given stays as it is. Raises `ValidationError`, keyed by field, for a snooze
    that ends today or earlier, or of a finished ticket, and for one that was merged; nothing is saved where nothing
    changes. Returns the ticket as it is then.
    """
    ticket = lock(ticket)
    refuse_merged(ticket)
    was = watched(ticket)
    snoozed_until = ticket.snoozed_until if snoozed_until is ... else snoozed_until
    if snoozed_until and snoozed_until != ticket.snoozed_until:
        if ticket.is_finished:
            raise ValidationError({"snoozed_until": _("It is finished: there is nothing to come back to.")})
        if snoozed_until <= timezone.localdate(at):
            raise ValidationError({"snoozed_until": _("Choose a day after today.")})
    ticket.snoozed_until, ticket.due_on = snoozed_until, ticket.due_on if due_on is ... else due_on
    if watched(ticket) != was:
        save_change(ticket, "snoozed_until", "due_on")
        follow_up(ticket, was, at=at, by=by)
    if tags is not ...:
        ticket.tags.set(_tags(tags))
    return ticket


def tag_names(text: str) -> list[str]:
    """
    Return the tags in a text, parted by commas, each once, in small letters.

    Raises `ValidationError` for one that is too long, and for too many.

    >>> tag_names("VIP,  Fibre  cut, vip")
    ['fibre cut', 'vip']
    """
    names = {" ".join(normalise(part).casefold().split()) for part in text.split(",")} - {""}
    if too_long := [name for name in names if len(name) > LONGEST_TAG]:
        message = _("A tag has at most %(longest)d characters: %(tag)s…")
        raise ValidationError(message, params={"longest": LONGEST_TAG, "tag": too_long[0][:LONGEST_TAG]})
    if len(names) > MOST_TAGS:
        raise ValidationError(_("A ticket has at most %(most)d tags."), params={"most": MOST_TAGS})
    return sorted(names)


@recorded(_("Ticket tagged"))
def add_tags(*, ticket: Ticket, names: Iterable[str]) -> bool:
    """Mark `ticket` with the tags of these names too; return whether it lacked one. Raises `ValidationError`."""
    lock(ticket)
    had = set(ticket.tags.values_list("name", flat=True))
    wanted = had | set(names)
    tag_names(",".join(wanted))
    ticket.tags.add(*_tags(wanted - had))
    return wanted != had


@recorded(_("Tags taken off a ticket"))
def take_off_tags(*, ticket: Ticket, names: Iterable[str]) -> bool:
    """Take the tags of these names off `ticket`; return whether it had one."""
    lock(ticket)
    tags = list(ticket.tags.filter(name__in=list(names)))
    ticket.tags.remove(*tags)
    return bool(tags)


@recorded(_("Ticket followed"))
def follow(*, ticket: Ticket, by: AbstractUser, is_following: bool) -> None:
    """Let `by` follow `ticket`, or follow it no more."""
    lock(ticket)
    (ticket.watchers.add if is_following else ticket.watchers.remove)(by)


@recorded(_("Tickets linked"))
def link_tickets(*, ticket: Ticket, other: Ticket, kind: TicketLink.Kind) -> TicketLink:
    """
    Say that `ticket` has to do with `other`, or is a duplicate of it.

    Two tickets have one link: it is said anew. Raises `ValidationError` for a ticket and itself.
    """
    if ticket.pk == other.pk:
        raise ValidationError({"other": _("This is the same ticket. Choose another one.")})
    for each in sorted((ticket, other), key=lambda each: each.pk):
        lock(each)
    TicketLink.objects.filter(ticket=other, other=ticket).delete()
    return TicketLink.objects.update_or_create(ticket=ticket, other=other, defaults={"kind": kind})[0]


@recorded(_("Link between tickets removed"))
def unlink(*, ticket: Ticket, other: Ticket) -> None:
    """Say that two tickets have nothing to do with each other."""
    TicketLink.objects.filter(ticket__in=[ticket, other], other__in=[ticket, other]).delete()


def _tags(names: Iterable[str]) -> list[Tag]:
    return [Tag.objects.get_or_create(name=name)[0] for name in sorted(names)]
