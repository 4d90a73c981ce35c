"""What our scripts do: keys, theme, type-ahead, filters while one types, and a session that has ended meanwhile."""

import re

import pytest
from django.urls import reverse
from playwright.sync_api import Dialog, Locator, Page, expect

from customers.tests.factories import make_customer
from tickets.tests.factories import make_ticket

# What a browser does with a page, no database has a part in.
pytestmark = pytest.mark.once


@pytest.fixture
def list_page(staff: Page) -> Page:
    """The list of two customers."""
    make_customer(number="1042", name="Jane Smith")
    make_customer(number="1043", name="John Doe")
    staff.goto(reverse("customers:customer_list"))
    return staff


def filter_search(page: Page) -> Locator:
    return page.get_by_role("search", name="Filter the list").get_by_label("Search")


def test_keys_move_in_a_list_and_open_a_row(list_page: Page):
    list_page.keyboard.press("j")
    list_page.keyboard.press("j")
    list_page.keyboard.press("Enter")
    expect(list_page.locator("h1")).to_have_text("John Doe")


def test_a_letter_typed_into_a_field_is_a_letter(list_page: Page):
    list_page.keyboard.press("/")
    list_page.keyboard.type("j/?k")
    search = list_page.get_by_placeholder("Search name, number, phone")
    expect(search).to_have_value("j/?k")
    expect(list_page.locator("#keys")).not_to_be_visible()


def test_the_theme_is_kept_by_the_server(list_page: Page):
    list_page.get_by_role("button", name=re.compile("Account of")).click()
    list_page.get_by_text("Dark", exact=True).click()
    expect(list_page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    html = list_page.request.get("/").text()
    assert 'data-bs-theme="dark"' in html


def test_a_customer_is_found_by_typing_and_chosen_by_keys(list_page: Page):
    list_page.goto(reverse("customers:location_create"))
    field = list_page.get_by_role("combobox", name="Customer")
    field.press_sequentially("smith")
    expect(list_page.get_by_role("option")).to_have_count(1)
    expect(field).to_have_attribute("aria-expanded", "true")
    field.press("ArrowDown")
    field.press("Enter")
    expect(field).to_have_value("1042")
    expect(list_page.locator("#id_customer_chosen")).to_contain_text("Jane Smith")
    expect(field).to_have_attribute("aria-expanded", "false")


@pytest.mark.parametrize("key", ["Enter", "Tab"])
def test_the_only_match_is_taken_without_choosing_it(list_page: Page, key: str):
    list_page.goto(reverse("customers:location_create"))
    field = list_page.get_by_role("combobox", name="Customer")
    field.press_sequentially("smith")
    expect(list_page.get_by_role("option")).to_have_count(1)
    field.press(key)
    expect(field).to_have_value("1042")
    expect(list_page.locator("#id_customer_chosen")).to_contain_text("Jane Smith")
    (expect(field).to_be_focused if key == "Enter" else expect(field).not_to_be_focused)()
    expect(list_page.get_by_role("alert")).to_have_count(0)


def test_one_of_many_matches_is_taken_by_tab_only_when_chosen(list_page: Page):
    list_page.goto(reverse("customers:location_create"))
    field = list_page.get_by_role("combobox", name="Customer")
    for arrows, value in ((0, "j"), (2, "1043")):
        field.fill("")
        field.press_sequentially("j")
        expect(list_page.get_by_role("option")).to_have_count(2)
        for _ in range(arrows):
            field.press("ArrowDown")
        field.press("Tab")
        expect(field).to_have_value(value)


def test_text_typed_into_one_form_is_not_lost_by_sending_another(staff: Page):
    ticket = make_ticket()
    asked = []

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    staff.on("dialog", stay)
    staff.goto(ticket.get_absolute_url())
    staff.get_by_role("button", name="Note for colleagues").click()
    note = staff.locator("#note-body")
    note.press_sequentially("Splitter 4 is bad.")
    staff.get_by_role("button", name="On hold").click()
    expect(note).to_have_value("Splitter 4 is bad.")
    assert asked == ["beforeunload"]
    staff.get_by_role("button", name="Save internal note").click()
    expect(staff.get_by_role("region", name="Conversation")).to_contain_text("Splitter 4 is bad.")
    assert asked == ["beforeunload"]
    ticket.refresh_from_db()
    assert ticket.status == ticket.Status.NEW


def test_a_list_filters_while_one_types_and_its_address_says_so(list_page: Page):
    field = filter_search(list_page)
    field.press_sequentially("smith")
    expect(list_page.locator("tbody tr")).to_have_count(1)
    expect(list_page).to_have_url(re.compile(r"\?q=smith$"))
    expect(list_page.get_by_role("link", name="Export CSV")).to_have_attribute("href", re.compile("q=smith"))
    expect(list_page.locator("#announcer")).to_contain_text("1")
    expect(field).to_be_focused()


def test_the_log_in_page_is_never_put_into_a_list(list_page: Page):
    list_page.context.clear_cookies()
    filter_search(list_page).press_sequentially("smith")
    expect(list_page.locator("h1")).to_have_text("Log in")
    expect(list_page.locator(".sidebar")).to_have_count(0)
