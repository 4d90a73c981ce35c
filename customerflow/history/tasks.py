"""Undoing what touched very many records: tried and then done by a worker."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customerflow.changes.models import ChangeSet
from customerflow.changes.outcome import Undone
from customerflow.changes.recording import acting_for, current_origin, open_parent
from customerflow.changes.undoing import may_undo, name_of_undo, refusal, size_of, try_one, undo_one
from customerflow.changes.wholesale import wholesale_of
from customerflow.history.names import Names
from customerflow.jobs.models import Job
from customerflow.jobs.turns import Turn
from customerflow.jobs.work import Work, register

# What is more than this is not undone inside of a request.
AT_ONCE = 2_000
# So many of the records that are left alone are named.
NAMED = 200


def open_undo(change_set: ChangeSet, *, why: str = "") -> Job:
    """Return a draft that undoes a change set, to be checked and confirmed."""
    work = BatchesUndo if change_set.batches.exists() else WholeUndo
    return Job.objects.open(
        work.kind,
        title=_("Undo: %(act)s") % {"act": change_set.act or f"#{change_set.pk}"},
        total=size_of(change_set),
        payload={"change_set": change_set.pk, "why": why},
    )


class UndoWork(Work):
    """Undoing what touched very many records; `result` names those that are left alone."""

    label = gettext_lazy("Undo")
    template = "history/undo_job.html"

    def _undoable(self, job: Job) -> ChangeSet:
        """Return what is to be undone; raises `ValidationError` where that cannot be, or the person may not."""
        change_set = ChangeSet.objects.filter(pk=job.payload["change_set"]).first()
        if change_set is None:
            raise ValidationError(_("What was to be undone is not on record any more."))
        if why := refusal(change_set):
            raise ValidationError(why)
        # Asked again: rights may have gone since it was confirmed.
        if job.by is not None and not may_undo(type(job.by).objects.get(pk=job.by_id), change_set):
            raise ValidationError(_("%(person)s may not undo this any more.") % {"person": job.by})
        return change_set

    def _count(self, job: Job, undone: Undone) -> None:
        """Count what became of records, and name the first that are left alone."""
        job.done += undone.put_back
        job.refused += undone.left_alone
        left = [each for each in undone.in_order if not each.is_put_back]
        job.result["left"] += [
            [each.kind, each.record_id, str(each.reason)] for each in left[: NAMED - len(job.result["left"])]
        ]
        job.result["can_be_forced"] |= any(each.can_be_forced for each in left)

    def context(self, job: Job, request: HttpRequest) -> dict[str, object]:
        """Return the records that are left alone, by name, and whether the person may let it be done."""
        left = job.result.get("left", [])
        names = Names([(kind, key) for kind, key, _reason in left], request.user)
        return {
            "undoes": ChangeSet.objects.filter(pk=job.payload.get("change_set")).first(),
            "left": [(names.of(kind, key), reason) for kind, key, reason in left],
            "more_left": job.refused - len(left),
            "may_confirm": job.state == Job.State.CHECKED and job.is_controlled_by(request.user),
        }


@register
class WholeUndo(UndoWork):
    """
    Undoing one change set, however large: all of it in one transaction.

    What can be computed beforehand is, while everybody else goes on working.
    """

    kind = "undo"
    is_whole = True

    def perform(self, job: Job, turn: Turn) -> None:
        """Find out what undoing would do, or do it."""
        change_set = self._undoable(job)
        job.result = {"left": [], "can_be_forced": False}
        undone = Undone()
        if job.state == Job.State.CHECKING:
            try_one(change_set, undone, tell=turn.advance)
            self._count(job, undone)
            turn.end(job)
            return
        is_forced = job.payload.get("force_all", False)
        with (
            acting_for(replace(current_origin(), why=job.payload.get("why", ""))),
            wholesale_of(change_set, tell=turn.advance) as wholesale,
            transaction.atomic(),
        ):
            job.change_set = undo_one(change_set, undone, by=job.by, force_all=is_forced, wholesale=wholesale)
            self._count(job, undone)
            turn.end(job)


@register
class BatchesUndo(UndoWork):
    """Undoing the batches of a long job, from the last to the first: each is one step."""

    kind = "undo_batches"

    def check(self, job: Job) -> bool:
        """Try to undo the next batch."""
        is_more = self._go(job, self._undoable(job), try_one)
        if not is_more:
            job.payload.pop("undone_down_to", None)
        return is_more

    def step(self, job: Job) -> bool:
        """Undo the next batch for good."""
        change_set = self._undoable(job)
        with acting_for(replace(current_origin(), why=job.payload.get("why", ""))):
            job.change_set = job.change_set or open_parent(name_of_undo(change_set), by=job.by, undoes=change_set)
            is_forced = job.payload.get("force_all", False)
            undo = partial(undo_one, by=job.by, force_all=is_forced, parent=job.change_set)
            return self._go(job, change_set, undo)

    def _go(self, job: Job, change_set: ChangeSet, undo: Callable[[ChangeSet, Undone], object]) -> bool:
        """Undo the next batch by `undo`, and count what became of it; return whether there was one."""
        batches = change_set.batches.order_by("-pk")
        if "undone_down_to" in job.payload:
            batches = batches.filter(pk__lt=job.payload["undone_down_to"])
        elif job.processed == 0:
            job.result = {"left": [], "can_be_forced": False}
        batch = batches.first()
        if batch is None:
            return False
        undone = Undone()
        undo(batch, undone)
        self._count(job, undone)
        job.payload["undone_down_to"] = batch.pk
        return True
