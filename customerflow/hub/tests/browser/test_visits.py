"""The day sheet on a phone."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.utils import timezone
from playwright.sync_api import Page, expect

from customerflow.hub.tests.browser.watching import Watch
from visits.tests.factories import make_ticket_at_home, make_visit

pytestmark = pytest.mark.once


def test_a_visit_is_gone_on_with_a_thumb_and_a_lost_connection_is_said(staff: Page, watch: Watch):
    staff.set_viewport_size({"width": 360, "height": 740})
    now = timezone.now()
    ticket = make_ticket_at_home(body="It is dark.")
    technician = get_user_model().objects.get()
    day = timezone.localdate() + timedelta(days=1)
    visit = make_visit(ticket=ticket, day=day, technician=technician, items=["Measure the signal"], at=now)
    staff.goto(f"/visits/day/?on={day}")
    sheet = staff.locator(f"#visit-{visit.pk}")
    box = sheet.get_by_role("button", name="Measure the signal")
    for button in (box, sheet.get_by_role("button", name="Arrived"), sheet.get_by_role("button", name="On my way")):
        assert button.bounding_box()["height"] >= 44
    assert staff.evaluate("document.documentElement.scrollWidth") == 360

    staff.route("**/visits/day/**", lambda route: route.abort())
    box.click()
    expect(staff.get_by_text("No answer from the server.")).to_be_visible()
    staff.unroute("**/visits/day/**")
    # That nothing was answered is what htmx and the browser report.
    assert [each for each in watch.problems() if not ("htmx:" in each or "ERR_FAILED" in each)] == []
    sheet.get_by_label("Value or note: Measure the signal").fill("-62 dBm")
    box.click()
    expect(box).to_have_attribute("aria-pressed", "true")
    expect(staff.get_by_text(re.compile("done: Measure the signal"))).to_be_visible()

    sheet.get_by_role("button", name="Arrived").click()
    expect(sheet.get_by_label("What was done")).to_be_visible()
    sheet.get_by_label("What was done").fill("New cable.")
    sheet.get_by_role("button", name="Done").click()
    expect(staff.get_by_text(re.compile("The result is a note on the ticket"))).to_be_visible()
    assert "[x] Measure the signal: -62 dBm" in ticket.messages.last().body
