"""What was done is read and taken back: from the message after it, and from the history below a record."""

from playwright.sync_api import Locator, Page, expect

from customerflow.hub.tests.browser.floors import failures
from customerflow.hub.tests.browser.keys import skip_to_content, tab_to
from customerflow.hub.tests.browser.scripting import with_and_without_javascript
from customerflow.hub.tests.browser.watching import Watch
from customers.models import Customer
from customers.tests.factories import make_customer, make_equipment, make_location, make_service


def history(page: Page) -> Locator:
    return page.get_by_role("region", name="History")


def undone(page: Page) -> Locator:
    return page.get_by_role("status").filter(has_text="Undone:")


@with_and_without_javascript
def test_a_removed_customer_comes_back_to_the_same_address_with_all_that_was_theirs(javascript: str, staff: Page):
    customer = make_customer(name="Ann Moved", number="77")
    location = make_location(customer=customer, address="12 Harbour Road")
    service = make_service(location=location, name="Fibre 500")
    router = make_equipment(location=location, name="Router")
    staff.goto(f"/customers/{customer.pk}/delete/")
    staff.get_by_role("button", name="Remove").click()
    removed = staff.get_by_role("status").filter(has_text="Removed: Ann Moved (77).")
    removed.get_by_role("link", name="Undo").click()
    coming_back = staff.get_by_role("region", name="Put back")
    for what in ("Ann Moved (77)", "12 Harbour Road", "Fibre 500", "Router"):
        expect(coming_back).to_contain_text(what)
    assert not Customer.objects.exists()
    staff.get_by_role("button", name="Undo").click()
    # Undo is an act like any other, with its own undo.
    expect(undone(staff).get_by_role("link", name="Undo", exact=True)).to_be_visible()
    for record, name in ((customer, "Ann Moved"), (location, "12 Harbour Road"), (service, "Fibre 500")):
        staff.goto(record.get_absolute_url())
        expect(staff.get_by_role("heading", level=1)).to_contain_text(name)
    router.refresh_from_db()
    assert router.location == location


def test_the_history_of_a_record_is_read_and_undone_by_keyboard_alone(staff: Page, watch: Watch):
    customer = make_customer(name="Jane Smith", number="1042", phone="555-1234")
    staff.goto(f"/customers/{customer.pk}/edit/")
    staff.get_by_label("Phone").fill("555-9999")
    staff.keyboard.press("Enter")
    expect(history(staff)).to_contain_text("from 555-1234")
    skip_to_content(staff)
    tab_to(staff, history(staff).get_by_role("link", name="All changes of"))
    staff.keyboard.press("Enter")
    expect(staff.get_by_role("heading", level=1)).to_have_text("History of customer Jane Smith (1042)")
    skip_to_content(staff)
    tab_to(staff, staff.get_by_role("main").get_by_role("link", name="Undo", exact=True).first)
    staff.keyboard.press("Enter")
    expect(staff.get_by_role("region", name="Put back")).to_contain_text("from 555-9999")
    assert failures(staff, watch) == []
    skip_to_content(staff)
    tab_to(staff, staff.get_by_role("button", name="Undo"))
    staff.keyboard.press("Enter")
    expect(undone(staff)).to_be_visible()
    customer.refresh_from_db()
    assert customer.phone == "555-1234"
    staff.goto(customer.get_absolute_url())
    expect(history(staff).get_by_role("link", name="undone")).to_have_count(1)
