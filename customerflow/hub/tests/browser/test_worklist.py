"""The worklist by keys alone: a contact takes two, and leads to the next row."""

from datetime import timedelta

from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from billing.tests.factories import make_invoice
from dunning.models import ContactAttempt


def test_a_contact_takes_two_keys_and_leads_to_the_next_row(staff: Page):
    today = timezone.localdate()
    for days in (30, 20, 10):
        make_invoice(on=today - timedelta(days=90), due_on=today - timedelta(days=days))
    staff.goto(f"{reverse('dunning:worklist')}?owner=nobody")
    rows = staff.locator("main tr[data-href]")
    staff.keyboard.press("j")
    expect(rows.nth(0)).to_be_focused()
    staff.keyboard.press("c")
    expect(staff.get_by_label("Note")).to_be_focused()
    staff.keyboard.press("Enter")
    expect(rows.nth(1)).to_be_focused()
    assert "owner=nobody" in staff.url
    assert ContactAttempt.objects.get().way == "call"
    staff.keyboard.press("Enter")
    expect(staff.get_by_role("heading", name="Collections")).to_be_visible()
    staff.keyboard.press("c")
    expect(staff.get_by_label("Note")).to_be_focused()
