"""What is done to many tickets or types at once."""

import pytest
from django.test import Client

from customerflow.bulk.tests.choosing import check, choose, do, messages_of, outcomes
from customerflow.staff.models import User
from customerflow.staff.roles import ADMINISTRATOR
from customerflow.staff.tests.factories import make_user
from tickets.models import Ticket, TicketType
from tickets.tests.factories import make_ticket, make_ticket_type

pytestmark = pytest.mark.django_db

TICKETS = "/tickets/"
TYPES = "/ticket-types/"


@pytest.fixture
def staff(client: Client) -> Client:
    client.force_login(make_user(ADMINISTRATOR))
    return client


def test_assigning_tickets_leaves_those_who_are_that_person_already(staff):
    colleague = User.objects.create_user("ann")
    free, taken = make_ticket(), make_ticket(assignee=colleague)
    job = check(staff, choose(staff, TICKETS, "AssignTickets", [free, taken]), assignee=colleague.pk)
    assert job.result["check"]["pairs"] == [["", "Nobody", "ann", 1]]
    job = do(staff, TICKETS, "AssignTickets", [free, taken], assignee=colleague.pk)
    free.refresh_from_db()
    assert free.assignee == colleague
    assert outcomes(job) == {free.pk: "done", taken.pk: "unchanged"}


def test_changing_the_status_of_tickets_leaves_those_that_cannot_go_there(staff):
    new, closed = make_ticket(), make_ticket()
    do(staff, TICKETS, "ChangeTicketStatus", [closed], status="closed")
    job = do(staff, TICKETS, "ChangeTicketStatus", [new, closed], status="waiting")
    new.refresh_from_db()
    closed.refresh_from_db()
    assert (new.status, closed.status) == ("waiting", "closed")
    assert outcomes(job) == {new.pk: "done", closed.pk: "refused"}
    assert messages_of(job) == {
        "Status: A ticket that is “Closed” cannot become “Waiting for customer”. It can become: Open."
    }


def test_changing_the_priority_of_all_tickets_that_match(staff):
    for _ in range(3):
        make_ticket(priority="4_low")
    other = make_ticket(priority="3_normal")
    do(staff, f"{TICKETS}?priority=4_low", "ChangeTickets", priority="1_urgent")
    assert Ticket.objects.filter(priority="1_urgent", version=2).count() == 3
    other.refresh_from_db()
    assert other.priority == "3_normal"


def test_tickets_do_not_get_a_type_that_is_retired(staff):
    ticket, retired = make_ticket(), make_ticket_type(is_retired=True)
    job = check(staff, choose(staff, TICKETS, "ChangeTickets", [ticket]), type=retired.pk)
    assert job.state == "draft"
    assert "That choice is not one of the available choices" in staff.get(job.get_absolute_url()).content.decode()


def test_types_are_retired_and_brought_back(staff):
    kind = make_ticket_type()
    do(staff, TYPES, "RetireTypes", [kind])
    assert TicketType.objects.get().is_retired
    job = choose(staff, TYPES, "RetireTypes", [kind])
    assert (job.state, outcomes(job)) == ("checked", {kind.pk: "unchanged"})
    do(staff, TYPES, "BringBackTypes", [kind])
    assert not TicketType.objects.get().is_retired


def test_a_type_in_use_is_not_removed(staff):
    used, unused = make_ticket().type, make_ticket_type()
    job = do(staff, TYPES, "RemoveRecords", [used, unused])
    assert list(TicketType.objects.all()) == [used]
    assert messages_of(job) == {"It is still in use by tickets."}
