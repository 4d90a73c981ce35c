"""Canned replies: filled in, read over, and never sent by themselves."""

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from customerflow.staff.roles import MANAGER, SUPPORT
from customerflow.staff.tests.factories import make_user
from customers.tests.factories import make_customer, make_location, make_service
from tickets.canned import VALUES, filled_in
from tickets.models import CannedReply
from tickets.models.canned_reply import VARIABLES
from tickets.tests.factories import make_canned_reply, make_ticket, make_ticket_type

pytestmark = pytest.mark.django_db


@pytest.fixture
def agent():
    return make_user(SUPPORT, first_name="Anna", last_name="Berg")


@pytest.fixture
def desk(client, agent):
    client.force_login(agent, backend="customerflow.staff.backends.GroupsBackend")
    return client


def test_every_variable_has_a_value_and_every_value_a_variable():
    assert set(VALUES) == set(VARIABLES)


def test_variables_are_filled_in_and_what_is_missing_stays_to_be_seen(agent):
    location = make_location(customer=make_customer(name="Jane {number} Smith"))
    service = make_service(name="Fibre 300", location=location)
    canned = make_canned_reply(text="Dear {customer}, {number}: {service}. {{ok}} {agent}")
    ticket = make_ticket(customer=service.location.customer, service=service)
    assert filled_in(canned.text, ticket, agent) == "Dear Jane {number} Smith, #1: Fibre 300. {ok} Anna Berg"
    assert "{service}" in filled_in(canned.text, make_ticket(), agent)


@pytest.mark.parametrize("text", ["Dear {custmer}", "{customer.password}", "Dear {customer", "{customer!r}"])
def test_a_text_with_another_variable_is_refused(text):
    with pytest.raises(ValidationError):
        CannedReply(name="Hello", text=text).full_clean()


def test_a_canned_reply_is_put_below_what_was_typed_and_nothing_is_sent(desk):
    ticket, canned = make_ticket(customer=make_customer(name="Jane Smith")), make_canned_reply()
    address = reverse("tickets:ticket_canned", args=[ticket.pk])
    page = desk.post(address, {"body": "Hello!", "canned": canned.pk}).content.decode()
    assert "Hello!\n\nDear Jane Smith," in page
    assert not ticket.messages.exists()
    assert desk.get(address).url == ticket.get_absolute_url()


def test_a_canned_reply_is_offered_on_tickets_of_its_type(desk):
    canned = make_canned_reply(name="Outage text", type=make_ticket_type())
    ticket = make_ticket()
    assert "Outage text" not in desk.get(ticket.get_absolute_url()).content.decode()
    address = reverse("tickets:ticket_canned", args=[ticket.pk])
    for chosen in (canned.pk, "", "x", 987_654):
        assert desk.post(address, {"canned": chosen}).status_code == 404
    assert "Outage text" in desk.get(make_ticket(type=canned.type).get_absolute_url()).content.decode()


def test_a_manager_writes_canned_replies_and_support_reads_them(desk, client):
    canned = make_canned_reply(text="Dear {customer},")
    assert "the customer&#x27;s name" in desk.get(canned.get_absolute_url()).content.decode()
    address = reverse("tickets:cannedreply_create")
    assert desk.get(address).status_code == 403
    client.force_login(make_user(MANAGER), backend="customerflow.staff.backends.GroupsBackend")
    refused = client.post(address, {"name": "Thanks", "text": "{foo}"}).content.decode()
    assert "There is no variable {foo}" in refused
    client.post(address, {"name": "Thanks", "text": "Thank you, {customer}."})
    assert CannedReply.objects.filter(name="Thanks").exists()
