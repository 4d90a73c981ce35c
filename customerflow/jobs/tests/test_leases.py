from datetime import timedelta

import pytest
from django.utils import timezone
from django_tasks import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from customerflow.jobs.leases import ATTEMPTS, LEASE, PROLONGED, give_up, hold, prune, take_back
from customerflow.jobs.models import Job, Lease
from customerflow.jobs.running import enqueue, resume, stop
from customerflow.jobs.tests.works import open_job

pytestmark = pytest.mark.django_db


def begin(job: Job, *workers: str) -> DBTaskResult:
    """Let workers begin the job one after the other, the last of them now."""
    task = DBTaskResult.objects.get(args_kwargs__args=[job.pk, job.turn])
    for worker in workers:
        task.claim(worker)
    return task


@pytest.fixture
def job() -> Job:
    job = open_job(1)
    enqueue(job)
    return job


def test_what_a_living_worker_does_is_left_to_it(job):
    hold("alive", 60)
    task = begin(job, "alive")
    take_back(timezone.now())
    task.refresh_from_db()
    assert task.status == TaskResultStatus.RUNNING


@pytest.mark.parametrize("has_ended", [True, False])
def test_what_a_dead_worker_had_begun_waits_for_another(job, has_ended):
    hold("dead", 60)
    task = begin(job, "dead")
    if has_ended:
        give_up("dead")
    take_back(timezone.now() + timedelta(seconds=61))
    task.refresh_from_db()
    assert (task.status, task.worker_ids) == (TaskResultStatus.READY, ["dead"])


def test_what_broke_off_too_often_fails_in_words_and_can_be_continued(job):
    task = begin(job, *["dead"] * ATTEMPTS)
    take_back(timezone.now())
    task.refresh_from_db()
    job.refresh_from_db()
    assert (task.status, job.state) == (TaskResultStatus.FAILED, Job.State.FAILED)
    assert "Continue" in job.problem
    resume(job)
    assert DBTaskResult.objects.ready().count() == 1


def test_a_job_that_is_in_no_queue_fails_instead_of_waiting_for_ever(job):
    DBTaskResult.objects.all().delete()
    take_back(timezone.now())
    job.refresh_from_db()
    assert job.state == Job.State.FAILED


def test_jobs_that_wait_or_have_ended_are_left_alone(job):
    ended = open_job(1)
    enqueue(ended)
    stop(ended)
    DBTaskResult.objects.filter(args_kwargs__args=[ended.pk, ended.turn]).delete()
    take_back(timezone.now())
    assert [each.state for each in Job.objects.order_by("pk")] == [Job.State.WAITING, Job.State.STOPPED]


def test_a_lease_outlives_the_longest_wait_for_the_write_lock_of_sqlite(settings):
    longest_wait = 60
    assert LEASE / PROLONGED + longest_wait < LEASE
    if "sqlite3" in settings.DATABASES["default"]["ENGINE"]:
        assert settings.DATABASES["default"]["OPTIONS"]["timeout"] == longest_wait


def test_what_is_of_no_more_use_is_removed(job):
    now = timezone.now()
    old = begin(job, "dead")
    old.set_successful(None)
    DBTaskResult.objects.update(finished_at=now - timedelta(days=2))
    new = open_job(1)
    _draft, checked = open_job(1), open_job(1)
    Job.objects.filter(pk=checked.pk).update(state=Job.State.CHECKED)
    Job.objects.exclude(pk=new.pk).update(created_at=now - timedelta(days=8))
    hold("alive", 60)
    hold("dead", 60)
    Lease.objects.filter(worker="dead").update(until=now - timedelta(days=2))
    prune(now)
    assert not DBTaskResult.objects.exists()
    assert set(Job.objects.all()) == {job, new}
    assert [lease.worker for lease in Lease.objects.all()] == ["alive"]


def test_what_has_just_ended_is_kept(job):
    begin(job, "worker").set_successful(None)
    prune(timezone.now())
    assert DBTaskResult.objects.count() == 1
