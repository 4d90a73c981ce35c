from datetime import UTC, datetime
from itertools import product

import pytest
from django.core.exceptions import ValidationError

from customers.tests.factories import make_customer, make_equipment, make_location, make_service
from tickets.desk import assign, change_status, reply
from tickets.models import Priority, Ticket
from tickets.tests.factories import OPENED_AT, make_ticket, make_ticket_type

pytestmark = pytest.mark.django_db
LATER = datetime(2026, 3, 3, 8, 0, tzinfo=UTC)
LATEST = datetime(2026, 3, 4, 17, 45, tzinfo=UTC)
NEW, OPEN, WAITING, ON_HOLD, RESOLVED, CLOSED = Ticket.Status


@pytest.fixture
def agent(django_user_model):
    return django_user_model.objects.create(username="agent")


def ticket_in(status):
    ticket = make_ticket()
    return ticket if status == NEW else change_status(ticket=ticket, status=status, at=LATER)


def refused(act, **arguments):
    with pytest.raises(ValidationError) as refusal:
        act(**arguments)
    return refusal.value.message_dict


def test_tickets_are_numbered_one_after_the_other():
    assert [make_ticket().number for _ in range(3)] == ["1", "2", "3"]


def test_a_number_that_a_loaded_ticket_has_is_skipped():
    Ticket.objects.filter(pk=make_ticket().pk).update(number="2")
    assert [make_ticket().number for _ in range(2)] == ["3", "4"]


def test_a_new_ticket_says_what_was_asked_and_by_whom_it_was_written_down(agent):
    service = make_service()
    ticket = make_ticket(
        customer=service.location.customer,
        subject="  No signal ",
        body=" Since Monday ",
        by=agent,
        location=service.location,
        service=service,
        source=Ticket.Source.EMAIL,
    )
    ticket.refresh_from_db()
    assert (ticket.subject, ticket.status, ticket.source) == ("No signal", NEW, "email")
    assert (ticket.opened_at, ticket.finished_at, ticket.version) == (OPENED_AT, None, 1)
    message = ticket.messages.get()
    assert (message.body, message.kind, message.author, message.created_at) == (
        "Since Monday",
        "public",
        agent,
        OPENED_AT,
    )


def test_a_ticket_without_a_text_has_no_message():
    assert not make_ticket(body=" \n").messages.exists()


def test_the_priority_is_that_of_the_type_unless_another_is_given():
    outage = make_ticket_type(default_priority=Priority.URGENT)
    assert make_ticket(type=outage).priority == Priority.URGENT
    assert make_ticket(type=outage, priority=Priority.LOW).priority == Priority.LOW


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("subject", {"subject": " "}),
        ("subject", {"subject": "x" * 201}),
        ("priority", {"priority": "9_never"}),
        ("source", {"source": "pigeon"}),
        ("body", {"body": "x" * 20_001}),
    ],
)
def test_what_cannot_be_a_ticket_is_refused_by_field(field, wrong):
    assert list(refused(make_ticket, **wrong)) == [field]


def test_a_refused_ticket_takes_no_number_and_leaves_nothing():
    refused(make_ticket, body="x" * 20_001)
    assert not Ticket.objects.exists()
    assert make_ticket().number == "1"


def test_a_retired_type_is_refused():
    assert list(refused(make_ticket, type=make_ticket_type(is_retired=True))) == ["type"]


def test_what_a_ticket_is_about_belongs_to_its_customer():
    service = make_service()
    unit = make_equipment(location=make_location())
    wrong = {"location": service.location, "service": service, "equipment": unit}
    assert set(refused(make_ticket, **wrong)) == {"location", "service", "equipment"}
    assert make_ticket(customer=service.location.customer, location=service.location, service=service).pk


@pytest.mark.parametrize(("now", "wanted"), list(product(Ticket.Status, repeat=2)))
def test_every_pair_of_states(now, wanted):
    allowed = {
        NEW: {OPEN, WAITING, ON_HOLD, RESOLVED, CLOSED},
        OPEN: {WAITING, ON_HOLD, RESOLVED, CLOSED},
        WAITING: {OPEN, ON_HOLD, RESOLVED, CLOSED},
        ON_HOLD: {OPEN, WAITING, RESOLVED, CLOSED},
        RESOLVED: {OPEN, CLOSED},
        CLOSED: {OPEN},
    }[now]
    ticket = ticket_in(now)
    if wanted in allowed:
        moved = change_status(ticket=ticket, status=wanted, at=LATEST)
        moved.refresh_from_db()
        assert (moved.status, moved.version) == (wanted, ticket.version + 1)
        assert (moved.finished_at is not None) == moved.is_finished == (wanted in {RESOLVED, CLOSED})
        return
    (message,) = refused(change_status, ticket=ticket, status=wanted, at=LATEST)["status"]
    named = message.split("It can become: ")[1].rstrip(".").split(", ")
    assert sorted(named) == sorted(str(status.label) for status in allowed)
    ticket.refresh_from_db()
    assert ticket.status == now


def test_a_state_that_does_not_exist_is_refused():
    assert list(refused(change_status, ticket=make_ticket(), status="lost", at=LATER)) == ["status"]


def test_a_ticket_is_finished_from_its_first_finished_state_until_it_is_reopened():
    ticket = ticket_in(RESOLVED)
    assert ticket.finished_at == LATER
    assert change_status(ticket=ticket, status=CLOSED, at=LATEST).finished_at == LATER
    assert change_status(ticket=ticket, status=OPEN, at=LATEST).finished_at is None
    assert change_status(ticket=ticket, status=CLOSED, at=LATEST).finished_at == LATEST


def test_an_old_copy_of_a_ticket_is_read_again_before_it_moves():
    copy = make_ticket()
    change_status(ticket=copy, status=CLOSED, at=LATER)
    assert copy.status == NEW
    assert "status" in refused(change_status, ticket=copy, status=WAITING, at=LATEST)


@pytest.mark.parametrize(
    ("status", "after_ours", "after_theirs"),
    [
        (NEW, OPEN, OPEN),
        (OPEN, OPEN, OPEN),
        (WAITING, WAITING, OPEN),
        (ON_HOLD, ON_HOLD, ON_HOLD),
        (RESOLVED, OPEN, OPEN),
        (CLOSED, OPEN, OPEN),
    ],
)
def test_what_a_message_does_to_the_state(agent, status, after_ours, after_theirs):
    for by, kind, expected in [
        (agent, "public", after_ours),
        (None, "public", after_theirs),
        (agent, "internal", status),
    ]:
        ticket = ticket_in(status)
        message = reply(ticket=ticket, kind=kind, body="Hello", by=by, at=LATEST)
        message.ticket.refresh_from_db()
        assert message.ticket.status == expected
        assert message.ticket.version == ticket.version + 1
        assert message.ticket.is_finished == (message.ticket.finished_at is not None)
        assert (message.author, message.kind, message.created_at) == (by, kind, LATEST)


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("body", {"body": " \n "}),
        ("body", {"body": "x" * 20_001}),
        ("kind", {"kind": "whisper"}),
        ("kind", {"kind": "internal", "by": None}),
    ],
)
def test_what_cannot_be_a_message_is_refused_and_changes_nothing(agent, field, wrong):
    ticket = ticket_in(CLOSED)
    message = {"ticket": ticket, "kind": "public", "body": "Hello", "by": agent, "at": LATEST, **wrong}
    assert list(refused(reply, **message)) == [field]
    ticket.refresh_from_db()
    assert ticket.status == CLOSED
    assert not ticket.messages.exists()


def test_tickets_are_given_to_a_colleague_and_taken_back(agent):
    first, second, third = make_ticket(), make_ticket(), make_ticket()
    assert assign(tickets=[second, first], assignee=agent, at=LATER, by=agent) == [first, second]
    assert assign(tickets=[first, second, third], assignee=agent, at=LATER, by=agent) == [third]
    assert set(agent.tickets.all()) == {first, second, third}
    assert assign(tickets=[first], assignee=None, at=LATER, by=agent) == [first]
    first.refresh_from_db()
    assert (first.assignee, first.version, first.status) == (None, 3, NEW)


def test_nothing_is_given_to_who_has_left(agent):
    ticket = make_ticket()
    agent.is_active = False
    agent.save()
    assert list(refused(assign, tickets=[ticket], assignee=agent, at=LATER, by=None)) == ["assignee"]
    assert list(refused(make_ticket, customer=make_customer(), assignee=agent)) == ["assignee"]
    ticket.refresh_from_db()
    assert ticket.assignee is None


def test_a_key_that_came_before_with_something_else_is_refused(agent):
    ticket = make_ticket(subject="Dark", key="one")
    other = {"customer": ticket.customer, "type": ticket.type, "subject": "Slow", "key": "one"}
    said = {"ticket": ticket, "kind": "public", "by": agent, "at": OPENED_AT, "key": "two"}
    reply(**said, body="We look.")
    for act, fields, field in ((make_ticket, other, "subject"), (reply, said | {"body": "We do not."}, "body")):
        with pytest.raises(ValidationError, match="already sent once") as refusal:
            act(**fields)
        assert set(refusal.value.message_dict) == {field}
