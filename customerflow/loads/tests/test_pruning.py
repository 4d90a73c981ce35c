from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.core.management import call_command
from django.utils import timezone

from customerflow.jobs.models import Job
from customerflow.loads.models import Finding, Load, LoadedFile, Upload, uploads
from customerflow.loads.pruning import DRAFTS_KEPT, ROWS_KEPT, prune_loads

pytestmark = pytest.mark.django_db
NOW = timezone.now()
DAY = timedelta(days=1)


def make_load(*, age: timedelta, is_loaded: bool = False, job: Job | None = None) -> Load:
    """A load so old, with its file, and a finding of each outcome."""
    load = Load.objects.create(name="id.csv", loaded_at=NOW - age if is_loaded else None, job=job)
    Load.objects.filter(pk=load.pk).update(made_at=NOW - age)
    upload = Upload.objects.create(load=load, name="id.csv", size=3)
    upload.file.save("id.csv", ContentFile(b"ID\n"))
    file = LoadedFile.objects.create(load=load, upload=upload, kind="customers", name="id.csv", created=1)
    for outcome in Finding.Outcome.values:
        Finding.objects.create(file=file, row_number=1, line=2, outcome=outcome)
    return load


def files() -> list[Path]:
    return [path for path in Path(uploads().location).rglob("*") if path.is_file()]


def stored() -> int:
    return len(files())


def outcomes(load: Load) -> set[str]:
    return set(Finding.objects.filter(file__load=load).values_list("outcome", flat=True))


@pytest.fixture(autouse=True)
def _only_own_files():
    """Begin without the files of other tests, and leave none."""
    for path in files():
        path.unlink()
    yield
    for path in files():
        path.unlink()


def test_old_drafts_go_with_their_files_and_jobs(django_capture_on_commit_callbacks):
    job = Job.objects.open("load", title="Load")
    make_load(age=DRAFTS_KEPT + DAY, job=job)
    young = make_load(age=DRAFTS_KEPT - DAY)
    with django_capture_on_commit_callbacks(execute=True):
        assert prune_loads(NOW).drafts == 1
    assert (list(Load.objects.all()), Job.objects.count(), stored()) == ([young], 0, 1)


def test_a_draft_that_is_being_worked_on_stays():
    job = Job.objects.open("load", title="Load")
    Job.objects.update(state=Job.State.RUNNING)
    make_load(age=DRAFTS_KEPT + DAY, job=job)
    assert prune_loads(NOW).drafts == 0
    assert (Load.objects.count(), stored()) == (1, 1)


def test_the_files_of_what_is_loaded_go_and_its_record_stays():
    load = make_load(age=DAY, is_loaded=True)
    prune_loads(NOW)
    assert (stored(), Upload.objects.get().file.name) == (0, "")
    assert outcomes(load) == set(Finding.Outcome.values)


def test_of_an_old_load_what_was_changed_and_refused_stays_and_all_counts():
    old, young = (make_load(age=age, is_loaded=True) for age in (ROWS_KEPT + DAY, ROWS_KEPT - DAY))
    assert prune_loads(NOW).findings == 2
    assert outcomes(old) == {"changed", "refused"}
    assert outcomes(young) == set(Finding.Outcome.values)
    assert old.files.get().created == 1
    assert prune_loads(NOW).findings == 0


def test_it_is_done_daily(capsys):
    make_load(age=ROWS_KEPT + DAY, is_loaded=True)
    call_command("daily")
    assert "0 drafts of loads and 2 findings" in capsys.readouterr().out
