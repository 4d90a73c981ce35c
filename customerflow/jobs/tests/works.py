"""Kinds of work for tests, with effects that can be counted: each item is a `Load`, named after itself."""

import time

from django.core.exceptions import ValidationError
from django.db import OperationalError

from customerflow.jobs.models import Job
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
        self._fail_as_planned(plan, left[0] if left else None)
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
            Load.objects.create(kind="test", file_name=f"{job.pk}/{item}")

    def _fail_as_planned(self, plan: dict, item: int | None) -> None:
        if plan.get("ends_at") == item:
            raise ValidationError("The file is gone.")
        if plan.get("bug_at") == item:
            raise RuntimeError("secret detail")
        if plan.get("breaks_at") == item:
            raise OperationalError("database is locked")


def open_job(total: int = 3, **payload: object) -> Job:
    by = payload.pop("by", None)
    return Job.objects.open("test_loading", title="Loading", by=by, total=total, payload=payload)


def effects(job: Job) -> list[str]:
    """The items that were done, in the order in which they were."""
    return list(
        Load.objects.filter(file_name__startswith=f"{job.pk}/").order_by("pk").values_list("file_name", flat=True)
    )


def items(job: Job, *numbers: int) -> list[str]:
    return [f"{job.pk}/{number}" for number in numbers]
