"""Work on tickets that begins at the same moment."""

from datetime import UTC, datetime

import pytest
from django.core.exceptions import ValidationError

from customerflow.tests.threads import at_once
from customers.tests.factories import make_customer
from tickets.desk import change_status, reply
from tickets.models import Ticket
from tickets.tests.factories import make_ticket, make_ticket_type

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
