"""A draft is checked, looked at, and applied just as it was shown, or not at all."""

from types import SimpleNamespace

import pytest
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.db.models import F

from customerflow.changes.undoing import undo
from customerflow.jobs.models import Job
from customerflow.jobs.turns import Turn
from customerflow.loads import drafts
from customerflow.loads.models import Finding, Load, LoadedFile, Upload
from customers.models import Customer
from customers.tests.factories import make_customer

pytestmark = pytest.mark.django_db

FILE = "ID,Name,Email,Phone\n1,Ann,ann@example.com,\n2,Bob,,\n3,Cem,,\n4,Dan,no address,\n"


@pytest.fixture
def draft() -> Load:
    """A draft of four customers: one that is there as it is, one that changes, one new, one refused."""
    make_customer(number="1", name="Ann", email="ann@example.com")
    make_customer(number="2", name="Bobby", email="")
    load = Load.objects.create(name="id.csv", skip_refused=True)
    upload = Upload(load=load, name="id.csv", size=len(FILE))
    upload.file.save("id.csv", ContentFile(FILE.encode()))
    LoadedFile.objects.create(load=load, upload=upload, kind="customers", name="id.csv")
    return load


def run(act, load: Load, state: str) -> Job:
    """Do `act` as a worker does it."""
    job = Job.objects.open("load", title="Load")
    Job.objects.filter(pk=job.pk).update(state=state)
    act(load, job, Turn(job.pk, job.turn))
    job.refresh_from_db()
    return job


def check(load: Load) -> Job:
    return run(drafts.check, load, Job.State.CHECKING)


def apply(load: Load) -> Job:
    return run(drafts.apply, load, Job.State.RUNNING)


def found() -> list[tuple]:
    return list(Finding.objects.order_by("row_number").values_list("line", "outcome", "key", "column", "old", "new"))


def test_a_check_says_of_every_row_what_would_become_of_it_and_changes_nothing(draft):
    job = check(draft)
    assert job.state == Job.State.CHECKED
    assert found() == [
        (2, "unchanged", "1", "", "", ""),
        (3, "changed", "2", "Name", "Bobby", "Bob"),
        (4, "created", "3", "", "", ""),
        (5, "refused", "4", "Email", "", "no address"),
    ]
    assert Finding.objects.get(outcome="refused").written == '["4", "Dan", "no address", ""]'
    draft.refresh_from_db()
    assert (draft.created, draft.changed, draft.unchanged, draft.refused, draft.loaded_at) == (1, 1, 1, 1, None)
    assert sorted(Customer.objects.values_list("number", "name")) == [("1", "Ann"), ("2", "Bobby")]


def test_a_second_check_finds_the_same_and_keeps_it_once(draft):
    check(draft)
    before = found()
    check(draft)
    assert found() == before


def test_what_was_checked_is_loaded_its_bytes_go_and_it_can_be_undone(draft):
    check(draft)
    upload = draft.uploads.get()
    job = apply(draft)
    draft.refresh_from_db()
    assert (job.state, job.change_set) == (Job.State.FINISHED, draft.change_set)
    assert draft.is_loaded
    assert sorted(Customer.objects.values_list("number", "name")) == [("1", "Ann"), ("2", "Bob"), ("3", "Cem")]
    assert not upload.file.storage.exists(upload.file.name)
    undo(draft.change_set)
    assert sorted(Customer.objects.values_list("number", "name")) == [("1", "Ann"), ("2", "Bobby")]


@pytest.mark.parametrize(
    ("meanwhile", "named"),
    [
        (lambda: Customer.objects.filter(number="2").update(name="Rob", version=F("version") + 1), "line 3: 2"),
        (lambda: Customer.objects.filter(number="1").update(name="Anna", version=F("version") + 1), "line 2: 1"),
        (lambda: make_customer(number="3", name="Cemal"), "line 4: 3"),
        (lambda: Customer.objects.filter(number="2").delete(), "line 3: 2"),
    ],
)
def test_what_was_changed_since_the_check_stops_the_load_and_is_named(draft, meanwhile, named):
    check(draft)
    meanwhile()
    before = sorted(Customer.objects.values_list("number", "name"))
    with pytest.raises(ValidationError) as refused:
        apply(draft)
    assert any(named in message for message in refused.value.messages)
    assert sorted(Customer.objects.values_list("number", "name")) == before
    draft.refresh_from_db()
    assert not draft.is_loaded


def test_an_unchanged_record_that_staff_changed_elsewhere_does_not_stop_the_load(draft):
    check(draft)
    Customer.objects.filter(number="1").update(note="rings at night", version=F("version") + 1)
    assert apply(draft).state == Job.State.FINISHED


def test_a_load_with_refused_rows_is_not_applied_unless_the_rest_was_asked_for(draft):
    draft.skip_refused = False
    draft.save()
    assert check(draft).result["is_accepted"] is False
    with pytest.raises(ValidationError, match="1 row is refused"):
        apply(draft)
    assert Customer.objects.count() == 2


def test_a_file_that_is_gone_is_asked_for_again(draft):
    check(draft)
    drafts.forget_uploads(draft)
    with pytest.raises(ValidationError, match="Send it again"):
        apply(draft)


def test_more_than_half_of_all_customers_change_only_if_their_number_is_confirmed(draft, monkeypatch):
    monkeypatch.setattr("customerflow.loads.pipeline.MANY", 0)
    Customer.objects.filter(number="1").delete()
    job = check(draft)
    assert job.result == {"is_accepted": False, "must_confirm": 1}
    draft.confirmed = ["changes:1"]
    draft.save()
    assert check(draft).result == {"is_accepted": True, "must_confirm": 0}
    assert apply(draft).state == Job.State.FINISHED


def test_the_job_of_a_draft_counts_the_rows_of_all_files_that_are_read(monkeypatch):
    told = []
    monkeypatch.setattr(Turn, "advance", lambda _turn, *counts: told.append(counts))
    progress = drafts.TurnProgress(Turn(1, 1))
    first = progress.next_file("a.csv", SimpleNamespace(position=50, size=100))
    first(10)
    first.say("comparing")
    progress.next_file("b.csv", SimpleNamespace(position=100, size=100))(5)
    assert told == [(10, 20), (10,), (15, 15)]
