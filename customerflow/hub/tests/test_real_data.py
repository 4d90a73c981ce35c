"""Real customers and real amounts, which must come out to the cent."""

import csv
from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError
from django.db.models import Sum
from django.db.models.functions import ExtractYear

from billing.invoices import Line, issue_invoice
from billing.models import Invoice, InvoiceLine
from customerflow.hub.demo.vocabulary import CULTURES
from customerflow.hub.tests.loading import DATA, import_ids
from customerflow.money import parse_money
from customers.models import Customer, Location, PriceChange, Service

pytestmark = pytest.mark.django_db

TELCO = DATA / "telco" / "Telco-Customer-Churn.csv"
CHINOOK = DATA / "chinook"


def rows_of(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def write_rows(path: Path, rows: list[dict[str, str]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    return path


@pytest.fixture
def telco(tmp_path) -> list[dict[str, str]]:
    """Load the 7,043 customers, each with a location and a service at its monthly charges; return the file's rows."""
    rows = list(rows_of(TELCO))
    givens, families = (names.split() for names in CULTURES[2])
    people = [
        {
            "ID": row["customerID"],
            "Name": f"{givens[index % 12]} {families[index // 12 % 12]}",
            "Email": "",
            "Phone": "",
        }
        for index, row in enumerate(rows)
    ]
    assert import_ids(write_rows(tmp_path / "id.csv", people)).report["created"] == 7_043
    customers = {customer.number: customer for customer in Customer.objects.all()}
    locations = Location.objects.bulk_create(
        Location(customer=customers[row["customerID"]], address="1 Main Street") for row in rows
    )
    services = Service.objects.bulk_create(
        Service(
            location=location,
            name=row["InternetService"],
            cost=parse_money(row["MonthlyCharges"]),
            starts_on=date(2026, 1, 1),
        )
        for location, row in zip(locations, rows, strict=True)
    )
    PriceChange.objects.bulk_create(PriceChange(service=service, cost=service.cost) for service in services)
    return rows


def test_the_monthly_charges_of_7043_telecom_customers_come_out_to_the_cent(telco):
    wanted = defaultdict(Decimal)
    for row in telco:
        wanted[row["InternetService"]] += Decimal(row["MonthlyCharges"])
    assert sum(wanted.values()) == Decimal("456116.60")
    assert Service.objects.aggregate(sum=Sum("cost"))["sum"] == Decimal("456116.60")
    assert dict(Service.objects.order_by().values_list("name").annotate(Sum("cost"))) == wanted
    assert PriceChange.objects.aggregate(sum=Sum("cost"))["sum"] == Decimal("456116.60")
    kept = Service.objects.values_list("location__customer__number", "cost")
    assert dict(kept) == {row["customerID"]: Decimal(row["MonthlyCharges"]) for row in telco}
    assert Customer.objects.search("7590-VHVEG").get().locations.get().services.get().cost == Decimal("29.85")


def test_an_amount_left_blank_is_refused_and_not_taken_for_zero():
    blank, total = [], Decimal(0)
    for row in rows_of(TELCO):
        try:
            total += parse_money(row["TotalCharges"])
        except ValidationError:
            blank.append((row["TotalCharges"], row["tenure"]))
    assert blank == [(" ", "0")] * 11
    assert total == Decimal("16056168.70")


@pytest.fixture
def chinook(tmp_path) -> dict[str, Customer]:
    """Load the 59 customers, the one whose address is refused without it; return them by number."""
    rejects = tmp_path / "rejects.csv"
    first = import_ids(CHINOOK / "id.csv", "--on-error", "skip", "--rejects", rejects)
    assert [(row["line"], row["column"], row["value"]) for row in first.report["refusals"]] == [
        (50, "Email", "stanisław.wójcik@wp.pl")
    ]
    (refused,) = rows_of(rejects)
    corrected = write_rows(tmp_path / "corrected.csv", [{**refused, "Email": ""}])
    assert import_ids(corrected, "--ignore", "why").report["created"] == 1
    return {customer.number: customer for customer in Customer.objects.all()}


def test_the_412_invoices_of_59_customers_of_24_countries_come_out_to_the_cent(chinook):
    lines = defaultdict(list)
    for row in rows_of(CHINOOK / "InvoiceLine.csv"):
        price = parse_money(row["UnitPrice"])
        lines[row["InvoiceId"]].append(
            Line(description=f"Track {row['TrackId']}", unit_price=price, quantity=int(row["Quantity"]))
        )
    by_invoice, by_customer, by_year = {}, defaultdict(Decimal), defaultdict(Decimal)
    for row in rows_of(CHINOOK / "Invoice.csv"):
        number, customer, total = row["InvoiceId"], row["CustomerId"], Decimal(row["Total"])
        issued_on = date.fromisoformat(row["InvoiceDate"][:10])
        issue_invoice(customer=chinook[customer], lines=lines[number], on=issued_on, number=number)
        by_invoice[number] = total
        by_customer[customer] += total
        by_year[issued_on.year] += total

    invoices = Invoice.objects.order_by()
    assert (len(chinook), len(by_invoice), InvoiceLine.objects.count()) == (59, 412, 2_240)
    assert dict(invoices.values_list("number", "total")) == by_invoice
    assert dict(invoices.values_list("customer__number").annotate(Sum("total"))) == by_customer
    assert dict(invoices.values_list(ExtractYear("issued_on")).annotate(Sum("total"))) == by_year
    assert invoices.aggregate(sum=Sum("total"))["sum"] == Decimal("2328.60")
    assert InvoiceLine.objects.aggregate(sum=Sum("amount"))["sum"] == Decimal("2328.60")
