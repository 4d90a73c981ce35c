from datetime import UTC, datetime, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction
from django_tasks_db.models import DBTaskResult

from customerflow.changes.models import ChangeSet
from customerflow.changes.recording import Origin, acting_for, current_origin
from customerflow.jobs import running
from customerflow.jobs.ending import ending
from customerflow.jobs.models import Job
from customerflow.jobs.running import (
    check_now,
    enqueue,
    enqueue_check,
    resume,
    retry_refused,
    run_now,
    run_turn,
    stop,
    work_on,
)
from customerflow.jobs.tests.works import Loading, effects, items, open_job
from customerflow.jobs.work import WORKS, register
from customerflow.staff.tests.factories import make_user

pytestmark = pytest.mark.django_db
State = Job.State


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(running, "PAUSE", 0)


def asked() -> list[list[int]]:
    """The turns that the queue holds: job and number of the turn."""
    return [row["args"] for row in DBTaskResult.objects.order_by("enqueued_at").values_list("args_kwargs", flat=True)]


def work_through(job: Job) -> None:
    """Do what the queue holds, as a worker would."""
    for arguments in asked():
        work_on.call(*arguments)
    job.refresh_from_db()


def test_a_job_is_done_step_by_step_to_its_end():
    job = open_job(3)
    run_now(job)
    assert effects(job) == items(job, 0, 1, 2)
    assert (job.state, job.done, job.refused, job.problem) == (State.FINISHED, 3, 0, "")
    assert job.created_at <= job.started_at <= job.finished_at


def test_a_job_that_is_enqueued_waits_for_a_worker():
    job = open_job(2)
    enqueue(job)
    assert (job.state, effects(job), asked()) == (State.WAITING, [], [[job.pk, 1]])
    work_through(job)
    assert (job.state, job.done) == (State.FINISHED, 2)


def test_a_caller_that_is_rolled_back_has_enqueued_nothing():
    job = open_job(2)
    with transaction.atomic():
        enqueue(job)
        assert asked() == [[job.pk, 1]]
        transaction.set_rollback(True)
    job.refresh_from_db()
    assert (asked(), job.state) == ([], State.DRAFT)


def test_a_check_leaves_nothing_but_what_it_found_and_the_job_then_counts_anew():
    job = open_job(3, refuses=[1])
    check_now(job)
    assert (job.state, job.done, job.refused, effects(job)) == (State.CHECKED, 2, 1, [])
    assert job.started_at is None
    enqueue(job)
    assert (job.state, job.done, job.refused) == (State.WAITING, 0, 0)
    work_through(job)
    assert (job.state, job.done, job.refused, effects(job)) == (State.FINISHED, 2, 1, items(job, 0, 2))


def test_what_was_checked_may_be_checked_again_by_a_worker():
    job = open_job(2)
    check_now(job)
    enqueue_check(job)
    assert job.state == State.CHECKING
    work_through(job)
    assert (job.state, job.done) == (State.CHECKED, 2)


@pytest.mark.parametrize("start", [enqueue, enqueue_check, run_now, check_now])
def test_a_job_is_started_once(start):
    job = open_job(1)
    enqueue(job)
    with pytest.raises(ValidationError, match="started already"):
        start(job)
    assert asked() == [[job.pk, 1]]


def test_a_long_job_goes_on_in_turns_and_leaves_room_for_others():
    job = open_job(3)
    enqueue(job)
    run_turn(job.pk, 1, seconds=0)
    job.refresh_from_db()
    assert (job.state, job.done) == (State.WAITING, 1)
    assert asked() == [[job.pk, 1], [job.pk, 2]]
    run_turn(job.pk, 2, seconds=0)
    run_turn(job.pk, 3, seconds=0)
    job.refresh_from_db()
    assert (job.state, effects(job)) == (State.FINISHED, items(job, 0, 1, 2))
    assert len(asked()) == 3


def test_what_takes_too_long_for_a_request_is_left_to_a_worker(monkeypatch):
    monkeypatch.setattr(running, "TURN_IN_REQUEST", 0)
    job = open_job(2)
    run_now(job)
    assert (job.state, job.done) == (State.WAITING, 1)
    work_through(job)
    assert (job.state, effects(job)) == (State.FINISHED, items(job, 0, 1))


def test_a_job_that_a_request_began_and_did_not_end_is_rescued_by_a_worker():
    job = open_job(1)
    run_now(job)
    rescue = DBTaskResult.objects.get()
    assert timedelta(0) < rescue.run_after - job.finished_at <= running.RESCUE
    work_through(job)
    assert effects(job) == items(job, 0)


def test_a_turn_that_is_over_does_nothing():
    job = open_job(3)
    enqueue(job)
    run_turn(job.pk, 1, seconds=0)
    run_turn(job.pk, 1, seconds=0)
    job.refresh_from_db()
    assert job.done == 1


def test_a_turn_of_a_job_that_is_gone_does_nothing():
    work_on.call(1, 1)


def test_a_process_that_is_to_end_leaves_the_rest_behind_its_step(monkeypatch):
    job = open_job(2)
    enqueue(job)
    monkeypatch.setattr(ending, "is_near", True)
    run_turn(job.pk, 1, seconds=60)
    job.refresh_from_db()
    assert (job.state, job.done, asked()[-1]) == (State.WAITING, 1, [job.pk, 2])


def test_a_stopped_job_keeps_what_is_done_and_can_be_continued():
    job = open_job(3)
    enqueue(job)
    run_turn(job.pk, 1, seconds=0)
    stop(job)
    assert (job.state, job.done) == (State.STOPPED, 1)
    work_through(job)
    assert (job.state, job.done) == (State.STOPPED, 1)
    resume(job)
    assert (job.state, job.resumed_with, job.finished_at) == (State.WAITING, 1, None)
    work_through(job)
    assert (job.state, effects(job)) == (State.FINISHED, items(job, 0, 1, 2))


def test_a_job_is_stopped_between_its_steps(monkeypatch):
    job = open_job(3)
    monkeypatch.setattr(running.time, "sleep", lambda _seconds: stop(Job.objects.get(pk=job.pk)))
    monkeypatch.setattr(running.connection, "vendor", "sqlite")
    run_now(job)
    assert (job.state, job.done) == (State.STOPPED, 1)


def test_a_check_that_is_stopped_goes_on_as_a_check():
    job = open_job(2)
    enqueue_check(job)
    stop(job)
    resume(job)
    assert job.state == State.CHECKING
    work_through(job)
    assert (job.state, effects(job)) == (State.CHECKED, [])


@pytest.mark.parametrize(("act", "state"), [(stop, State.FINISHED), (stop, State.DRAFT), (resume, State.FINISHED)])
def test_what_has_ended_is_neither_stopped_nor_continued(act, state):
    job = open_job(1)
    Job.objects.update(state=state)
    with pytest.raises(ValidationError):
        act(job)


def test_a_refusal_of_the_whole_job_is_its_problem_in_the_same_words():
    job = open_job(3, ends_at=1)
    run_now(job)
    assert (job.state, job.problem, effects(job)) == (State.FAILED, "The file is gone.", items(job, 0))


def test_an_error_is_told_in_general_words_and_logged_with_its_details(caplog):
    job = open_job(3, bug_at=1)
    run_now(job)
    assert (job.state, job.done, effects(job)) == (State.FAILED, 1, items(job, 0))
    assert "secret" not in job.problem
    assert f"job {job.pk}" in job.problem
    assert "secret detail" in caplog.text


def test_a_job_of_a_kind_that_is_known_no_more_fails_in_words():
    job = open_job(1)
    Job.objects.update(kind="forgotten")
    run_now(job)
    assert job.state == State.FAILED


def test_a_failed_job_can_be_continued():
    job = open_job(2, bug_at=1)
    run_now(job)
    job.payload = {}
    job.save()
    resume(job)
    assert job.problem == ""
    work_through(job)
    assert (job.state, effects(job)) == (State.FINISHED, items(job, 0, 1))


@pytest.mark.django_db(transaction=True)
def test_a_database_that_is_busy_for_a_moment_is_asked_again(monkeypatch):
    job = open_job(2, breaks_at=1)
    waits = []

    def wait(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 2:
            Job.objects.update(payload={})

    monkeypatch.setattr(ending, "wait", wait)
    run_now(job)
    assert (job.state, effects(job), waits) == (State.FINISHED, items(job, 0, 1), [1, 2])


@pytest.mark.django_db(transaction=True)
def test_a_database_that_stays_busy_is_told_in_words(monkeypatch):
    monkeypatch.setattr(ending, "wait", lambda _seconds: None)
    job = open_job(1, breaks_at=0)
    run_now(job)
    assert (job.state, effects(job)) == (State.FAILED, [])
    assert "database" in job.problem


def test_what_was_refused_can_be_tried_again():
    job = open_job(3, refuses=[0, 2])
    run_now(job)
    assert (job.done, job.refused) == (1, 2)
    retry_refused(job)
    assert (job.state, job.refused) == (State.WAITING, 0)
    work_through(job)
    assert (job.state, job.done, job.refused) == (State.FINISHED, 3, 0)
    assert effects(job) == items(job, 1, 0, 2)


def test_there_is_nothing_to_try_again_without_refusals(monkeypatch):
    job = open_job(1)
    run_now(job)
    with pytest.raises(ValidationError):
        retry_refused(job)


def test_what_a_worker_does_is_on_record_as_a_task_of_whose_job_it_is(monkeypatch):
    seen = []
    monkeypatch.setattr(Loading, "step", lambda _self, _job: bool(seen.append(current_origin())))
    user = make_user()
    job = open_job(1, by=user)
    enqueue(job)
    work_through(job)
    assert (seen[0].by, seen[0].through, seen[0].act) == (user, ChangeSet.Through.TASK, "Loading")


def test_a_job_is_whose_act_it_is():
    user = make_user()
    with acting_for(Origin(by=user, through=ChangeSet.Through.ADMIN)):
        job = open_job(1)
    assert (job.by, job.through) == (user, "admin")


def test_the_pace_is_that_since_the_job_was_continued():
    moment = datetime(2026, 3, 1, 12, tzinfo=UTC)
    job = Job(state=State.RUNNING, total=100, done=45, refused=5, resumed_at=moment, resumed_with=30)
    assert job.pace(moment + timedelta(seconds=10)) == 2
    assert job.time_left(moment + timedelta(seconds=10)) == timedelta(seconds=25)
    assert job.time_left(moment) is None


def test_two_kinds_of_work_cannot_have_one_name():
    with pytest.raises(ValueError, match="test_loading"):
        register(Loading)
    assert isinstance(WORKS["test_loading"], Loading)
