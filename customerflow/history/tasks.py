"""Undoing what touched very many records: tried and then done by a worker, batch by batch."""

from collections.abc import Callable
from dataclasses import replace

from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customerflow.changes.models import ChangeSet
from customerflow.changes.recording import acting_for, current_origin, open_parent
from customerflow.changes.undoing import Undone, may_undo, name_of_undo, refusal, size_of, undo_one
from customerflow.history.names import Names
from customerflow.jobs.models import Job
from customerflow.jobs.work import Work, register

# What is more than this is not undone inside of a request.
AT_ONCE = 2_000
# So many of the records that are left alone are named.
NAMED = 200


def open_undo(change_set: ChangeSet, *, why: str = "") -> Job:
    """Return a draft that undoes a change set, to be checked and confirmed."""
    return Job.objects.open(
        UndoWork.kind,
        title=_("Undo: %(act)s") % {"act": change_set.act or f"#{change_set.pk}"},
        total=size_of(change_set),
        payload={"change_set": change_set.pk, "why": why},
    )


@register
class UndoWork(Work):
    """
    Undoing one change set, or the batches of a long job from the last to the first.

    A change set is undone whole, in one step, however large it is; of a long job each batch is one.
    """

    kind = "undo"
    label = gettext_lazy("Undo")
    template = "history/undo_job.html"

    def check(self, job: Job) -> bool:
        """Undo the next batch and take that back."""
        with transaction.atomic():
            is_more = self._go(job, lambda batch, undone: undo_one(batch, undone, by=job.by))
            transaction.set_rollback(True)
        if not is_more:
            job.payload.pop("undone_down_to", None)
        return is_more

    def step(self, job: Job) -> bool:
        """Undo the next batch for good."""
        with acting_for(replace(current_origin(), why=job.payload.get("why", ""))):
            change_set = self._change_set(job)
            parent = None
            if change_set.batches.exists():
                parent = job.change_set or open_parent(name_of_undo(change_set), by=job.by, undoes=change_set)

            def undo(batch: ChangeSet, undone: Undone) -> None:
                is_forced = job.payload.get("force_all", False)
                made = undo_one(batch, undone, by=job.by, force_all=is_forced, parent=parent)
                job.change_set = parent or made

            return self._go(job, undo)

    def _go(self, job: Job, undo: Callable[[ChangeSet, Undone], object]) -> bool:
        """Undo the next batch by `undo`, and count what became of it; return whether more is left."""
        change_set = self._change_set(job)
        if why := refusal(change_set):
            raise ValidationError(why)
        # Asked again: rights may have gone since it was confirmed.
        if job.by is not None and not may_undo(type(job.by).objects.get(pk=job.by_id), change_set):
            raise ValidationError(_("%(person)s may not undo this any more.") % {"person": job.by})
        if job.processed == 0 and "undone_down_to" not in job.payload:
            job.result = {"left": [], "can_be_forced": False}
        batch, rest = change_set, change_set.batches.order_by("-pk")
        if rest.exists():
            rest = rest.filter(pk__lt=job.payload["undone_down_to"]) if "undone_down_to" in job.payload else rest
            batch = rest.first()
            if batch is None:
                return False
        undone = Undone()
        undo(batch, undone)
        job.done += undone.put_back
        job.refused += undone.left_alone
        left = [each for each in undone.in_order if not each.is_put_back]
        job.result["left"] += [
            [each.kind, each.record_id, str(each.reason)] for each in left[: NAMED - len(job.result["left"])]
        ]
        job.result["can_be_forced"] |= any(each.can_be_forced for each in left)
        job.payload["undone_down_to"] = batch.pk
        return batch != change_set

    @staticmethod
    def _change_set(job: Job) -> ChangeSet:
        change_set = ChangeSet.objects.filter(pk=job.payload["change_set"]).first()
        if change_set is None:
            raise ValidationError(_("What was to be undone is not on record any more."))
        return change_set

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
