"""Writing on a ticket: an answer to the customer and a note for colleagues are not mixed up."""

import re

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from customerflow.staff.tests.factories import make_user
from customers.tests.factories import make_customer
from tickets.models import Message, Ticket, TicketPresence
from tickets.presence import seen
from tickets.tests.factories import make_canned_reply, make_ticket

pytestmark = pytest.mark.once

ANSWER, NOTE = "Answer the customer", "Note for colleagues"


@pytest.fixture
def ticket(staff: Page) -> Ticket:
    ticket = make_ticket(body="Nothing works.")
    staff.goto(ticket.get_absolute_url())
    return ticket


def switch_to(page: Page, side: str) -> None:
    page.get_by_role("button", name=side, exact=True).click()


def form(page: Page, side: str):
    return page.get_by_role("form", name=side)


def background(page: Page, side: str) -> str:
    return form(page, side).evaluate("form => getComputedStyle(form).backgroundColor")


def test_one_writes_to_the_customer_or_to_colleagues_and_sees_which(staff: Page, ticket: Ticket):
    expect(form(staff, ANSWER)).to_be_visible()
    expect(form(staff, NOTE)).to_be_hidden()
    expect(form(staff, ANSWER)).to_contain_text("Public: the customer sees it")
    colour = background(staff, ANSWER)
    switch_to(staff, NOTE)
    expect(form(staff, ANSWER)).to_be_hidden()
    expect(form(staff, NOTE)).to_contain_text("Internal: only staff see it")
    expect(form(staff, NOTE).get_by_label("Text")).to_be_focused()
    assert background(staff, NOTE) != colour


def test_what_is_typed_changes_sides_only_when_that_is_confirmed(staff: Page, ticket: Ticket):
    asked = []
    switch_to(staff, NOTE)
    form(staff, NOTE).get_by_label("Text").fill("He is rude.")

    staff.once("dialog", lambda dialog: (asked.append(dialog.message), dialog.dismiss()))
    switch_to(staff, ANSWER)
    expect(form(staff, NOTE).get_by_label("Text")).to_have_value("He is rude.")
    expect(form(staff, ANSWER)).to_be_hidden()
    staff.once("dialog", lambda dialog: (asked.append(dialog.message), dialog.accept()))
    switch_to(staff, ANSWER)
    expect(form(staff, ANSWER).get_by_label("Text")).to_have_value("He is rude.")
    assert len(asked) == 2
    assert all("an answer that the customer sees?" in question for question in asked)

    staff.once("dialog", lambda dialog: (asked.append(dialog.message), dialog.accept()))
    switch_to(staff, NOTE)
    assert "an internal note that only staff see?" in asked[-1]
    form(staff, NOTE).get_by_role("button", name="Save internal note").click()
    expect(staff.get_by_text(re.compile("Only staff can see it"))).to_be_visible()
    assert list(ticket.messages.values_list("kind", "body"))[1:] == [(Message.Kind.INTERNAL, "He is rude.")]


def test_switching_with_nothing_typed_asks_nothing(staff: Page, ticket: Ticket):
    staff.on("dialog", lambda dialog: pytest.fail(dialog.message))
    switch_to(staff, NOTE)
    switch_to(staff, ANSWER)
    expect(form(staff, ANSWER).get_by_label("Text")).to_be_focused()


def test_a_canned_reply_is_read_over_before_it_is_sent(staff: Page):
    ticket = make_ticket(customer=make_customer(name="Jane Smith"))
    make_canned_reply(name="Thanks", text="Dear {customer}, {service}")
    staff.goto(ticket.get_absolute_url())
    form(staff, ANSWER).get_by_label("Text").fill("Hello!")
    form(staff, ANSWER).get_by_label("Canned reply").select_option(label="Thanks")
    form(staff, ANSWER).get_by_role("button", name="Take it into the text").click()
    expect(form(staff, ANSWER).get_by_label("Text")).to_have_value("Hello!\n\nDear Jane Smith, {service}")
    assert not ticket.messages.exists()


def test_one_sees_that_a_colleague_is_writing_and_stays_where_one_is(staff: Page, ticket: Ticket):
    anna = make_user(first_name="Anna", last_name="Berg")
    seen(ticket=ticket, user=anna, is_typing=True, at=timezone.now())
    staff.reload()
    expect(staff.get_by_text("Anna Berg is writing on this ticket.")).to_be_visible()
    with staff.expect_response(re.compile("/presence/")):
        form(staff, ANSWER).get_by_label("Text").fill("We are on it.")
        staff.evaluate("htmx.trigger('[data-presence]', 'load')")
    expect(form(staff, ANSWER).get_by_label("Text")).to_have_value("We are on it.")
    assert TicketPresence.objects.exclude(user=anna).get().is_typing
    # What is typed is still there; the browser would ask.
    form(staff, ANSWER).get_by_label("Text").fill("")
