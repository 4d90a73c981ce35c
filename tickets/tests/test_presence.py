"""Who else has a ticket open."""

from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse

from customerflow.changes.models import Change
from customerflow.staff.roles import SUPPORT
from customerflow.staff.tests.factories import make_user
from tickets.models import TicketPresence
from tickets.presence import GONE_AFTER, seen
from tickets.tests.factories import make_ticket

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def test_colleagues_are_named_while_they_have_the_ticket_open_and_no_longer():
    ticket, anna, bob = make_ticket(), make_user(), make_user()
    assert seen(ticket=ticket, user=anna, is_typing=True, at=NOON) == []
    (other,) = seen(ticket=ticket, user=bob, is_typing=False, at=NOON + GONE_AFTER)
    assert (other.user, other.is_typing) == (anna, True)
    assert seen(ticket=ticket, user=bob, is_typing=False, at=NOON + GONE_AFTER + timedelta(seconds=1)) == []


def test_presence_does_not_grow_and_is_not_on_record():
    ticket, anna = make_ticket(), make_user()
    changes = Change.objects.count()
    for number in range(20):
        seen(ticket=ticket, user=anna, is_typing=False, at=NOON + timedelta(seconds=15 * number))
    seen(ticket=make_ticket(), user=anna, is_typing=False, at=NOON + timedelta(hours=1))
    assert TicketPresence.objects.count() == 1
    assert not Change.objects.filter(kind="tickets.ticketpresence").exists()
    assert Change.objects.count() >= changes


def test_the_page_says_who_is_writing(client):
    ticket, anna = make_ticket(), make_user(SUPPORT, first_name="Anna", last_name="Berg")
    address = reverse("tickets:ticket_presence", args=[ticket.pk])
    for user, typed in ((anna, {"typing": "on"}), (make_user(SUPPORT), {})):
        client.force_login(user, backend="customerflow.staff.backends.GroupsBackend")
        page = client.post(address, typed).content.decode()
    assert "Anna Berg is writing on this ticket." in page
    assert client.get(address).url == ticket.get_absolute_url()
