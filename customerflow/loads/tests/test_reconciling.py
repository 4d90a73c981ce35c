"""Rows and money in the files against rows and money here: the difference is nothing, or it is explained."""

from pathlib import Path

import pytest

from customerflow.loads.models import Load, LoadedFile
from customerflow.loads.reconciling import Total, account_of
from customerflow.loads.tests.running import load
from customerflow.staff.roles import ADMINISTRATOR
from customerflow.staff.tests.factories import make_user
from customers.models import Plan
from customers.tests.factories import make_customer, make_location, make_service

pytestmark = pytest.mark.django_db


def total(column: str, kind: str = "services") -> Total:
    """Return what the last file of a kind came to."""
    kept = LoadedFile.objects.filter(kind=kind).latest("pk").totals
    return next(Total.of(each) for each in kept if each["column"] == column)


def services(path: Path, rows: str) -> Path:
    path.write_text(f"Customer,Name,Cost,Starts On\n{rows}")
    return path


@pytest.fixture
def place():
    return make_location(customer=make_customer(number="1"))


def test_amounts_are_read_back_from_what_was_created_changed_and_is_as_it_was(place, tmp_path):
    make_service(location=place, name="same", cost="10.00")
    make_service(location=place, name="other", cost="20.00")
    rows = "1,same,10.00,2026-01-01\n1,other,25.00,2026-01-01\n1,new,0.05,2026-01-01\n"
    text = load("services", services(tmp_path / "services.csv", rows))
    assert "  Cost: 35.05 in the file, 35.05 here, difference 0.00\n" in text
    assert total("Cost") == Total("Cost", read=3505, refused=0, stored=3505)
    assert total("") == Total("", read=3, refused=0, stored=3)


def test_what_is_refused_and_what_cannot_be_read_is_counted(place, tmp_path):
    rows = "1,a,10.00,2026-01-01\n1,b,20.00,nonsense\n2,c,40.00,2026-01-01\n1,d,a lot,2026-01-01\n"
    text = load("services", services(tmp_path / "services.csv", rows), "--on-error", "skip")
    assert total("Cost") == Total("Cost", read=7000, refused=6000, stored=1000, unreadable=1)
    assert total("") == Total("", read=4, refused=3, stored=1)
    assert (
        "  Cost: 70.00 in the file, 10.00 here, difference 0.00; 60.00 in refused rows; "
        "1 cell cannot be read as an amount and is in no sum\n"
    ) in text


def test_records_that_are_left_as_they_are_explain_the_difference(place, tmp_path):
    make_service(location=place, name="old", cost="20.00")
    rows = "1,old,25.00,2026-01-01\n1,new,1.00,2026-01-01\n"
    load("services", services(tmp_path / "services.csv", rows), "--on-existing", "skip")
    assert total("Cost") == Total("Cost", read=2600, refused=0, left=500, stored=2100)
    assert total("Cost").difference == 0
    assert list(total("Cost").reasons()) == ["5.00 less in records that are left as they are"]


def test_what_the_file_does_not_say_is_told_from_what_it_says(place, tmp_path):
    Plan.objects.create(name="Fibre", price="30.00")
    path = tmp_path / "services.csv"
    path.write_text("Customer,Name,Plan,Cost,Starts On\n1,a,Fibre,,2026-01-01\n1,b,Fibre,5.00,2026-01-01\n")
    load("services", path)
    assert total("Cost") == Total("Cost", read=500, refused=0, stored=500, filled=3000)


def test_rows_that_repeat_others_are_counted_with_their_amounts(tmp_path):
    profile = tmp_path / "p.toml"
    profile.write_text('name = "P"\n[[load]]\nkind = "plans"\nfile = "plans"\ndistinct = true\n')
    path = tmp_path / "plans.csv"
    path.write_text("Name,Price\nA,1.50\nB,2.00\nA,1.50\nA,1.50\n")
    load("--profile", profile, path)
    assert total("Price", "plans") == Total("Price", read=650, refused=0, merged=300, stored=350)
    assert total("", "plans") == Total("", read=4, refused=0, merged=2, stored=2)


def test_prices_that_take_the_place_of_others_are_read_back_too(place, tmp_path):
    service = make_service(location=place, name="a", cost="20.00", login="ann")
    path = tmp_path / "prices.csv"
    path.write_text(f"Service,Effective On,Cost\n#{service.pk},2999-01-01,25.00\n")
    load("prices", path)
    path.write_text(f"Service,Effective On,Cost\n#{service.pk},2999-01-01,26.00\n")
    load("prices", path)
    assert total("Cost", "prices") == Total("Cost", read=2600, refused=0, stored=2600)
    assert total("", "prices").stored == 1


def test_a_check_says_what_the_files_come_to_and_nothing_of_what_is_here(place, tmp_path):
    path = services(tmp_path / "services.csv", "1,a,10.00,2026-01-01\n")
    assert "  Cost: 10.00 in the file\n" in load("services", path, "--dry-run")


def test_an_account_is_charged_less_paid_and_open_less_credit():
    totals = [
        Total("Total", read=0, refused=0, stored=10_000, settled=6_000, open=4_000),
        Total("Amount", read=0, refused=0, stored=7_500, settled=6_000, open=1_500, is_paid=True),
        Total("Cost", read=500, refused=0, stored=500),
    ]
    account = account_of(totals)
    assert (account.charged, account.paid, account.owed) == (10_000, 7_500, 2_500)
    assert (account.open, account.credit, account.difference) == (4_000, 1_500, 0)
    assert account_of(totals[2:]) is None


def test_the_page_of_a_load_shows_the_reconciliation(place, tmp_path, client):
    rows = "1,a,10.00,2026-01-01\n2,c,40.00,2026-01-01\n"
    load("services", services(tmp_path / "services.csv", rows), "--on-error", "skip")
    client.force_login(make_user(ADMINISTRATOR))
    page = client.get(Load.objects.get().get_absolute_url()).content.decode()
    assert "Reconciliation" in page
    assert "40.00 in refused rows" in page
