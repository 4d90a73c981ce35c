"""The screens of tickets and their types, as staff use them."""

import re
from datetime import date

import pytest
from django.urls import reverse
from django.utils import timezone

from billing.tests.factories import make_invoice
from customerflow.staff.roles import MANAGER, SUPPORT, TECHNICIAN
from customerflow.staff.tests.factories import make_user
from customers.tests.factories import make_customer, make_equipment, make_location, make_service
from suspensions.models import Suspension
from tickets.desk import change_status, reply
from tickets.models import Message, Priority, Ticket, TicketType
from tickets.tests.factories import OPENED_AT, make_policy, make_ticket, make_ticket_type

pytestmark = pytest.mark.django_db

LIST = reverse("tickets:ticket_list")
CREATE = reverse("tickets:ticket_create")


@pytest.fixture
def agent():
    return make_user(SUPPORT, first_name="Anna", last_name="Berg")


@pytest.fixture
def desk(client, agent):
    """A client logged in as someone of the group Support."""
    client.force_login(agent, backend="customerflow.staff.backends.GroupsBackend")
    return client


def text_of(response) -> str:
    return response.content.decode()


def messages_of(response) -> list[str]:
    return [str(message) for message in response.context["messages"]]


def rows_of(response) -> list[Ticket]:
    return list(response.context["page"].rows)


def send(client, ticket, act, /, **fields):
    return client.post(reverse(f"tickets:ticket_{act}", args=[ticket.pk]), fields, follow=True)


# --- The list


def test_the_queues_hold_what_their_names_say(desk, agent):
    mine = make_ticket(assignee=agent)
    other = make_ticket(assignee=make_user())
    nobodys = make_ticket()
    done = make_ticket(assignee=agent)
    change_status(ticket=done, status=Ticket.Status.RESOLVED, at=OPENED_AT)
    found = {queue: rows_of(desk.get(f"{LIST}?queue={queue}")) for queue in ("mine", "unassigned", "unfinished", "")}
    assert found == {
        "mine": [mine],
        "unassigned": [nobodys],
        "unfinished": [mine, other, nobodys],
        "": [done, nobodys, other, mine],
    }


def test_tickets_are_filtered_by_type_priority_assignee_and_customer(desk, agent):
    kind = make_ticket_type(code="A 7")
    wanted = make_ticket(
        type=kind, priority=Priority.HIGH, assignee=agent, customer=make_customer(number="1042"), subject="Blue lamp"
    )
    for other in ({"type": kind}, {"priority": Priority.HIGH}, {"assignee": agent}, {"subject": "Blue lamp"}):
        make_ticket(**other)
    query = f"?type=A+7&priority=2_high&assignee={agent.username}&customer=1042&q=blue"
    response = desk.get(LIST + query)
    assert rows_of(response) == [wanted]
    assert "Assignee: <b>Anna Berg</b>" in text_of(response)


def test_an_unknown_queue_is_named_and_shows_no_ticket(desk):
    make_ticket()
    response = desk.get(f"{LIST}?queue=yours")
    assert "Queue: Select a valid choice. yours is not one of the available choices." in text_of(response)
    assert rows_of(response) == []


def test_types_are_retired_or_not_or_any_and_nothing_else(desk):
    make_ticket_type(name="Fax trouble", is_retired=True)
    make_ticket_type(name="No service")
    address = reverse("tickets:tickettype_list")
    page = text_of(desk.get(address))
    assert '<option value="" selected>Any</option>' in page
    assert "Unknown" not in page
    for answer, words, names in (("true", "Yes", ["Fax trouble"]), ("false", "No", ["No service"])):
        response = desk.get(address, {"is_retired": answer})
        assert [kind.name for kind in rows_of(response)] == names
        assert f"Retired: <b>{words}</b>" in text_of(response)
    assert len(rows_of(desk.get(address, {"is_retired": ""}))) == 2
    refused = desk.get(address, {"is_retired": "perhaps"})
    assert rows_of(refused) == []
    assert "perhaps is not one of the available choices" in text_of(refused)


def test_tickets_are_sorted_by_how_much_they_matter(desk):
    low, urgent, normal = (make_ticket(priority=each) for each in (Priority.LOW, Priority.URGENT, Priority.NORMAL))
    assert rows_of(desk.get(f"{LIST}?sort=priority")) == [urgent, normal, low]


def test_a_list_of_fifty_takes_as_many_queries_as_a_short_one(desk, agent, django_assert_max_num_queries):
    for _ in range(50):
        make_ticket(assignee=agent)
    with django_assert_max_num_queries(8):
        assert len(rows_of(desk.get(LIST))) == 50


# --- Opening and changing


def test_a_ticket_is_opened_with_customer_type_and_subject(desk, agent):
    customer, kind = make_customer(number="1042"), make_ticket_type(default_priority=Priority.HIGH)
    response = desk.post(
        CREATE,
        {"customer": "1042", "type": kind.pk, "subject": "No signal", "body": "Since nine.", "source": "phone"},
        follow=True,
    )
    ticket = Ticket.objects.get()
    assert response.redirect_chain == [(ticket.get_absolute_url(), 302)]
    assert (ticket.customer, ticket.type, ticket.priority, ticket.number) == (customer, kind, Priority.HIGH, "1")
    message = ticket.messages.get()
    assert (message.body, message.kind, message.author) == ("Since nine.", Message.Kind.PUBLIC, agent)
    (said,) = messages_of(response)
    assert said.startswith(f'Added: <a href="{ticket.get_absolute_url()}">#1 No signal</a>.')


def test_a_ticket_about_another_customers_service_is_refused_with_what_was_typed(desk):
    make_customer(number="1042")
    response = desk.post(
        CREATE,
        {
            "customer": "1042",
            "type": make_ticket_type().pk,
            "subject": "No signal",
            "body": "Since nine.",
            "source": "phone",
            "service": make_service().pk,
        },
    )
    assert not Ticket.objects.exists()
    assert "This belongs to another customer." in text_of(response)
    assert "Since nine." in text_of(response)
    assert '<details class="more" open>' in text_of(response)


def test_the_form_is_opened_for_a_customer_and_leaves_retired_types_out(desk):
    make_customer(number="1042")
    make_ticket_type(name="Fax trouble", is_retired=True)
    page = text_of(desk.get(f"{CREATE}?customer=1042"))
    assert 'value="1042"' in page
    assert "Fax trouble" not in page


def test_a_ticket_is_changed_but_never_given_to_another_customer_or_deleted(desk):
    service = make_service()
    ticket = make_ticket(customer=service.location.customer, service=service)
    kind, other = make_ticket_type(), make_customer(number="1042")
    address = reverse("tickets:ticket_update", args=[ticket.pk])
    assert f'value="{service.pk}"' in text_of(desk.get(address))
    changed = {
        "type": kind.pk,
        "subject": "Signal is back",
        "priority": "4_low",
        "version": 1,
        "customer": other.number,
    }
    desk.post(address, changed)
    ticket.refresh_from_db()
    assert (ticket.type, ticket.subject, ticket.priority, ticket.service) == (kind, "Signal is back", "4_low", None)
    assert ticket.customer == service.location.customer
    assert desk.get(f"/tickets/{ticket.pk}/delete/").status_code == 404


def test_a_change_over_a_colleagues_change_is_refused_and_says_what_is_now(desk):
    ticket = make_ticket(subject="No signal")
    Ticket.objects.filter(pk=ticket.pk).update(subject="Weak signal", version=2)
    fields = {"type": ticket.type_id, "subject": "Broken lamp", "priority": ticket.priority, "version": 1}
    response = desk.post(reverse("tickets:ticket_update", args=[ticket.pk]), fields)
    assert "A colleague saved “Weak signal” here" in text_of(response)
    assert 'value="Broken lamp"' in text_of(response)


# --- The page of a ticket


def test_what_only_staff_see_is_told_apart_from_what_the_customer_sees(desk, agent):
    ticket = make_ticket(body="Nothing works.", customer=make_customer(name="Jane Smith"))
    reply(ticket=ticket, kind=Message.Kind.INTERNAL, body="Splitter 4 is bad.", by=agent, at=OPENED_AT)
    page = text_of(desk.get(ticket.get_absolute_url()))
    public, internal = page.split("<article")[1:3]
    assert "Jane Smith" in public
    assert ">Public<" in public
    assert "Internal" not in public
    assert "Anna Berg" in internal
    assert ">Internal: only staff see it<" in internal
    assert "alert-warning" in internal
    assert "Splitter 4 is bad." in internal


def test_a_message_cannot_bring_its_own_html(desk):
    ticket = make_ticket(body="<script>alert(1)</script>")
    assert "<script>alert(1)" not in text_of(desk.get(ticket.get_absolute_url()))


def test_the_customers_phone_and_standing_are_beside_the_conversation(desk, client, monkeypatch):
    monkeypatch.setattr(timezone, "localdate", lambda *_: date(2026, 3, 31))
    customer = make_invoice("20.00", due_on=date(2026, 3, 19), customer=make_customer(phone="555-1234")).customer
    ticket = make_ticket(customer=customer)
    page = text_of(desk.get(ticket.get_absolute_url()))
    assert "555-1234" in page
    assert "owes 20.00, 12 days late" in page
    client.force_login(make_user(TECHNICIAN), backend="customerflow.staff.backends.GroupsBackend")
    page = text_of(client.get(ticket.get_absolute_url()))
    assert "555-1234" in page
    assert "20.00" not in page


def test_the_service_and_the_equipment_where_it_stands_are_beside_the_conversation(desk):
    service = make_service(name="Fibre 300", login="jane-1")
    elsewhere = make_location(customer=service.location.customer)
    make_service(name="Cottage", location=elsewhere)
    make_equipment(name="Router", serial="SN-17", location=service.location)
    make_equipment(name="Dish", location=elsewhere)
    page = text_of(desk.get(make_ticket(customer=service.location.customer, service=service).get_absolute_url()))
    for shown in (service.get_absolute_url(), "jane-1", "SN-17"):
        assert shown in page
    for other in ("Cottage", "Dish"):
        assert other not in page
    page = text_of(desk.get(make_ticket(customer=service.location.customer).get_absolute_url()))
    for shown in ("Fibre 300", "Cottage", "SN-17", "Dish"):
        assert shown in page


def test_a_customer_whose_services_are_off_is_called_suspended_on_the_ticket(desk):
    ticket = make_ticket()
    assert "Suspended since" not in text_of(desk.get(ticket.get_absolute_url()))
    Suspension.objects.create(customer=ticket.customer, began_on=date(2026, 3, 1), amount=20)
    assert "Suspended since 2026-03-01" in text_of(desk.get(ticket.get_absolute_url()))


def test_a_public_reply_is_public_and_opens_the_ticket(desk, agent):
    ticket = make_ticket()
    response = send(desk, ticket, "reply", body="We are on it.\nSoon.")
    message = ticket.messages.get()
    ticket.refresh_from_db()
    assert (message.kind, message.author, ticket.status) == (Message.Kind.PUBLIC, agent, Ticket.Status.OPEN)
    assert message.body.splitlines() == ["We are on it.", "Soon."]
    assert f'<a href="{ticket.get_absolute_url()}">{ticket}</a>: replied; the ticket is “Open”.' in messages_of(
        response
    )


def test_the_page_says_that_a_reply_to_nobody_is_not_mailed_and_that_it_reopens_a_finished_ticket(desk):
    ticket = make_ticket()
    page = text_of(desk.get(ticket.get_absolute_url()))
    assert "no e-mail address of the customer is known" in page
    assert "Replying reopens this ticket." not in page
    change_status(ticket=ticket, status=Ticket.Status.RESOLVED, at=OPENED_AT)
    assert "Replying reopens this ticket." in text_of(desk.get(ticket.get_absolute_url()))


def test_an_internal_note_is_internal_and_changes_no_state(desk):
    ticket = make_ticket()
    response = send(desk, ticket, "note", body="Splitter 4 is bad.")
    ticket.refresh_from_db()
    assert (ticket.messages.get().kind, ticket.status) == (Message.Kind.INTERNAL, Ticket.Status.NEW)
    assert "Only staff can see it." in messages_of(response)[0]


@pytest.mark.parametrize("act", ["reply", "note"])
def test_a_message_that_is_empty_or_too_long_is_refused_in_place(desk, act):
    ticket = make_ticket()
    assert "This field is required." in text_of(send(desk, ticket, act, body="  \n "))
    response = send(desk, ticket, act, body="x" * 20_001)
    assert "at most 20000 characters" in text_of(response)
    assert "x" * 20_001 in text_of(response)
    assert not ticket.messages.exists()


def test_only_allowed_moves_are_buttons_and_a_stale_one_is_refused_in_place(desk):
    ticket = make_ticket()
    change_status(ticket=ticket, status=Ticket.Status.CLOSED, at=OPENED_AT)
    page = text_of(desk.get(ticket.get_absolute_url()))
    assert page.count('name="status"') == 1
    assert 'name="status" value="open"' in page
    refused = send(desk, ticket, "status", status="waiting")
    assert "A ticket that is “Closed” cannot become “Waiting for customer”." in text_of(refused)
    assert "It can become: Open." in text_of(refused)
    send(desk, ticket, "status", status="open")
    ticket.refresh_from_db()
    assert ticket.status == Ticket.Status.OPEN


def test_an_unknown_status_is_refused(desk):
    ticket = make_ticket()
    assert "solved is not one of the available choices" in text_of(send(desk, ticket, "status", status="solved"))


def test_a_ticket_is_taken_given_away_and_given_up(desk, agent):
    ticket, colleague = make_ticket(), make_user(first_name="Bob", last_name="Ito")
    assert f'name="assignee" value="{agent.pk}"' in text_of(desk.get(ticket.get_absolute_url()))
    for assignee, words in ((agent, "Anna Berg"), (colleague, "Bob Ito"), (None, "nobody")):
        response = send(desk, ticket, "assign", assignee=assignee.pk if assignee else "")
        ticket.refresh_from_db()
        assert ticket.assignee == assignee
        assert f"assigned to {words}." in messages_of(response)[-1]


@pytest.mark.parametrize("is_mine", [True, False])
def test_giving_a_ticket_to_whom_it_belongs_says_that_nothing_changed(desk, agent, is_mine):
    ticket = make_ticket(assignee=agent if is_mine else None)
    response = send(desk, ticket, "assign", assignee=agent.pk if is_mine else "")
    (message,) = response.context["messages"]
    assert message.level_tag == "info"
    assert ("assigned to Anna Berg already." if is_mine else "nobody's already.") in str(message).replace("&#x27;", "'")
    version = ticket.version
    ticket.refresh_from_db()
    assert ticket.version == version


def test_whoever_has_left_is_not_offered_and_refused(desk):
    ticket, gone = make_ticket(), make_user(first_name="Carl", is_active=False)
    assert "Carl" not in text_of(desk.get(ticket.get_absolute_url()))
    assert "Select a valid choice" in text_of(send(desk, ticket, "assign", assignee=gone.pk))
    ticket.refresh_from_db()
    assert ticket.assignee is None


@pytest.mark.parametrize("act", ["reply", "note", "status", "assign"])
def test_acts_are_posted_by_those_who_may_on_tickets_that_exist(desk, client, act):
    ticket = make_ticket()
    address = reverse(f"tickets:ticket_{act}", args=[ticket.pk])
    assert desk.get(address).url == ticket.get_absolute_url()
    assert desk.get(reverse(f"tickets:ticket_{act}", args=[987_654_321])).status_code == 404
    assert desk.post(reverse(f"tickets:ticket_{act}", args=[987_654_321])).status_code == 404
    client.force_login(make_user(), backend="customerflow.staff.backends.GroupsBackend")
    assert client.get(address).status_code == 403
    assert client.post(address, {"body": "x", "status": "open", "assignee": ""}).status_code == 403
    ticket.refresh_from_db()
    assert (ticket.status, ticket.messages.count()) == (Ticket.Status.NEW, 0)


def test_a_long_conversation_takes_few_queries(desk, agent, django_assert_max_num_queries):
    location = make_location()
    ticket = make_ticket(
        customer=location.customer,
        location=location,
        service=make_service(location=location),
        equipment=make_equipment(location=location),
        assignee=agent,
    )
    for number in range(50):
        reply(ticket=ticket, kind=Message.Kind.INTERNAL, body=f"Note {number}", by=make_user(), at=OPENED_AT)
    make_policy()
    with django_assert_max_num_queries(33):
        assert "Note 49" in text_of(desk.get(ticket.get_absolute_url()))


def test_a_customers_page_shows_their_tickets(desk):
    ticket = make_ticket(subject="Blue lamp")
    page = text_of(desk.get(ticket.customer.get_absolute_url()))
    assert f'<a href="{ticket.get_absolute_url()}">Blue lamp</a>' in page
    assert f"{CREATE}?customer={ticket.customer.number}" in page


# --- Types


def test_ticket_types_are_sorted_by_the_value_of_their_ids(desk):
    kinds = [make_ticket_type(code=code) for code in ("10", "9", "1")]
    assert rows_of(desk.get(reverse("tickets:tickettype_list"))) == kinds[::-1]


def test_a_manager_adds_retires_and_keeps_types_that_are_in_use(client):
    client.force_login(make_user(MANAGER), backend="customerflow.staff.backends.GroupsBackend")
    fields = {"code": "7", "name": "Outage", "default_priority": "1_urgent"}
    client.post(reverse("tickets:tickettype_create"), fields)
    kind = TicketType.objects.get()
    client.post(reverse("tickets:tickettype_update", args=[kind.pk]), {**fields, "is_retired": "on", "version": 1})
    kind.refresh_from_db()
    assert kind.is_retired
    assert client.get(reverse("tickets:tickettype_delete", args=[kind.pk])).status_code == 403


def test_a_type_with_tickets_says_what_stands_in_the_way(admin_client):
    kind = make_ticket().type
    page = text_of(admin_client.get(reverse("tickets:tickettype_delete", args=[kind.pk])))
    assert "This cannot be removed." in page
    assert "1 ticket" in page


def test_an_internal_note_is_on_no_paper(desk):
    ticket = make_ticket(body="It is dark.")
    reply(ticket=ticket, kind=Message.Kind.INTERNAL, body="He is rude.", by=make_user(), at=OPENED_AT)
    page = text_of(desk.get(ticket.get_absolute_url()))
    public, note = re.findall(r"<li[^>]*><article", page)
    assert ("no-print" in public, "no-print" in note) == (False, True)
