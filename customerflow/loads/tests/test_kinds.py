"""Every kind of record goes out and comes back as it was, and a load of it is taken back."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from django.conf import settings
from django.db import models

from customerflow.changes.models import ChangeSet
from customerflow.changes.tests.tables import stored_tables
from customerflow.changes.undoing import undo
from customerflow.loads.declaration import KINDS
from customerflow.loads.exporting import pieces
from customerflow.loads.pipeline import load_files
from customerflow.loads.records import rows_of
from customerflow.loads.terms import LoadFile, Policy
from customerflow.loads.tests.loading import load, refused
from customers.models import Customer, Equipment, Service
from customers.price_changes import change_cost
from customers.tests.factories import (
    make_contact,
    make_customer,
    make_equipment,
    make_location,
    make_plan,
    make_service,
)
from tickets.desk import change_status
from tickets.models import Message, Ticket
from tickets.tests.factories import make_ticket, make_ticket_type

pytestmark = pytest.mark.django_db

MINE = ("customers", "contacts", "locations", "plans", "services", "prices", "equipment", "ticket types", "tickets")
TODAY = date(2026, 3, 2)


def stored() -> dict[str, list[tuple]]:
    """Return what is on record, but for who works here."""
    return {kind: rows for kind, rows in stored_tables().items() if not kind.startswith(("staff", "auth"))}


def make_everything() -> None:
    """Make records of every kind, with odd values in every column."""
    customer = make_customer(number="007", name="=SUM(A1)", note="two\nlines", email="a@example.com", phone="555-1234")
    make_customer(status="closed", closed_on=date(2025, 12, 31), is_tax_exempt=True)
    make_contact(customer=customer, name="Ann", role="billing", email="a@example.com", phone="+43 1 5123456")
    place = make_location(
        customer=customer, label="Home", latitude=Decimal("48.208170"), longitude=Decimal("-16.4"), country="AT"
    )
    make_location(customer=customer, address="'quoted'")
    plan = make_plan(name="Fibre 1000", download_mbps=1000, is_offered=False)
    service = make_service(
        location=place, plan=plan, login="ann@isp", ip_address="2001:db8::1", port="olt-1/2", billing_interval=3,
        ends_on=date(2099, 1, 1), contract_ends_on=date(2098, 1, 1), setup_fee=Decimal("10.05"),
    )  # fmt: skip
    make_service(location=place, name="TV")
    change_cost(service=service, cost=Decimal("70.10"), on=TODAY, effective_on=date(2090, 1, 1), reason="more")
    change_cost(service=service, cost=Decimal("61.00"), on=TODAY)
    unit = make_equipment(location=place, serial="S-1", mac="00:1B:44:11:3A:B7", terms="rented")
    make_equipment(status="lost", serial="S-2", cost=Decimal("0.01"))
    kind = make_ticket_type(code="9", name="Störung", default_priority="1_urgent", is_retired=False)
    ticket = make_ticket(customer=customer, type=kind, location=place, service=service, equipment=unit)
    change_status(ticket=ticket, status=Ticket.Status.CLOSED, at=datetime(2026, 3, 2, 10, 0, 0, 123456, tzinfo=UTC))
    make_ticket(customer=customer, type=kind, body="It rains.")


def export(kind: str, path: Path) -> Path:
    content = b"".join(
        piece if isinstance(piece, bytes) else piece.encode() for piece in pieces(path.name, rows_of(KINDS[kind]))
    )
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("ending", ["csv", "xlsx", "json"])
@pytest.mark.parametrize("kind", MINE)
def test_what_is_exported_is_loaded_without_a_change(kind: str, ending: str, tmp_path: Path):
    make_everything()
    before = stored()
    path = export(kind, tmp_path / f"records.{ending}")
    report = load_files([LoadFile(path, KINDS[kind])], Policy())
    assert refused(report) == []
    assert report.counts()["unchanged"] == KINDS[kind].records().count() > 0
    assert stored() == before


def test_all_kinds_exported_are_loaded_together_without_a_change(tmp_path: Path):
    make_everything()
    before = stored()
    files = [LoadFile(export(kind, tmp_path / f"{kind}.csv"), KINDS[kind]) for kind in MINE]
    report = load_files(files, Policy())
    assert (refused(report), report.writes) == ([], False)
    assert stored() == before


NEW = {
    "customers": (
        "ID,Name,Email,Phone,Status,Closed On\nA-1,Ann,ann@example.com,,,\nA-2,Bob,,555-1234,closed,2025-12-31\n"
    ),
    "contacts": "Customer,Name,Role,Phone\nann@example.com,Eve,Technical,\nBob,Carl,,12345\n",
    "locations": (
        "Customer,Label,Address,Latitude\nA-1,Home,1 Main Street,\"48,2\"\nann,Shop,2 Main Street,\nbob,,3 Side Lane,\n"
    ),
    "plans": "Name,Price,Kind\nFibre 500,49.90,internet\nPhone,10,Voice\n",
    "services": (
        "Customer,Location,Plan,Name,Cost,Starts On,Ends On,Login\n"
        "ann@example.com,Home,fibre 500,,,2025-01-15,,ann1\n"
        "A-1,2 Main Street,,Camera,5,2025-02-01,,\n"
        "A-2,,Phone,,,2024-01-01,2025-06-30,bob1\n"
    ),
    "prices": (
        "Customer,Service,Effective On,Cost\n"
        ",ann1,,39.90\n,ann1,2025-07-01,44.90\n,ann1,2026-01-01,49.90\n,ann1,2099-01-01,59.90\n"
        "A-1,Camera,2025-02-01,5\n"
    ),
    "equipment": (
        "Name,Serial,MAC,Customer,Location,Status\n"
        "Router,S-1,001b.4411.3ab7,A-1,Home,\nRouter,S-2,,,,\nRouter,S-3,,,,in repair\n"
    ),
    "ticket_types": "ID,Name,Default Priority,Retired\n1,Fault,Urgent,\n2,Old,,yes\n",
    "tickets": (
        "Number,Customer,Type,Subject,Status,Opened At,Finished At,Service,Equipment,Message\n"
        "77,Ann,Fault,No signal,,2026-03-01 10:00,,ann1,S-1,It rains.\n"
        "78,A-2,2,Old case,closed,2024-03-01T10:00:00+01:00,2024-03-02 10:00,,,\n"
    ),
}  # fmt: skip


def test_all_kinds_are_loaded_at_once_naming_each_other(tmp_path: Path):
    report = load(tmp_path, **NEW)
    assert refused(report) == []
    fibre, camera, phone = Service.objects.order_by("pk")
    assert (fibre.name, fibre.cost, fibre.search_text) == ("Fibre 500", Decimal("49.90"), "fibre 500 ann1")
    assert fibre.location.label == "Home"
    assert camera.location.label == "Shop"
    assert phone.location.customer.number == "A-2"
    prices = fibre.price_changes.order_by("effective_on", "pk").values_list("effective_on", "cost", "applied_at")
    assert [(day, cost, bool(applied)) for day, cost, applied in prices if day] == [
        (date(2025, 7, 1), Decimal("44.90"), True),
        (date(2026, 1, 1), Decimal("49.90"), True),
        (date(2099, 1, 1), Decimal("59.90"), False),
    ]
    assert fibre.price_changes.get(effective_on=None).cost == Decimal("39.90")
    assert camera.price_changes.filter(effective_on=None).get().cost == 5
    assert list(Equipment.objects.order_by("pk").values_list("status", "location__label")) == [
        ("installed", "Home"), ("in_stock", None), ("in_repair", None),
    ]  # fmt: skip
    ticket = Ticket.objects.get(number="77")
    assert (ticket.priority, ticket.service, ticket.equipment.serial) == ("1_urgent", fibre, "S-1")
    assert Message.objects.get().created_at == ticket.opened_at


def test_a_second_load_of_the_same_changes_nothing(tmp_path: Path):
    load(tmp_path, **NEW)
    before = stored()
    report = load(tmp_path, **NEW)
    assert (refused(report), report.writes) == ([], False)
    assert stored() == before


def test_a_load_of_all_kinds_is_undone_as_a_whole(tmp_path: Path):
    before = stored()
    load(tmp_path, **NEW)
    done = ChangeSet.objects.latest("pk")
    assert undo(done).left_alone == 0
    assert stored() == before


def test_what_a_load_makes_is_what_saving_it_gives(tmp_path: Path):
    """What is derived is written by SQL and by Python; both are the same."""
    load(tmp_path, **NEW)
    for kind in MINE:
        model = KINDS[kind].model
        for record in model._base_manager.order_by("pk"):
            before = values(record)
            record.full_clean()
            record.save()
            assert values(model._base_manager.get(pk=record.pk)) == before


def values(record: models.Model) -> dict[str, object]:
    fields = record._meta.local_concrete_fields
    return {field.attname: getattr(record, field.attname) for field in fields if field.attname != "updated_at"}


def test_what_belongs_to_a_refused_row_is_refused_with_it(tmp_path: Path):
    files = NEW | {"customers": NEW["customers"].replace("ann@example.com", "ann@")}
    report = load(tmp_path, policy=Policy(skip_refused=True), **files)
    found = refused(report)
    assert ("customers", 2, "Email", "It is not an e-mail address, such as name@example.com.") in found
    assert {file for file, *_rest in found} == {"customers", "contacts", "locations", "services", "prices", "equipment",
                                                "tickets"}  # fmt: skip
    assert list(Customer.objects.values_list("number", flat=True)) == ["A-2"]
    assert list(Service.objects.values_list("login", flat=True)) == ["bob1"]


def test_an_export_names_columns_that_loading_knows():
    for kind in MINE:
        headings = next(rows_of(KINDS[kind]))
        assert len(set(headings)) == len(headings)
        json.dumps(headings)


@pytest.mark.parametrize("kind", MINE)
def test_the_documentation_names_every_column_and_every_other_heading(kind: str):
    page = (settings.BASE_DIR / "docs" / "loads.md").read_text()
    (row,) = [line for line in page.splitlines() if line.startswith(f"| {kind} |")]
    for column in KINDS[kind].columns:
        said = f"**{column.heading}**" if column.is_required else column.heading
        assert said in row
        aliases = ", ".join(column.aliases) if column.field != "id" else ""
        assert f"({aliases})" in row or not aliases
