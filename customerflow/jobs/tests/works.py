"""Kinds of work for tests, with effects that can be counted: each item is a `Load`, named after itself."""

import time

from django.core.exceptions import ValidationError
from django.db import OperationalError, transaction

from customerflow.jobs.models import Job
from customerflow.jobs.turns import Turn
from customerflow.jobs.work import Work, register
from customerflow.loads.models import Load


@register
class Loading(Work):
    """
    Make a load for each item, `batch` of them in a step.

    The payload may say how many seconds a step takes (`pause`), at which item the database fails (`breaks_at`) or the
    program (`bug_at`), which item ends the job (`ends_at`), and which are refused (`refuses`).
    """

    kind = "test_loading"
    label = "Loading for tests"
    can_retry_refused = True

    def check(self, job: Job) -> bool:
        return self._go_on(job, is_check=True)

    def step(self, job: Job) -> bool:
        return self._go_on(job, is_check=False)

    def retry_refused(self, job: Job) -> None:
        job.payload["left"] = job.payload.pop("refused_items", [])
        job.payload["refuses"] = []

    def _go_on(self, job: Job, *, is_check: bool) -> bool:
        plan = job.payload
        left = plan.get("left") or list(range(job.processed, job.total))
        for item in left[: plan.get("batch", 1)]:
            self._do(job, item, is_check=is_check)
        time.sleep(plan.get("pause", 0))
        fail_as_planned(plan, left[0] if left else None)
        if "left" in plan:
            plan["left"] = left[plan.get("batch", 1) :]
        return len(left) > plan.get("batch", 1)

    def _do(self, job: Job, item: int, *, is_check: bool) -> None:
        if item in job.payload.get("refuses", []):
            job.refused += 1
            if not is_check:
                job.payload.setdefault("refused_items", []).append(item)
            return
        job.done += 1
        if not is_check:
            Load.objects.create(name=f"{job.pk}/{item}")


@register
class LoadingAsAWhole(Work):
    """
    Make a load for each item, all in one transaction.

    The payload is that of `Loading`; `last_pause` are seconds at the end of the transaction, `forgets` forgets its end.
    """

    kind = "test_whole"
    label = "Loading as a whole for tests"
    is_whole = True

    def perform(self, job: Job, turn: Turn) -> None:
        plan = job.payload
        for item in range(job.total):
            time.sleep(plan.get("pause", 0))
            fail_as_planned(plan, item)
            turn.advance(item + 1)
        if plan.get("forgets"):
            return
        job.result = {"tries": job.result.get("tries", 0) + 1}
        job.done = job.total
        with transaction.atomic():
            if job.state != Job.State.CHECKING:
                Load.objects.bulk_create(Load(name=f"{job.pk}/{item}") for item in range(job.total))
            time.sleep(plan.get("last_pause", 0))
            turn.end(job)


def fail_as_planned(plan: dict, item: int | None) -> None:
    if plan.get("ends_at") == item:
        raise ValidationError("The file is gone.")
    if plan.get("bug_at") == item:
        raise RuntimeError("secret detail")
    if plan.get("breaks_at") == item:
        raise OperationalError("database is locked")


def open_job(total: int = 3, **payload: object) -> Job:
    by, kind = payload.pop("by", None), payload.pop("kind", "test_loading")
    return Job.objects.open(kind, title="Loading", by=by, total=total, payload=payload)


def effects(job: Job) -> list[str]:
    """The items that were done, in the order in which they were."""
    return list(Load.objects.filter(name__startswith=f"{job.pk}/").order_by("pk").values_list("name", flat=True))


def items(job: Job, *numbers: int) -> list[str]:
    return [f"{job.pk}/{number}" for number in numbers]


def open_whole(total: int = 3, **payload: object) -> Job:
    return open_job(total, kind="test_whole", **payload)
