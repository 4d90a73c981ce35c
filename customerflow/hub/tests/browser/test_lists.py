"""A list as staff use it: filters, chips, sorting, pages, keys, and the file that holds the same rows."""

import csv
import io
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from customerflow.hub.tests.browser.scripting import with_and_without_javascript
from customers.tests.factories import make_customer

LEADS, ACTIVE = 3, 57


@pytest.fixture
def customers(staff: Page) -> Page:
    """The list of sixty customers, of whom three are leads."""
    for number in range(1, LEADS + ACTIVE + 1):
        status = "lead" if number <= LEADS else "active"
        make_customer(name=f"Customer {number:02}", number=f"{number:02}", status=status)
    staff.goto("/customers/?size=25&sort=number")
    return staff


def numbers(page: Page) -> list[str]:
    """Return the customer numbers that the rows show."""
    return page.locator("#list tbody tr td[data-label=Number]").all_inner_texts()


def expect_count(page: Page, text: str) -> None:
    expect(page.get_by_role("navigation", name="Pages").get_by_role("paragraph")).to_have_text(text)


def show_filters(page: Page, javascript: str) -> None:
    """Without JavaScript the form is sent by its button; with it, the list follows what is chosen."""
    if javascript == "off":
        page.get_by_role("search", name="Filter the list").get_by_role("button", name="Filter").click()


@with_and_without_javascript
def test_a_choice_filters_the_address_keeps_it_and_its_chip_removes_it(javascript: str, customers: Page):
    customers.get_by_label("Status").select_option("lead")
    show_filters(customers, javascript)
    expect_count(customers, "1–3 of 3")
    assert numbers(customers) == ["01", "02", "03"]
    expect(customers).to_have_url(re.compile("status=lead"))
    address = customers.url
    customers.goto("/")
    customers.goto(address)
    expect(customers.get_by_label("Status")).to_have_value("lead")
    assert numbers(customers) == ["01", "02", "03"]
    customers.get_by_role("link", name="Remove this filter").click()
    expect_count(customers, "1–25 of 60")
    assert "status" not in customers.url
    expect(customers.get_by_label("Status")).to_have_value("")


@with_and_without_javascript
def test_typing_searches_and_says_when_nothing_matches(javascript: str, customers: Page):
    search = customers.get_by_role("search", name="Filter the list").get_by_label("Search")
    search.press_sequentially("customer 42")
    show_filters(customers, javascript)
    expect_count(customers, "1–1 of 1")
    assert numbers(customers) == ["42"]
    search.fill("nobody at all")
    show_filters(customers, javascript)
    expect(customers.get_by_text("No row matches.")).to_be_visible()
    customers.get_by_role("link", name="Show the whole list").click()
    expect_count(customers, "1–50 of 60")


@with_and_without_javascript
def test_a_heading_sorts_and_sorts_the_other_way_when_pressed_again(javascript: str, customers: Page):
    heading = customers.get_by_role("columnheader", name="Number")
    expect(heading).to_have_attribute("aria-sort", "ascending")
    heading.get_by_role("link").click()
    expect(heading).to_have_attribute("aria-sort", "descending")
    assert numbers(customers)[:2] == ["60", "59"]
    customers.get_by_role("columnheader", name="Name").get_by_role("link").click()
    expect(customers.get_by_role("columnheader", name="Name")).to_have_attribute("aria-sort", "ascending")
    assert numbers(customers)[:2] == ["01", "02"]


@with_and_without_javascript
def test_links_lead_through_the_pages(javascript: str, customers: Page):
    pages = customers.get_by_role("navigation", name="Pages")
    expect(pages.get_by_role("link")).to_have_text(["Next", "Last"])
    steps = [
        ("Next", "26–50 of 60", "26"),
        ("Next", "51–60 of 60", "51"),
        ("Previous", "26–50 of 60", "26"),
        ("Last", "36–60 of 60", "36"),
        ("First", "1–25 of 60", "01"),
    ]
    for link, count, first in steps:
        pages.get_by_role("link", name=link).click()
        expect_count(customers, count)
        assert numbers(customers)[0] == first
    customers.go_back()
    expect_count(customers, "36–60 of 60")


def test_keys_move_through_the_rows_and_open_one(customers: Page):
    rows = customers.locator("#list tbody tr")
    for key, row in [("j", 0), ("j", 1), ("j", 2), ("k", 1)]:
        customers.keyboard.press(key)
        expect(rows.nth(row)).to_be_focused()
    customers.keyboard.press("Enter")
    expect(customers.get_by_role("heading", level=1)).to_have_text("Customer 02")


def test_question_mark_lists_the_keys_and_slash_searches(customers: Page):
    customers.keyboard.press("?")
    keys = customers.get_by_role("dialog", name="Keys")
    expect(keys).to_contain_text("Next row, previous row")
    customers.keyboard.press("Escape")
    expect(keys).to_be_hidden()
    customers.keyboard.press("/")
    customers.keyboard.type("Customer 07")
    customers.keyboard.press("Enter")
    expect(customers.get_by_role("heading", level=1)).to_have_text("Customer 07")


@with_and_without_javascript
def test_the_file_holds_exactly_the_filtered_rows(javascript: str, customers: Page):
    customers.get_by_label("Status").select_option("lead")
    show_filters(customers, javascript)
    expect_count(customers, "1–3 of 3")
    with customers.expect_download() as download:
        customers.get_by_role("link", name="Export CSV").click()
    assert download.value.suggested_filename == "customers.csv"
    text = Path(download.value.path()).read_text(encoding="utf-8-sig")
    assert [row["Number"] for row in csv.DictReader(io.StringIO(text))] == ["01", "02", "03"]
