"""
The eight actions of the old menu, from the home page in the fewest steps.

Each is done with the mouse, by keyboard alone, and with JavaScript off, and taken back.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from billing.tests.factories import make_invoice
from customerflow.hub.tests.browser.keys import skip_to_content, tab_to
from customerflow.hub.tests.browser.scripting import with_and_without_javascript, without_javascript
from customers.models import Customer, Equipment, Location, Service
from customers.tests.factories import make_customer, make_equipment, make_location, make_service

pytestmark = pytest.mark.once


@dataclass(frozen=True)
class Action:
    """
    An entry of the menu.

    `found` is what is typed to find the record that it is about, whose label is `label`; without JavaScript, `number`
    gives what is typed instead. The message begins with `done` and links to the record, which is called `name`.
    """

    slug: str
    typed: dict[str, str]
    name: str
    done: str
    is_done: Callable[[], bool]
    label: str = ""
    found: str = ""
    number: Callable[[], str] = str


def _location() -> str:
    return str(Location.objects.get(address="12 Harbour Road").pk)


def _service() -> str:
    return str(Service.objects.get(name="Fibre 500").pk)


ADDING_AND_CHANGING = [
    Action(
        slug="add-customer",
        typed={"Name": "Grace Hopper", "Phone": "555-1234"},
        name="Grace Hopper",
        done="Added:",
        is_done=lambda: Customer.objects.filter(name="Grace Hopper", phone="555-1234").exists(),
    ),
    Action(
        slug="add-location",
        label="Customer",
        found="jane",
        number=lambda: "1042",
        typed={"Address": "1 Lighthouse Lane"},
        name="1 Lighthouse Lane",
        done="Added:",
        is_done=lambda: Location.objects.filter(customer__number="1042", address="1 Lighthouse Lane").exists(),
    ),
    Action(
        slug="add-service",
        label="Location",
        found="harbour",
        number=_location,
        typed={"Name": "Fixed address", "Cost": "1,234.50"},
        name="Fixed address",
        done="Added:",
        is_done=lambda: Service.objects.filter(location_id=_location(), cost=Decimal("1234.50")).exists(),
    ),
    Action(
        slug="add-equipment",
        label="Location",
        found="harbour",
        number=_location,
        typed={"Name": "Mesh point", "Cost": "45"},
        name="Mesh point",
        done="Added:",
        is_done=lambda: Equipment.objects.filter(location_id=_location(), cost=Decimal(45)).exists(),
    ),
    Action(
        slug="change-cost",
        label="Service",
        found="fibre",
        number=_service,
        typed={"New cost": "49.90"},
        name="Fibre 500",
        done="The cost of",
        is_done=lambda: Service.objects.get(name="Fibre 500").cost == Decimal("49.90"),
    ),
]
each_action = pytest.mark.parametrize("action", ADDING_AND_CHANGING, ids=lambda action: action.slug)


@pytest.fixture
def home(staff: Page) -> Page:
    """The home page of a provider with one customer."""
    make_business()
    staff.goto("/")
    return staff


def field(card: Locator, label: str) -> Locator:
    """Return the input with this label; the mark of what is required is left out."""
    return card.get_by_label(re.compile(rf"^\s*{label}\*?\s*$")).and_(card.locator("input"))


def make_business() -> None:
    location = make_location(customer=make_customer(name="Jane Smith", number="1042"))
    make_service(location=location, name="Fibre 500")
    make_equipment(location=location)


def message_of(page: Page, action: Action) -> Locator:
    """See the message that it is done, and return it."""
    expect(page).to_have_url("/")
    message = page.get_by_role("status").filter(has_text=f"{action.done} {action.name}")
    expect(message).to_be_visible()
    assert action.is_done()
    return message


def expect_done(page: Page, action: Action) -> None:
    """See the message, follow its link to the record, and find it there."""
    message_of(page, action).get_by_role("link", name=action.name).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(action.name)


@each_action
def test_with_the_mouse(action: Action, home: Page):
    card = home.locator(f"#{action.slug}")
    card.locator("summary").click()
    if action.label:
        field(card, action.label).press_sequentially(action.found)
        card.get_by_role("option").click()
        expect(field(card, action.label)).to_have_value(action.number())
    for label, text in action.typed.items():
        field(card, label).fill(text)
    card.get_by_role("button").click()
    expect_done(home, action)


@each_action
def test_by_keyboard_alone(action: Action, home: Page):
    card = home.locator(f"#{action.slug}")
    skip_to_content(home)
    tab_to(home, card.locator("summary"))
    home.keyboard.press("Enter")
    if action.label:
        tab_to(home, field(card, action.label))
        home.keyboard.type(action.found)
        expect(card.get_by_role("option")).to_have_count(1)
        home.keyboard.press("ArrowDown")
        home.keyboard.press("Enter")
    for label, text in action.typed.items():
        tab_to(home, field(card, label))
        home.keyboard.type(text)
    home.keyboard.press("Enter")
    expect_done(home, action)


def do_without_javascript(page: Page, action: Action) -> None:
    card = page.locator(f"#{action.slug}")
    card.locator("summary").click()
    numbers = {action.label: action.number()} if action.label else {}
    for label, text in {**numbers, **action.typed}.items():
        field(card, label).fill(text)
    card.get_by_role("button").click()


@each_action
@without_javascript
def test_without_javascript(action: Action, home: Page):
    do_without_javascript(home, action)
    expect_done(home, action)


@each_action
@without_javascript
def test_each_is_taken_back_from_its_message(action: Action, home: Page):
    do_without_javascript(home, action)
    message_of(home, action).get_by_role("link", name="Undo").click()
    home.get_by_role("button", name="Undo").click()
    expect(home.get_by_role("status").filter(has_text="Undone:")).to_be_visible()
    assert not action.is_done()


def remove(page: Page, typed: str) -> None:
    card = page.locator("#remove-customer")
    card.locator("summary").click()
    field(card, "Customer").fill(typed)
    card.get_by_role("button").click()


@with_and_without_javascript
def test_removing_a_customer_says_first_what_goes_too(javascript: str, home: Page):
    make_location(customer=make_customer(name="Ann Moved", number="77"))
    remove(home, "77")
    expect(home.get_by_role("heading", level=1)).to_have_text("Remove Ann Moved (77)")
    expect(home.get_by_role("main")).to_contain_text("This goes too:")
    expect(home.get_by_role("main").get_by_role("listitem").filter(has_text="1 location")).to_be_visible()
    home.get_by_role("button", name="Remove").click()
    expect(home.get_by_role("status").filter(has_text="Removed: Ann Moved (77).")).to_be_visible()
    assert not Customer.objects.filter(number="77").exists()


def test_removing_works_by_keyboard_alone(home: Page):
    make_customer(name="Ann Moved", number="77")
    card = home.locator("#remove-customer")
    skip_to_content(home)
    tab_to(home, card.locator("summary"))
    home.keyboard.press("Enter")
    tab_to(home, field(card, "Customer"))
    home.keyboard.type("moved")
    expect(card.get_by_role("option")).to_have_count(1)
    for key in ("ArrowDown", "Enter", "Enter"):
        home.keyboard.press(key)
    expect(home.get_by_role("heading", level=1)).to_have_text("Remove Ann Moved (77)")
    skip_to_content(home)
    tab_to(home, home.get_by_role("button", name="Remove"))
    home.keyboard.press("Enter")
    expect(home.get_by_role("status").filter(has_text="Removed: Ann Moved (77).")).to_be_visible()
    assert not Customer.objects.filter(number="77").exists()


def test_who_is_on_the_books_is_not_removed_and_the_page_says_why(home: Page):
    make_invoice(customer=Customer.objects.get(number="1042"))
    remove(home, "1042")
    expect(home.get_by_role("alert")).to_contain_text("This cannot be removed.")
    expect(home.get_by_role("alert")).to_contain_text("1 invoice")
    expect(home.get_by_role("main").get_by_role("button")).to_have_count(0)


@with_and_without_javascript
def test_the_customers_with_overdue_payments_are_one_click_away(javascript: str, home: Page):
    today = timezone.localdate()
    late, punctual = Customer.objects.get(number="1042"), make_customer(name="Ann Punctual")
    make_invoice(customer=late, on=today - timedelta(days=30), due_on=today - timedelta(days=1))
    make_invoice(customer=punctual, on=today, due_on=today)
    home.get_by_role("link", name="Customers with overdue payments").click()
    expect(home).to_have_url("/overdue/")
    expect(home.get_by_role("link", name="Jane Smith", exact=True)).to_be_visible()
    expect(home.get_by_role("link", name="Ann Punctual")).to_have_count(0)


@with_and_without_javascript
def test_all_customers_with_everything_are_one_click_away(javascript: str, home: Page):
    home.get_by_role("link", name="All customers with everything").click()
    entry = home.get_by_role("region", name="Jane Smith")
    for text in ("12 Harbour Road", "Fibre 500", "59.99", "Router", "89.00"):
        expect(entry).to_contain_text(text)


def test_the_two_lists_are_reached_by_keyboard(home: Page):
    for name in ("Customers with overdue payments", "All customers with everything"):
        home.goto("/")
        skip_to_content(home)
        tab_to(home, home.get_by_role("link", name=name))
        home.keyboard.press("Enter")
        home.wait_for_url("**/overdue/" if "overdue" in name else "**/register/")


REFUSED = [
    (
        "add-location",
        {"Customer": "9999", "Address": "1 Lighthouse Lane"},
        "There is no customer with the number “9999”",
    ),
    ("add-location", {"Customer": "1042", "Address": ""}, "Address: This field is required"),
    ("add-service", {"Location": "12 Harbour", "Name": "Fibre", "Cost": "5"}, "Did you mean"),
    ("add-service", {"Location": "-1", "Name": "Fibre", "Cost": "5"}, "There is no location with the number “-1”"),
    ("add-equipment", {"Location": "999", "Name": "Mesh", "Cost": "5.9999"}, "Cost:"),
    ("change-cost", {"Service": "9" * 30, "New cost": "12,3,4"}, "New cost:"),
    ("remove-customer", {"Customer": "nobody"}, "There is no customer with the number “nobody”"),
    ("add-customer", {"Name": "Grace Hopper", "Phone": "not a phone"}, "Phone:"),
]


@with_and_without_javascript
@pytest.mark.parametrize(("slug", "typed", "says"), REFUSED)
def test_what_cannot_be_is_said_and_what_was_typed_is_kept(slug, typed, says, javascript, home: Page):
    before = [model.objects.count() for model in (Customer, Location, Service, Equipment)]
    card = home.locator(f"#{slug}")
    card.locator("summary").click()
    for label, text in typed.items():
        field(card, label).fill(text)
    card.get_by_role("button").click()
    summary = card.get_by_role("alert")
    expect(summary).to_contain_text("Nothing was saved")
    expect(summary).to_contain_text(says)
    expect(summary).to_be_focused()
    for label, text in typed.items():
        expect(field(card, label)).to_have_value(text)
    assert [model.objects.count() for model in (Customer, Location, Service, Equipment)] == before
