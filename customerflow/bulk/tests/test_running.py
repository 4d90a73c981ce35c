"""Many records, piece by piece: nothing is lost and nothing done twice, whatever dies in between."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django_tasks_db.models import DBTaskResult

from customerflow.bulk import tasks
from customerflow.bulk.fields import ChangeFields
from customerflow.bulk.tests.choosing import again, check, choose, confirm
from customerflow.changes.models import Change
from customerflow.changes.undoing import undo
from customerflow.jobs import running
from customerflow.jobs.models import Job
from customerflow.jobs.running import work_on
from customerflow.staff.roles import MANAGER
from customerflow.staff.tests.factories import make_user
from customers.models import Customer

pytestmark = pytest.mark.django_db

CUSTOMERS = "/customers/"


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(running, "PAUSE", 0)


@pytest.fixture
def staff(client: Client) -> Client:
    client.force_login(make_user(MANAGER))
    return client


def make_many(number: int) -> None:
    Customer.objects.bulk_create(Customer(number=f"M-{n}", name=f"Many {n}") for n in range(number))


def work_through(job: Job) -> Job:
    """Do what the queue holds, as a worker would."""
    for row in DBTaskResult.objects.order_by("enqueued_at"):
        work_on.call(*row.args_kwargs["args"])
    return again(job)


def versions() -> set[int]:
    return set(Customer.objects.values_list("version", flat=True))


def test_2000_records_are_tried_and_changed_by_a_worker(staff):
    make_many(2_000)
    job = check(staff, choose(staff, CUSTOMERS, "ChangeCustomers"), billing_day="15")
    assert job.state == "checking"
    job = work_through(job)
    assert (job.state, job.done, versions()) == ("checked", 2_000, {1})
    job = confirm(staff, job, number="2000")
    assert job.state == "waiting"
    job = work_through(job)
    assert (job.state, job.done, job.problem) == ("finished", 2_000, "")
    assert (versions(), Customer.objects.filter(billing_day=15).count()) == ({2}, 2_000)
    batches = job.change_set.batches.all()
    assert (len(batches), Change.objects.filter(change_set__in=batches).count()) == (20, 2_000)
    undo(job.change_set, by=job.by)
    assert not Customer.objects.filter(billing_day=15).exists()


@pytest.mark.parametrize("dies_at", [1, 150, 250])
def test_what_dies_in_the_middle_of_a_batch_goes_on_and_changes_each_record_once(staff, monkeypatch, dies_at):
    make_many(250)
    job = work_through(check(staff, choose(staff, CUSTOMERS, "ChangeCustomers"), billing_day="15"))
    calls, carry_out = iter(range(1, 10_000)), ChangeFields.carry_out

    def deadly(self, record, values):
        if next(calls) == dies_at:
            raise RuntimeError("killed")
        return carry_out(self, record, values)

    monkeypatch.setattr(ChangeFields, "carry_out", deadly)
    job = work_through(confirm(staff, job, number="250"))
    assert job.state == "failed"
    whole_batches = (dies_at - 1) // 100 * 100
    assert Customer.objects.filter(billing_day=15).count() == job.done == whole_batches
    staff.post(f"/jobs/{job.pk}/continue/")
    job = work_through(job)
    assert (job.state, job.done, versions()) == ("finished", 250, {2})
    assert set(job.bulk_items.values_list("outcome", flat=True)) == {"done"}
    assert Change.objects.filter(change_set__parent=job.change_set).count() == 250


def test_what_dies_while_it_tries_leaves_nothing_and_goes_on(staff, monkeypatch):
    monkeypatch.setattr(tasks, "TRIED", 100)
    make_many(250)
    job = check(staff, choose(staff, CUSTOMERS, "ChangeCustomers"), billing_day="15")
    carry_out = ChangeFields.carry_out

    def deadly(self, record, values):
        if record.number == "M-150":
            raise RuntimeError("killed")
        return carry_out(self, record, values)

    with monkeypatch.context() as patch:
        patch.setattr(ChangeFields, "carry_out", deadly)
        job = work_through(job)
    assert (job.state, job.done, versions()) == ("failed", 100, {1})
    staff.post(f"/jobs/{job.pk}/continue/")
    job = work_through(job)
    assert (job.state, job.done, job.result["check"]["counts"]) == ("checked", 250, {"ready": 250})


def test_a_stopped_run_keeps_what_it_did_and_goes_on_with_the_rest(staff, monkeypatch):
    make_many(250)
    job = work_through(check(staff, choose(staff, CUSTOMERS, "ChangeCustomers"), billing_day="15"))
    monkeypatch.setattr(running, "TURN", 0)
    job = confirm(staff, job, number="250")
    work_on.call(job.pk, job.turn)
    staff.post(f"/jobs/{job.pk}/stop/")
    job = again(job)
    assert (job.state, Customer.objects.filter(billing_day=15).count()) == ("stopped", 100)
    assert "/undo/" in staff.get(job.get_absolute_url()).content.decode()
    monkeypatch.undo()
    staff.post(f"/jobs/{job.pk}/continue/")
    assert work_through(job).state == "finished"
    assert versions() == {2}


def test_a_record_costs_a_savepoint_and_one_change_however_many_there_are(staff, monkeypatch):
    monkeypatch.setattr(tasks, "BATCH", 50)
    make_many(300)

    def cost(number: int) -> int:
        job = choose(staff, CUSTOMERS, "ChangeCustomers", list(Customer.objects.all()[:number]))
        job = check(staff, job, billing_day=str(number // 10))
        with CaptureQueriesContext(connection) as queries:
            confirm(staff, job, number=str(number))
        return len(queries)

    # Savepoint, change, release.
    assert cost(100) - cost(50) <= 50 * 3 + 30
