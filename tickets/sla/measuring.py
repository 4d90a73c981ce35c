"""Measuring many tickets anew: after a change of a policy or calendar, after a load or an undo, and once a day."""

from collections.abc import Collection

from django.contrib.auth.models import AbstractUser
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from customerflow.jobs.models import Job
from customerflow.jobs.running import enqueue
from tickets.models import Ticket, TicketQuerySet, TicketRound, TicketStep
from tickets.models.ticket import NEVER
from tickets.sla.keeping import AT_ONCE, keep, touched_by

KIND = "measure_tickets"
BATCH = 500


def measure_anew(by: AbstractUser | None = None) -> None:
    """Measure all unfinished tickets by the rules of now: at once where they are few, else by a job."""
    forget_finished()
    keys = list(Ticket.objects.unfinished().values_list("pk", flat=True).order_by("pk")[: AT_ONCE + 1])
    if len(keys) <= AT_ONCE:
        keep(keys)
    else:
        _measure_later(by)


def _measure_later(by: AbstractUser | None) -> None:
    """Let a job measure all unfinished tickets, and the finished ones of which reports know nothing."""
    total = Ticket.objects.unfinished().count() + uncounted().filter(is_finished=True).count()
    payload = {"after": 0, "uncounted_after": 0}
    enqueue(Job.objects.open(KIND, title=_("Measuring tickets"), by=by, total=total, payload=payload))


def measure_all() -> int:
    """Measure all unfinished tickets, each batch in its own transaction; return of how many something else is kept."""
    changed, after = forget_finished(), 0
    while keys := next_keys(after):
        with transaction.atomic():
            changed += keep(keys)
        after = keys[-1]
    return changed


def measure_some(keys: Collection[int], by: AbstractUser | None = None) -> None:
    """Measure the tickets with these keys; where they are many, by a job, and until then reports count none of them."""
    if len(keys) <= AT_ONCE:
        keep(keys)
        return
    ordered = sorted(keys)
    for first in range(0, len(ordered), BATCH):
        for model in (TicketRound, TicketStep):
            model.objects.filter(ticket__in=ordered[first : first + BATCH]).delete()
    _measure_later(by)


def measure_missing(*, again: bool = False) -> int:
    """
    Keep what reports count of the tickets of which nothing is kept yet, or of all of them `again`; return how many.

    Each batch has its own transaction. It may be stopped anywhere, and repeated.
    """
    tickets = Ticket.objects.all() if again else uncounted()
    count, after = 0, 0
    while keys := _first_beyond(after, tickets, BATCH):
        with transaction.atomic():
            keep(keys)
        count, after = count + len(keys), keys[-1]
    return count


def follow_undo(change_set_id: int) -> None:
    """Measure what an undo, which is the change set `change_set_id`, has put back."""
    is_about_rules, keys = touched_by(change_set_id)
    if is_about_rules:
        measure_anew()
    elif keys:
        measure_some(keys)


def next_keys(after: int) -> list[int]:
    """Return the keys of the next unfinished tickets to measure."""
    return _first_beyond(after, Ticket.objects.unfinished(), AT_ONCE)


def next_uncounted(after: int) -> list[int]:
    """Return the keys of the next tickets of which reports know nothing."""
    return _first_beyond(after, uncounted(), AT_ONCE)


def uncounted() -> TicketQuerySet:
    """Return the tickets of which reports know nothing."""
    return Ticket.objects.filter(~Exists(TicketRound.objects.filter(ticket=OuterRef("pk"))))


def _first_beyond(after: int, tickets: TicketQuerySet, number: int) -> list[int]:
    return list(tickets.filter(pk__gt=after).order_by("pk").values_list("pk", flat=True)[:number])


def forget_finished() -> int:
    """Let nothing be due on finished tickets, whatever finished them; return how many there were."""
    left = Ticket.objects.filter(is_finished=True, due_at__lt=NEVER)
    return left.update(due_step="", due_at=NEVER, warn_at=NEVER)
