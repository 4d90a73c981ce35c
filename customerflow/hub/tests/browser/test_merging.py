"""Two customers become one, by hand: found, compared, merged; by keyboard, and without JavaScript."""

import re

from playwright.sync_api import Page, expect

from billing.tests.factories import make_invoice
from customerflow.hub.tests.browser.floors import failures
from customerflow.hub.tests.browser.scripting import with_and_without_javascript
from customerflow.hub.tests.browser.watching import Watch
from customers.models import Customer, DuplicatePair
from customers.tests.factories import make_customer, make_duplicate_pair, make_location


def make_twins() -> tuple[Customer, Customer]:
    """Make one customer twice, with something to choose and something to move."""
    first = make_customer(number="1042", name="Jane Smith", phone="555-1234", note="Has a dog.")
    second = make_customer(number="2077", name="Smith, Jane", phone="555-1234", email="jane@example.com", note="Bell!")
    make_invoice(customer=first)
    make_location(customer=second)
    return first, second


def test_both_side_by_side_meet_the_floors_also_when_a_colleague_was_there(staff: Page, watch: Watch):
    first, second = make_twins()
    staff.goto(f"/customers/{first.pk}/merge/?other={second.number}")
    assert failures(staff, watch) == []
    Customer.objects.filter(pk=second.pk).update(phone="555-9999", version=2)
    staff.get_by_role("button", name="Merge", exact=True).click()
    expect(staff.get_by_role("alert").first).to_be_visible()
    expect(staff.get_by_role("heading", name="What was changed since you opened this page")).to_have_count(1)
    assert failures(staff, watch) == []


def test_the_list_of_likely_duplicates_meets_the_floors(staff: Page, watch: Watch):
    make_duplicate_pair(
        likeness=1 | 2 | 4 | 8, weight=10, first=make_customer(name="A" * 60, email="a" * 50 + "@b.example")
    )
    make_duplicate_pair()
    staff.goto("/customers/duplicates/")
    assert failures(staff, watch) == []


def test_merging_by_keyboard_alone(staff: Page):
    first, _second = make_twins()
    staff.goto(first.get_absolute_url())
    staff.get_by_role("link", name="Merge").press("Enter")
    staff.get_by_role("combobox", name="The other customer").press_sequentially("smith, j")
    expect(staff.get_by_role("option")).to_have_count(1)
    staff.keyboard.press("Enter")
    staff.get_by_role("button", name="Compare").press("Enter")
    name = staff.get_by_role("radio", name=re.compile("^Name: Jane Smith"))
    expect(name).to_be_checked()
    name.focus()
    staff.keyboard.press("ArrowDown")
    expect(staff.get_by_role("radio", name="Name: Smith, Jane")).to_be_checked()
    staff.get_by_role("button", name="Merge", exact=True).press("Enter")
    expect(staff.get_by_role("status").first).to_contain_text("Merged into Smith, Jane (1042)")
    expect(staff.get_by_role("link", name="Undo").first).to_be_visible()


@with_and_without_javascript
def test_a_pair_is_merged_and_another_dismissed(javascript: str, staff: Page):
    first, second = make_twins()
    make_duplicate_pair(first=first, second=second, likeness=2 | 8, weight=6)
    make_duplicate_pair()
    staff.goto("/customers/duplicates/")
    rows = staff.locator("#list tbody tr")
    rows.last.get_by_role("button", name="Not a duplicate").click()
    expect(rows).to_have_count(1)
    rows.get_by_role("link", name="Merge").click()
    expect(staff.get_by_role("radio", name="E-mail: jane@example.com")).to_be_checked()
    staff.get_by_role("button", name="Merge", exact=True).click()
    expect(staff.get_by_role("heading", level=1)).to_have_text("Jane Smith")
    merged = Customer.objects.get(number="1042")
    assert (merged.email, merged.note) == ("jane@example.com", "Has a dog.\n\nBell!")
    assert DuplicatePair.objects.undecided().count() == 0
    staff.goto("/search/?q=2077")
    expect(staff).to_have_url(re.compile(merged.get_absolute_url()))
