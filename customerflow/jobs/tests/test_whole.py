"""Works that are done as a whole: all in one transaction at their end, once, and stopped at any moment before."""

import pytest
from django.core.exceptions import ValidationError
from django.db import OperationalError, transaction
from django_tasks_db.models import DBTaskResult

from customerflow.jobs import running, turns
from customerflow.jobs.ending import ending
from customerflow.jobs.models import Job
from customerflow.jobs.running import check_now, enqueue, enqueue_check, resume, run_now, run_turn, stop, work_on
from customerflow.jobs.tests.works import LoadingAsAWhole, effects, items, open_whole
from customerflow.jobs.turns import StoppedError, Turn

pytestmark = pytest.mark.django_db
State = Job.State


@pytest.fixture(autouse=True)
def at_every_item(monkeypatch):
    """Let a whole tell how far it is as often as it says."""
    monkeypatch.setattr(turns, "INTERVAL", 0)


def asked() -> list[list[int]]:
    """The turns that the queue holds: job and number of the turn."""
    return [row["args"] for row in DBTaskResult.objects.order_by("enqueued_at").values_list("args_kwargs", flat=True)]


def at_item(monkeypatch, number: int, act) -> None:
    """Do something when the whole has come to an item, just before it says so."""
    advance = Turn.advance

    def act_first(self, done, total=None):
        if done == number:
            act()
        advance(self, done, total)

    monkeypatch.setattr(Turn, "advance", act_first)


def test_a_whole_is_done_in_one_turn_and_ends_with_what_it_did():
    job = open_whole(3)
    enqueue(job)
    work_on.call(*asked()[0])
    job.refresh_from_db()
    assert (job.state, job.done, job.result, effects(job)) == (State.FINISHED, 3, {"tries": 1}, items(job, 0, 1, 2))
    assert job.created_at <= job.started_at <= job.finished_at
    assert len(asked()) == 1


def test_a_whole_is_checked_and_then_done_at_once_by_the_caller():
    job = open_whole(2)
    check_now(job)
    assert (job.state, job.done, effects(job)) == (State.CHECKED, 2, [])
    run_now(job)
    assert (job.state, job.done, effects(job)) == (State.FINISHED, 2, items(job, 0, 1))


def test_a_whole_is_checked_by_a_worker():
    job = open_whole(2)
    enqueue_check(job)
    assert job.state == State.CHECKING
    work_on.call(*asked()[0])
    job.refresh_from_db()
    assert (job.state, job.done, effects(job)) == (State.CHECKED, 2, [])


def test_others_see_how_far_a_whole_is(monkeypatch):
    job, seen = open_whole(2), []
    at_item(monkeypatch, 2, lambda: seen.append(Job.objects.values_list("state", "done").get()))
    run_now(job)
    assert seen == [(State.RUNNING, 1)]


def test_how_far_a_whole_is_is_written_down_about_once_a_second(monkeypatch):
    monkeypatch.setattr(turns, "INTERVAL", 60)
    job = open_whole(1)
    enqueue(job)
    turn = Turn(job.pk, job.turn)
    turn.advance(1, total=900)
    turn.advance(2)
    job.refresh_from_db()
    assert (job.done, job.total) == (1, 900)


def test_a_whole_that_is_stopped_leaves_nothing_and_is_done_from_its_beginning_when_it_goes_on(monkeypatch):
    job = open_whole(3)
    enqueue(job)
    with monkeypatch.context() as patch:
        at_item(patch, 2, lambda: stop(Job.objects.get(pk=job.pk)))
        run_turn(job.pk, 1, seconds=0)
    job.refresh_from_db()
    assert (job.state, job.done, job.problem, effects(job)) == (State.STOPPED, 1, "", [])
    resume(job)
    run_turn(job.pk, job.turn, seconds=0)
    job.refresh_from_db()
    assert (job.state, job.done, job.resumed_with, effects(job)) == (State.FINISHED, 3, 0, items(job, 0, 1, 2))


def test_a_whole_that_is_stopped_just_before_its_end_leaves_nothing(monkeypatch):
    job = open_whole(1)
    enqueue(job)
    monkeypatch.setattr(Turn, "advance", lambda _turn, _done: stop(Job.objects.get(pk=job.pk)))
    run_turn(job.pk, 1, seconds=0)
    job.refresh_from_db()
    assert (job.state, job.result, effects(job)) == (State.STOPPED, {}, [])


@pytest.mark.parametrize("number", [0, 2])
def test_another_turn_neither_advances_nor_ends_a_whole(number):
    job = open_whole(1)
    enqueue(job)
    turn = Turn(job.pk, number)
    with pytest.raises(StoppedError):
        turn.advance(1)
    with pytest.raises(StoppedError):
        turn.end(job)
    job = Job.objects.get()
    assert (job.state, job.done) == (State.WAITING, 0)


def test_a_whole_advances_outside_of_transactions_only():
    job = open_whole(1)
    enqueue(job)
    with pytest.raises(RuntimeError, match="durable"), transaction.atomic():
        Turn(job.pk, job.turn).advance(1)


def test_a_process_that_is_to_end_leaves_a_whole_to_another_at_once(monkeypatch):
    job = open_whole(2)
    enqueue(job)
    with monkeypatch.context() as patch:
        at_item(patch, 2, lambda: patch.setattr(ending, "is_near", True))
        run_turn(job.pk, 1, seconds=0)
    job.refresh_from_db()
    assert (job.state, effects(job), asked()) == (State.WAITING, [], [[job.pk, 1], [job.pk, 2]])
    run_turn(job.pk, 2, seconds=0)
    assert effects(job) == items(job, 0, 1)


def test_a_refusal_of_a_whole_is_its_problem_in_the_same_words():
    job = open_whole(3, ends_at=1)
    run_now(job)
    assert (job.state, job.problem, effects(job)) == (State.FAILED, "The file is gone.", [])


def test_an_error_in_a_whole_is_told_in_general_words():
    job = open_whole(3, bug_at=1)
    run_now(job)
    assert (job.state, effects(job)) == (State.FAILED, [])
    assert "secret" not in job.problem


def test_a_work_that_forgets_to_end_its_turn_fails():
    job = open_whole(1, forgets=True)
    run_now(job)
    assert job.state == State.FAILED


@pytest.mark.django_db(transaction=True)
def test_a_whole_is_done_again_from_its_beginning_when_the_database_was_busy(monkeypatch):
    job = open_whole(2, breaks_at=1)
    waits = []

    def wait(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 2:
            Job.objects.update(payload={})

    monkeypatch.setattr(ending, "wait", wait)
    run_now(job)
    assert (job.state, effects(job), waits) == (State.FINISHED, items(job, 0, 1), [1, 2])


def test_a_full_disk_is_told_in_words_and_not_tried_again(monkeypatch):
    def fill(_work, _job, _turn):
        cause = Exception()
        cause.sqlite_errorname = "SQLITE_FULL"
        raise OperationalError("database or disk is full") from cause

    monkeypatch.setattr(LoadingAsAWhole, "perform", fill)
    monkeypatch.setattr(ending, "wait", lambda _seconds: pytest.fail("It was tried again."))
    job = open_whole(1)
    run_now(job)
    assert job.state == State.FAILED
    assert "full" in job.problem


def test_the_queue_may_ask_twice_for_a_whole_that_is_done():
    job = open_whole(1)
    run_now(job)
    run_turn(job.pk, job.turn, seconds=running.TURN)
    assert effects(job) == items(job, 0)
    with pytest.raises(ValidationError):
        resume(job)
