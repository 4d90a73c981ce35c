"""What our scripts do: keys, theme, type-ahead, filters while one types, and a session that has ended meanwhile."""

import re

import pytest
from django.urls import reverse
from playwright.sync_api import Locator, Page, expect

from customers.tests.factories import make_customer


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
    expect(list_page.locator(".lookup-chosen")).to_contain_text("Jane Smith")
    expect(field).to_have_attribute("aria-expanded", "false")


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
