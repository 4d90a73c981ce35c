import signal
import sys
from threading import Event, Timer, current_thread
from types import FrameType

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError
from django_tasks_db.management.commands import db_worker

from customerflow.jobs.ending import ending
from customerflow.jobs.leases import hold
from customerflow.jobs.models import Lease
from customerflow.jobs.worker import Worker


@pytest.fixture
def worker(monkeypatch) -> Worker:
    # What a test ends is only its own worker.
    monkeypatch.setattr(ending, "is_near", False)
    return Worker(lease=60, interval=0.01)


@pytest.mark.parametrize("line", range(1, 12))
def test_a_signal_may_come_while_another_is_handled(worker, line):
    """With a lock in the handler it would wait for itself; the alarm ends that."""
    left = [line]

    def come_again(_frame: FrameType, event: str, _arg: object):
        left[0] -= event == "line"
        if not left[0]:
            sys.settrace(None)
            worker.shutdown(signal.SIGTERM, None)
        return come_again

    def is_stuck(_signum: int, _frame: FrameType | None) -> None:
        raise TimeoutError

    before, tracer = signal.signal(signal.SIGALRM, is_stuck), sys.gettrace()
    signal.alarm(10)
    sys.settrace(come_again)
    try:
        worker.shutdown(signal.SIGINT, None)
    finally:
        sys.settrace(tracer)
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
    assert ending.is_near
    assert not worker.running


@pytest.mark.django_db(transaction=True)
def test_while_the_database_is_away_it_waits_and_comes_back_under_a_new_name(worker, monkeypatch):
    names = []

    def run(self) -> None:
        names.append(self.worker_id)
        if len(names) < 3:
            raise OperationalError("the server closed the connection")
        assert Lease.objects.held().filter(worker=self.worker_id).exists()
        self.shutdown(signal.SIGTERM, None)

    monkeypatch.setattr(db_worker.Worker, "run", run)
    worker.run()
    assert len(set(names)) == 3
    assert not Lease.objects.filter(worker=names[-1]).exists()


@pytest.mark.django_db(transaction=True)
def test_a_lease_whose_prolonging_waits_while_the_worker_ends_is_given_up(monkeypatch):
    monkeypatch.setattr(ending, "is_near", False)
    worker = Worker(lease=0.3, interval=0.01)
    prolonging, ended = Event(), Event()

    def hold_late(name: str, seconds: float) -> None:
        if current_thread().name == "lease":
            prolonging.set()
            assert ended.wait(10)
        hold(name, seconds)

    def run(self) -> None:
        assert prolonging.wait(10)
        self.shutdown(signal.SIGTERM, None)
        Timer(0.5, ended.set).start()

    monkeypatch.setattr("customerflow.jobs.worker.hold", hold_late)
    monkeypatch.setattr(db_worker.Worker, "run", run)
    worker.run()
    assert ended.is_set()
    assert not Lease.objects.exists()


@pytest.mark.parametrize("option", ["--lease", "--interval"])
@pytest.mark.parametrize("value", ["0", "-1", "nan", "inf", "soon"])
def test_what_is_no_number_of_seconds_is_refused(option, value):
    with pytest.raises(CommandError, match="no number of seconds"):
        call_command("worker", f"{option}={value}")
