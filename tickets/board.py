"""The board: tickets in a column for each state, what is due first on top."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import AbstractUser
from django.core.exceptions import ValidationError
from django.db import connection
from django.db.models import F, prefetch_related_objects
from django.utils.functional import Promise
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

from customerflow.changes.recording import recorded
from tickets.desk import change_status, lock
from tickets.models import Ticket, TicketQuerySet
from tickets.queues import QUEUES, in_queue, of_groups, of_user

Status = Ticket.Status
STATES = (Status.NEW, Status.OPEN, Status.WAITING, Status.ON_HOLD, Status.RESOLVED)
# Cards in a column, and how far the others are counted.
MOST_CARDS = 50
MOST_COUNTED = 99


@dataclass(frozen=True)
class Board:
    """Whose tickets a board shows, to the person who looks; what is unfinished of them is the queue of its name."""

    label: str | Promise
    whose: Callable[[TicketQuerySet, AbstractUser], TicketQuerySet]


BOARDS = {
    "mine": Board(QUEUES["mine"].label, of_user),
    "group": Board(QUEUES["group"].label, of_groups),
    "unfinished": Board(_("Everybody’s"), lambda rows, user: rows),
}


@dataclass(frozen=True)
class Column:
    """The tickets in one state: the first of them, and how many more; one more than `MOST_COUNTED` at most."""

    status: Status
    cards: list[Ticket]
    more: int
    # The parameters of the list that has all of them.
    query: str

    @property
    def moves(self) -> list[Status]:
        """The states that its cards may go to, in their usual order."""
        return [status for status in Status if status in Ticket.MOVES[self.status]]

    @property
    def says_more(self) -> str:
        """How many more there are, for a person."""
        return f"{MOST_COUNTED}+" if self.more > MOST_COUNTED else str(self.more)


def columns(rows: TicketQuerySet, board: str, user: AbstractUser, now: datetime) -> list[Column]:
    """Return the columns of a board of `user`, with those of `rows` on it at the moment `now`, by three queries."""
    prefetch_related_objects([user], "groups")
    found = _keys(rows, board, user, now)
    shown = [key for keys in found.values() for key in keys[:MOST_CARDS]]
    about = ("number", "subject", "status", "priority", "version", "due_step", "due_at", "warn_at", "is_breached")
    cards = (
        Ticket.objects.filter(pk__in=shown)
        .select_related("customer", "assignee")
        .only(*about, "snoozed_until", "is_finished", "customer", "assignee")
        .in_bulk()
    )
    return [
        Column(
            status,
            # Meanwhile one may have gone to another column.
            [cards[key] for key in keys[:MOST_CARDS] if key in cards and cards[key].status == status],
            len(keys[MOST_CARDS:]),
            _query(board, status, user),
        )
        for status, keys in found.items()
    ]


def _keys(rows: TicketQuerySet, board: str, user: AbstractUser, now: datetime) -> dict[Status, list[int]]:
    """Return the keys in each column, in order, as far as they are counted."""
    parts, parameters = [], []
    for status in STATES:
        chosen = _chosen(rows, board, status, user, now)[: MOST_CARDS + MOST_COUNTED + 1]
        sql, values = chosen.query.sql_with_params()
        parts.append(f"SELECT * FROM ({sql}) AS {status}_cards")
        parameters += values
    found: dict[Status, list[tuple]] = {status: [] for status in STATES}
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts), parameters)
        for status, moment, key in cursor.fetchall():
            found[Status(status)].append((moment, key))
    return {
        status: [key for _moment, key in sorted(of_it, reverse=status in Ticket.FINISHED)]
        for status, of_it in found.items()
    }


def _chosen(rows: TicketQuerySet, board: str, status: Status, user: AbstractUser, now: datetime) -> TicketQuerySet:
    """Return status, moment and key of the tickets in a column, in order: the moment of what is due, or was done."""
    if status in Ticket.FINISHED:
        of_it, moment, order = BOARDS[board].whose(rows.resolved_lately(now), user), "finished_at", ("-moment", "-pk")
    else:
        of_it, moment, order = in_queue(rows, board, user, now).filter(status=status), "due_at", ("moment", "pk")
    return of_it.annotate(moment=F(moment)).order_by(*order).values_list("status", "moment", "pk")


def _query(board: str, status: Status, user: AbstractUser) -> str:
    """Return the parameters of the list that has what is in a column."""
    if status not in Ticket.FINISHED:
        return urlencode({"queue": board, "status": status})
    return urlencode({"queue": "resolved", **({"assignee": user.get_username()} if board == "mine" else {})})


@recorded(_("Ticket moved"))
def move_card(*, ticket: Ticket, status: Status, seen: int | None, at: datetime, by: AbstractUser) -> Ticket:
    """
    Move `ticket`, seen in the version `seen`, to the state `status` at the moment `at`; return it as it is then.

    Raises `ValidationError`, keyed by field: where a colleague has changed it meanwhile, and for a move that is not
    allowed.
    """
    if lock(ticket).version != seen:
        message = _("A colleague has changed #%(number)s meanwhile. It is shown as it is now; nothing was moved.")
        raise ValidationError({"version": ValidationError(message, code="stale", params={"number": ticket.number})})
    return change_status(ticket=ticket, status=status, at=at, by=by)
