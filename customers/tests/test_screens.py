"""The screens of customers, locations, services and equipment, as staff use them."""

from datetime import date
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from billing.tests.factories import make_invoice
from customerflow.staff.tests.factories import make_user_with
from customers.models import Customer, Equipment, Location, Service
from customers.tests.factories import (
    make_contact,
    make_customer,
    make_equipment,
    make_location,
    make_plan,
    make_service,
)

pytestmark = pytest.mark.django_db


def messages_of(response) -> list[str]:
    return [str(message) for message in response.context["messages"]]


def test_a_customer_is_added_with_a_name_and_gets_a_number(admin_client):
    response = admin_client.post(
        reverse("customers:customer_create"),
        {"name": " Ann  Lee ", "phone": "555-1234", "billing_day": 1, "payment_terms": 14},
        follow=True,
    )
    customer = Customer.objects.get()
    assert (customer.number, customer.name) == ("1", "Ann  Lee")
    assert response.redirect_chain == [(customer.get_absolute_url(), 302)]
    (said,) = messages_of(response)
    assert said.startswith(f'Added: <a href="{customer.get_absolute_url()}">Ann  Lee (1)</a>.')
    assert "Undo" in said


def test_a_refused_form_keeps_what_was_typed_and_says_what_is_wrong(admin_client):
    response = admin_client.post(
        reverse("customers:customer_create"),
        {"name": "Ann Lee", "phone": "call me", "email": "nonsense", "billing_day": 1, "payment_terms": 14},
    )
    page = response.content.decode()
    assert response.status_code == 200
    assert not Customer.objects.exists()
    assert 'value="Ann Lee"' in page
    assert 'value="call me"' in page
    assert "3 to 15 digits" in page
    assert "Enter a valid email address" in page


def test_a_control_character_is_refused_not_stored(admin_client):
    response = admin_client.post(
        reverse("customers:customer_create"), {"name": "Ann\x00Lee", "billing_day": 1, "payment_terms": 14}
    )
    assert response.status_code == 200
    assert "Null characters are not allowed" in response.content.decode()


@pytest.mark.parametrize("name", ["Ann\x1bLee", "Ann\nLee", "Ann\u2028Lee"])
def test_a_name_has_one_line_of_letters_that_can_be_shown(admin_client, name):
    data = {"name": name, "billing_day": 1, "payment_terms": 14}
    response = admin_client.post(reverse("customers:customer_create"), data)
    assert "It contains a" in str(response.context["form"].errors["name"])


def test_an_address_is_stored_in_one_form_however_it_is_typed(admin_client):
    data = {"name": "Ann", "email": "Ann.Lee@EXAMPLE.com", "billing_day": 1, "payment_terms": 14, "note": "one\r\ntwo"}
    admin_client.post(reverse("customers:customer_create"), data)
    customer = Customer.objects.get()
    assert (customer.email, customer.note) == ("Ann.Lee@example.com", "one\r\ntwo")


def test_an_unknown_customer_number_is_named_and_similar_ones_proposed(admin_client):
    make_customer(number="1042", name="Jane Smith")
    response = admin_client.post(reverse("customers:location_create"), {"customer": "smith", "address": "5 High St"})
    page = response.content.decode()
    assert "There is no customer with the number “smith”." in page
    assert "Did you mean 1042 (Jane Smith (1042))?" in page
    assert 'value="5 High St"' in page


def test_a_form_opened_from_a_customer_has_the_number_filled_in(admin_client):
    customer = make_customer(number="1042", name="Jane Smith")
    page = admin_client.get(reverse("customers:location_create") + "?customer=1042").content.decode()
    assert 'value="1042"' in page
    assert str(customer) in page


def sent_of(form) -> dict[str, object]:
    """Return what the browser would send of a form that nobody has touched."""
    sent = {field.html_name: field.value() for field in form if field.value() not in (None, False)}
    return {name: "on" if value is True else value for name, value in sent.items()}


def test_two_people_editing_different_fields_both_have_their_way(admin_client):
    customer = make_customer(name="Jane Smith", phone="555-1111", is_tax_exempt=True)
    url = reverse("customers:customer_update", args=[customer.pk])
    mine = sent_of(admin_client.get(url).context["form"])
    admin_client.post(url, {**mine, "phone": "555-2222", "billing_day": 5})
    response = admin_client.post(url, {**mine, "name": "Jane Miller"})
    assert response.status_code == 302
    customer.refresh_from_db()
    assert (customer.name, customer.phone, customer.billing_day) == ("Jane Miller", "555-2222", 5)
    assert (customer.version, customer.name_key, customer.is_tax_exempt) == (3, "jane miller", True)


def test_two_people_editing_one_field_lose_nothing(admin_client):
    customer = make_customer(name="Jane Smith", phone="555-1111", email="jane@example.com")
    url = reverse("customers:customer_update", args=[customer.pk])
    mine = sent_of(admin_client.get(url).context["form"])
    admin_client.post(url, {**mine, "name": "Jane Jones", "phone": "555-2222"})
    response = admin_client.post(url, {**mine, "name": "Jane Miller"})
    page = response.content.decode()
    assert "A colleague saved “Jane Jones” here" in page
    assert "A colleague saved “555-2222” here" not in page
    assert 'value="Jane Miller"' in page
    customer.refresh_from_db()
    assert customer.name == "Jane Jones"
    admin_client.post(url, sent_of(response.context["form"]))
    customer.refresh_from_db()
    assert (customer.name, customer.phone, customer.version) == ("Jane Miller", "555-2222", 3)


@pytest.mark.parametrize("seen", ["", "[", "[]", '{"name": 7}', "[" * 100_000])
def test_a_form_that_does_not_say_what_the_person_saw_overwrites_nothing(admin_client, seen):
    customer = make_customer(name="Jane Smith")
    url = reverse("customers:customer_update", args=[customer.pk])
    data = {**sent_of(admin_client.get(url).context["form"]), "name": "Jane Miller", "version": 77, "seen": seen}
    assert "A colleague saved “Jane Smith” here" in admin_client.post(url, data).content.decode()


def test_a_service_takes_name_and_price_of_its_plan(admin_client):
    location, plan = make_location(), make_plan(name="Fibre 500", price=Decimal("59.99"))
    admin_client.post(
        reverse("customers:service_create"),
        {
            "location": location.pk,
            "plan": plan.pk,
            "starts_on": "2026-11-20",
            "billing_interval": 1,
            "setup_fee": "",
            "early_termination_fee": "1,234.50",
        },
    )
    service = Service.objects.get()
    assert (service.name, service.cost, service.early_termination_fee) == (
        "Fibre 500",
        Decimal("59.99"),
        Decimal("1234.50"),
    )
    assert service.price_changes.get().created_by.username == "admin"


def test_a_service_without_plan_needs_a_name_and_a_cost(admin_client):
    response = admin_client.post(
        reverse("customers:service_create"),
        {"location": make_location().pk, "starts_on": "2026-11-20", "billing_interval": 1},
    )
    assert set(response.context["form"].errors) == {"name", "cost"}


def test_a_service_without_location_is_refused(admin_client):
    response = admin_client.post(reverse("customers:service_create"), {"name": "Fibre 500", "cost": "59.99"})
    assert "location" in response.context["form"].errors
    assert not Service.objects.exists()


def test_the_cost_of_a_service_changes_with_one_field(admin_client):
    service = make_service(cost=Decimal("59.99"))
    response = admin_client.post(reverse("customers:service_cost", args=[service.pk]), {"cost": "64.5"}, follow=True)
    service.refresh_from_db()
    assert service.cost == Decimal("64.50")
    assert f"is 64.50 from {timezone.localdate()}" in messages_of(response)[0]
    again = admin_client.post(reverse("customers:service_cost", args=[service.pk]), {"cost": "64.50"})
    assert "already" in str(again.context["form"].errors["cost"])


def test_a_service_ends_and_an_account_closes_by_an_act(admin_client):
    service = make_service(starts_on=date(2026, 1, 1))
    admin_client.post(reverse("customers:service_end", args=[service.pk]), {"last_day": "2027-01-31"})
    service.refresh_from_db()
    assert service.ends_on == date(2027, 1, 31)
    customer = service.location.customer
    admin_client.post(reverse("customers:customer_close", args=[customer.pk]), {"last_day": "2026-11-15"})
    customer.refresh_from_db()
    service.refresh_from_db()
    assert (customer.status, service.ends_on) == ("closed", date(2026, 11, 15))
    admin_client.post(reverse("customers:customer_reopen", args=[customer.pk]))
    customer.refresh_from_db()
    assert customer.status == "active"


def test_equipment_is_installed_and_returned(admin_client):
    unit, location = make_equipment(), make_location()
    admin_client.post(reverse("customers:equipment_install", args=[unit.pk]), {"location": location.pk})
    unit.refresh_from_db()
    assert unit.location == location
    admin_client.post(reverse("customers:equipment_return", args=[unit.pk]))
    unit.refresh_from_db()
    assert (unit.location, unit.status) == (None, "in_stock")


def test_removing_says_what_goes_too_and_then_removes(admin_client):
    service = make_service()
    customer = service.location.customer
    url = reverse("customers:customer_delete", args=[customer.pk])
    page = admin_client.get(url).content.decode()
    assert "1 location" in page
    assert "1 service" in page
    response = admin_client.post(url, follow=True)
    assert not Customer.objects.filter(pk=customer.pk).exists()
    (said,) = messages_of(response)
    assert said.startswith(f"Removed: {customer}.")
    assert "Undo" in said


def test_a_customer_with_equipment_is_removed_and_the_equipment_stays(admin_client):
    unit = make_equipment(location=make_location())
    url = reverse("customers:customer_delete", args=[unit.location.customer_id])
    page = admin_client.get(url).content.decode()
    assert "cannot be removed" not in page
    assert "goes back to stock" in page
    admin_client.post(url)
    unit.refresh_from_db()
    assert (unit.status, Customer.objects.count()) == ("in_stock", 0)


def test_a_unit_is_set_aside_by_an_act_and_its_form_moves_it_nowhere(admin_client):
    unit = make_equipment(location=make_location())
    admin_client.post(reverse("customers:equipment_set_aside", args=[unit.pk]), {"status": "in_repair"})
    unit.refresh_from_db()
    assert (unit.status, unit.location) == ("in_repair", None)
    form = admin_client.get(reverse("customers:equipment_update", args=[unit.pk])).context["form"]
    assert not {"location", "status"} & set(form.fields)


def test_what_a_colleague_removed_meanwhile_is_a_refusal_not_an_error(admin_client, monkeypatch):
    unit, location = make_equipment(), make_location()

    def gone(**_values):
        raise Location.DoesNotExist

    monkeypatch.setattr("customers.views.install", gone)
    response = admin_client.post(reverse("customers:equipment_install", args=[unit.pk]), {"location": location.pk})
    assert "just removed" in str(response.context["form"].non_field_errors())


def test_changing_a_price_needs_a_right_of_its_own(client):
    client.force_login(make_user_with("view_service", "change_service"))
    service = make_service()
    assert client.post(reverse("customers:service_cost", args=[service.pk]), {"cost": "1"}).status_code == 403
    assert client.post(reverse("quick_action", args=["change-cost"]), {"service": 1, "cost": "1"}).status_code == 403
    assert client.get(reverse("customers:service_end", args=[service.pk])).status_code == 200


def test_removing_a_customer_with_invoices_says_what_stands_in_the_way_and_offers_to_close(admin_client):
    customer = make_invoice().customer
    url = reverse("customers:customer_delete", args=[customer.pk])
    for response in (admin_client.get(url), admin_client.post(url)):
        page = response.content.decode()
        assert "This cannot be removed" in page
        assert "1 invoice" in page
        assert reverse("customers:customer_close", args=[customer.pk]) in page
    assert Customer.objects.filter(pk=customer.pk).exists()


def test_the_list_filters_sorts_and_pages_through_the_address(admin_client):
    for name in ("Zoë", "ann", "Bo"):
        make_customer(name=name)
    make_customer(name="Lead", status="lead")
    url = reverse("customers:customer_list")
    names = [row.name for row in admin_client.get(url, {"status": "active"}).context["page"].rows]
    assert names == ["ann", "Bo", "Zoë"]
    response = admin_client.get(url, {"sort": "-name", "q": "z"})
    assert [row.name for row in response.context["page"].rows] == ["Zoë"]


@pytest.mark.parametrize(
    "query",
    [
        "nonsense=1",
        "status=asleep",
        "sort=email",
        "sort=-",
        "after=x",
        "before=WzFd",
        "size=7",
        "size=100000",
        "q=a%00b",
    ],
)
def test_a_wrong_address_shows_no_row_and_says_why(admin_client, query):
    make_customer()
    response = admin_client.get(f"{reverse('customers:customer_list')}?{query}")
    assert response.status_code == 200
    assert response.context["page"].rows == []
    assert response.context["problems"]


def test_a_wrong_address_exports_nothing(admin_client):
    make_customer()
    response = admin_client.get(f"{reverse('customers:customer_list')}?status=asleep&export=csv")
    assert response["Content-Type"].startswith("text/html")


def test_the_export_has_exactly_the_filtered_rows(admin_client):
    make_customer(number="1", name="=SUM(A1)", phone="+1 202 555 0143")
    make_customer(number="2", name="Lead", status="lead")
    response = admin_client.get(reverse("customers:customer_list") + "?status=active&export=csv")
    lines = b"".join(response.streaming_content).decode("utf-8-sig").splitlines()
    assert len(lines) == 2
    assert lines[1].startswith("1,'=SUM(A1),'+1 202 555 0143,")


@pytest.mark.parametrize("kind", ["customer", "location", "service", "equipment", "plan"])
def test_a_list_of_fifty_costs_as_many_queries_as_a_list_of_two(admin_client, django_assert_max_num_queries, kind):
    location = make_location()
    makers = {
        "customer": make_customer,
        "location": make_location,
        "service": lambda: make_service(location=make_location()),
        "equipment": lambda: make_equipment(location=location),
        "plan": make_plan,
    }
    for _ in range(50):
        makers[kind]()
    with django_assert_max_num_queries(8):
        response = admin_client.get(reverse(f"customers:{kind}_list"))
    assert len(response.context["page"].rows) >= 50


def test_a_full_customer_page_takes_at_most_thirty_eight_queries(admin_client, django_assert_max_num_queries):
    customer = make_customer()
    for number in range(5):
        location = make_location(customer=customer, address=f"{number} High St")
        make_service(location=location)
        make_service(location=location)
        make_equipment(location=location)
    for _ in range(60):
        make_invoice(customer=customer)
    with django_assert_max_num_queries(38):
        response = admin_client.get(customer.get_absolute_url())
    page = response.content.decode()
    assert page.count("Fibre 500") >= 10
    assert "4 High St" in page


def test_the_type_ahead_puts_the_exact_number_first(admin_client):
    make_customer(number="12", name="Twelve")
    make_customer(number="3", name="12 monkeys")
    results = admin_client.get(reverse("customers:customer_lookup"), {"q": "12"}).json()["results"]
    assert [result["value"] for result in results] == ["12", "3"]
    assert admin_client.get(reverse("customers:customer_lookup"), {"q": "\x00"}).json() == {"results": []}


@pytest.mark.parametrize("number", ["99999999999999999999", "0"])
def test_an_unknown_record_is_not_found(admin_client, number):
    assert admin_client.get(f"/customers/{number}/").status_code == 404


def test_a_quick_action_needs_no_more_than_the_old_menu(admin_client):
    def do(action: str, **data: object):
        response = admin_client.post(reverse("quick_action", args=[action]), data, follow=True)
        assert response.redirect_chain, response.context["open_action"].errors
        return response

    do("add-customer", name="Ann Lee", phone="555-1234")
    do("add-location", customer="1", address="5 High St")
    location = Location.objects.get()
    do("add-service", location=f"#{location.pk}", name="Fibre", cost="59.99")
    do("add-equipment", location=location.pk, name="Router", cost="89")
    service = Service.objects.get()
    response = do("change-cost", service=service.pk, cost="64.99")
    service.refresh_from_db()
    assert service.cost == Decimal("64.99")
    assert service.starts_on == timezone.localdate()
    assert Equipment.objects.get().location == location
    assert service.get_absolute_url() in messages_of(response)[0]
    confirm = do("remove-customer", customer="1")
    assert confirm.redirect_chain[0][0] == reverse("customers:customer_delete", args=[Customer.objects.get().pk])


def test_a_refused_quick_action_comes_back_open_with_what_was_typed(admin_client):
    response = admin_client.post(
        reverse("quick_action", args=["add-service"]), {"location": "4711", "name": "Fibre", "cost": "a lot"}
    )
    page = response.content.decode()
    assert "There is no location with the number “4711”." in page
    assert "“a lot” is not an amount" in page
    assert 'value="Fibre"' in page
    assert response.context["open_action"].slug == "add-service"
    assert not Service.objects.exists()


def test_a_quick_action_without_the_right_is_refused(client, django_user_model):
    client.force_login(django_user_model.objects.create_user("stranger"))
    response = client.post(reverse("quick_action", args=["add-customer"]), {"name": "Ann"})
    assert response.status_code == 403
    assert client.get(reverse("quick_action", args=["add-customer"])).status_code == 403


def test_the_address_of_a_quick_action_leads_home(admin_client):
    assert admin_client.get(reverse("quick_action", args=["add-customer"])).url == reverse("home")
    assert admin_client.get(reverse("quick_action", args=["fly"])).status_code == 404


def test_the_search_finds_each_kind_and_opens_a_single_find(admin_client):
    service = make_service(name="Fibre Harbour")
    assert admin_client.get(reverse("search"), {"q": "fibre harb"}).url == service.get_absolute_url()
    make_equipment(name="Harbour router")
    page = admin_client.get(reverse("search"), {"q": "harbour"}).content.decode()
    assert "Fibre Harbour" in page
    assert "Harbour router" in page
    assert "12 Harbour Road" in page


def test_a_contact_is_found_by_name_and_never_by_its_key(admin_client):
    contact = make_contact(name="Maya Okafor")
    assert admin_client.get(reverse("search"), {"q": "okafor"}).url == contact.customer.get_absolute_url()
    assert admin_client.get(reverse("search"), {"q": str(contact.pk)}).status_code == 200


def test_the_register_shows_and_exports_everything_under_each_customer(admin_client):
    service = make_service(name="Fibre 500")
    make_equipment(name="Router X", location=service.location)
    make_invoice(customer=service.location.customer)
    lonely = make_customer(name="Lonely")
    response = admin_client.get(reverse("register"))
    page = response.content.decode()
    for text in ("Fibre 500", "Router X", "12 Harbour Road", "owes", lonely.name):
        assert text in page
    export = b"".join(admin_client.get(reverse("register") + "?export=csv").streaming_content).decode("utf-8-sig")
    assert len(export.splitlines()) == 4
    assert "Router X" in export
