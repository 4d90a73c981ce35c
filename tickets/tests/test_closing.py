"""Closing rules: seen before they act, and exactly what was seen."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from customerflow.staff.roles import MANAGER
from customerflow.staff.tests.factories import make_user
from tickets.closing import close_by_rule, close_waiting, closed_by, switch
from tickets.desk import change_status, reply
from tickets.models import Message, Ticket
from tickets.planning import plan
from tickets.tests.factories import make_closing_rule, make_ticket, make_ticket_type

pytestmark = pytest.mark.django_db
WAITS_FROM = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
WEEK = timedelta(days=7)


def waiting(**fields) -> Ticket:
    return change_status(ticket=make_ticket(**fields), status=Ticket.Status.WAITING, at=WAITS_FROM)


def test_a_rule_closes_what_has_waited_for_so_long_to_the_second():
    rule, ticket = make_closing_rule(), waiting()
    make_ticket()
    assert list(closed_by(rule, WAITS_FROM + WEEK - timedelta(seconds=1))) == []
    assert list(closed_by(rule, WAITS_FROM + WEEK)) == [ticket]


def test_an_answer_begins_the_wait_anew_and_a_note_does_not():
    rule, ticket, agent = make_closing_rule(), waiting(), make_user()
    reply(ticket=ticket, kind=Message.Kind.INTERNAL, body="He rang.", by=agent, at=WAITS_FROM + timedelta(days=3))
    assert list(closed_by(rule, WAITS_FROM + WEEK)) == [ticket]
    reply(ticket=ticket, kind=Message.Kind.PUBLIC, body="Any news?", by=agent, at=WAITS_FROM + timedelta(days=3))
    assert list(closed_by(rule, WAITS_FROM + WEEK)) == []


def test_a_rule_is_for_its_type_and_leaves_alone_what_is_snoozed():
    kind = make_ticket_type()
    rule, ticket = make_closing_rule(type=kind), waiting(type=kind)
    waiting()
    assert list(closed_by(rule, WAITS_FROM + WEEK)) == [ticket]
    plan(ticket=ticket, snoozed_until=date(2026, 4, 1), due_on=None, tags=[], at=WAITS_FROM, by=None)
    assert list(closed_by(rule, WAITS_FROM + WEEK)) == []


def test_only_a_rule_that_is_switched_on_acts_and_says_so_and_only_once():
    rule, ticket = make_closing_rule(name="Silence"), waiting()
    assert close_waiting(WAITS_FROM + WEEK) == 0
    switch(rule=rule, is_on=True)
    assert [close_waiting(WAITS_FROM + WEEK) for _ in range(2)] == [1, 0]
    ticket.refresh_from_db()
    assert ticket.status == Ticket.Status.CLOSED
    told = [(event.kind, event.after, event.by) for event in ticket.events.all()][-2:]
    assert told == [("rule", "Silence", None), ("status", "closed", None)]


def test_a_customer_who_writes_at_the_last_moment_is_not_closed_out():
    rule, ticket = make_closing_rule(), waiting()
    reply(ticket=ticket, kind=Message.Kind.PUBLIC, body="Here I am.", by=None, at=WAITS_FROM + WEEK)
    assert not close_by_rule(rule=rule, ticket=ticket, at=WAITS_FROM + WEEK)
    ticket.refresh_from_db()
    assert ticket.status == Ticket.Status.OPEN


def test_a_rule_is_not_switched_on_twice():
    rule = switch(rule=make_closing_rule(), is_on=True)
    with pytest.raises(ValidationError, match="switched on already"):
        switch(rule=rule, is_on=True)


def test_a_manager_sees_what_a_rule_would_close_switches_it_on_and_a_change_switches_it_off(client):
    client.force_login(make_user(MANAGER), backend="customerflow.staff.backends.GroupsBackend")
    rule, ticket = make_closing_rule(), waiting(subject="Dark")
    page = client.get(rule.get_absolute_url()).content.decode()
    assert "Dry run" in page
    assert "Dark" in page
    client.post(reverse("tickets:closingrule_on", args=[rule.pk]), {"version": 1})
    rule.refresh_from_db()
    assert rule.is_on
    address = reverse("tickets:closingrule_update", args=[rule.pk])
    client.post(address, {"name": rule.name, "days": 3, "version": rule.version})
    rule.refresh_from_db()
    assert (rule.days, rule.is_on) == (3, False)
    ticket.refresh_from_db()
    assert ticket.status == Ticket.Status.WAITING
