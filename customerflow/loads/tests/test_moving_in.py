"""Whole companies move in from other systems: to the cent, in one act, and out again as if they had never been here."""

import zipfile
from pathlib import Path

import pytest
from django.core.management import CommandError
from django.db.models import Sum
from django.test import Client

from billing.models import Allocation, Invoice, InvoiceLine, Payment
from customerflow.changes.undoing import undo
from customerflow.hub.tests.loading import DATA
from customerflow.loads.models import Load, LoadedFile
from customerflow.loads.reconciling import Total, account_of
from customerflow.loads.tests.old_isp import write_old_isp
from customerflow.loads.tests.running import load, of_the_trade
from customerflow.money import format_money, from_minor
from customerflow.staff.roles import ADMINISTRATOR
from customerflow.staff.tests.factories import make_user
from customers.models import Customer, Equipment, Location, Plan, PriceChange, Service

pytestmark = pytest.mark.django_db

TELCO = DATA / "telco" / "Telco-Customer-Churn.csv"
CHINOOK = [DATA / "chinook" / f"{name}.csv" for name in ("Customer", "Invoice", "InvoiceLine")]


def totals(load: Load) -> dict[tuple[str, str], Total]:
    """Return what the files of a load came to, by kind and column."""
    return {(file.kind, kept["column"]): Total.of(kept) for file in load.files.all() for kept in file.totals}


def differences(load: Load) -> set[int]:
    return {total.difference for total in totals(load).values()}


def test_7043_telecom_customers_come_in_from_one_file_to_the_cent_and_go_again():
    before = of_the_trade()
    text = load("--profile", "telco", TELCO)
    assert "  Cost: 456,116.60 in the file, 456,116.60 here, difference 0.00\n" in text
    assert [model.objects.count() for model in (Customer, Location, Plan, Service)] == [7_043, 7_043, 3, 7_043]
    assert PriceChange.objects.aggregate(sum=Sum("cost"))["sum"] == Service.objects.aggregate(sum=Sum("cost"))["sum"]
    done, loaded = Load.objects.get(), of_the_trade()
    load("--profile", "telco", TELCO)
    again = Load.objects.latest("pk")
    assert (again.unchanged, again.change_set) == (3 * 7_043 + 3, None)
    assert of_the_trade() == loaded
    undo(done.change_set)
    assert of_the_trade() == before


def test_chinook_comes_in_but_for_the_one_address_and_what_belongs_to_it():
    before = of_the_trade()
    text = load("--profile", "chinook", *CHINOOK, "--on-error", "skip")
    done = Load.objects.get()
    assert [model.objects.count() for model in (Customer, Location)] == [58, 58]
    assert [model.objects.count() for model in (Invoice, InvoiceLine)] == [405, 2_202]
    assert Invoice.objects.aggregate(sum=Sum("total"))["sum"] == InvoiceLine.objects.aggregate(sum=Sum("amount"))["sum"]
    assert "Email “stanisław.wójcik@wp.pl”: It is not an e-mail address" in text
    assert "  Total: 2,328.60 in the file, 2,290.98 here, difference 0.00; 37.62 in refused rows\n" in text
    found = totals(done)
    assert {kind: (found[kind, ""].read, found[kind, ""].refused) for kind in ("customers", "locations")} == {
        "customers": (59, 1),
        "locations": (59, 1),
    }
    assert (found["invoices", ""].read, found["invoices", ""].refused) == (412, 7)
    assert (found["invoice lines", ""].read, found["invoice lines", ""].refused) == (2_240, 38)
    assert differences(done) == {0}
    years = found["invoices", "Total"].years
    assert [year for year, _said, _stored in years] == ["2021", "2022", "2023", "2024", "2025"]
    assert all(said == stored for _year, said, stored in years)
    assert sum(stored for _year, _said, stored in years) == 229_098
    assert account_of(found.values()).owed == 229_098
    loaded = of_the_trade()
    load("--profile", "chinook", *CHINOOK, "--on-error", "skip")
    again = Load.objects.latest("pk")
    assert (again.created, again.changed, again.change_set) == (0, 0, None)
    assert of_the_trade() == loaded
    undo(done.change_set)
    assert of_the_trade() == before


def test_what_was_refused_of_chinook_comes_in_when_it_is_corrected_and_all_is_loaded_again(tmp_path: Path):
    load("--profile", "chinook", *CHINOOK, "--on-error", "skip")
    customers = tmp_path / "Customer.csv"
    customers.write_text(CHINOOK[0].read_text(encoding="utf-8").replace("stanisław.wójcik@wp.pl", ""), encoding="utf-8")
    text = load("--profile", "chinook", customers, *CHINOOK[1:])
    assert [model.objects.count() for model in (Customer, Invoice, InvoiceLine)] == [59, 412, 2_240]
    again = Load.objects.latest("pk")
    assert (again.created, again.changed, again.refused) == (1 + 1 + 7 + 38, 0, 0)
    assert "  Total: 2,328.60 in the file, 2,328.60 here, difference 0.00\n" in text
    assert set(Invoice.objects.values_list("origin", flat=True)) == {"Chinook"}
    assert Location.objects.get(customer__number="2").country == "DE"
    assert InvoiceLine.objects.order_by("pk").first().description == "Track 2"


def test_an_old_billing_system_comes_in_from_an_archive_in_one_act_and_goes_again(tmp_path: Path, client: Client):
    (tmp_path / "old").mkdir()
    sums = write_old_isp(tmp_path / "old", customers=30, invoices=60, lines=200, payments=60)
    with zipfile.ZipFile(tmp_path / "old.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted((tmp_path / "old").iterdir()):
            archive.write(path, f"old/{path.name}")
    before = of_the_trade()
    load("--profile", "isp", tmp_path / "old.zip", "--origin", "Old billing")
    done = Load.objects.get()
    assert differences(done) == {0}
    assert (done.profile, done.origin, done.refused) == ("Old ISP billing", "Old billing", 0)
    counts = [model.objects.count() for model in (Customer, Service, Equipment, Invoice, InvoiceLine, Payment)]
    assert counts == [30, 30, 10, 60, 200, 60]
    account = account_of(totals(done).values())
    assert (account.charged, account.paid, account.difference) == (sums["charged"], sums["paid"], 0)
    assert account.owed == sums["charged"] - sums["paid"]
    assert Allocation.objects.aggregate(sum=Sum("amount"))["sum"] * 100 == sums["paid"] - account.credit
    client.force_login(make_user(ADMINISTRATOR))
    page = client.get(done.get_absolute_url()).content.decode()
    assert "Total of 2024, without what is refused" in page
    assert f"<dd><b>{format_money(from_minor(account.owed))}</b></dd>" in page
    loaded = of_the_trade()
    load("--profile", "isp", tmp_path / "old.zip", "--origin", "Old billing")
    assert (Load.objects.latest("pk").created, Load.objects.latest("pk").changed) == (0, 0)
    assert of_the_trade() == loaded
    undo(done.change_set)
    assert of_the_trade() == before


def test_optional_files_may_be_missing_and_needed_ones_not(tmp_path: Path):
    write_old_isp(tmp_path, customers=3, invoices=3, lines=6, payments=3)
    for name in ("contacts", "equipment", "invoices", "invoice_lines", "payments"):
        (tmp_path / f"{name}.csv").unlink()
    load("--profile", "isp", tmp_path)
    assert list(LoadedFile.objects.order_by("position").values_list("kind", flat=True)) == [
        *("customers", "plans", "locations", "services")
    ]
    (tmp_path / "plans.csv").unlink()
    with pytest.raises(CommandError, match="there is no file “plans”"):
        load("--profile", "isp", tmp_path)
