"""What is done to many customers, services, units or plans at once."""

from datetime import date
from decimal import Decimal

import pytest
from django.test import Client
from django.utils import timezone

from customerflow.bulk.tests.choosing import check, choose, do, messages_of, outcomes
from customerflow.staff.roles import ADMINISTRATOR, TECHNICIAN
from customerflow.staff.tests.factories import make_user
from customers.models import Contact, Customer, Equipment, Plan
from customers.tests.factories import (
    make_contact,
    make_customer,
    make_equipment,
    make_location,
    make_plan,
    make_service,
)

pytestmark = pytest.mark.django_db

CUSTOMERS = "/customers/"
SERVICES = "/services/"
EQUIPMENT = "/equipment/"
PLANS = "/plans/"
LAST_DAY = date(2026, 6, 30)


@pytest.fixture
def staff(client: Client) -> Client:
    client.force_login(make_user(ADMINISTRATOR, username="admin"))
    return client


def test_closing_customers_leaves_those_who_are_closed_already(staff):
    open_one = make_customer()
    gone = make_customer(status="closed", closed_on=LAST_DAY)
    job = do(staff, CUSTOMERS, "CloseCustomers", [open_one, gone], last_day="2026-06-30")
    assert [customer.status for customer in Customer.objects.all()] == ["closed"] * 2
    assert outcomes(job) == {open_one.pk: "done", gone.pk: "refused"}
    assert messages_of(job) == {"The account is closed already."}


def test_a_form_with_errors_is_asked_again(staff):
    job = check(staff, choose(staff, CUSTOMERS, "CloseCustomers", [make_customer()]), last_day="yesterday")
    assert job.state == "draft"
    page = staff.get(job.get_absolute_url())
    assert page.context["form"].errors["last_day"]
    assert 'value="yesterday"' in page.content.decode()


def test_reopening_customers_asks_nothing_and_shows_at_once_what_it_would_do(staff):
    gone = make_customer(status="closed", closed_on=LAST_DAY)
    job = choose(staff, CUSTOMERS, "ReopenCustomers", [gone])
    assert (job.state, job.result["check"]["pairs"]) == ("checked", [["", "Closed", "Active", 1]])
    do(staff, CUSTOMERS, "ReopenCustomers", [gone])
    assert Customer.objects.get().status == "active"


def test_leads_become_active_and_closed_customers_are_left_out(staff):
    lead, gone = make_customer(status="lead"), make_customer(status="closed", closed_on=LAST_DAY)
    job = do(staff, CUSTOMERS, "ChangeCustomers", [lead, gone], status="active")
    lead.refresh_from_db()
    assert (lead.status, lead.version) == ("active", 2)
    assert messages_of(job) == {"The account is closed. Reopen it instead."}


def test_removing_customers_leaves_those_with_something_on_the_books(staff):
    free, ticketed = make_customer(name="Free"), make_customer(name="Booked")
    unit = make_equipment(location=make_location(customer=free))
    kinds = ticketed.tickets.model._meta.get_field("type").related_model
    kind = kinds.objects.create(code="1", name="Other")
    ticketed.tickets.create(number="1", type=kind, subject="x", opened_at=timezone.now())
    job = do(staff, CUSTOMERS, "RemoveCustomers", [free, ticketed])
    assert list(Customer.objects.all()) == [ticketed]
    assert messages_of(job) == {"It is still in use by tickets."}
    unit.refresh_from_db()
    assert unit.status == "in_stock"
    assert "Booked" in staff.get(job.get_absolute_url()).content.decode()


def test_contacts_get_another_role(staff):
    contact = make_contact()
    do(staff, "/contacts/", "ChangeContacts", [contact], role="billing")
    assert Contact.objects.get().role == "billing"


def test_locations_get_a_city_in_their_own_words_and_a_country_in_capitals(staff):
    location, other = make_location(city="Springfeild", postcode="1234"), make_location(city="Springfield")
    do(staff, "/locations/?q=springfeild", "ChangeLocations", city="Springfield", country="us", empty_postcode="on")
    location.refresh_from_db()
    assert (location.city, location.country, location.postcode, location.version) == ("Springfield", "US", "", 2)
    assert "springfield" in location.search_text
    other.refresh_from_db()
    assert (other.country, other.version) == ("", 1)


def test_changing_costs_by_percent_and_amount_leaves_a_history(staff):
    service, ended = make_service(cost=Decimal("20.00")), make_service(ends_on=date(2026, 1, 31))
    values = {"percent": "5", "amount": "0.50", "reason": "Yearly rise"}
    job = do(staff, SERVICES, "ChangeCosts", [service, ended], **values)
    today = timezone.localdate().isoformat()
    assert job.result["run"]["pairs"] == [["", "20.00", f"21.50 from {today}", 1]]
    service.refresh_from_db()
    assert service.cost == Decimal("21.50")
    latest = service.price_changes.latest("pk")
    assert (latest.reason, latest.created_by.username) == ("Yearly rise", "admin")
    assert outcomes(job)[ended.pk] == "refused"


def test_changing_costs_needs_a_percentage_or_an_amount(staff):
    job = check(staff, choose(staff, SERVICES, "ChangeCosts", [make_service()]), percent="", amount="")
    assert "Give a percentage, an amount, or both." in staff.get(job.get_absolute_url()).content.decode()


def test_changing_the_plan_of_services_leaves_those_who_have_it(staff):
    plan = make_plan(name="New")
    service, has_it = make_service(plan=make_plan(name="Old")), make_service(plan=plan)
    job = do(staff, SERVICES, "ChangeServices", [service, has_it], plan=plan.pk)
    service.refresh_from_db()
    assert (service.plan, service.version, service.cost) == (plan, 2, Decimal("59.99"))
    assert outcomes(job) == {service.pk: "done", has_it.pk: "unchanged"}


def test_ending_services_leaves_those_that_begin_later(staff):
    service, later = make_service(), make_service(starts_on=date(2026, 9, 1))
    job = do(staff, SERVICES, "EndServices", [service, later], last_day="2026-06-30")
    service.refresh_from_db()
    later.refresh_from_db()
    assert (service.ends_on, later.ends_on) == (LAST_DAY, None)
    assert outcomes(job) == {service.pk: "done", later.pk: "refused"}


def test_returning_equipment_leaves_what_is_in_stock(staff):
    unit, in_stock = make_equipment(location=make_location()), make_equipment()
    job = do(staff, EQUIPMENT, "ReturnEquipment", [unit, in_stock])
    unit.refresh_from_db()
    assert (unit.status, unit.location) == ("in_stock", None)
    assert messages_of(job) == {"It is not installed anywhere."}


def test_equipment_that_is_lost_leaves_its_location(staff):
    unit, installed, lost = make_equipment(), make_equipment(location=make_location()), make_equipment(status="lost")
    job = do(staff, EQUIPMENT, "SetEquipmentAside", [unit, installed, lost], status="lost")
    assert set(Equipment.objects.values_list("status", "location")) == {("lost", None)}
    assert outcomes(job) == {unit.pk: "done", installed.pk: "done", lost.pk: "unchanged"}


def test_a_rent_is_emptied_by_a_tick_and_kept_by_a_blank(staff):
    unit = make_equipment(monthly_rent=Decimal("5.00"), terms="rented")
    do(staff, EQUIPMENT, "ChangeEquipment", [unit], terms="lent", monthly_rent="")
    unit.refresh_from_db()
    assert (unit.terms, unit.monthly_rent) == ("lent", Decimal("5.00"))
    do(staff, EQUIPMENT, "ChangeEquipment", [unit], empty_monthly_rent="on")
    unit.refresh_from_db()
    assert unit.monthly_rent == 0


def test_plans_are_withdrawn_and_offered_again(staff):
    plan = make_plan()
    do(staff, PLANS, "WithdrawPlans", [plan])
    assert not Plan.objects.get().is_offered
    do(staff, PLANS, "OfferPlans", [plan])
    assert Plan.objects.get().is_offered


def test_a_plan_in_use_is_not_removed(staff):
    used, unused = make_plan(), make_plan()
    make_service(plan=used)
    job = do(staff, PLANS, "RemoveRecords", [used, unused])
    assert list(Plan.objects.all()) == [used]
    assert messages_of(job) == {"It is still in use by services."}


def test_a_technician_changes_in_bulk_only_what_he_may_change_singly(client):
    client.force_login(make_user(TECHNICIAN))
    unit, customer, service = make_equipment(), make_customer(), make_service()
    offered = [value for value, _label in client.get(EQUIPMENT).context["acts"]]
    assert offered == ["ChangeEquipment", "ReturnEquipment", "SetEquipmentAside"]
    for address, act, record in (
        (EQUIPMENT, "RemoveRecords", unit),
        (CUSTOMERS, "ChangeCustomers", customer),
        (SERVICES, "ChangeCosts", service),
    ):
        assert client.post(address, {"act": act, "chosen": [record.pk]}).status_code == 403
    assert 'name="chosen"' not in client.get(CUSTOMERS).content.decode()


def test_support_does_not_change_prices_in_bulk_either(client):
    client.force_login(make_user("Support"))
    offered = [value for value, _label in client.get(SERVICES).context["acts"]]
    assert offered == ["ChangeServices", "EndServices"]
