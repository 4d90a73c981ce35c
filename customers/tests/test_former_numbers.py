"""Numbers of merged accounts: nobody else gets one, however it comes in."""

from datetime import date

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db.models import F

from customerflow.hub.tests.loading import HEADER, import_ids, stored
from customerflow.loads import pipeline
from customerflow.lookup import LookupField, find
from customers.merging import merge_customers
from customers.models import Customer, FormerNumber
from customers.registration import register_customer
from customers.tests.factories import make_customer, make_former_number

ON = date(2026, 4, 1)
pytestmark = pytest.mark.django_db


@pytest.fixture
def survivor() -> Customer:
    return make_former_number(number="7", customer=make_customer(number="A-1", name="Ann Lee")).customer


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "id.csv"
    path.write_text(f"{HEADER}7,Anne Lee,,\n8,Bo Berg,,\n")
    return path


def test_the_series_skips_numbers_that_accounts_once_had():
    for number in ("1", "2"):
        make_former_number(number=number)
    assert register_customer(customer=Customer(name="Bo Berg")).number == "3"


def test_a_new_customer_is_refused_a_former_number_at_its_field(survivor):
    with pytest.raises(ValidationError) as refusal:
        register_customer(customer=Customer(name="Bo Berg", number="7"))
    assert refusal.value.message_dict == {
        "number": ["This number belonged to an account that is now Ann Lee (A-1). Choose another."]
    }


def test_a_record_is_found_by_the_former_number_and_by_its_own_first(survivor):
    assert find(Customer.objects.all(), "7") == find(Customer.objects.all(), "A-1") == survivor
    assert LookupField(Customer).clean("#7") == survivor
    assert find(Customer.objects.all(), "70") is None


@pytest.mark.parametrize("on_existing", ["update", "skip", "refuse"])
def test_a_row_with_a_former_number_is_refused_and_names_the_survivor(survivor, path, on_existing):
    before = stored()
    outcome = import_ids(path, "--on-existing", on_existing)
    assert outcome.status == 1
    assert outcome.reasons == [
        "2 ID 7 This account was merged into Ann Lee (A-1). Give the number of that one, or leave the row out."
    ]
    assert stored() == before


def test_the_good_rows_beside_it_are_loaded_and_it_is_written_to_the_rejects(survivor, path, tmp_path):
    rejects = tmp_path / "rejects.csv"
    report = import_ids(path, "--on-error", "skip", "--rejects", rejects).report
    assert (report["created"], report["changed"], report["unchanged"], report["refused"]) == (1, 0, 0, 1)
    assert Customer.objects.get(number="8").name == "Bo Berg"
    survivor.refresh_from_db()
    assert survivor.name == "Ann Lee"
    assert "merged into Ann Lee (A-1)" in rejects.read_text()


def test_a_row_that_is_wrong_in_itself_is_refused_for_that_alone(survivor, tmp_path):
    path = tmp_path / "id.csv"
    path.write_text(f"{HEADER}7,,nonsense,\n")
    assert len(import_ids(path).report["refusals"]) == 2


def test_an_account_merged_while_its_file_is_loaded_is_compared_again_and_refused(path, monkeypatch):
    duplicate, left = make_customer(number="7", name="Old"), [make_customer(number="A-1", name="Ann Lee")]
    apply = pipeline._apply

    def merge_first(*arguments):
        if left:
            merge_customers(survivor=left.pop(), duplicate=duplicate, values={}, on=ON)
        apply(*arguments)

    monkeypatch.setattr(pipeline, "_apply", merge_first)
    outcome = import_ids(path)
    assert outcome.status == 1
    assert [reason.partition(" into ")[2][:13] for reason in outcome.reasons] == ["Ann Lee (A-1)"]
    assert set(Customer.objects.values_list("number", flat=True)) == {"A-1"}


def test_a_refusal_is_taken_back_when_the_merge_was_undone_meanwhile(path, monkeypatch):
    make_former_number(number="7")
    make_customer(number="8", name="Old")
    apply, left = pipeline._apply, [1]

    def undo_first(*arguments):
        if left:
            left.clear()
            FormerNumber.objects.all().delete()
            Customer.objects.filter(number="8").update(version=F("version") + 1)
        apply(*arguments)

    monkeypatch.setattr(pipeline, "_apply", undo_first)
    report = import_ids(path, "--on-error", "skip").report
    assert (report["created"], report["changed"], report["refused"]) == (1, 1, 0)


def test_what_is_exported_after_a_merge_is_loaded_again_without_change(tmp_path):
    merge_customers(survivor=make_customer(), duplicate=make_customer(), values={}, on=ON)
    call_command("export_ids", str(tmp_path / "out.csv"))
    report = import_ids(tmp_path / "out.csv").report
    assert (report["created"], report["changed"], report["unchanged"], report["refused"]) == (0, 0, 1, 0)
