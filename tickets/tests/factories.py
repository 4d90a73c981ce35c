"""Tickets for tests, opened by the act that staff use."""

from datetime import UTC, datetime
from itertools import count

from customers.tests.factories import make_customer
from tickets.desk import open_ticket
from tickets.models import Ticket, TicketType

OPENED_AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)

_serial = count(1)


def make_ticket_type(**fields) -> TicketType:
    serial = next(_serial)
    return TicketType.objects.create(**{"code": f"t{serial}", "name": f"Type {serial}", **fields})


def make_ticket(**fields) -> Ticket:
    fields["customer"] = fields.get("customer") or make_customer()
    fields["type"] = fields.get("type") or make_ticket_type()
    return open_ticket(**{"subject": "No signal", "at": OPENED_AT, "by": None, **fields})
