"""Which column is what: as a person would say at once, and nothing where a person would have to think."""

import csv

import pytest
from hypothesis import given
from hypothesis import strategies as st

from customerflow.hub.tests.loading import DATA
from customerflow.loads.cleaning import guess_date_order
from customerflow.loads.declaration import KINDS
from customerflow.loads.guessing import guess
from customerflow.loads.headings import accepted, plain
from customerflow.loads.sources import Row

ROWS_LOOKED_AT = 20


def found(kind: str, headings: list[str], *rows: list[str]) -> dict[str, str]:
    """Return which columns of a file are which fields, by heading or by guess; those of one field joined by +."""
    mapping = guess(headings, [Row(line, cells, cells) for line, cells in enumerate(rows, 2)], KINDS[kind])
    known = accepted(KINDS[kind].columns)
    named = {heading: known[plain(heading)].heading for heading in headings if plain(heading) in known}
    return {name: "+".join(origin.headings) for name, origin in mapping.columns.items()} | {
        name: heading for heading, name in named.items()
    }


def of_file(kind: str, name: str) -> dict[str, str]:
    with (DATA / name).open(encoding="utf-8-sig", newline="") as file:
        headings, *rows = [row for row, _number in zip(csv.reader(file), range(1 + ROWS_LOOKED_AT), strict=False)]
    return found(kind, headings, *rows)


def guessed(heading: str, *cells: str, kind: str = "customers", besides: str = "ID") -> str:
    """Return what a column beside another is guessed to be."""
    names = found(kind, [besides, heading], *(["1", cell] for cell in cells))
    return next((name for name, of in names.items() if of == heading), "")


@pytest.mark.parametrize(
    ("heading", "cells", "field"),
    [
        ("customer_name", ["Ann", "Bob"], "Name"),
        ("Cust Name", ["Ann", "Bob"], "Name"),
        ("fullname", ["Ann Lee"], "Name"),
        ("PhoneNo", ["555 1234"], "Phone"),
        ("MSISDN", ["436601234567"], "Phone"),
        ("Mobile number", ["+43 660 1234567"], "Phone"),
        ("E-Mail address", ["ann@example.com", ""], "Email"),
        ("Emial", ["ann@example.com"], "Email"),
        ("Contact", ["ann@example.com", "bob@example.com"], "Email"),
        ("Account state", ["active", "Closed", "active"], "Status"),
        ("Comments", ["pays late"], "Note"),
        # Another thing stands under it than it says.
        ("customer_email", ["555 1234", "555 4321"], ""),
        ("Colour", ["red", "blue"], ""),
        ("Fax", ["555 1234"], ""),
        ("", ["x"], ""),
        # It may be one of several things, or is a part of one.
        ("FirstName", ["Ann"], ""),
        ("Company name", ["Acme"], ""),
        ("Newsletter", ["Yes", "No"], ""),
        ("tenure", ["1", "34"], ""),
        ("Created", ["2026-01-31"], ""),
        ("Name2", ["Ann"], ""),
        ("Language", ["de", "en"], "Language"),
    ],
)
def test_a_column_is_told_by_the_words_of_its_heading_by_likeness_and_by_content(heading, cells, field):
    assert guessed(heading, *cells) == field


@pytest.mark.parametrize("heading", ["Customer No.", "CustomerId", "custnum", "Acct #", "client_id", "Account Number"])
def test_the_number_of_a_customer_has_many_names_and_is_that_of_the_customer_elsewhere(heading):
    assert guessed(heading, "1001", besides="Phone") == "ID"
    assert guessed(heading, "1001", kind="services", besides="Cost") == "Customer"


@pytest.mark.parametrize(
    ("kind", "heading", "cell", "field"),
    [
        ("services", "MonthlyCharges", "29.85", "Cost"),
        ("services", "Monthly fee", "29.85", "Cost"),
        ("services", "TotalCharges", "1889.5", ""),
        ("services", "Tariff", "Fibre 100", "Plan"),
        ("services", "username", "ann", "Login"),
        ("services", "ipv4", "192.0.2.1", "IP Address"),
        ("services", "Framed address", "192.0.2.1", "IP Address"),
        ("plans", "Monthly fee", "29.85", "Price"),
        ("plans", "package_name", "Fibre 100", "Name"),
        ("equipment", "Monthly fee", "2.00", "Monthly Rent"),
        ("equipment", "hardware", "00:1b:63:84:45:e6", "MAC"),
        ("locations", "Street 1", "Main Street 1", "Address"),
        ("locations", "address2", "Door 5", ""),
        ("locations", "zipcode", "90210", "Postcode"),
        ("locations", "suburb", "Ely", "City"),
        ("locations", "country code", "AT", "Country"),
        ("locations", "countryId", "12", ""),
        ("locations", "stateId", "12", ""),
        ("invoices", "InvoiceNo", "R1", "Number"),
        ("invoices", "Date due", "31.01.2026", "Due On"),
        ("payments", "Paid amount", "10.00", ""),
        ("invoice lines", "InvoiceLineId", "1", ""),
        ("invoice lines", "InvoiceId", "1", "Invoice"),
        ("invoice lines", "Qty", "1", "Quantity"),
    ],
)
def test_words_of_other_systems_are_known(kind, heading, cell, field):
    assert guessed(heading, cell, cell, kind=kind, besides="other") == field


def test_the_columns_of_the_telecom_file_are_told_and_no_other_is_made_up():
    name = "telco/Telco-Customer-Churn.csv"
    assert of_file("customers", name) == {"ID": "customerID"}
    assert of_file("services", name) == {"Customer": "customerID", "Cost": "MonthlyCharges"}
    assert of_file("plans", name) == {"Price": "MonthlyCharges"}


def test_the_columns_of_chinook_are_told_and_no_other_is_made_up():
    assert of_file("customers", "chinook/Customer.csv") == {
        "ID": "CustomerId",
        "Name": "FirstName+LastName",
        "Phone": "Phone",
        "Email": "Email",
    }
    assert of_file("locations", "chinook/Customer.csv") == {
        "Customer": "CustomerId",
        "Address": "Address",
        "City": "City",
        "Region": "State",
        "Country": "Country",
        "Postcode": "PostalCode",
    }
    assert of_file("invoices", "chinook/Invoice.csv") == {
        "Number": "InvoiceId",
        "Customer": "CustomerId",
        "Issued On": "InvoiceDate",
        "Total": "Total",
    }
    assert of_file("invoice lines", "chinook/InvoiceLine.csv") == {
        "Invoice": "InvoiceId",
        "Unit Price": "UnitPrice",
        "Quantity": "Quantity",
    }


# What other billing systems for ISPs call their columns, as their documentation has it.
OTHERS = {
    "Splynx": (
        ["Login", "Full name", "Email", "Billing email", "Phone Number", "Category", "Street", "ZIP code", "City"],
        {"Name": "Full name", "Email": "Email", "Phone": "Phone Number"},
        {"Address": "Street", "Postcode": "ZIP code", "City": "City"},
    ),
    "UISP": (
        [
            *("id", "userIdent", "firstName", "lastName", "companyName", "companyContactFirstName", "street1"),
            *("street2", "city", "stateId", "zipCode", "note", "accountBalance", "registrationDate", "isActive"),
        ],
        {"ID": "id", "Name": "firstName+lastName", "Note": "note"},
        {"Address": "street1", "City": "city", "Postcode": "zipCode"},
    ),
    "Freeside": (
        ["custnum", "last", "first", "company", "address1", "address2", "city", "state", "zip", "daytime", "night"],
        {"ID": "custnum", "Name": "first+last"},
        {"Customer": "custnum", "Address": "address1", "City": "city", "Region": "state", "Postcode": "zip"},
    ),
    "Server Plus": (
        ["name", "address", "address2", "username", "status", "password", "city", "state", "zip", "phone"],
        {"Name": "name", "Status": "status", "Phone": "phone"},
        {"Address": "address", "City": "city", "Region": "state", "Postcode": "zip"},
    ),
    "FlowTrack": (
        ["first_name", "last_name", "email", "phone", "service_address", "city", "account_number", "notes"],
        {"ID": "account_number", "Name": "first_name+last_name", "Email": "email", "Phone": "phone", "Note": "notes"},
        {"Customer": "account_number", "Address": "service_address", "City": "city"},
    ),
    "Zuora": (
        ["Customer Name", "Account Number", "Sold To", "Bill To"],
        {"ID": "Account Number", "Name": "Customer Name"},
        {"Customer": "Account Number"},
    ),
}


@pytest.mark.parametrize("system", OTHERS)
def test_the_headings_of_other_billing_systems_are_told_without_a_row(system):
    headings, customers, locations = OTHERS[system]
    assert found("customers", headings) == customers
    assert found("locations", headings) == locations


def test_what_says_what_it_is_keeps_its_field():
    assert guessed("Customer Name", "Ann", besides="Name") == ""
    assert found("customers", ["Name", "FirstName", "LastName"]) == {"Name": "Name"}


@pytest.mark.parametrize(
    ("headings", "row"), [(["one", "two"], ["a@example.com", "b@example.com"]), (["Mobile", "Cell"], ["5551234"] * 2)]
)
def test_of_two_columns_that_may_be_one_field_neither_is_sure(headings, row):
    assert found("customers", headings, row) == {}


def test_a_number_names_a_customer_better_than_a_name():
    assert found("services", ["client_name", "client_no"]) == {"Customer": "client_no"}
    assert found("services", ["client_name"]) == {"Customer": "client_name"}


@pytest.mark.parametrize(
    ("cells", "order"),
    [
        (["31.01.2026", "01.02.2026"], "dmy"),
        (["1/31/2026 00:00", "2/1/2026"], "mdy"),
        (["2026/01/31", "2026/02/01"], "ymd"),
        (["01/02/2026", "02/02/2026"], ""),
        (["31/01/2026", "01/31/2026"], ""),
        (["2026-01-31", "31.01.2026"], "dmy"),
        (["31.01.26", "a word", ""], ""),
        ([], ""),
    ],
)
def test_the_order_of_dates_is_told_where_they_leave_no_doubt(cells, order):
    assert guess_date_order(cells) == order


def test_the_order_of_dates_is_offered_with_the_columns():
    rows = [Row(2, ["1", "03.02.2026"], []), Row(3, ["2", "31.01.2026"], [])]
    mapping = guess(["no", "issue date"], rows, KINDS["invoices"])
    assert mapping.date_order == "dmy"
    assert mapping.columns["Issued On"].headings == ("issue date",)
    assert guess(["no", "issue date"], rows[:1], KINDS["invoices"]).date_order == ""


@given(st.dates(), st.sampled_from(["dmy", "mdy"]))
def test_no_order_is_told_that_a_date_contradicts(day, order):
    parts = {"dmy": (day.day, day.month), "mdy": (day.month, day.day)}[order]
    assert guess_date_order([f"{parts[0]}/{parts[1]}/{day.year:04}"]) in {"", order}


@given(st.lists(st.text(max_size=8), max_size=4), st.lists(st.text(max_size=8), max_size=4))
def test_any_headings_and_cells_have_a_guess(headings, cells):
    rows = [Row(2, (cells * 4)[: len(headings)] or [""] * len(headings), [])] if cells else []
    for declaration in KINDS.values():
        mapping = guess(headings, rows, declaration)
        assert set(mapping.columns) <= {column.heading for column in declaration.columns}
