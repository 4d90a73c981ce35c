"""Writing on a ticket: an answer to the customer and a note for colleagues are not mixed up."""

import re

import pytest
from playwright.sync_api import Page, expect

from tickets.models import Message, Ticket
from tickets.tests.factories import make_ticket

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
