from datetime import date
from decimal import Decimal

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.utils import timezone

from customerflow import administration, bulk_acts
from customerflow.staff.models import User
from customerflow.tests.administering import carry_out, choose, enter, page_of, preview
from customers.models import Contact, Customer, Equipment, Location, Plan, PriceChange, Service
from customers.tests.factories import make_customer, make_equipment, make_location, make_plan, make_service

pytestmark = pytest.mark.django_db

CUSTOMERS = "/admin/customers/customer/"
SERVICES = "/admin/customers/service/"
EQUIPMENT = "/admin/customers/equipment/"
PLANS = "/admin/customers/plan/"
LAST_DAY = date(2026, 6, 30)


@pytest.fixture
def administrator(client: Client) -> Client:
    return enter(client)


def make_contact(**fields) -> Contact:
    return Contact.objects.create(**{"customer": make_customer(), "name": "Ada", **fields})


def make_price_change(**fields) -> PriceChange:
    return make_service(**fields).price_changes.get()


MAKERS = {
    Contact: make_contact,
    Customer: make_customer,
    Equipment: lambda: make_equipment(location=make_location()),
    Location: make_location,
    Plan: make_plan,
    PriceChange: make_price_change,
    Service: lambda: make_service(plan=make_plan()),
}


@pytest.mark.parametrize("model", MAKERS, ids=lambda model: model.__name__)
def test_an_administrator_sees_every_page(administrator, model):
    record = MAKERS[model]()
    pages = [page_of(model, "changelist"), page_of(model, "change", record.pk)]
    if model is not PriceChange:
        pages += [page_of(model, "add"), page_of(model, "delete", record.pk)]
    assert [administrator.get(page, follow=True).status_code for page in pages] == [200] * len(pages)


@pytest.mark.parametrize("model", MAKERS, ids=lambda model: model.__name__)
def test_others_see_none_of_them(client, model):
    record = MAKERS[model]()
    pages = [page_of(model, "changelist"), page_of(model, "add"), page_of(model, "change", record.pk)]
    for page in pages:
        assert "/login/" in client.get(page, follow=True).redirect_chain[-1][0]
    client.force_login(User.objects.create_user("support"))
    assert [client.get(page, follow=True).status_code for page in pages] == [403] * len(pages)


@pytest.mark.parametrize("model", MAKERS, ids=lambda model: model.__name__)
def test_a_list_takes_as_many_queries_for_50_rows_as_for_10(
    administrator, model, django_assert_max_num_queries, django_assert_num_queries
):
    url = page_of(model, "changelist")
    for _ in range(10):
        MAKERS[model]()
    with django_assert_max_num_queries(10) as few:
        administrator.get(url)
    for _ in range(40):
        MAKERS[model]()
    with django_assert_num_queries(len(few)):
        assert administrator.get(url).context["cl"].result_count == 50


def test_a_list_counts_to_a_limit_and_says_so(administrator, monkeypatch):
    monkeypatch.setattr(administration, "COUNT_LIMIT", 3)
    for _ in range(5):
        make_customer()
    page = administrator.get(CUSTOMERS)
    assert page.context["cl"].result_count == 3
    assert "more than 3 customers" in page.content.decode()


def test_a_search_finds_by_the_search_index(administrator):
    make_customer(name="Luís Gonçalves")
    make_customer(name="Other")
    contact = make_contact(name="Luís", email="luis@mast.example")
    make_contact()
    names = [row.name for row in administrator.get(CUSTOMERS, {"q": "goncal"}).context["cl"].result_list]
    assert names == ["Luís Gonçalves"]
    found = administrator.get(page_of(Contact, "changelist"), {"q": "mast"}).context["cl"].result_list
    assert list(found) == [contact]


def test_a_list_sorts_only_by_what_an_index_serves(administrator):
    make_customer(name="B", phone="555-1111")
    make_customer(name="A", phone="555-2222")
    by_phone = administrator.get(CUSTOMERS, {"o": "-3"}).context["cl"].result_list
    assert [row.name for row in by_phone] == ["A", "B"]
    by_name = administrator.get(CUSTOMERS, {"o": "-1"}).context["cl"].result_list
    assert [row.name for row in by_name] == ["B", "A"]


def test_a_new_customer_gets_the_next_number(administrator):
    fields = {"name": "Jane Smith", "billing_day": 1, "payment_terms": 14}
    administrator.post(f"{CUSTOMERS}add/", fields)
    assert Customer.objects.get().number == "1"


def test_a_new_service_has_a_first_price_by_whom_it_was_added(administrator):
    location = make_location()
    fields = {"location": location.pk, "name": "Fibre", "cost": "20", "starts_on": "2026-01-01"}
    fields |= {"billing_interval": 1, "setup_fee": "0", "early_termination_fee": "0"}
    administrator.post(f"{SERVICES}add/", fields)
    price = PriceChange.objects.get()
    assert (price.cost, price.created_by.username) == (Decimal("20.00"), "admin")


def test_what_an_act_refuses_is_said_in_the_form_and_nothing_is_saved(administrator):
    location = make_location(customer=make_customer(status="closed", closed_on=LAST_DAY))
    fields = {"location": location.pk, "name": "Fibre", "cost": "20", "starts_on": "2026-01-01"}
    fields |= {"billing_interval": 1, "setup_fee": "0", "early_termination_fee": "0"}
    page = administrator.post(f"{SERVICES}add/", fields)
    assert "Reopen it first" in page.content.decode()
    assert not Service.objects.exists()


def test_a_change_is_a_new_version_and_one_on_an_old_version_is_refused(administrator):
    customer = make_customer(name="Before")
    url = f"{CUSTOMERS}{customer.pk}/change/"
    fields = {"name": "After", "number": customer.number, "billing_day": 1, "payment_terms": 14, "version": 1}
    administrator.post(url, fields)
    customer.refresh_from_db()
    assert (customer.name, customer.version) == ("After", 2)
    page = administrator.post(url, {**fields, "name": "Stale"})
    assert "A colleague changed this record" in page.content.decode()
    customer.refresh_from_db()
    assert (customer.name, customer.version) == ("After", 2)


def test_the_cost_of_a_service_is_only_read(administrator):
    service = make_service(cost=Decimal("20.00"))
    url = f"{SERVICES}{service.pk}/change/"
    assert 'name="cost"' not in administrator.get(url).content.decode()
    fields = {"location": service.location_id, "name": "Renamed", "cost": "1", "starts_on": "2026-01-01", "version": 1}
    fields |= {"billing_interval": 1, "setup_fee": "0", "early_termination_fee": "0"}
    administrator.post(url, fields)
    service.refresh_from_db()
    assert (service.name, service.cost) == ("Renamed", Decimal("20.00"))


def test_a_price_change_is_only_read(administrator):
    change = make_price_change()
    url = page_of(PriceChange, "change", change.pk)
    assert administrator.post(url, {"cost": "1"}).status_code == 403
    assert administrator.post(page_of(PriceChange, "add"), {"cost": "1"}).status_code == 403
    assert administrator.post(page_of(PriceChange, "delete", change.pk)).status_code == 403


def test_an_act_asks_then_shows_what_it_would_do_and_changes_nothing_before(administrator):
    customer = make_customer(name="Jane")
    asked = choose(administrator, CUSTOMERS, "CloseCustomers", [customer])
    assert 'name="last_day"' in asked.content.decode()
    shown = preview(administrator, CUSTOMERS, "CloseCustomers", [customer], last_day="2026-06-30")
    [change] = shown.context["changes"]
    assert (change.record, change.before, change.after) == (customer, "Active", "Closed")
    customer.refresh_from_db()
    assert (customer.status, customer.version) == ("active", 1)


def test_a_form_with_errors_is_asked_again(administrator):
    page = preview(administrator, CUSTOMERS, "CloseCustomers", [make_customer()], last_day="yesterday")
    assert page.context["form"].errors["last_day"]


def test_closing_customers_names_who_is_left_out(administrator):
    open_one, other = make_customer(name="Jane"), make_customer(name="John")
    gone = make_customer(name="Gone", status="closed", closed_on=LAST_DAY)
    chosen = [open_one, other, gone]
    page = carry_out(administrator, CUSTOMERS, "CloseCustomers", chosen, last_day="2026-06-30")
    assert [customer.status for customer in Customer.objects.all()] == ["closed"] * 3
    text = page.content.decode()
    assert "Close the accounts: 2 done, 1 refused:" in text
    assert f"Gone ({gone.number}) is closed already." in text
    assert set(LogEntry.objects.values_list("object_id", flat=True)) == {str(open_one.pk), str(other.pk)}


def test_reopening_customers(administrator):
    gone = make_customer(status="closed", closed_on=LAST_DAY)
    carry_out(administrator, CUSTOMERS, "ReopenCustomers", [gone])
    assert Customer.objects.get().status == "active"


def test_leads_become_active_and_closed_customers_are_left_out(administrator):
    lead, gone = make_customer(status="lead"), make_customer(status="closed", closed_on=LAST_DAY)
    page = carry_out(administrator, CUSTOMERS, "ChangeCustomerStatus", [lead, gone], status="active")
    lead.refresh_from_db()
    assert (lead.status, lead.version) == ("active", 2)
    assert "Reopen the account instead" in page.content.decode()


def test_removing_customers_leaves_those_with_something_on_the_books(administrator):
    free, ticketed = make_customer(name="Free"), make_customer(name="Booked")
    unit = make_equipment(location=make_location(customer=free))
    ticketed.tickets.create(number="1", type=make_type(ticketed), subject="x", opened_at=timezone.now())
    shown = preview(administrator, CUSTOMERS, "RemoveCustomers", [free, ticketed])
    assert [change.record for change in shown.context["changes"]] == [free]
    page = carry_out(administrator, CUSTOMERS, "RemoveCustomers", [free, ticketed])
    assert list(Customer.objects.all()) == [ticketed]
    assert "still in use by 1 ticket" in page.content.decode()
    unit.refresh_from_db()
    assert unit.status == "in_stock"


def make_type(customer: Customer):
    return customer.tickets.model._meta.get_field("type").related_model.objects.create(code="1", name="Other")


def test_removing_one_customer_is_done_on_the_page_that_says_what_goes_too(administrator):
    customer = make_customer()
    url = f"{CUSTOMERS}{customer.pk}/delete/"
    for response in (administrator.get(url), administrator.post(url, {"post": "yes"})):
        assert response.url == f"/customers/{customer.pk}/delete/"
    assert Customer.objects.exists()


def test_all_that_match_are_acted_on_in_batches_whatever_page_they_are_on(administrator, monkeypatch):
    monkeypatch.setattr(bulk_acts, "BATCH", 2)
    leads = [make_customer(status="lead") for _ in range(5)]
    active = make_customer(note="kept", name="Active")
    url = f"{CUSTOMERS}?status__exact=lead"
    carry_out(administrator, url, "ChangeCustomerStatus", leads[:1], status="active", select_across=1, count=len(leads))
    assert Customer.objects.filter(status="active", version=2).count() == 5
    active.refresh_from_db()
    assert active.version == 1


def test_many_are_confirmed_by_typing_their_number(administrator, monkeypatch):
    monkeypatch.setattr(bulk_acts, "UNTYPED", 1)
    leads = [make_customer(status="lead") for _ in range(2)]
    page = carry_out(administrator, CUSTOMERS, "ChangeCustomerStatus", leads, status="active", count="")
    assert "That is not the number of records selected: 2." in page.content.decode()
    assert Customer.objects.filter(status="lead").count() == 2
    carry_out(administrator, CUSTOMERS, "ChangeCustomerStatus", leads, status="active", count="2")
    assert not Customer.objects.filter(status="lead").exists()


def test_nothing_is_done_when_other_records_match_than_were_shown(administrator):
    lead = make_customer(status="lead")
    page = carry_out(administrator, CUSTOMERS, "ChangeCustomerStatus", [lead], status="active", count=2)
    assert "Meanwhile other records match" in page.content.decode()
    lead.refresh_from_db()
    assert lead.status == "lead"


def test_the_report_names_so_many_refusals_and_counts_the_rest(administrator, monkeypatch):
    monkeypatch.setattr(bulk_acts, "REPORTED", 1)
    chosen = [make_customer() for _ in range(3)]
    page = carry_out(administrator, CUSTOMERS, "ReopenCustomers", chosen)
    assert "0 done, 3 refused" in page.content.decode()
    assert "and 2 more" in page.content.decode()


def test_an_act_needs_the_right_to_change(administrator, client, django_user_model):
    viewer = django_user_model.objects.create_user("viewer")
    names = ["use_administration", "view_customer"]
    viewer.user_permissions.set(permissions_named(viewer, names))
    client.force_login(viewer)
    customer = make_customer()
    assert client.get(CUSTOMERS).status_code == 200
    assert client.post(f"{CUSTOMERS}{customer.pk}/change/", {"name": "x"}).status_code == 403
    assert client.post(f"{CUSTOMERS}{customer.pk}/delete/", {"stage": "act", "count": 1}).status_code == 403
    carry_out(client, CUSTOMERS, "CloseCustomers", [customer], last_day="2026-06-30")
    customer.refresh_from_db()
    assert customer.status == "active"


def permissions_named(user: User, names: list[str]):
    return user.user_permissions.model.objects.filter(codename__in=names)


def test_changing_costs_by_percent_and_amount_leaves_a_history(administrator):
    service, ended = make_service(cost=Decimal("20.00")), make_service(ends_on=date(2026, 1, 31))
    values = {"percent": "5", "amount": "0.50", "reason": "Yearly rise"}
    shown = preview(administrator, SERVICES, "ChangeCosts", [service], **values)
    today = timezone.localdate().isoformat()
    assert [(each.before, each.after) for each in shown.context["changes"]] == [("20.00", f"21.50 from {today}")]
    page = carry_out(administrator, SERVICES, "ChangeCosts", [service, ended], **values)
    service.refresh_from_db()
    assert service.cost == Decimal("21.50")
    latest = service.price_changes.latest("pk")
    assert (latest.reason, latest.created_by.username) == ("Yearly rise", "admin")
    assert f"{ended}: The service ends on" in page.content.decode()


def test_changing_costs_needs_a_percentage_or_an_amount(administrator):
    page = preview(administrator, SERVICES, "ChangeCosts", [make_service()], percent="", amount="")
    assert "Give a percentage, an amount, or both." in page.content.decode()


def test_changing_the_plan_of_services_leaves_those_who_have_it(administrator):
    plan = make_plan(name="New")
    service, has_it = make_service(plan=make_plan(name="Old")), make_service(plan=plan)
    page = carry_out(administrator, SERVICES, "ChangePlan", [service, has_it], plan=plan.pk)
    service.refresh_from_db()
    assert (service.plan, service.version, service.cost) == (plan, 2, Decimal("59.99"))
    assert f"{has_it}: is so already." in page.content.decode()


def test_ending_services_leaves_those_that_begin_later(administrator):
    service, later = make_service(), make_service(starts_on=date(2026, 9, 1))
    page = carry_out(administrator, SERVICES, "EndServices", [service, later], last_day="2026-06-30")
    service.refresh_from_db()
    later.refresh_from_db()
    assert (service.ends_on, later.ends_on) == (LAST_DAY, None)
    assert "1 done, 1 refused" in page.content.decode()


def test_returning_equipment_leaves_what_is_in_stock(administrator):
    unit, in_stock = make_equipment(location=make_location()), make_equipment()
    page = carry_out(administrator, EQUIPMENT, "ReturnEquipment", [unit, in_stock])
    unit.refresh_from_db()
    assert (unit.status, unit.location) == ("in_stock", None)
    assert "is not installed anywhere" in page.content.decode()


def test_changing_the_status_of_equipment_leaves_what_is_installed(administrator):
    unit, installed = make_equipment(), make_equipment(location=make_location())
    page = carry_out(administrator, EQUIPMENT, "ChangeEquipmentStatus", [unit, installed], status="lost")
    unit.refresh_from_db()
    installed.refresh_from_db()
    assert (unit.status, installed.status) == ("lost", "installed")
    assert "1 done, 1 refused" in page.content.decode()


def test_plans_are_withdrawn_and_offered_again(administrator):
    plan = make_plan()
    carry_out(administrator, PLANS, "WithdrawPlans", [plan])
    assert not Plan.objects.get().is_offered
    carry_out(administrator, PLANS, "OfferPlans", [plan])
    assert Plan.objects.get().is_offered


def test_a_plan_in_use_is_not_removed(administrator):
    used, unused = make_plan(), make_plan()
    make_service(plan=used)
    page = carry_out(administrator, PLANS, "RemoveRecords", [used, unused])
    assert list(Plan.objects.all()) == [used]
    assert "still in use by 1 service" in page.content.decode()
