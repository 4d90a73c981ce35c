"""Moving a card of the board by mouse and by keys."""

import pytest
from playwright.sync_api import Locator, Page, expect

from tickets.desk import change_status
from tickets.models import Ticket
from tickets.tests.factories import OPENED_AT, make_ticket

pytestmark = pytest.mark.once


def column(page: Page, name: str) -> Locator:
    return page.get_by_role("region", name=name)


def test_a_card_goes_by_mouse_and_by_keys_and_stays_where_a_colleague_put_it(staff: Page):
    first, second = make_ticket(subject="Dark"), make_ticket(subject="Slow")
    staff.goto("/tickets/board/")
    column(staff, "New").locator(f"#card-{first.pk}").drag_to(column(staff, "On hold"))
    expect(column(staff, "On hold").get_by_text("Dark")).to_be_focused()
    expect(staff.get_by_text("now “On hold”")).to_be_visible()

    staff.keyboard.press("ArrowLeft")
    expect(column(staff, "New").get_by_text("Slow")).to_be_focused()
    staff.keyboard.press("Shift+ArrowRight")
    expect(column(staff, "Open").get_by_text("Slow")).to_be_focused()
    staff.keyboard.press("Shift+ArrowRight")
    expect(column(staff, "Waiting for customer").get_by_text("Slow")).to_be_focused()
    assert list(Ticket.objects.order_by("pk").values_list("status", flat=True)) == ["on_hold", "waiting"]

    change_status(ticket=second, status=Ticket.Status.RESOLVED, at=OPENED_AT)
    column(staff, "Waiting for customer").locator(f"#card-{second.pk}").drag_to(column(staff, "Open"))
    expect(staff.get_by_role("alert").get_by_text("has changed")).to_be_visible()
    expect(column(staff, "Open").get_by_text("None.")).to_be_visible()
    second.refresh_from_db()
    assert second.status == "resolved"
