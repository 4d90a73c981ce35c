"""The administration from its front page to what was done, by mouse and without JavaScript."""

from decimal import Decimal

from playwright.sync_api import Page, expect

from customerflow.hub.tests.browser.scripting import with_and_without_javascript
from customers.models import Service
from customers.tests.factories import make_service


def open_list(page: Page, name: str, search: str) -> None:
    """Go from the front page to the rows of a list that match."""
    page.goto("/admin/")
    page.get_by_role("rowheader").get_by_role("link", name=name, exact=True).click()
    page.locator("#searchbar").fill(search)
    page.get_by_role("button", name="Search").click()


def choose(page: Page, count: int, act: str) -> None:
    """Mark the rows that are shown, and go to the form of an act."""
    boxes = page.locator("input.action-select")
    expect(boxes).to_have_count(count)
    for box in boxes.all():
        box.check()
    page.get_by_label("Action:").select_option(label=act)
    page.locator("button[name=index]").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(act)


@with_and_without_javascript
def test_costs_rise_by_a_percentage_after_they_were_shown(javascript: str, staff: Page):
    for cost in ("20.00", "59.99"):
        make_service(name="Fibre 500", cost=Decimal(cost))
    make_service(name="Telephone", cost=Decimal("10.00"))
    open_list(staff, "Services", "fibre")
    choose(staff, 2, "Change the cost")
    staff.get_by_role("button", name="Show what it would do").click()
    expect(staff.get_by_text("Give a percentage, an amount, or both.").first).to_be_visible()
    staff.get_by_label("Percent").fill("5")
    staff.get_by_role("button", name="Show what it would do").click()
    changes = staff.get_by_role("table", name="What changes")
    expect(changes).to_contain_text("59.99")
    expect(changes).to_contain_text("62.99")
    assert Service.objects.get(cost=Decimal("20.00"))
    staff.get_by_role("button", name="Change the cost").click()
    expect(staff.get_by_text("Change the cost: 2 done.")).to_be_visible()
    costs = Service.objects.order_by("cost").values_list("cost", flat=True)
    assert list(costs) == [Decimal("10.00"), Decimal("21.00"), Decimal("62.99")]
