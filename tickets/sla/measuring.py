"""Measuring many tickets anew: after a change of a policy or calendar, after a load or an undo, and once a day."""

from django.contrib.auth.models import AbstractUser
from django.db import transaction
from django.utils.translation import gettext as _

from customerflow.jobs.models import Job
from customerflow.jobs.running import enqueue
from tickets.models import Ticket
from tickets.models.ticket import NEVER
from tickets.sla.keeping import AT_ONCE, keep, touched_by

KIND = "measure_tickets"


def measure_anew(by: AbstractUser | None = None) -> None:
    """Measure all unfinished tickets by the rules of now: at once where they are few, else by a job."""
    forget_finished()
    keys = list(Ticket.objects.unfinished().values_list("pk", flat=True).order_by("pk")[: AT_ONCE + 1])
    if len(keys) <= AT_ONCE:
        keep(keys)
        return
    total = Ticket.objects.unfinished().count()
    job = Job.objects.open(KIND, title=_("Measuring tickets"), by=by, total=total, payload={"after": 0})
    enqueue(job)


def measure_all() -> int:
    """Measure all unfinished tickets, each batch in its own transaction; return of how many something else is kept."""
    changed, after = forget_finished(), 0
    while keys := next_keys(after):
        with transaction.atomic():
            changed += keep(keys)
        after = keys[-1]
    return changed


def measure_some(keys: set[int], by: AbstractUser | None = None) -> None:
    """Measure the tickets with these keys; where they are many, all."""
    if len(keys) <= AT_ONCE:
        keep(keys)
    else:
        measure_anew(by)


def follow_undo(change_set_id: int) -> None:
    """Measure what an undo, which is the change set `change_set_id`, has put back."""
    is_about_rules, keys = touched_by(change_set_id)
    if is_about_rules:
        measure_anew()
    elif keys:
        measure_some(keys)


def next_keys(after: int) -> list[int]:
    """Return the keys of the next unfinished tickets to measure."""
    return list(Ticket.objects.unfinished().filter(pk__gt=after).order_by("pk").values_list("pk", flat=True)[:AT_ONCE])


def forget_finished() -> int:
    """Let nothing be due on finished tickets, whatever finished them; return how many there were."""
    left = Ticket.objects.filter(is_finished=True, due_at__lt=NEVER)
    return left.update(due_step="", due_at=NEVER, warn_at=NEVER)
