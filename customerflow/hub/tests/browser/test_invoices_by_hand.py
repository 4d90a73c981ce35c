"""An invoice by hand in a real browser: rows come and go, with and without JavaScript."""

from django.urls import reverse
from playwright.sync_api import Page, expect

from billing.models import Invoice
from customerflow.hub.tests.browser.floors import failures
from customerflow.hub.tests.browser.scripting import with_and_without_javascript
from customerflow.hub.tests.browser.watching import Watch
from customers.tests.factories import make_customer, make_tax_code


@with_and_without_javascript
def test_rows_are_added_and_dropped_and_the_enter_key_saves(javascript: str, staff: Page):
    customer = make_customer()
    make_tax_code("20", is_default=True)
    staff.goto(reverse("billing:draft_create", args=[customer.pk]))
    rows = staff.get_by_role("group", name="Line")
    expect(rows).to_have_count(3)
    for number in range(3):
        rows.nth(number).get_by_label("Description").fill(f"Work {number}")
        rows.nth(number).get_by_label("Unit price").fill(f"{number + 1}.50")
    staff.get_by_role("button", name="More lines").click()
    expect(rows).to_have_count(6)
    rows.nth(3).get_by_label("Description").fill("Cable")
    rows.nth(3).get_by_label("Unit price").fill("10")
    staff.get_by_role("button", name="Remove line 2").click()
    expect(rows).to_have_count(5)
    expect(rows.nth(1).get_by_label("Description")).to_have_value("Work 2")
    rows.nth(0).get_by_label("Unit price").press("Enter")
    expect(staff.get_by_text("Draft: not on the books.")).to_be_visible()
    assert list(Invoice.objects.get().lines.values_list("description", flat=True)) == ["Work 0", "Work 2", "Cable"]


def test_a_draft_meets_the_floors_also_where_it_is_wrong(staff: Page, watch: Watch):
    customer = make_customer()
    staff.goto(reverse("billing:draft_create", args=[customer.pk]))
    staff.get_by_role("group", name="Line 1").get_by_label("Description").fill("Work")
    staff.get_by_role("button", name="Save as a draft").last.click()
    expect(staff.get_by_role("alert")).to_be_focused()
    assert failures(staff, watch) == []
    staff.set_viewport_size({"width": 1280, "height": 900})
    staff.get_by_role("group", name="Line 1").get_by_label("Unit price").fill("10")
    staff.get_by_role("button", name="Save as a draft").last.click()
    expect(staff.get_by_text("Draft: not on the books.")).to_be_visible()
    assert failures(staff, watch) == []
