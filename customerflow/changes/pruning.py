"""
Forgetting old changes, piece by piece: staff are never held up, memory stays flat, and it may be killed and repeated.

An act is forgotten as a whole. Its counts go first, and without them nobody is offered to undo it; then its changes, in
short transactions; then the act itself. A long job goes when all of its batches are old enough.
"""

import logging
from dataclasses import dataclass
from datetime import datetime

from django.db import models, transaction
from django.db.models import Exists, Max, Min, OuterRef, Q

from customerflow.changes.models import Change, ChangeCount, ChangeSet

log = logging.getLogger(__name__)

# So many acts are looked at together, and so many keys of changes are deleted in one transaction.
ACTS = 500
PIECE = 10_000


@dataclass
class Pruned:
    """How many acts, a job's batches included, and how many changes of records are forgotten, or would be."""

    acts: int = 0
    changes: int = 0

    def __str__(self) -> str:
        return f"{self.changes} changes of {self.acts} acts"


def prune_changes(*, before: datetime) -> Pruned:
    """
    Forget the acts from before the moment `before`, and return how many there were.

    The records themselves stay as they are. Whatever refers to an act that is forgotten, such as a load, stays too.
    """
    pruned, old = Pruned(), _old(before).order_by("at", "pk")
    while found := list(old.values_list("pk", "at")[:ACTS]):
        acts = [key for key, _at in found]
        _forget_counts(acts)
        batches = ChangeSet.objects.filter(parent__in=acts, at__lt=before).order_by("pk")
        while some := list(batches.values_list("pk", flat=True)[:ACTS]):
            _forget(some, pruned)
        _forget(acts, pruned)
        # What is gone is not passed again: a database keeps the place of a deleted row for a while.
        old = old.filter(at__gte=found[-1][1])
    log.info("The changes from before %s were pruned: %s.", before.isoformat(timespec="seconds"), pruned)
    return pruned


def count_old_changes(*, before: datetime) -> Pruned:
    """Return how many acts and changes `prune_changes` would forget."""
    old = _old(before).values("pk")
    acts = ChangeSet.objects.filter(Q(pk__in=old) | Q(parent__in=old))
    changes = Change.objects.filter(change_set__in=acts.order_by().values("pk"))
    return Pruned(acts.order_by().count(), changes.order_by().count())


def _old(before: datetime) -> models.QuerySet:
    """Return the acts that are old with all that they consist of; batches go with theirs."""
    newer = ChangeSet.objects.filter(parent=OuterRef("pk"), at__gte=before)
    return ChangeSet.objects.filter(~Exists(newer), at__lt=before, parent=None)


def _forget_counts(acts: list[int]) -> None:
    with transaction.atomic():
        ChangeCount.objects.filter(Q(change_set__in=acts) | Q(change_set__parent__in=acts)).delete()


def _forget(sets: list[int], pruned: Pruned) -> None:
    """Delete change sets with their changes; not a job that has just been given another batch."""
    changes = Change.objects.filter(change_set__in=sets).order_by()
    ends = changes.aggregate(first=Min("pk"), last=Max("pk"))
    # What was written at one time lies together, so these ranges are full.
    for first in range(ends["first"], ends["last"] + 1, PIECE) if ends["first"] is not None else ():
        with transaction.atomic():
            number, _of_each = changes.filter(pk__range=(first, first + PIECE - 1)).delete()
        pruned.changes += number
    with transaction.atomic():
        _number, of_each = ChangeSet.objects.filter(pk__in=sets, batches=None).delete()
    pruned.acts += of_each.get(ChangeSet._meta.label, 0)
