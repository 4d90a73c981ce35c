"""Rows of a list, chosen and changed, by keyboard or without JavaScript."""

from playwright.sync_api import Page, expect

from customerflow.hub.tests.browser.floors import failures
from customerflow.hub.tests.browser.scripting import with_and_without_javascript
from customerflow.hub.tests.browser.watching import Watch
from customerflow.jobs.models import Job
from customers.models import Customer
from customers.tests.factories import make_customer


@with_and_without_javascript
def test_all_that_match_are_chosen_shown_and_changed(javascript: str, staff: Page):
    for number in range(60):
        make_customer(name=f"Lead {number:02}", status="lead")
    make_customer(name="Active")
    staff.goto("/customers/?status=lead")
    staff.get_by_label("All 60 that match").check()
    staff.get_by_role("button", name="Next").click()
    staff.get_by_label("Billing day").fill("15")
    staff.get_by_role("button", name="Show what it would do").click()
    expect(staff.get_by_role("table", name="What changes").locator("tbody tr")).to_have_count(10)
    staff.get_by_label("Type 60 to confirm").fill("59")
    staff.get_by_role("button", name="Change customers").click()
    expect(staff.get_by_role("alert")).to_contain_text("60")
    assert not Customer.objects.filter(billing_day=15).exists()
    staff.get_by_label("Type 60 to confirm").fill("60")
    staff.get_by_role("button", name="Change customers").click()
    expect(staff.get_by_text("Change customers: 60 done.")).to_be_visible()
    staff.get_by_role("link", name="Back to the list").click()
    expect(staff).to_have_url("/customers/?status=lead")
    assert Customer.objects.filter(billing_day=15).count() == 60


def test_rows_are_chosen_by_keyboard_and_counted(staff: Page):
    for number in range(3):
        make_customer(name=f"Customer {number}")
    staff.goto("/customers/")
    for key in ("j", "x", "j", "x", "j", "x", "x"):
        staff.keyboard.press(key)
    expect(staff.locator("[data-chosen]")).to_have_text("2")
    staff.get_by_label("Choose all rows on this page").check()
    expect(staff.locator("[data-chosen]")).to_have_text("3")
    staff.get_by_label("Choose Customer 2").uncheck()
    staff.get_by_label("What to do").select_option(label="Close the accounts")
    staff.get_by_role("button", name="Next").click()
    expect(staff.get_by_text("2 customers chosen")).to_be_visible()


def test_each_page_of_a_bulk_edit_meets_the_floors(staff: Page, watch: Watch):
    make_customer(status="lead")
    make_customer(name="Gone", status="closed", closed_on="2026-06-30")
    staff.goto("/customers/")
    staff.get_by_label("All 2 that match").check()
    staff.get_by_role("button", name="Next").click()
    found = failures(staff, watch)
    staff.get_by_role("button", name="Show what it would do").click()
    expect(staff.get_by_role("alert")).to_contain_text("Nothing is to change")
    found += failures(staff, watch)
    staff.get_by_label("Status").select_option("active")
    staff.get_by_role("button", name="Show what it would do").click()
    expect(staff.get_by_role("heading", name="1 is left out")).to_be_visible()
    found += failures(staff, watch)
    staff.get_by_role("button", name="Change customers").click()
    expect(staff.get_by_text("Change customers: 1 done.")).to_be_visible()
    found += failures(staff, watch)
    Job.objects.update(state=Job.State.RUNNING)
    staff.reload()
    assert found + failures(staff, watch) == []
