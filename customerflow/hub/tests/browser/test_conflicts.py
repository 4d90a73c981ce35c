"""Two people, one record, in a real browser: what the second one sees, and decides, with and without JavaScript."""

from decimal import Decimal

from django.urls import reverse
from playwright.sync_api import Page, expect

from customerflow.hub.tests.browser.floors import failures
from customerflow.hub.tests.browser.keys import tab_to
from customerflow.hub.tests.browser.scripting import with_and_without_javascript
from customerflow.hub.tests.browser.watching import Watch
from customerflow.tests.administering import page_of
from customerflow.tests.sending import browser_of, sent_by
from customers.models import Customer, Location
from customers.tests.factories import make_customer, make_location, make_service


def ann_saves(customer: Customer, **edits: str) -> None:
    """Let a colleague change the customer."""
    ann, url = browser_of("ann"), reverse("customers:customer_update", args=[customer.pk])
    assert ann.post(url, {**sent_by(ann.get(url)), **edits}).status_code == 302


@with_and_without_javascript
def test_the_second_person_sees_what_the_first_changed_and_decides_field_by_field(javascript: str, staff: Page):
    customer = make_customer(name="Jane Smith", phone="555-1111", email="jane@example.com")
    staff.goto(reverse("customers:customer_update", args=[customer.pk]))
    staff.get_by_label("Name").fill("Jane Miller")
    staff.get_by_label("E-mail").fill("miller@example.com")
    ann_saves(customer, name="Jane Jones", phone="555-2222", email="jones@example.com", why="She married")
    staff.get_by_role("button", name="Save").click()

    expect(staff.get_by_role("alert")).to_contain_text("A colleague changed this record while you were editing it.")
    expect(staff.get_by_text("She married")).to_be_visible()
    row = staff.get_by_role("row", name="Name")
    for text in ("Jane Smith", "Jane Jones", "Jane Miller"):
        expect(row).to_contain_text(text)
    expect(staff.get_by_label("Phone")).to_have_value("555-2222")
    expect(staff.get_by_label("Name", exact=False).last).to_have_value("Jane Miller")
    staff.get_by_role("group", name="E-mail").get_by_label("What is stored now").check()
    staff.locator("#id_name").fill("Jane Miller-Jones")
    staff.get_by_role("button", name="Save").click()

    expect(staff.get_by_role("status").first).to_contain_text("Saved: Jane Miller-Jones")
    customer.refresh_from_db()
    assert (customer.name, customer.phone, customer.email) == ("Jane Miller-Jones", "555-2222", "jones@example.com")


def test_it_is_decided_by_keyboard_alone(staff: Page):
    customer = make_customer(name="Jane Smith")
    staff.goto(reverse("customers:customer_update", args=[customer.pk]))
    staff.locator("#id_name").fill("Jane Miller")
    ann_saves(customer, name="Jane Jones")
    staff.keyboard.press("Enter")
    expect(staff.get_by_role("alert")).to_be_focused()
    tab_to(staff, staff.get_by_role("radio", name="Yours, as in the field below"))
    staff.keyboard.press("ArrowDown")
    expect(staff.get_by_role("radio", name="What is stored now")).to_be_checked()
    tab_to(staff, staff.get_by_role("button", name="Save"))
    staff.keyboard.press("Enter")
    expect(staff.locator("h1")).to_have_text("Jane Jones")


def test_the_pages_that_are_out_of_date_meet_the_floors(staff: Page, watch: Watch):
    customer = make_customer(name="Jane Smith", note="one\n" * 9)
    service = make_service(location=make_location(customer=customer), cost=Decimal("59.99"))
    found = {}

    staff.goto(reverse("customers:customer_update", args=[customer.pk]))
    staff.locator("#id_name").fill("Jane Miller")
    ann_saves(customer, name="Jane Jones" * 15, note="W" * 400, phone="555-2222", why="She married " * 10)
    staff.get_by_role("button", name="Save").click()
    expect(staff.get_by_role("table")).to_be_visible()
    found["form"] = failures(staff, watch)

    staff.goto(reverse("customers:service_cost", args=[service.pk]))
    browser_of("ben").post(reverse("customers:service_cost", args=[service.pk]), {"cost": "49.99"})
    staff.locator("#id_cost").fill("64.50")
    staff.get_by_role("button", name="Change the cost").click()
    expect(staff.get_by_role("table")).to_contain_text("49.99")
    expect(staff.locator("#id_cost")).to_have_value("64.50")
    found["act"] = failures(staff, watch)

    staff.goto(reverse("customers:customer_delete", args=[customer.pk]))
    make_location(customer=customer)
    staff.get_by_role("button", name="Remove").click()
    expect(staff.get_by_role("alert")).to_contain_text("something else would go with it")
    assert Location.objects.count() == 2
    found["removal"] = failures(staff, watch)

    staff.goto(page_of(Customer, "change", customer.pk))
    staff.locator("#id_name").fill("Jane Miller")
    Customer.objects.filter(pk=customer.pk).update(name="Jane Jones", version=9)
    staff.get_by_role("button", name="Save", exact=True).click()
    expect(staff.get_by_role("table")).to_contain_text("Jane Jones")
    found["administration"] = failures(staff, watch)
    assert not any(found.values()), found
