"""Records named in the files of others: by what people call them, among stored and new ones, never guessed."""

from datetime import date
from pathlib import Path

import pytest

from customerflow.loads.models import OnExisting
from customerflow.loads.terms import Policy
from customerflow.loads.tests.loading import load, refused
from customers.models import Contact, Customer, Equipment, Location, Plan, Service
from customers.tests.factories import make_customer, make_equipment, make_location, make_plan, make_service
from tickets.models import Ticket
from tickets.tests.factories import make_ticket, make_ticket_type

pytestmark = pytest.mark.django_db

START = "2026-01-01"


def contact_of(folder: Path, name: str) -> tuple[str, str]:
    """Load a contact of the customer that `name` names; return that one's number, or why there is none."""
    report = load(folder, contacts=f"Customer,Name\n{name},Eve\n")
    if found := refused(report):
        return "", found[0][3]
    return Contact.objects.get().customer.number, ""


@pytest.mark.parametrize("name", ["A-1", "ann@EXAMPLE.com", "ANN  EXAMPLE", "Änn Example"])
def test_a_customer_is_named_by_number_e_mail_or_name(name: str, tmp_path: Path):
    make_customer(number="A-1", name="Ann Example", email="Ann@example.com")
    make_customer(number="A-2", name="Anna Example")
    assert contact_of(tmp_path, name) == ("A-1", "")


def test_a_customer_is_named_by_our_number_where_nobody_has_it_as_account_number(tmp_path: Path):
    customer = make_customer(number="A-1")
    make_customer(number=str(customer.pk))
    assert contact_of(tmp_path, f"#{customer.pk}") == ("A-1", "")


def test_a_name_that_could_be_several_is_refused_with_all_of_them(tmp_path: Path):
    first, second = (make_customer(number=number, name="Ann", email="a@example.com") for number in ("1", "2"))
    for name in ("ann", "A@example.com"):
        number, reason = contact_of(tmp_path, name)
        assert number == ""
        assert f"Ann (1) (#{first.pk}), Ann (2) (#{second.pk})" in reason


def test_a_name_that_nobody_has_is_refused_with_those_that_are_like_it(tmp_path: Path):
    make_customer(number="1", name="Ann Example")
    assert "Is it one of these: Ann Example (1)" in contact_of(tmp_path, "Example")[1]


def test_new_and_stored_records_of_one_name_are_ambiguous_together(tmp_path: Path):
    make_customer(number="1", name="Ann")
    files = {"customers": "ID,Name,Email,Phone\n2,Ann,,\n", "contacts": "Customer,Name\nAnn,Eve\n"}
    (refusal,) = refused(load(tmp_path, **files))
    assert "could be one of 2 customers: Ann (1) (#" in refusal[3]
    assert "Ann (2) (new)" in refusal[3]


def test_what_belongs_to_another_customer_is_not_found(tmp_path: Path):
    ann, bob = make_customer(number="1", name="Ann"), make_customer(number="2", name="Bob")
    home = make_location(customer=ann, label="Home")
    other = make_location(customer=bob, label="Home")
    service = f"Customer,Location,Name,Cost,Starts On\nAnn,Home,TV,1,{START}\n2,#{other.pk},TV,1,{START}\n"
    assert refused(load(tmp_path, services=service)) == []
    assert list(Service.objects.order_by("pk").values_list("location", flat=True)) == [home.pk, other.pk]
    wrong = f"Customer,Location,Name,Cost,Starts On\nAnn,#{other.pk},Net,1,{START}\n"
    assert "There are no locations with this" in refused(load(tmp_path, services=wrong))[0][3]


def test_without_a_customer_a_label_that_several_have_is_ambiguous(tmp_path: Path):
    for number in ("1", "2"):
        make_location(customer=make_customer(number=number), label="Home")
    make_location(customer=make_customer(number="3"), label="Shop")
    files = f"Location,Name,Cost,Starts On\nHome,TV,1,{START}\nShop,TV,1,{START}\n"
    (refusal,) = refused(load(tmp_path, services=files))
    assert refusal[1] == 2
    assert "could be one of 2 locations" in refusal[3]


def test_the_only_location_of_a_customer_needs_no_name(tmp_path: Path):
    customer = make_customer(number="1")
    place = make_location(customer=customer)
    rows = f"Customer,Name,Cost,Starts On\n1,TV,1,{START}\n"
    assert refused(load(tmp_path, services=rows)) == []
    assert Service.objects.get().location == place
    make_location(customer=customer, address="2 Side Street")
    (refusal,) = refused(load(tmp_path, services=rows))
    assert "There are 2 locations; say which: 12 Harbour Road" in refusal[3]


def test_our_number_is_never_taken_for_the_line_of_a_refused_row(tmp_path: Path):
    files = {"customers": "ID,Name,Email,Phone\n1,Ann,,12\n", "contacts": "Customer,Name\n#2,Eve\n"}
    assert "There are no customers with this number" in refused(load(tmp_path, **files))[1][3]


def test_what_a_refused_row_would_have_made_is_named_with_its_line(tmp_path: Path):
    files = {"customers": "ID,Name,Email,Phone\n1,Ann,,12\n", "contacts": "Customer,Name\n1,Eve\n"}
    assert refused(load(tmp_path, **files))[1] == (
        "contacts", 2, "Customer", "This is refused in the same load, on line 2.",
    )  # fmt: skip


def test_two_units_exchange_their_serial_numbers_and_two_plans_their_names(tmp_path: Path):
    one, two = make_equipment(serial="S-1"), make_equipment(serial="S-2")
    report = load(tmp_path, equipment=f"Our ID,Serial\n{one.pk},S-2\n{two.pk},S-1\n")
    assert refused(report) == []
    assert dict(Equipment.objects.values_list("pk", "serial")) == {one.pk: "S-2", two.pk: "S-1"}
    one, two = make_plan(name="A"), make_plan(name="B")
    assert refused(load(tmp_path, plans=f"Our ID,Name\n#{one.pk},B\n#{two.pk},A\n")) == []
    assert dict(Plan.objects.values_list("pk", "name_key")) == {one.pk: "b", two.pk: "a"}


def test_a_swap_of_which_one_half_is_refused_is_refused_whole(tmp_path: Path):
    one, two = make_equipment(serial="S-1"), make_equipment(serial="S-2")
    rows = f"Our ID,Serial,Cost\n{one.pk},S-2,1\n{two.pk},S-1,-1\n"
    found = refused(load(tmp_path, policy=Policy(skip_refused=True), equipment=rows))
    assert [(line, heading) for _file, line, heading, _reason in found] == [(2, "Serial"), (3, "Cost")]
    assert dict(Equipment.objects.values_list("pk", "serial")) == {one.pk: "S-1", two.pk: "S-2"}


EXISTING = {
    "customers": "ID,Name,Email,Phone\nA-1,Other,,\n",
    "contacts": "Customer,Name,Role\nA-1,Ann,billing\n",
    "locations": "Customer,Address,City\nA-1,12 Harbour Road,Elsewhere\n",
    "plans": "Name,Price\nFibre,1\n",
    "services": "Login,Cost\nann1,1\n",
    "equipment": "Serial,Cost\nS-1,1\n",
    "ticket_types": "ID,Name\nf,Other\n",
    "tickets": "Number,Subject\n1,Other\n",
}


@pytest.fixture
def existing() -> None:
    customer = make_customer(number="A-1", name="Ann")
    Contact.objects.create(customer=customer, name="Ann")
    place = make_location(customer=customer)
    make_plan(name="Fibre")
    make_service(location=place, login="ann1")
    make_equipment(serial="S-1")
    make_ticket(customer=customer, type=make_ticket_type(code="f"))


@pytest.mark.parametrize("kind", EXISTING)
def test_a_record_that_is_there_is_changed_skipped_or_refused_as_was_chosen(kind: str, tmp_path: Path, existing):
    files = {kind: EXISTING[kind]}
    refusing = load(tmp_path, policy=Policy(on_existing=OnExisting.REFUSE), **files)
    assert "existing records are refused" in refused(refusing)[0][3]
    skipping = load(tmp_path, policy=Policy(on_existing=OnExisting.SKIP), **files)
    assert (skipping.files[0].skipped, skipping.writes) == (1, False)
    updating = load(tmp_path, **files)
    assert (refused(updating), updating.files[0].changed) == ([], 1)


def test_a_price_of_today_is_changed_skipped_or_refused_as_was_chosen(tmp_path: Path, existing):
    rows = "Service,Effective On,Cost\nann1,2099-01-01,70\n"
    load(tmp_path, prices=rows)
    other = rows.replace("70", "80")
    assert refused(load(tmp_path, policy=Policy(on_existing=OnExisting.REFUSE), prices=other))
    assert not load(tmp_path, policy=Policy(on_existing=OnExisting.SKIP), prices=other).writes
    assert load(tmp_path, prices=other).files[0].changed == 1
    later = Service.objects.get().price_changes.filter(effective_on=date(2099, 1, 1))
    assert [(change.cost, bool(change.cancelled_at)) for change in later.order_by("pk")] == [(70, True), (80, False)]


def test_columns_that_a_file_does_not_have_stay_and_what_is_derived_from_them_is_right(tmp_path: Path, existing):
    place = Location.objects.get()
    load(tmp_path, locations=f"Our ID,City\n{place.pk},Graz\n", services="Login,Port\nann1,olt-7\n")
    place.refresh_from_db()
    assert (place.address, place.search_text) == ("12 Harbour Road", "12 harbour road graz")
    assert Service.objects.get().search_text == "fibre 500 ann1 olt-7"


def test_a_ticket_opened_after_a_load_gets_a_number_behind_the_loaded_ones(tmp_path: Path, existing):
    rows = "".join(f"{number},A-1,f,Help,2026-01-01\n" for number in range(2, 10))
    assert refused(load(tmp_path, tickets="Number,Customer,Type,Subject,Opened At\n" + rows)) == []
    assert make_ticket(customer=Customer.objects.get()).number == "10"
    assert Ticket.objects.count() == 10


def test_everything_that_is_wrong_with_a_row_is_said_at_once(tmp_path: Path):
    make_customer(number="A-1")
    headings = "Number,Customer,Location,Type,Subject,Opened At,Status,Finished At"
    unknown = refused(load(tmp_path, tickets=f"{headings}\n1,A-2,Home,f,Help,2026-01-02,,\n"))
    assert {heading for _file, _line, heading, _reason in unknown} == {"Customer", "Type"}
    rules = refused(load(tmp_path, tickets="Number,Customer,Status,Priority\n1,A-1,closed,\n"))
    assert [heading for _file, _line, heading, _reason in rules] == ["Finished At", "Opened At", "Subject", "Type"]
