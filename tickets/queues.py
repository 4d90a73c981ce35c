"""The queues of the help desk: which tickets wait for whom, the most urgent first."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import AbstractUser
from django.db import connection
from django.utils.functional import Promise
from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy as _

from tickets.models import Ticket, TicketQuerySet

# Counters stop here: "99+".
MOST_COUNTED = 99
# The key of no group.
NO_GROUP = 0


@dataclass(frozen=True)
class Queue:
    """Tickets that wait, for the person who looks, at the moment of looking."""

    label: str | Promise
    choose: Callable[[TicketQuerySet, AbstractUser, datetime], TicketQuerySet]
    # Whether the navigation counts it.
    is_counted: bool = True


def of_user(rows: TicketQuerySet, user: AbstractUser) -> TicketQuerySet:
    """Return those of `rows` that `user` has."""
    return rows.filter(assignee=user)


def of_groups(rows: TicketQuerySet, user: AbstractUser) -> TicketQuerySet:
    """
    Return those of `rows` that the groups of `user` have.

    The groups are asked for first: of their keys a database knows how many tickets there are, of a query it does not,
    and where there are none it looks through all that are unfinished. They are asked for once where `user.groups` is
    prefetched.
    """
    # A list that may be empty would be no query at all, and a part of a statement has to be one.
    return rows.filter(group__in=[NO_GROUP, *(group.pk for group in user.groups.all())])


# A snoozed ticket is in no queue of work; what is owed on it is late all the same, and shown as such.
QUEUES = {
    "mine": Queue(_("Mine"), lambda rows, user, now: of_user(rows.unfinished().awake(localdate(now)), user)),
    "group": Queue(_("My group"), lambda rows, user, now: of_groups(rows.unfinished().awake(localdate(now)), user)),
    "unassigned": Queue(_("Unassigned"), lambda rows, user, now: rows.unassigned().awake(localdate(now))),
    "soon": Queue(_("Due soon"), lambda rows, user, now: rows.due_soon(now)),
    "late": Queue(_("Late"), lambda rows, user, now: rows.late(now)),
    "by_hand": Queue(_("Due by hand"), lambda rows, user, now: rows.due_by_hand(localdate(now)), is_counted=False),
    "snoozed": Queue(_("Snoozed"), lambda rows, user, now: rows.snoozed(localdate(now)), is_counted=False),
    "followed": Queue(_("I follow"), lambda rows, user, now: rows.unfinished().filter(watchers=user), is_counted=False),
    "breached": Queue(_("Breached"), lambda rows, user, now: rows.breached(), is_counted=False),
    "unfinished": Queue(_("Unfinished"), lambda rows, user, now: rows.unfinished(), is_counted=False),
    "resolved": Queue(_("Resolved lately"), lambda rows, user, now: rows.resolved_lately(now), is_counted=False),
}


def in_queue(rows: TicketQuerySet, queue: str, user: AbstractUser, now: datetime) -> TicketQuerySet:
    """Return those of `rows` that are in a queue of `user` at the moment `now`."""
    return QUEUES[queue].choose(rows, user, now)


def counts(user: AbstractUser, now: datetime) -> dict[str, int]:
    """Return how many tickets are in each queue that is counted, one more than `MOST_COUNTED` at most; two queries."""
    names = [name for name, queue in QUEUES.items() if queue.is_counted]
    parts, parameters = [], []
    for name in names:
        rows = in_queue(Ticket.objects.all(), name, user, now).order_by("due_at")
        sql, values = rows.values("due_at")[: MOST_COUNTED + 1].query.sql_with_params()
        parts.append(f"(SELECT COUNT(*) FROM ({sql}) AS counted)")
        parameters += values
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(parts)}", parameters)
        return dict(zip(names, cursor.fetchone(), strict=True))


def in_words(count: int) -> str:
    """Return a counter for a person; nothing for none."""
    return f"{MOST_COUNTED}+" if count > MOST_COUNTED else str(count or "")
