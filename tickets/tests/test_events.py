from datetime import UTC, datetime, timedelta
from importlib import import_module

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.urls import reverse

from customerflow.changes.models import ChangeSet
from customerflow.changes.undoing import undo
from customerflow.staff.tests.factories import make_user
from customers.tests.factories import make_service
from tickets.desk import assign, change_status, reply
from tickets.models import Priority, Ticket, TicketEvent
from tickets.tests.factories import OPENED_AT, make_ticket, make_ticket_type

TELL = import_module("tickets.migrations.0002_events").TELL
pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def agent(django_user_model):
    return django_user_model.objects.create(username="agent")


def told(ticket):
    return [(each.kind, each.before, each.after) for each in ticket.events.all()]


def test_opening_is_told_with_who_looks_after_the_ticket_and_the_request_is_no_answer(agent):
    group = Group.objects.get(name="Support")
    ticket = make_ticket(body="No signal", by=agent, assignee=agent, group=group)
    assert told(ticket) == [("opened", "", ""), ("group", "", "Support"), ("assignee", "", "agent")]
    assert {(event.at, event.by) for event in ticket.events.all()} == {(OPENED_AT, agent)}


def test_messages_and_the_states_they_lead_to_are_told(agent):
    ticket = make_ticket()
    reply(ticket=ticket, kind="internal", body="Look at the mast", by=agent, at=OPENED_AT + HOUR)
    reply(ticket=ticket, kind="public", body="We look", by=agent, at=OPENED_AT + 2 * HOUR)
    reply(ticket=ticket, kind="public", body="Thanks", by=None, at=OPENED_AT + 3 * HOUR)
    assert told(ticket)[1:] == [
        ("noted", "", ""),
        ("answered", "", ""),
        ("status", "new", "open"),
        ("asked", "", ""),
    ]
    assert [event.by for event in ticket.events.all()] == [None, agent, agent, agent, None]


def test_moving_and_assigning_are_told_and_what_changes_nothing_is_not(agent):
    ticket = make_ticket()
    change_status(ticket=ticket, status=Ticket.Status.ON_HOLD, at=OPENED_AT + HOUR, by=agent)
    for _ in range(2):
        assign(tickets=[ticket], assignee=agent, at=OPENED_AT + 2 * HOUR, by=agent)
    assign(tickets=[ticket], assignee=None, at=OPENED_AT + 3 * HOUR, by=None)
    assert told(ticket)[1:] == [
        ("status", "new", "on_hold"),
        ("assignee", "", "agent"),
        ("assignee", "agent", ""),
    ]


def test_the_form_tells_what_it_changed(client):
    service = make_service(name="Fibre 100")
    ticket = make_ticket(customer=service.location.customer)
    kind, user = make_ticket_type(name="Outage"), make_user(is_superuser=True)
    client.force_login(user)
    typed = {"type": kind.pk, "subject": "No signal", "priority": Priority.URGENT, "service": service.pk}
    page = reverse("tickets:ticket_update", args=[ticket.pk])
    seen = {name: client.get(page).context["form"][name].value() for name in ("version", "seen")}
    assert client.post(page, typed | seen).status_code == 302
    assert told(ticket)[1:] == [
        ("priority", "3_normal", "1_urgent"),
        ("type", ticket.type.name, "Outage"),
        ("service", "", "Fibre 100"),
    ]
    assert ticket.events.last().by == user


def test_an_undone_act_takes_its_events_along(agent):
    ticket = make_ticket()
    change_status(ticket=ticket, status=Ticket.Status.CLOSED, at=OPENED_AT + HOUR, by=agent)
    undo(ChangeSet.objects.latest("pk"))
    assert told(ticket) == [("opened", "", "")]


def test_tickets_that_were_there_before_are_told_by_what_is_known_of_them(agent):
    ticket = make_ticket(body="No signal", by=agent)
    reply(ticket=ticket, kind="public", body="We look", by=agent, at=OPENED_AT + HOUR)
    reply(ticket=ticket, kind="internal", body="Mast", by=agent, at=OPENED_AT + 2 * HOUR)
    reply(ticket=ticket, kind="public", body="Thanks", by=None, at=OPENED_AT + 3 * HOUR)
    change_status(ticket=ticket, status=Ticket.Status.CLOSED, at=OPENED_AT + 4 * HOUR)
    held = change_status(ticket=make_ticket(), status=Ticket.Status.ON_HOLD, at=OPENED_AT + HOUR)
    TicketEvent.objects.all().delete()
    with connection.cursor() as cursor:
        cursor.execute(TELL)
    assert [(event.kind, event.at) for event in ticket.events.all()] == [
        ("opened", OPENED_AT),
        ("answered", OPENED_AT + HOUR),
        ("noted", OPENED_AT + 2 * HOUR),
        ("asked", OPENED_AT + 3 * HOUR),
        ("status", OPENED_AT + 4 * HOUR),
    ]
    assert told(held) == [("opened", "", ""), ("status", "new", "on_hold")]


def test_the_page_tells_what_happened(client, agent):
    ticket = make_ticket(priority=Priority.LOW, at=datetime(2026, 3, 2, 9, 30, tzinfo=UTC))
    change_status(ticket=ticket, status=Ticket.Status.WAITING, at=OPENED_AT + HOUR, by=agent)
    client.force_login(make_user(is_superuser=True))
    page = client.get(ticket.get_absolute_url()).content.decode()
    assert "Status: New → Waiting for customer" in page
