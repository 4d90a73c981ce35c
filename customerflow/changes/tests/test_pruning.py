"""Old changes are forgotten: whole acts, piece by piece, and nothing but them."""

from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from django.core.management import call_command, execute_from_command_line
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from customerflow.changes import pruning
from customerflow.changes.models import Change, ChangeCount, ChangeSet
from customerflow.changes.pruning import Pruned, count_old_changes, prune_changes
from customerflow.changes.recording import open_parent, recording
from customerflow.changes.tests.tables import stored_tables
from customerflow.changes.undoing import refusal, undo
from customerflow.loads.models import Load
from customers.models import Customer
from customers.tests.factories import make_customer

pytestmark = pytest.mark.django_db
CUTOFF = datetime(2025, 1, 1, tzinfo=UTC)
OLD, NEW = CUTOFF - timedelta(days=1), CUTOFF + timedelta(days=1)


def act(at: datetime, customers: int = 1, parent: ChangeSet | None = None) -> ChangeSet:
    with recording("Act", parent=parent) as record:
        for _each in range(customers):
            make_customer()
    return dated(record.change_set, at)


def dated(change_set: ChangeSet, at: datetime) -> ChangeSet:
    ChangeSet.objects.filter(pk=change_set.pk).update(at=at)
    change_set.refresh_from_db()
    return change_set


def kept() -> set[int]:
    return set(ChangeSet.objects.values_list("pk", flat=True))


def left_of(change_set: ChangeSet) -> int:
    rows = (Change.objects.filter(change_set=change_set.pk), ChangeCount.objects.filter(change_set=change_set.pk))
    return sum(each.count() for each in rows)


def test_what_is_old_goes_with_its_changes_and_what_is_new_stays():
    old, new = act(OLD, 3), act(NEW, 2)
    on_the_moment, tables = act(CUTOFF), stored_tables()
    assert prune_changes(before=CUTOFF) == Pruned(acts=1, changes=3)
    assert kept() == {new.pk, on_the_moment.pk}
    assert (left_of(old), left_of(new)) == (0, 3)
    assert stored_tables() == tables


def test_pruning_again_finds_nothing():
    act(OLD)
    prune_changes(before=CUTOFF)
    assert prune_changes(before=CUTOFF) == Pruned()


def test_a_job_goes_with_its_last_batch():
    job = dated(open_parent("Job"), OLD)
    batches = [act(OLD, parent=job), act(NEW, parent=job)]
    assert prune_changes(before=CUTOFF) == Pruned()
    dated(batches[1], OLD)
    assert prune_changes(before=CUTOFF) == Pruned(acts=3, changes=2)
    assert not kept() & {job.pk, *(batch.pk for batch in batches)}


def test_what_points_at_a_forgotten_act_stays_and_points_at_nothing():
    old = act(OLD)
    load = Load.objects.create(name="id.csv", change_set=old)
    undone = undo(old).change_set
    prune_changes(before=CUTOFF)
    load.refresh_from_db()
    undone.refresh_from_db()
    assert load.change_set is None
    assert undone.undoes is None


def test_the_undo_of_what_is_half_gone_is_refused(monkeypatch: pytest.MonkeyPatch):
    job = dated(open_parent("Job"), OLD)
    for _batch in range(3):
        act(OLD, 2, parent=job)
    single = act(OLD)

    def killed(*_args: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(pruning, "_forget", killed)
        with pytest.raises(KeyboardInterrupt):
            prune_changes(before=CUTOFF)
    assert Change.objects.count() == 7
    assert refusal(job)
    assert refusal(single)
    assert prune_changes(before=CUTOFF) == Pruned(acts=5, changes=7)


def test_it_goes_in_pieces_whose_number_follows_from_what_is_old(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(pruning, "PIECE", 10)
    monkeypatch.setattr(pruning, "ACTS", 2)
    act(OLD, 25)
    others = [act(OLD) for _each in range(4)]
    act(NEW, 30)
    with CaptureQueriesContext(
        connection,
    ) as captured:
        assert prune_changes(before=CUTOFF) == Pruned(acts=5, changes=29)
    deletions = [query for query in captured if query["sql"].startswith(f'DELETE FROM "{Change._meta.db_table}"')]
    assert len(deletions) >= 3 + len(others) / 2
    assert len(captured) < 80


def test_after_pruning_the_pages_of_history_work(admin_client):
    old = act(OLD)
    customer = Customer.objects.get()
    prune_changes(before=CUTOFF)
    assert admin_client.get("/changes/").status_code == 200
    assert admin_client.get(f"/changes/{old.pk}/").status_code == 404
    assert admin_client.get(f"/changes/{old.pk}/undo/").status_code == 404
    assert admin_client.get(customer.get_absolute_url()).status_code == 200


def prune(*arguments: str) -> str:
    out = StringIO()
    call_command("prune_changes", *arguments, stdout=out)
    return out.getvalue()


def test_the_command_says_what_it_did_and_before_that_what_it_would_do(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(timezone, "now", lambda: CUTOFF + timedelta(days=730))
    act(OLD, 2)
    act(NEW)
    line = "2 changes of 1 acts from before 2025-01-01 {} pruned.\n"
    assert prune("--older-than", "730d", "--dry-run") == line.format("would be")
    assert Change.objects.count() == 3
    assert count_old_changes(before=CUTOFF) == Pruned(acts=1, changes=2)
    assert prune("--older-than=730d") == line.format("were")
    assert Change.objects.count() == 1


def test_one_line_stays_in_the_log(caplog: pytest.LogCaptureFixture):
    act(OLD, 2)
    with caplog.at_level("INFO"):
        prune_changes(before=CUTOFF)
    lines = [record.getMessage() for record in caplog.records if record.name == "customerflow.changes.pruning"]
    assert lines == ["The changes from before 2025-01-01T00:00:00+00:00 were pruned: 2 changes of 1 acts."]


@pytest.mark.parametrize("text", ["", "730", "2y", "0d", "-1d", "1.5d", "d", " 7d", "٧d", "100000d", "all"])
def test_what_is_no_number_of_days_is_refused(text, capsys: pytest.CaptureFixture):
    with pytest.raises(SystemExit) as caught:
        execute_from_command_line(["manage.py", "prune_changes", f"--older-than={text}"])
    assert caught.value.code == 2
    assert "write one such as 730d" in capsys.readouterr().err


def test_how_old_must_be_said(capsys: pytest.CaptureFixture):
    with pytest.raises(SystemExit) as caught:
        execute_from_command_line(["manage.py", "prune_changes"])
    assert caught.value.code == 2
    assert "--older-than" in capsys.readouterr().err
