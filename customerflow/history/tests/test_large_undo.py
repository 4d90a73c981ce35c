"""Undoing very many records: tried by a worker, shown, confirmed, done batch by batch."""

import pytest
from django.test import Client

from customerflow.changes.models import ChangeSet
from customerflow.changes.recording import open_parent, recording
from customerflow.changes.tests.tables import stored_tables
from customerflow.history import undo_screen
from customerflow.history.tasks import open_undo
from customerflow.jobs import running
from customerflow.jobs.models import Job
from customerflow.jobs.running import enqueue, resume, run_now, run_turn, stop
from customerflow.staff.roles import MANAGER, TECHNICIAN
from customerflow.staff.tests.factories import make_user
from customers.models import Customer
from customers.tests.factories import make_customer

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _small_and_quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(undo_screen, "AT_ONCE", 3)
    monkeypatch.setattr(running, "PAUSE", 0)


def change_in_batches(customers: list[Customer]) -> ChangeSet:
    parent = open_parent("Notes changed")
    for start in range(0, len(customers), 2):
        keys = [customer.pk for customer in customers[start : start + 2]]
        with recording("Notes changed", parent=parent):
            Customer.objects.filter(pk__in=keys).update(note="b")
    return parent


def work_on(job: Job) -> Job:
    """Do what a worker would do with the turn that is asked for."""
    job.refresh_from_db()
    run_turn(job.pk, job.turn, seconds=60)
    job.refresh_from_db()
    return job


@pytest.fixture
def manager(client: Client) -> Client:
    client.force_login(make_user(MANAGER))
    return client


def test_a_large_undo_is_tried_shown_and_done_by_a_worker(manager: Client):
    customers = [make_customer(note="a") for _ in range(6)]
    before = stored_tables()
    parent = change_in_batches(customers)
    Customer.objects.filter(pk=customers[5].pk).update(note="c")
    changed = stored_tables()
    page = f"/changes/{parent.pk}/undo/"
    assert "6 records" in manager.get(page).content.decode()
    response = manager.post(page, {"why": "The wrong list"})
    job = work_on(Job.objects.get())
    assert response.url == job.get_absolute_url()
    assert (job.state, job.done, job.refused) == (Job.State.CHECKED, 5, 1)
    assert stored_tables() == changed
    shown = manager.get(job.get_absolute_url()).content.decode()
    assert "It was changed since." in shown
    assert customers[5].name in shown
    manager.post(f"/changes/undo/{job.pk}/", {"force_all": "yes"})
    job = work_on(job)
    assert (job.state, job.done, job.refused) == (Job.State.FINISHED, 6, 0)
    assert stored_tables() == before
    made = ChangeSet.objects.get(undoes=parent)
    assert (job.change_set, made.why, made.batches.count()) == (made, "The wrong list", 3)
    assert manager.get(job.get_absolute_url()).status_code == 200


def test_a_large_undo_goes_on_where_it_was_interrupted():
    customers = [make_customer(note="a") for _ in range(8)]
    before = stored_tables()
    parent = change_in_batches(customers)
    job = open_undo(parent)
    enqueue(job)
    # No time for more than one step.
    run_turn(job.pk, job.turn, seconds=0)
    assert Customer.objects.filter(note="a").count() == 2
    stop(job)
    resume(job)
    job = work_on(job)
    assert (job.state, job.done, job.refused) == (Job.State.FINISHED, 8, 0)
    assert stored_tables() == before


def test_one_large_change_set_is_undone_whole():
    customers = [make_customer(note="a") for _ in range(5)]
    before = stored_tables()
    with recording("Notes changed") as record:
        Customer.objects.update(note="b")
    job = open_undo(record.change_set)
    run_now(job)
    assert (job.state, job.done, job.change_set.undoes) == (Job.State.FINISHED, len(customers), record.change_set)
    assert stored_tables() == before


def test_who_has_not_the_rights_cannot_let_it_be_done(client: Client):
    parent = change_in_batches([make_customer() for _ in range(4)])
    job = open_undo(parent)
    Job.objects.update(state=Job.State.CHECKED)
    client.force_login(make_user(TECHNICIAN))
    assert client.get(f"/changes/{parent.pk}/undo/").status_code == 403
    assert client.post(f"/changes/undo/{job.pk}/").status_code == 403
    assert client.post("/changes/undo/987654/").status_code == 404
