"""Loads beside staff, beside one another, and killed: nothing lost, nothing doubled, nothing half-done."""

import random
import signal
import subprocess
import sys
import time

import pytest
from django.conf import settings
from django.db import IntegrityError, connection
from django.db.models import F

from billing.loads import PaymentLoad
from billing.models import Payment
from customerflow.hub.tests.loading import HEADER, import_ids
from customerflow.loads import pipeline
from customerflow.loads.models import Load
from customerflow.loads.pipeline import load_files
from customerflow.loads.terms import LoadFile, Policy
from customerflow.tests.programs import environment
from customers.loads import LocationLoad
from customers.models import Customer
from customers.tests.factories import make_customer, make_location


@pytest.fixture
def meanwhile(monkeypatch):
    """Let something happen between the comparison and the last step, in the first attempt or in all of them."""

    def meanwhile(act, attempts=1):
        apply, left = pipeline._apply, [attempts]

        def interrupted(*arguments):
            if left[0]:
                left[0] -= 1
                act()
            apply(*arguments)

        monkeypatch.setattr(pipeline, "_apply", interrupted)

    return meanwhile


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "id.csv"
    path.write_text(f"{HEADER}1,Ann,,\n2,Bob,,\n")
    return path


def edit(name: str):
    """Change customer 1 as a form does."""
    Customer.objects.filter(number="1").update(name=name, version=F("version") + 1)


@pytest.mark.django_db
def test_a_record_edited_meanwhile_is_compared_again(path, meanwhile):
    make_customer(number="1", name="Old")
    meanwhile(lambda: edit("Edited"))
    outcome = import_ids(path)
    assert outcome.status == 0
    assert [(change["old"], change["new"]) for change in outcome.report["changes"]] == [("Edited", "Ann")]
    assert Customer.objects.get(number="1").version == 3


@pytest.mark.django_db
def test_a_record_edited_meanwhile_to_what_the_file_says_is_unchanged(path, meanwhile):
    make_customer(number="1", name="Old")
    meanwhile(lambda: edit("Ann"))
    assert import_ids(path).report["unchanged"] == 1


@pytest.mark.django_db
def test_a_record_added_meanwhile_is_not_doubled(path, meanwhile):
    meanwhile(lambda: make_customer(number="2", name="Added"))
    report = import_ids(path, "--on-existing", "skip").report
    assert (report["created"], report["skipped"]) == (1, 1)
    assert Customer.objects.get(number="2").name == "Added"


@pytest.mark.django_db
def test_a_record_removed_meanwhile_is_made_anew(path, meanwhile):
    make_customer(number="1", name="Old")
    meanwhile(lambda: Customer.objects.all().delete())
    assert import_ids(path).report["created"] == 2


@pytest.mark.django_db
def test_a_load_that_never_finds_rest_gives_up_and_loads_nothing(path, meanwhile):
    make_customer(number="1", name="Old")
    names = iter(range(99))
    meanwhile(lambda: edit(f"Edit {next(names)}"), attempts=99)
    outcome = import_ids(path)
    assert outcome.status == 1
    assert "Nothing is loaded" in outcome.error
    assert list(Customer.objects.values_list("number", flat=True)) == ["1"]
    assert not Load.objects.exists()


@pytest.mark.django_db
def test_without_the_check_of_the_version_the_edit_would_be_overwritten_unseen(path, meanwhile, monkeypatch):
    """The control of the tests above: it shows the race with the guard taken away."""
    make_customer(number="1", name="Old")
    meanwhile(lambda: edit("Edited"))
    run = pipeline.Stage.run
    unguarded = "s.target_version"
    monkeypatch.setattr(
        pipeline.Stage,
        "run",
        lambda stage, sql, values=(): run(stage, sql.replace(f"= {unguarded}", f">= {unguarded}"), values),
    )
    assert import_ids(path).report["changes"][0]["old"] == "Old"


def start(path) -> subprocess.Popen:
    """Start import_ids as a program of its own on the test database."""
    return subprocess.Popen(  # noqa: S603
        [sys.executable, "manage.py", "import_ids", path, "--json"],
        cwd=settings.BASE_DIR,
        env=environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )


@pytest.fixture
def long_path(tmp_path):
    path = tmp_path / "long.csv"
    lines = [f"{number},Customer {number},c{number}@example.com,+43 1 {number:07d}\n" for number in range(5_000)]
    path.write_text(HEADER + "".join(lines))
    return path


@pytest.mark.django_db(transaction=True)
def test_a_load_killed_at_any_moment_leaves_all_or_nothing_and_runs_again(long_path):
    seed = random.randrange(10**6)
    chance = random.Random(seed)
    began = time.monotonic()
    assert start(long_path).wait() == 0
    longest = time.monotonic() - began
    whole = list(Customer.objects.order_by("number").values_list("number", "name", "search_text"))
    for _round in range(5):
        Customer.objects.all().delete()
        Load.objects.all().delete()
        killed = start(long_path)
        time.sleep(chance.uniform(0, longest))
        killed.send_signal(signal.SIGKILL)
        killed.communicate()
        assert (Customer.objects.count(), Load.objects.count()) in {(0, 0), (5_000, 1)}, f"seed {seed}"
        assert import_ids(long_path).status == 0
        again = list(Customer.objects.order_by("number").values_list("number", "name", "search_text"))
        assert again == whole, f"seed {seed}"


@pytest.mark.django_db(transaction=True)
def test_two_loads_of_one_file_at_once_load_it_once(long_path):
    loads = [start(long_path) for _load in range(2)]
    errors = [load.communicate()[1] for load in loads]
    assert [load.returncode for load in loads] == [0, 0], errors
    assert Customer.objects.count() == 5_000
    counts = sorted(Load.objects.values_list("created", "unchanged"))
    assert counts == [(0, 5_000), (5_000, 0)]


@pytest.mark.django_db(transaction=True)
def test_checking_a_file_takes_no_lock_from_staff(long_path, monkeypatch):
    """On SQLite a second connection can write while a file is being staged and compared."""
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL has no lock of the whole database")
    other = connection.copy()
    written = []
    compare = pipeline.compare_all

    def write_and_compare(*arguments):
        with other.cursor() as cursor:
            cursor.execute("PRAGMA busy_timeout = 0")
            cursor.execute("BEGIN IMMEDIATE")
            cursor.execute("ROLLBACK")
        written.append(True)
        compare(*arguments)

    monkeypatch.setattr(pipeline, "compare_all", write_and_compare)
    try:
        assert import_ids(long_path).status == 0
        assert written
    finally:
        other.close()


@pytest.mark.django_db
def test_a_record_without_a_unique_key_that_was_added_meanwhile_is_not_doubled(tmp_path, meanwhile):
    customer = make_customer(number="1")
    (tmp_path / "locations.csv").write_text("Customer,Label,Address\n1,Home,1 High St\n")
    meanwhile(lambda: make_location(customer=customer, label="Home", address="1 High St"))
    report = load_files([LoadFile(tmp_path / "locations.csv", LocationLoad)], Policy())
    assert report.counts() == {"created": 0, "changed": 0, "unchanged": 1, "refused": 0}
    assert customer.locations.count() == 1


@pytest.mark.django_db
def test_a_last_step_that_failed_at_its_end_is_done_again_from_the_beginning(tmp_path, monkeypatch):
    make_customer(number="1")
    (tmp_path / "payments.csv").write_text("Number,Customer,Amount,Received On\nP1,1,5,2025-03-05\n")
    apply, failures = pipeline.Loading.apply, [IntegrityError("a record that this depends on is gone")]

    def fail_once(loading, now):
        apply(loading, now)
        if failures:
            raise failures.pop()

    monkeypatch.setattr(pipeline.Loading, "apply", fail_once)
    report = load_files([LoadFile(tmp_path / "payments.csv", PaymentLoad)], Policy(), origin="Old")
    assert report.counts()["created"] == 1
    assert Payment.objects.count() == 1
