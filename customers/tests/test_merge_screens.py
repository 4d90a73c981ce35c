"""The pages on which two customers become one, as staff use them."""

from datetime import date

import pytest
from django.test import Client
from django.urls import reverse

from billing.tests.factories import make_invoice, make_payment
from customerflow.changes.models import ChangeSet
from customerflow.staff.roles import ADMINISTRATOR, BILLING, MANAGER, SUPPORT, TECHNICIAN
from customerflow.staff.tests.factories import make_user
from customers import merge_views
from customers.merging import merge_customers
from customers.models import Customer, DistinctPair, FormerNumber
from customers.registration import close_customer
from customers.tests.factories import (
    make_contact,
    make_customer,
    make_duplicate_pair,
    make_former_number,
    make_location,
)
from tickets.tests.factories import make_ticket

pytestmark = pytest.mark.django_db


@pytest.fixture
def manager(client) -> Client:
    client.force_login(make_user(MANAGER))
    return client


def address(survivor: Customer, other: Customer | None = None) -> str:
    page = reverse("customers:customer_merge", args=[survivor.pk])
    return f"{page}?other={other.number}" if other else page


def messages_of(response) -> list[str]:
    return [str(message) for message in response.context["messages"]]


def versions(survivor: Customer, other: Customer) -> dict[str, int]:
    return {"version": survivor.version, "other_version": other.version}


def merge(client: Client, survivor: Customer, other: Customer, **choices: object):
    data = dict.fromkeys(("name", "phone", "email", "note", "billing_day"), "survivor")
    return client.post(address(survivor, other), {**versions(survivor, other), **data, **choices}, follow=True)


def test_the_page_of_a_customer_leads_to_the_merge(manager):
    customer = make_customer()
    assert f'href="{address(customer)}"' in manager.get(customer.get_absolute_url()).content.decode()


@pytest.mark.parametrize("group", [SUPPORT, BILLING, TECHNICIAN])
def test_merging_needs_a_right_of_its_own(client, group):
    client.force_login(make_user(group))
    pair = make_duplicate_pair()
    pages = [
        address(pair.first, pair.second),
        reverse("customers:duplicates"),
        reverse("customers:not_a_duplicate", args=[pair.pk]),
    ]
    assert [client.get(page).status_code for page in pages] == [403] * 3
    assert [client.post(page).status_code for page in pages] == [403] * 3
    assert address(pair.first) not in client.get(pair.first.get_absolute_url()).content.decode()
    assert Customer.objects.count() == 2


@pytest.mark.parametrize("group", [MANAGER, ADMINISTRATOR])
def test_managers_and_administrators_merge(client, group):
    client.force_login(make_user(group))
    survivor, other = make_customer(name="Ann Lee"), make_customer(name="Anne Lee")
    response = merge(client, survivor, other)
    assert response.redirect_chain == [(survivor.get_absolute_url(), 302)]
    assert list(Customer.objects.all()) == [survivor]


def test_first_the_other_customer_is_asked_for(manager):
    page = manager.get(address(make_customer())).content.decode()
    assert 'data-lookup="/customers/lookup/"' in page
    assert 'name="other_version"' not in page


@pytest.mark.parametrize(
    ("number", "reason"), [("T-none", "There is no customer"), ("own", "already leads to this customer"), ("\0", "")]
)
def test_another_number_is_asked_for_where_this_one_will_not_do(manager, number, reason):
    customer = make_customer(number="own")
    response = manager.get(reverse("customers:customer_merge", args=[customer.pk]), {"other": number})
    assert response.status_code == 200
    assert response.context["other"] is None
    assert reason in response.content.decode()
    assert manager.post(f"{address(customer)}?other={number}").status_code == 200


def test_both_are_shown_side_by_side_with_what_moves(manager):
    survivor = make_customer(name="Ann Lee", phone="555-1234", billing_day=1)
    other = make_customer(name="Anne Lee", phone="555-1234", email="ann@example.com", billing_day=1)
    make_location(customer=survivor)
    make_location(customer=other)
    make_invoice(customer=other)
    response = manager.get(address(survivor, other))
    rows = {row.label: row for row in response.context["form"].rows()}
    assert (rows["Name"].survivor, rows["Name"].other) == ("Ann Lee", "Anne Lee")
    assert rows["Name"].choices.value() == "survivor"
    assert rows["E-mail"].choices.value() == "other"
    assert rows["Phone"].choices is rows["Billing day"].choices is None
    assert response.context["moving"] == [("Locations", 1, 1), ("Invoices", 0, 1)]
    assert address(other, survivor) in response.content.decode()


def test_the_chosen_values_stay_and_the_message_offers_undo(manager):
    survivor = make_customer(name="A. Lee", phone="555-1234", note="Dog.")
    other = make_customer(name="Ann Lee", email="ann@example.com", note="Rings twice.", billing_day=7)
    response = merge(manager, survivor, other, name="other", email="other", note="both", billing_day="other")
    survivor.refresh_from_db()
    assert (survivor.name, survivor.phone, survivor.email) == ("Ann Lee", "555-1234", "ann@example.com")
    assert (survivor.note, survivor.billing_day) == ("Dog.\n\nRings twice.", 7)
    change_set = ChangeSet.objects.latest("pk")
    assert change_set.act == "Customers merged"
    (message,) = messages_of(response)
    assert message.startswith("Merged into <a")
    assert reverse("changes:changeset_undo", args=[change_set.pk]) in message


def test_the_reason_is_kept_with_the_merge(manager):
    merge(manager, make_customer(), make_customer(), why="Called twice")
    assert ChangeSet.objects.latest("pk").why == "Called twice"


def test_an_active_customer_stays_active_where_a_lead_survives(manager):
    lead, active = make_customer(status="lead"), make_customer()
    assert manager.get(address(lead, active)).context["form"]["status"].value() == "other"


def test_a_choice_that_is_none_is_refused(manager):
    response = merge(manager, make_customer(), make_customer(), name="both")
    assert list(response.context["form"].errors) == ["name"]
    assert Customer.objects.count() == 2


@pytest.mark.parametrize("changed", [0, 1])
def test_a_page_that_is_out_of_date_shows_what_a_colleague_changed_and_merges_when_sent_again(manager, changed):
    pair = make_customer(name="Ann Lee"), make_customer(name="Anne Lee")
    Customer.objects.filter(pk=pair[changed].pk).update(phone="555-9999", version=2)
    response = merge(manager, *pair)
    page = response.content.decode()
    assert "A colleague changed this while you were looking at it" in page
    assert page.count("What was changed since you opened this page") == 1
    assert "555-9999" in page
    assert Customer.objects.count() == 2
    assert 'name="version" value="' in page
    fresh = [Customer.objects.get(pk=customer.pk) for customer in pair]
    merge(manager, *fresh, phone="survivor" if changed == 0 else "other")
    assert Customer.objects.get().phone == "555-9999"


def test_a_closed_account_does_not_take_in_an_open_one(manager):
    closed = close_customer(customer=make_customer(), last_day=date(2026, 3, 1), on=date(2026, 3, 1))
    response = merge(manager, closed, make_customer())
    assert "is closed" in response.content.decode()
    assert Customer.objects.count() == 2


def test_a_merge_that_a_colleague_was_quicker_with_leads_to_the_survivor(manager):
    survivor, other = make_customer(), make_customer()
    merge_customers(survivor=other, duplicate=survivor, values={}, on=date(2026, 3, 1))
    response = merge(manager, survivor, other)
    assert response.redirect_chain == [(other.get_absolute_url(), 302)]


@pytest.mark.parametrize("gone", [0, 1])
def test_a_customer_removed_at_the_last_moment_is_refused(manager, monkeypatch, gone):
    pair = make_customer(name="Ann Lee"), make_customer(name="Anne Lee")

    def remove_then_merge(**arguments):
        Customer.objects.filter(pk=pair[gone].pk).delete()
        return merge_customers(**arguments)

    monkeypatch.setattr(merge_views, "merge_customers", remove_then_merge)
    response = merge(manager, *pair)
    assert f"A colleague has just removed {pair[gone]}. Nothing was merged." in response.content.decode()
    assert not FormerNumber.objects.exists()


def test_the_old_address_leads_to_the_survivor(manager):
    former = make_former_number(number="T-old", merged_on=date(2026, 3, 1))
    response = manager.get(reverse("customers:customer_detail", args=[former.former_pk]), follow=True)
    assert response.redirect_chain == [(former.customer.get_absolute_url(), 302)]
    assert messages_of(response) == ["T-old was merged into this customer on 2026-03-01."]


def test_the_old_number_finds_the_survivor_everywhere(manager):
    survivor = make_former_number(number="T-old").customer
    assert manager.get(reverse("search"), {"q": "T-old"}).url == survivor.get_absolute_url()
    (found,) = manager.get(reverse("customers:customer_lookup"), {"q": "T-old"}).json()["results"]
    assert found == {"value": survivor.number, "label": str(survivor), "detail": "formerly T-old"}
    form = manager.get(reverse("customers:location_create"), {"customer": "T-old"})
    assert str(survivor) in form.content.decode()
    manager.post(reverse("customers:location_create"), {"customer": "T-old", "address": "1 Quay"})
    assert survivor.locations.get().address == "1 Quay"
    manager.post(reverse("quick_action", args=["add-location"]), {"customer": "T-old", "address": "2 Quay"})
    assert survivor.locations.count() == 2


@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("customers:contact_list", make_contact),
        ("customers:location_list", make_location),
        ("billing:invoice_list", make_invoice),
        ("billing:payment_list", make_payment),
        ("tickets:ticket_list", make_ticket),
    ],
)
def test_lists_of_the_old_number_show_what_the_survivor_has(manager, name, make):
    survivor = make_former_number(number="T-old").customer
    row = make(customer=survivor)
    make()
    for number in ("T-old", survivor.number):
        assert manager.get(reverse(name), {"customer": number}).context["page"].rows == [row]
    assert manager.get(reverse(name), {"customer": "nobody"}).context["page"].rows == []


def test_a_manager_undoes_a_merge_from_its_message(manager):
    survivor, other = make_customer(name="Ann Lee"), make_customer(name="Anne Lee", email="ann@example.com")
    invoice, location = make_invoice(customer=other), make_location(customer=other)
    make_payment("10.00", customer=other)
    merge(manager, survivor, other, email="other")
    undo = reverse("changes:changeset_undo", args=[ChangeSet.objects.latest("pk").pk])
    page = manager.get(undo)
    assert page.status_code == 200
    assert page.context["plan"].left_alone == 0
    response = manager.post(undo, follow=True)
    assert response.status_code == 200
    survivor.refresh_from_db()
    invoice.refresh_from_db()
    location.refresh_from_db()
    assert (invoice.customer, location.customer, survivor.email) == (other, other, "")
    assert not FormerNumber.objects.exists()
    assert manager.get(other.get_absolute_url()).status_code == 200


def test_nobody_else_gets_a_former_number(manager):
    former = make_former_number(number="T-old")
    data = {"name": "Bo Berg", "number": "T-old", "billing_day": 1, "payment_terms": 14}
    response = manager.post(reverse("customers:customer_create"), data)
    assert response.context["form"].errors["number"] == [
        f"This number belonged to an account that is now {former.customer}. Choose another."
    ]
    other = make_customer()
    response = manager.post(reverse("customers:customer_update", args=[other.pk]), {**data, "version": 1})
    assert list(response.context["form"].errors) == ["number"]
    assert not Customer.objects.filter(number="T-old").exists()


def test_likely_duplicates_are_listed_the_most_alike_first(manager):
    weak = make_duplicate_pair(likeness=2, weight=3)
    strong = make_duplicate_pair(likeness=1 | 8, weight=6)
    response = manager.get(reverse("customers:duplicates"))
    assert response.context["page"].rows == [strong, weak]
    page = response.content.decode()
    assert "same e-mail, same name" in page
    assert address(strong.first, strong.second) in page


def test_the_list_of_duplicates_is_searched_and_filtered_and_exported(manager):
    pair = make_duplicate_pair(first=make_customer(name="Ann Lee"), likeness=1 | 8, weight=6)
    make_duplicate_pair(likeness=2, weight=3)
    page = reverse("customers:duplicates")
    assert manager.get(page, {"q": "ann lee"}).context["page"].rows == [pair]
    assert manager.get(page, {"likeness": 8}).context["page"].rows == [pair]
    exported = b"".join(manager.get(page, {"export": "csv"})).decode()
    assert "same e-mail, same name" in exported


def test_pages_of_duplicates_follow_one_another(manager):
    pairs = [make_duplicate_pair() for _ in range(30)]
    first = manager.get(reverse("customers:duplicates"), {"size": 25}).context
    second = manager.get(reverse("customers:duplicates") + first["next_url"]).context
    assert first["page"].rows + second["page"].rows == pairs[::-1]


def test_the_list_asks_as_many_questions_for_many_pairs_as_for_few(manager, django_assert_max_num_queries):
    for _ in range(30):
        make_duplicate_pair()
    with django_assert_max_num_queries(8):
        manager.get(reverse("customers:duplicates"))


def test_what_is_no_duplicate_stays_dismissed_until_that_is_undone(manager):
    pair = make_duplicate_pair()
    response = manager.post(reverse("customers:not_a_duplicate", args=[pair.pk]), follow=True)
    assert response.redirect_chain == [(reverse("customers:duplicates"), 302)]
    assert response.context["page"].rows == []
    assert "Undo" in messages_of(response)[0]
    said = DistinctPair.objects.get()
    assert (said.first, said.second) == (pair.first, pair.second)
    said.delete()
    assert manager.get(reverse("customers:duplicates")).context["page"].rows == [pair]


def test_saying_twice_that_two_are_two_is_saying_it_once(manager):
    pair = make_duplicate_pair()
    for _ in range(2):
        assert manager.post(reverse("customers:not_a_duplicate", args=[pair.pk])).status_code == 302
    assert DistinctPair.objects.count() == 1


@pytest.mark.parametrize("field", ["email", "phone"])
def test_a_new_customer_who_shares_an_email_or_phone_is_added_and_the_other_is_named(manager, field):
    value = {"email": "Ann.Lee@example.com", "phone": "+1 604 555 0142"}[field]
    known = make_customer(name="Ann Lee", **{field: value})
    make_customer(name="Bo Berg", email="xann.lee@example.com", phone="+1 604 555 0143")
    data = {"name": "Anne Lee", "billing_day": 1, "payment_terms": 14, field: value.lower()}
    response = manager.post(reverse("customers:customer_create"), data, follow=True)
    new = Customer.objects.get(name="Anne Lee")
    added, alike = messages_of(response)
    assert added.startswith("Added: ")
    assert alike == f'Perhaps the same as <a href="{address(known, new)}">{known}</a>: compare.'


def test_who_may_not_merge_is_led_to_the_page_of_the_other(client):
    client.force_login(make_user(SUPPORT))
    known = make_customer(phone="555-1234")
    data = {"name": "Anne Lee", "billing_day": 1, "payment_terms": 14, "phone": "555-1234"}
    response = client.post(reverse("customers:customer_create"), data, follow=True)
    assert messages_of(response)[1] == f'Perhaps the same as <a href="{known.get_absolute_url()}">{known}</a>.'


def test_a_new_customer_like_nobody_is_just_added(manager):
    make_customer(email="bo@example.com", phone="555-9999")
    data = {"name": "Anne Lee", "billing_day": 1, "payment_terms": 14, "phone": "555-1234", "email": "a@example.com"}
    response = manager.post(reverse("customers:customer_create"), data, follow=True)
    assert len(messages_of(response)) == 1
