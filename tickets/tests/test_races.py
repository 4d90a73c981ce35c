"""Work on tickets that begins at the same moment."""

from datetime import UTC, datetime
from threading import Event
from time import sleep

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction

from customerflow.refusals import acting
from customerflow.staff.tests.factories import make_user
from customerflow.tests.threads import at_once
from customers.tests.factories import make_customer
from tickets.desk import assign, change_status, reply
from tickets.merging import conversation_of, merge_tickets, split, unmerge
from tickets.models import StaffNotice, Ticket, TicketMerge
from tickets.notices import deliver, deliver_due
from tickets.tests.factories import make_colleague, make_merge, make_staff_notice, make_ticket, make_ticket_type

pytestmark = pytest.mark.django_db(transaction=True)
LATER = datetime(2026, 3, 3, 8, 0, tzinfo=UTC)


def test_tickets_opened_at_once_have_numbers_of_their_own():
    customer, ticket_type = make_customer(), make_ticket_type()
    tickets = at_once(lambda _: make_ticket(customer=customer, type=ticket_type), 10)
    assert sorted(int(ticket.number) for ticket in tickets) == list(range(1, 11))


def test_a_ticket_closed_many_times_at_once_is_closed_once():
    ticket = make_ticket()

    def close(_):
        try:
            return change_status(ticket=ticket, status=Ticket.Status.CLOSED, at=LATER)
        except ValidationError:
            return None

    assert len(list(filter(None, at_once(close, 8)))) == 1


def test_no_reply_of_many_at_once_is_lost():
    ticket = make_ticket()
    at_once(lambda index: reply(ticket=ticket, kind="public", body=f"Reply {index}", by=None, at=LATER), 8)
    ticket.refresh_from_db()
    assert (ticket.messages.count(), ticket.version, ticket.status) == (8, 9, "open")


def test_a_form_that_is_sent_many_times_at_once_opens_one_ticket_and_says_one_thing():
    fields = {"customer": make_customer(), "type": make_ticket_type(), "subject": "Dark", "body": "It is dark."}
    (opened,) = set(at_once(lambda _: make_ticket(**fields, key="one"), 6))
    said = {"ticket": opened, "kind": "public", "body": "We look.", "by": None, "at": LATER}
    assert len({message.pk for message in at_once(lambda _: reply(**said, key="two"), 6)}) == 1
    assert [message.body for message in opened.messages.all()] == ["It is dark.", "We look."]
    assert [event.kind for event in opened.events.all()] == ["opened", "asked", "status"]


def or_refused(act, **fields):
    """Return what an act returns; None where it is refused."""
    try:
        with acting():
            return act(**fields)
    except ValidationError:
        return None


def test_a_pair_that_many_merge_at_once_both_ways_is_merged_once():
    customer = make_customer()
    pair = [make_ticket(customer=customer), make_ticket(customer=customer)]

    def merge(index):
        survivor, duplicate = pair if index % 2 else pair[::-1]
        return or_refused(merge_tickets, survivor=survivor, duplicate=duplicate, at=LATER, by=None)

    assert len(list(filter(None, at_once(merge, 8)))) == 1
    merge = TicketMerge.objects.get()
    merge.merged.refresh_from_db()
    merge.survivor.refresh_from_db()
    assert (merge.merged.status, merge.survivor.status) == ("closed", "new")


def test_what_is_said_while_tickets_are_merged_is_not_lost_and_opens_no_merged_ticket():
    customer = make_customer()
    survivor, duplicate = make_ticket(customer=customer), make_ticket(customer=customer)

    def act(index):
        if index == 0:
            return or_refused(merge_tickets, survivor=survivor, duplicate=duplicate, at=LATER, by=None)
        if index == 1:
            return or_refused(change_status, ticket=duplicate, status=Ticket.Status.CLOSED, at=LATER)
        return reply(ticket=duplicate, kind="public", body=f"Reply {index}", by=None, at=LATER)

    done = at_once(act, 8)
    duplicate.refresh_from_db()
    bodies = {message.body for message in conversation_of(survivor)}
    assert done[0] is not None
    assert bodies == {f"Reply {index}" for index in range(2, 8)}
    assert duplicate.status == Ticket.Status.CLOSED


def test_a_merge_that_many_take_back_at_once_is_taken_back_once():
    merge = make_merge()
    taken_back = at_once(lambda _: or_refused(unmerge, merge=merge, at=LATER, by=None), 6)
    assert len(list(filter(None, taken_back))) == 1


def test_a_message_that_many_split_off_at_once_gets_one_ticket():
    ticket, kind = make_ticket(body="Router."), make_ticket_type()
    message = reply(ticket=ticket, kind="public", body="And the bill?", by=None, at=LATER)
    fields = {"message": message, "type": kind, "subject": "Bill", "at": LATER, "by": None}
    assert len(list(filter(None, at_once(lambda _: or_refused(split, **fields), 6)))) == 1
    assert Ticket.objects.count() == 2


def test_acts_at_once_make_one_notice_that_tells_of_each():
    ann, ticket = make_colleague(), make_ticket()
    assign(tickets=[ticket], assignee=ann, at=LATER, by=ann)
    at_once(lambda _: reply(ticket=ticket, kind="internal", body="Mast.", by=make_user(), at=LATER), 8)
    notice = StaffNotice.objects.get()
    assert ticket.events.filter(pk__gte=notice.first_event, kind="noted").count() == 8


@pytest.mark.parametrize("is_other", [False, True])
def test_what_is_done_while_a_notice_is_sent_is_told_by_it_or_by_the_next(mailoutbox, is_other: bool):
    """An act that is not over adds to a notice that another person's worker sends, or takes along, at that moment."""
    ann, bob = make_colleague(), make_user(username="bob")
    ticket = make_staff_notice(person=ann).ticket
    sent = make_staff_notice(person=ann) if is_other else StaffNotice.objects.get()
    is_done = Event()

    def act(index):
        if index == 0:
            with transaction.atomic():
                reply(ticket=ticket, kind="internal", body="Mast.", by=bob, at=LATER)
                is_done.set()
                sleep(0.5)
        else:
            is_done.wait(timeout=30)
            deliver(sent.pk, LATER)

    at_once(act, 2)
    deliver_due(LATER + StaffNotice.WAIT)
    assert [mail.body.count("bob noted something.") for mail in mailoutbox if "bob noted" in mail.body] == [1]
    assert set(StaffNotice.objects.values_list("state", flat=True)) == {"sent"}
