"""A row that the database would not take is refused in words, with its column, before the last step."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from customerflow.changes.tests.tables import stored_tables
from customerflow.loads.declaration import KINDS
from customerflow.loads.tests.loading import load, refused
from customerflow.staff.tests.factories import make_user
from customers.tests.factories import (
    make_customer,
    make_equipment,
    make_former_number,
    make_location,
    make_plan,
    make_service,
)
from tickets.tests.factories import make_ticket, make_ticket_type

pytestmark = pytest.mark.django_db

CUSTOMERS = "ID,Name,Email,Phone"
SERVICE = "Customer,Name,Cost,Starts On"
TICKET = "Number,Customer,Type,Subject,Opened At"
LONG = "x" * 400
# By constraint: the headings of a file, a row that is against it, and the column to blame.
WRONG = {
    "customers_customer_number_length": (CUSTOMERS, ",Ann,,", "ID"),
    "customers_customer_name_length": (CUSTOMERS, f"1,{LONG},,", "Name"),
    "customers_customer_email_length": (CUSTOMERS, f"1,Ann,{LONG}@example.com,", "Email"),
    "customers_customer_phone_length": (CUSTOMERS, f"1,Ann,,{'1' * 41}", "Phone"),
    "customers_customer_note_length": (f"{CUSTOMERS},Note", f"1,Ann,,,{LONG * 13}", "Note"),
    "customers_customer_status_known": (f"{CUSTOMERS},Status", "1,Ann,,,gone", "Status"),
    "customers_customer_billing_day_range": (f"{CUSTOMERS},Billing Day", "1,Ann,,,32", "Billing Day"),
    "customers_customer_payment_terms_range": (f"{CUSTOMERS},Payment Terms", "1,Ann,,,366", "Payment Terms"),
    "customers_customer_closed_on_iff_closed": (f"{CUSTOMERS},Status", "1,Ann,,,closed", "Closed On"),
    "customers_customer_channel_known": (f"{CUSTOMERS},Channel", "1,Ann,,,pigeon", "Channel"),
    "customers_customer_language_length": (f"{CUSTOMERS},Language", f"1,Ann,,,{LONG}", "Language"),
    "customers_contact_name_length": ("Customer,Name", f"A-1,{LONG}", "Name"),
    "customers_contact_phone_length": ("Customer,Name,Phone", f"A-1,Eve,{'1' * 41}", "Phone"),
    "customers_contact_email_length": ("Customer,Name,Email", f"A-1,Eve,{LONG}@example.com", "Email"),
    "customers_contact_role_known": ("Customer,Name,Role", "A-1,Eve,boss", "Role"),
    "customers_location_address_length": ("Customer,Address", "A-1,", "Address"),
    "customers_location_label_length": ("Customer,Label,Address", f"A-1,{LONG},1 Street", "Label"),
    "customers_location_city_length": ("Customer,Address,City", f"A-1,1 Street,{LONG}", "City"),
    "customers_location_region_length": ("Customer,Address,Region", f"A-1,1 Street,{LONG}", "Region"),
    "customers_location_postcode_length": ("Customer,Address,Postcode", f"A-1,1 Street,{LONG}", "Postcode"),
    "customers_location_country_length": ("Customer,Address,Country", "A-1,1 Street,Austria", "Country"),
    "customers_location_access_notes_length": ("Customer,Address,Access Notes", f"A-1,1,{LONG * 6}", "Access Notes"),
    "customers_location_latitude_range": ("Customer,Address,Latitude", "A-1,1 Street,90.1", "Latitude"),
    "customers_location_longitude_range": ("Customer,Address,Longitude", "A-1,1 Street,-180.000001", "Longitude"),
    "customers_equipment_name_length": ("Name,Serial", ",S-1", "Name"),
    "customers_equipment_model_length": ("Name,Serial,Model", f"Router,S-1,{LONG}", "Model"),
    "customers_equipment_serial_length": ("Name,Serial", f"Router,{LONG}", "Serial"),
    "customers_equipment_mac_length": ("Name,MAC", "Router,00:1B", "MAC"),
    "customers_equipment_terms_known": ("Name,Serial,Terms", "Router,S-1,stolen", "Terms"),
    "customers_equipment_status_known": ("Name,Serial,Status", "Router,S-1,stolen", "Status"),
    "customers_equipment_cost_minimum": ("Name,Serial,Cost", "Router,S-1,-1", "Cost"),
    "customers_equipment_monthly_rent_minimum": ("Name,Serial,Monthly Rent", "Router,S-1,-0.01", "Monthly Rent"),
    "customers_equipment_installed_iff_located": ("Name,Serial,Status", "Router,S-1,installed", "Status"),
    "customers_pricechange_cost_minimum": ("Service,Effective On,Cost", "ann1,2090-01-01,-1", "Cost"),
    "customers_pricechange_reason_length": ("Service,Effective On,Cost,Reason", f"ann1,2090-01-01,1,{LONG}", "Reason"),
    "customers_pricechange_one_a_day": (
        "Service,Effective On,Cost", "ann1,2090-01-01,1\nann1,2090-01-01,2", "Service"),
    "customers_pricechange_one_first": ("Service,Effective On,Cost", "ann1,,1\nann1,,2", "Service"),
    "customers_plan_name_length": ("Name,Price", f"{LONG},1", "Name"),
    "customers_plan_kind_known": ("Name,Price,Kind", "A,1,radio", "Kind"),
    "customers_plan_price_minimum": ("Name,Price", "A,-1", "Price"),
    "customers_plan_download_mbps_range": ("Name,Price,Download", "A,1,1000001", "Download Mbps"),
    "customers_plan_upload_mbps_range": ("Name,Price,Upload", "A,1,-1", "Upload Mbps"),
    "customers_service_name_length": (SERVICE, f"A-1,{LONG},1,2026-01-01", "Name"),
    "customers_service_login_length": (f"{SERVICE},Login", f"A-1,New,1,2026-01-01,{LONG}", "Login"),
    "customers_service_port_length": (f"{SERVICE},Port", f"A-1,New,1,2026-01-01,{LONG}", "Port"),
    "customers_service_cost_minimum": (SERVICE, "A-1,New,-1,2026-01-01", "Cost"),
    "customers_service_setup_fee_minimum": (f"{SERVICE},Setup Fee", "A-1,New,1,2026-01-01,-1", "Setup Fee"),
    "customers_service_early_termination_fee_minimum": (
        f"{SERVICE},Early Termination Fee", "A-1,New,1,2026-01-01,-1", "Early Termination Fee"),
    "customers_service_ends_on_order": (f"{SERVICE},Ends On", "A-1,New,1,2026-01-02,2026-01-01", "Ends On"),
    "customers_service_billing_interval_known": (f"{SERVICE},Billing Interval", "A-1,New,1,2026-01-01,2",
                                                 "Billing Interval"),
    "tickets_tickettype_code_length": ("ID,Name", ",Fault", "ID"),
    "tickets_tickettype_name_length": ("ID,Name", f"1,{LONG}", "Name"),
    "tickets_tickettype_default_priority_known": ("ID,Name,Default Priority", "1,Fault,soon", "Default Priority"),
    "tickets_ticket_subject_length": (TICKET, f"1,A-1,f,{LONG},2026-01-01", "Subject"),
    "tickets_ticket_status_known": (f"{TICKET},Status", "1,A-1,f,Help,2026-01-01,lost", "Status"),
    "tickets_ticket_priority_known": (f"{TICKET},Priority", "1,A-1,f,Help,2026-01-01,soon", "Priority"),
    "tickets_ticket_source_known": (f"{TICKET},Source", "1,A-1,f,Help,2026-01-01,fax", "Source"),
    "tickets_ticket_finished_at_iff_finished": (f"{TICKET},Status", "1,A-1,f,Help,2026-01-01,closed", "Finished At"),
}  # fmt: skip
KIND_OF = {KINDS[kind].model._meta.label_lower.replace(".", "_"): kind for kind in KINDS}
MINE = ("customers", "contacts", "locations", "plans", "services", "prices", "equipment", "ticket types", "tickets")


@pytest.fixture
def world() -> None:
    """One customer with one location, a service that has ended and one that goes on, a unit and a ticket."""
    customer = make_customer(number="A-1", name="Ann", email="ann@example.com")
    place = make_location(customer=customer, label="Home", address="1 Main Street")
    make_plan(name="Fibre", price=Decimal("49.90"))
    make_service(location=place, name="Fibre", login="ann1", ip_address="10.0.0.1", port="p1")
    make_service(location=place, name="Old", ends_on=date(2026, 1, 31))
    make_equipment(name="Router", serial="S-0", mac="00:00:00:00:00:01", location=place)
    make_ticket(customer=customer, type=make_ticket_type(code="f", name="Fault"))
    make_ticket_type(code="r", name="Retired", is_retired=True)
    gone = make_customer(number="Z-9", name="Zoe", status="closed", closed_on=date(2025, 12, 31))
    make_location(customer=gone, address="9 Far Lane")
    make_user(username="gone", is_active=False)


def kind_of(constraint: str) -> str:
    return KIND_OF["_".join(constraint.split("_")[:2])]


# Of columns that the product works out: no file can say what is in them.
WORKED_OUT = {"tickets_ticket_due_step_known"}


def check_refused(folder: Path, kind: str, headings: str, rows: str, column: str) -> list[str]:
    """Load a file that is refused, and return why; nothing is written."""
    before = stored_tables()
    report = load(folder, **{kind.replace(" ", "_"): f"{headings}\n{rows}\n"})
    found = refused(report)
    assert column in {heading for _file, _line, heading, _reason in found}, found
    assert stored_tables() == before
    return [reason for _file, _line, heading, reason in found if heading == column]


def test_every_constraint_of_every_kind_has_a_wrong_row():
    constraints = {constraint.name for kind in MINE for constraint in KINDS[kind].model._meta.constraints}
    assert constraints - WORKED_OUT == WRONG.keys()


@pytest.mark.parametrize("constraint", WRONG)
def test_what_is_against_a_constraint_is_refused_in_words(constraint: str, tmp_path: Path, world):
    headings, rows, column = WRONG[constraint]
    assert all(check_refused(tmp_path, kind_of(constraint), headings, rows, column))


@pytest.mark.parametrize(
    ("kind", "headings", "rows", "column", "why"),
    [
        ("customers", f"{CUSTOMERS},Status,Closed On", "2,Bob,,,closed,2999-01-01", "Closed On", "still to come"),
        ("customers", f"{CUSTOMERS},Status,Closed On", "A-1,Ann,,,closed,2026-01-01", "Status", "its page"),
        ("customers", f"{CUSTOMERS},Status", "Z-9,Zoe,,,active", "Status", "its page"),
        ("customers", f"{CUSTOMERS},Closed On", "Z-9,Zoe,,,2025-01-01", "Closed On", "stays as it is"),
        ("contacts", "Customer,Name", "A-3,Eve", "Customer", "There are no customers with this number"),
        ("contacts", "Name", "Eve", "", "Nothing tells which record"),
        ("services", "Login,Cost,Starts On,Name", "new,1,2026-01-01,TV", "Location", "A new record needs it"),
        ("services", "Customer,Name,Cost,Login", "A-1,TV,1,new", "Starts On", "A new record needs it"),
        ("services", "Customer,Login,Cost,Starts On", "A-1,new,1,2026-01-01", "Name", "or a plan"),
        ("services", "Customer,Name,Starts On", "A-1,TV,2026-01-01", "Cost", "or a plan"),
        ("services", "Customer,Name,Cost", "A-1,Old,1", "Cost", "has ended"),
        ("services", "Customer,Name,Cost,Starts On", "Z-9,TV,1,2026-01-01", "Customer", "is closed"),
        ("services", "Customer,Name,Cost,Starts On,Ends On", "Z-9,TV,1,2025-01-01,2026-01-01", "Customer", "is closed"),
        ("services", "Customer,Name,Ends On", "A-1,Old,2025-12-31", "Ends On", "before the first"),
        ("services", f"{SERVICE},Login", "A-1,B,1,2026-01-01,b\nA-1,C,1,2026-01-01,b", "Login", "twice"),
        ("services", f"{SERVICE},IP Address", "A-1,B,1,2026-01-01,10.0.0.1", "IP Address", "Another record has it"),
        ("services", f"{SERVICE},Port", "A-1,B,1,2026-01-01,p1", "Port", "Another record has it"),
        ("equipment", "Name,Serial,MAC", "Router,S-1,000000000001", "MAC", "Another record has it"),
        ("equipment", "Name", "Router", "", "Nothing tells which record"),
        ("equipment", "Serial,Customer,Location", "S-0,Z-9,9 Far Lane", "Location", "is closed"),
        ("equipment", "Serial,Location,Status", "S-0,Home,lost", "Status", "exactly while"),
        ("prices", "Service,Effective On,Cost", "ann1,2026-01-05,1", "Effective On", "The past"),
        ("prices", "Service,Effective On,Cost", "ann1,,1", "Effective On", "The past"),
        ("prices", "Service,Effective On,Cost", "Old,2999-01-05,1", "Effective On", "ends before"),
        ("tickets", "Number,Status,Finished At", "1,closed,2020-01-01", "Finished At", "before it is opened"),
        ("tickets", "Number,Customer", "1,Z-9", "Customer", "stays where it is"),
        ("tickets", TICKET, "2,A-1,Retired,Help,2026-01-01", "Type", "retired"),
        ("tickets", f"{TICKET},Assignee", "2,A-1,f,Help,2026-01-01,gone", "Assignee", "does not work here"),
        ("tickets", f"{TICKET},Assignee", "2,A-1,f,Help,2026-01-01,nobody", "Assignee", "no users with this user name"),
        ("tickets", f"{TICKET},Equipment", "2,Z-9,f,Help,2026-01-01,S-0", "Equipment", "another customer"),
        ("tickets", f"{TICKET},Service", "2,Z-9,f,Help,2026-01-01,ann1", "Service", "no services with this"),
        ("tickets", TICKET, "2,A-1,f,Help,2026-01-01 25:00", "Opened At", "no such moment"),
        ("tickets", TICKET, "2,A-1,f,Help,2026-01-01 noon", "Opened At", "a date and a time like"),
    ],
)  # fmt: skip
def test_what_no_form_would_take_is_refused_in_words(kind, headings, rows, column, why, tmp_path: Path, world):
    reasons = check_refused(tmp_path, kind, headings, rows, column)
    assert any(why in reason for reason in reasons), reasons


def test_services_of_a_customer_who_is_loaded_as_closed_end_by_then(tmp_path: Path, world):
    files = {
        "customers": "ID,Name,Email,Phone,Status,Closed On\n5,Eve,,,closed,2025-06-30\n",
        "locations": "Customer,Address\n5,5 Road\n",
        "services": f"{SERVICE},Ends On\n5,TV,1,2024-01-01,2025-06-30\n5,Net,1,2024-01-01,2025-07-01\n",
        "equipment": "Name,Serial,Customer,Location\nRouter,S-5,5,5 Road\n",
    }  # fmt: skip
    found = refused(load(tmp_path, **files))
    assert [(file, line, heading) for file, line, heading, _reason in found] == [
        ("equipment", 2, "Location"),
        ("services", 3, "Customer"),
    ]


def test_a_former_number_is_refused_as_a_key_and_understood_as_a_name(tmp_path: Path, world):
    survivor = make_customer(number="A-2", name="Bea")
    make_former_number(number="A-20", customer=survivor)
    assert "merged into Bea (A-2)" in refused(load(tmp_path, customers="ID,Name,Email,Phone\nA-20,Bea,,\n"))[0][3]
    assert refused(load(tmp_path, contacts="Customer,Name\nA-20,Ben\n")) == []
    assert survivor.contacts.get().name == "Ben"
