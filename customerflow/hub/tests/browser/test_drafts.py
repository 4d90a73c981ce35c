"""A session that ends while somebody types."""

import re

from django.conf import settings
from django.contrib.sessions.models import Session
from django.urls import reverse
from playwright.sync_api import Page, expect

from customerflow.hub.tests.browser.test_log_in import log_in
from customerflow.staff.models import User
from customerflow.staff.tests.factories import PASSWORD, make_user
from customers.models import Customer
from customers.tests.factories import make_customer
from tickets.tests.factories import make_ticket

IS_BACK = "What you typed is back; it is not saved yet."


def end_session(page: Page) -> None:
    """Let the session end, as it does after some hours."""
    Session.objects.all().delete()
    assert any(cookie["name"] == settings.SESSION_COOKIE_NAME for cookie in page.context.cookies())


def type_into_a_form(page: Page, customer: Customer) -> None:
    """Fill in a form and send it after the session has ended."""
    page.goto(reverse("customers:customer_update", args=[customer.pk]))
    page.get_by_label("Name").fill("Jane Miller")
    page.get_by_text("More", exact=True).click()
    page.get_by_label("Tax exempt").check()
    page.get_by_label("Note").fill("A long story\nof two lines")
    end_session(page)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Log in")


def test_what_was_typed_is_back_after_the_log_in_and_is_saved(staff: Page):
    customer, me = make_customer(name="Jane Smith"), User.objects.latest("pk")
    type_into_a_form(staff, customer)
    log_in(staff, me.username, "wrong")
    log_in(staff, me.username, PASSWORD)
    expect(staff.get_by_text(IS_BACK)).to_be_visible()
    expect(staff.get_by_label("Note")).to_have_value("A long story\nof two lines")
    staff.get_by_role("button", name="Save").click()
    expect(staff.get_by_text("Saved: Jane Miller")).to_be_visible()
    customer.refresh_from_db()
    assert (customer.name, customer.is_tax_exempt, customer.note) == (
        "Jane Miller",
        True,
        "A long story\r\nof two lines",
    )
    assert staff.evaluate("sessionStorage.getItem('draft')") is None


def test_what_a_colleague_saved_meanwhile_is_shown_after_the_log_in_too(staff: Page):
    customer, me = make_customer(name="Jane Smith"), User.objects.latest("pk")
    type_into_a_form(staff, customer)
    Customer.objects.filter(pk=customer.pk).update(name="Jane Jones", version=2)
    log_in(staff, me.username, PASSWORD)
    staff.get_by_role("button", name="Save").click()
    expect(staff.get_by_role("row", name="Name")).to_contain_text("Jane Jones")


def test_nobody_else_gets_what_was_typed(staff: Page):
    customer, other = make_customer(name="Jane Smith"), make_user(is_superuser=True)
    type_into_a_form(staff, customer)
    log_in(staff, other.username, PASSWORD)
    expect(staff.get_by_label("Name")).to_have_value("Jane Smith")
    expect(staff.get_by_text(IS_BACK)).to_be_hidden()
    assert staff.evaluate("sessionStorage.getItem('draft')") is None


def test_a_reply_on_a_ticket_is_back_in_its_own_field(staff: Page):
    ticket, me = make_ticket(), User.objects.latest("pk")
    staff.goto(ticket.get_absolute_url())
    staff.locator("#reply-body").fill("We are on our way.")
    end_session(staff)
    staff.locator("form", has=staff.locator("#reply-body")).get_by_role("button").last.click()
    log_in(staff, me.username, PASSWORD)
    expect(staff.locator("#reply-body")).to_have_value("We are on our way.")
    expect(staff.locator("#note-body")).to_have_value("")
    assert not ticket.messages.filter(body="We are on our way.").exists()


def test_counters_that_the_navigation_asks_for_lead_nobody_away_when_the_session_has_ended(staff: Page):
    staff.goto("/customers/")
    end_session(staff)
    with staff.expect_response(lambda answer: "/login/" in answer.url):
        staff.evaluate("void htmx.ajax('GET', '/tickets/counters/', {source: '[data-by-itself]', swap: 'none'})")
    staff.wait_for_load_state("networkidle")
    expect(staff).to_have_url(re.compile("/customers/$"))


def test_what_was_typed_waits_for_its_page_but_not_beyond_the_log_out(staff: Page):
    customer, me = make_customer(name="Jane Smith"), User.objects.latest("pk")
    name = staff.get_by_label("Name")
    for is_logged_out in (False, True):
        type_into_a_form(staff, customer)
        staff.goto("/login/")
        log_in(staff, me.username, PASSWORD)
        expect(staff).to_have_url("/")
        if is_logged_out:
            staff.get_by_role("button", name="Account of").click()
            staff.get_by_role("button", name="Log out").click()
            log_in(staff, me.username, PASSWORD)
            expect(staff).to_have_url("/")
        staff.goto(reverse("customers:customer_update", args=[customer.pk]))
        expect(name).to_have_value("Jane Smith" if is_logged_out else "Jane Miller")
