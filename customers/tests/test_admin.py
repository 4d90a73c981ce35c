from datetime import date
from decimal import Decimal

import pytest
from django.test import Client

from customerflow import administration
from customerflow.bulk.tests.choosing import check, confirm, outcomes
from customerflow.staff.models import User
from customerflow.staff.tests.factories import make_user_with
from customerflow.tests.administering import choose, enter, page_of
from customers.models import Contact, Customer, Equipment, Location, Plan, PriceChange, Service
from customers.tests.factories import make_customer, make_equipment, make_location, make_plan, make_service

pytestmark = pytest.mark.django_db

CUSTOMERS = "/admin/customers/customer/"
SERVICES = "/admin/customers/service/"
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


def test_removing_one_customer_is_done_on_the_page_that_says_what_goes_too(administrator):
    customer = make_customer()
    url = f"{CUSTOMERS}{customer.pk}/delete/"
    for response in (administrator.get(url), administrator.post(url, {"post": "yes"})):
        assert response.url == f"/customers/{customer.pk}/delete/"
    assert Customer.objects.exists()


def test_an_act_on_rows_of_a_list_is_the_bulk_edit_of_the_product(administrator):
    leads = [make_customer(status="lead") for _ in range(3)]
    job = choose(administrator, CUSTOMERS, "ChangeCustomers", leads[:2])
    job = confirm(administrator, check(administrator, job, status="active"))
    assert set(outcomes(job)) == {lead.pk for lead in leads[:2]}
    assert [lead.status for lead in Customer.objects.order_by("pk")] == ["active", "active", "lead"]
    assert (job.payload["back"], job.through) == (CUSTOMERS, "admin")


def test_all_that_match_are_chosen_whatever_page_they_are_on(administrator):
    leads = [make_customer(status="lead") for _ in range(60)]
    make_customer()
    job = choose(administrator, f"{CUSTOMERS}?status__exact=lead", "ChangeCustomers", leads[:1], select_across=1)
    assert set(outcomes(job)) == {lead.pk for lead in leads}


def test_an_act_is_offered_only_to_who_may_do_it(administrator, client):
    client.force_login(make_user_with("use_administration", "view_customer"))
    customer = make_customer()
    assert client.get(CUSTOMERS).status_code == 200
    assert client.post(f"{CUSTOMERS}{customer.pk}/change/", {"name": "x"}).status_code == 403
    assert client.post(f"{CUSTOMERS}{customer.pk}/delete/", {"post": "yes"}).status_code == 403
    assert choose(client, CUSTOMERS, "CloseCustomers", [customer]) is None
