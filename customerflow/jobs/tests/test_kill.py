"""Workers as programs of their own: they are killed, told to end, cut off from the database, and lose nothing."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

import pytest
from django.conf import settings
from django.db import connection
from django_tasks_db.models import DBTaskResult

from customerflow.jobs.models import Job, Lease
from customerflow.jobs.running import enqueue, run_turn
from customerflow.jobs.tests.works import effects, items, open_job, open_whole
from customerflow.tests.programs import environment
from customerflow.tests.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)
PATIENCE = 90


def until(is_so: Callable[[], bool], what: str) -> None:
    """Wait until something is so; a machine that is busy with other things is given time."""
    end = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < end, f"In {PATIENCE} seconds it did not come to this: {what}"
        time.sleep(0.05)


def is_at(job: Job, *, state: str = "", done: int = 0) -> Callable[[], bool]:
    rows = Job.objects.filter(pk=job.pk, done__gte=done)
    return (rows.filter(state=state) if state else rows).exists


@pytest.fixture
def start() -> Iterator[Callable[[], subprocess.Popen]]:
    """Start a worker on the test database."""
    workers = []

    def start_one() -> subprocess.Popen:
        worker = subprocess.Popen(
            [sys.executable, "-m", "customerflow.jobs.tests.worker_process", "--lease", "3", "--interval", "0.1"],
            cwd=settings.BASE_DIR,
            env=environment(),
            stderr=subprocess.DEVNULL,
        )
        workers.append(worker)
        return worker

    yield start_one
    for worker in workers:
        worker.kill()
        worker.wait()


def test_what_a_killed_worker_was_doing_is_done_by_another_and_once(start):
    job = open_job(6, pause=0.3)
    enqueue(job)
    killed = start()
    until(is_at(job, done=1), "the first step is done")
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    job.refresh_from_db()
    assert job.is_active
    assert effects(job) == items(job, *range(job.done))
    start()
    until(is_at(job, state=Job.State.FINISHED), "the second worker has done the rest")
    assert effects(job) == items(job, *range(6))
    assert len(DBTaskResult.objects.get().worker_ids) == 2


@pytest.mark.parametrize(
    "plan", [{"total": 4, "pause": 0.3}, {"total": 1, "last_pause": 2}], ids=["before", "at its end"]
)
def test_a_whole_whose_worker_is_killed_is_done_by_another_and_once(start, plan):
    job = open_whole(**plan)
    enqueue(job)
    killed = start()
    until(is_at(job, done=1), "the whole has begun")
    # The second of the plans is now inside of its transaction.
    time.sleep(0.3)
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    assert effects(job) == []
    start()
    until(is_at(job, state=Job.State.FINISHED), "the second worker has done the whole")
    assert effects(job) == items(job, *range(plan["total"]))
    assert len(DBTaskResult.objects.get().worker_ids) == 2


def test_a_worker_that_is_told_to_end_leaves_a_whole_to_the_next_at_once(start):
    job = open_whole(6, pause=0.3)
    enqueue(job)
    told = start()
    until(is_at(job, done=1), "the whole has begun")
    told.send_signal(signal.SIGTERM)
    assert told.wait(PATIENCE) == 0
    job.refresh_from_db()
    assert (job.state, effects(job)) == (Job.State.WAITING, [])
    start()
    until(is_at(job, state=Job.State.FINISHED), "the second worker has done the whole")
    assert effects(job) == items(job, *range(6))
    assert [len(task.worker_ids) for task in DBTaskResult.objects.all()] == [1, 1]


def test_a_worker_that_is_told_to_end_leaves_the_rest_to_the_next_at_once(start):
    job = open_job(5, pause=0.3)
    enqueue(job)
    told = start()
    until(is_at(job, done=1), "the first step is done")
    # Those who wait press more than once, and a terminal tells all processes that it has.
    for _again in range(50):
        told.send_signal(signal.SIGTERM)
        told.send_signal(signal.SIGINT)
    assert told.wait(PATIENCE) == 0
    job.refresh_from_db()
    assert job.state == Job.State.WAITING
    assert effects(job) == items(job, *range(job.done))
    assert not Lease.objects.exists()
    start()
    until(is_at(job, state=Job.State.FINISHED), "the second worker has done the rest")
    assert effects(job) == items(job, *range(5))
    # Nobody waited for a lease: each worker did a task of its own.
    assert [len(task.worker_ids) for task in DBTaskResult.objects.all()] == [1, 1]


def test_a_worker_without_anything_to_do_ends_when_it_is_told(start):
    told = start()
    until(Lease.objects.exists, "the worker has a lease")
    told.send_signal(signal.SIGINT)
    assert told.wait(PATIENCE) == 0


def test_several_workers_share_the_jobs(start):
    jobs = [open_job(2, pause=0.05) for _ in range(4)]
    for job in jobs:
        enqueue(job)
    start(), start()
    for job in jobs:
        until(is_at(job, state=Job.State.FINISHED), "all jobs are done")
        assert effects(job) == items(job, 0, 1)


def test_two_workers_on_one_job_by_mistake_do_everything_once():
    job = open_job(8, pause=0.02)
    enqueue(job)
    at_once(lambda _index: run_turn(job.pk, job.turn, seconds=60), 2)
    assert is_at(job, state=Job.State.FINISHED, done=8)()
    assert effects(job) == items(job, *range(8))


def test_two_workers_on_one_whole_by_mistake_do_it_once():
    job = open_whole(3, pause=0.02, last_pause=0.2)
    enqueue(job)
    at_once(lambda _index: run_turn(job.pk, job.turn, seconds=60), 2)
    assert is_at(job, state=Job.State.FINISHED, done=3)()
    assert effects(job) == items(job, *range(3))


@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite has no connections that break")
def test_a_worker_outlives_a_restart_of_the_database(start):
    job = open_job(6, pause=0.3)
    enqueue(job)
    worker = start()
    until(is_at(job, done=1), "the first step is done")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        assert len(cursor.fetchall()) > 0
    until(is_at(job, state=Job.State.FINISHED), "the same worker has done the rest")
    assert effects(job) == items(job, *range(6))
    assert worker.poll() is None
