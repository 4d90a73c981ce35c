"""Tickets that are about one incident."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse

from customerflow.bulk.tests.choosing import do, outcomes
from customerflow.staff.roles import SUPPORT
from customerflow.staff.tests.factories import make_user
from customers.tests.factories import make_area, make_customer
from incidents.joining import join_tickets, leave_incident, may_be_about
from incidents.models import JoinedTicket
from incidents.templatetags.incidents import incident_of_ticket
from incidents.tests.factories import BEGAN_AT, NOW, make_incident, service_in
from tickets.desk import change_status
from tickets.models import Ticket
from tickets.tests.factories import make_ticket

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff(client: Client) -> Client:
    client.force_login(make_user(SUPPORT))
    return client


def kinds(ticket: Ticket) -> list[str]:
    return [event.kind for event in ticket.events.all()]


def test_joining_and_leaving_are_told_on_the_ticket():
    incident, ticket, user = make_incident(), make_ticket(), make_user()
    assert join_tickets(incident=incident, tickets=[ticket], at=NOW, by=user) == [ticket]
    assert leave_incident(ticket=ticket, at=NOW, by=user) == incident
    assert kinds(ticket)[-2:] == ["joined", "left"]
    assert ticket.events.last().after == f"#{incident.number}"


def test_joining_twice_is_joining_once():
    incident, ticket = make_incident(), make_ticket()
    join_tickets(incident=incident, tickets=[ticket], at=NOW, by=None)
    assert join_tickets(incident=incident, tickets=[ticket], at=NOW, by=None) == []
    assert kinds(ticket).count("joined") == 1


def test_a_ticket_is_joined_to_one_incident_only():
    ticket, free = make_ticket(), make_ticket()
    first = make_incident()
    join_tickets(incident=first, tickets=[ticket], at=NOW, by=None)
    with pytest.raises(ValidationError, match=f"#{first.number}"):
        join_tickets(incident=make_incident(), tickets=[free, ticket], at=NOW, by=None)
    assert JoinedTicket.objects.get().incident == first


def test_a_ticket_that_is_joined_to_none_cannot_leave():
    with pytest.raises(ValidationError, match="no incident"):
        leave_incident(ticket=make_ticket(), at=NOW, by=None)


def test_tickets_of_those_who_are_hit_may_be_about_it():
    area, customer = make_area(), make_customer()
    service_in(area, customer=customer)
    incident = make_incident(areas=[area])
    about = make_ticket(customer=customer, at=BEGAN_AT)
    make_ticket(customer=customer, at=BEGAN_AT - timedelta(minutes=1))
    make_ticket(at=NOW)
    joined, finished = make_ticket(customer=customer, at=NOW), make_ticket(customer=customer, at=NOW)
    join_tickets(incident=make_incident(), tickets=[joined], at=NOW, by=None)
    change_status(ticket=finished, status=Ticket.Status.CLOSED, at=NOW)
    assert list(may_be_about(incident, NOW)) == [about]


def test_all_that_may_be_about_it_are_joined_by_one_click(staff):
    area, customer = make_area(), make_customer()
    service_in(area, customer=customer)
    incident = make_incident(areas=[area])
    tickets = {make_ticket(customer=customer, at=NOW).pk for _ in range(3)}
    url = f"{reverse('incidents:candidates')}?incident={incident.number}"
    page = staff.get(url)
    assert "Join to this incident" in page.content.decode()
    assert staff.post(url, {"all": "1", "act": "join"}).status_code == 302
    assert set(incident.joined.values_list("ticket", flat=True)) == tickets


def test_only_those_that_were_ticked_are_joined(staff):
    area, customer = make_area(), make_customer()
    service_in(area, customer=customer)
    incident = make_incident(areas=[area])
    ticked, _other = make_ticket(customer=customer, at=NOW), make_ticket(customer=customer, at=NOW)
    url = f"{reverse('incidents:candidates')}?incident={incident.number}"
    staff.post(url, {"chosen": [str(ticked.pk)], "act": "join"})
    assert incident.joined.get().ticket == ticked


def test_tickets_are_joined_from_their_list(staff):
    incident, ticket, taken = make_incident(), make_ticket(), make_ticket()
    other = make_incident()
    join_tickets(incident=other, tickets=[taken], at=NOW, by=None)
    job = do(staff, "/tickets/", "JoinTickets", [ticket, taken], incident=incident.number)
    assert outcomes(job) == {ticket.pk: "done", taken.pk: "refused"}


def test_a_ticket_page_warns_of_an_outage_and_offers_to_join_it(staff):
    area, customer = make_area(), make_customer()
    service_in(area, customer=customer)
    incident = make_incident(areas=[area], text="Back at noon.")
    ticket = make_ticket(customer=customer)
    page = staff.get(ticket.get_absolute_url()).content.decode()
    assert "There is an outage here since" in page
    assert "Back at noon." in page
    join = {"incident": incident.number, "version": ticket.version}
    staff.post(reverse("incidents:ticket_join", args=[ticket.pk]), join)
    page = staff.get(ticket.get_absolute_url()).content.decode()
    assert "There is an outage here since" not in page
    assert "Part of the incident" in page


def test_the_form_of_a_new_ticket_warns_of_an_outage(staff):
    area, customer = make_area(), make_customer()
    service_in(area, customer=customer)
    make_incident(areas=[area])
    page = staff.get(f"{reverse('tickets:ticket_create')}?customer={customer.number}").content.decode()
    assert "There is an outage here since" in page
    page = staff.get(f"{reverse('tickets:ticket_create')}?customer={make_customer().number}").content.decode()
    assert "There is an outage here since" not in page
    assert "An outage goes on since" in staff.get(reverse("tickets:ticket_create")).content.decode()


def test_a_ticket_without_an_outage_costs_two_queries_more(django_assert_max_num_queries):
    ticket = make_ticket()
    with django_assert_max_num_queries(2):
        incident_of_ticket({"perms": {}}, ticket)


def test_an_incident_is_opened_for_a_ticket_where_it_is_and_joined_to_it(staff):
    area, customer = make_area(), make_customer()
    ticket = make_ticket(customer=customer, service=service_in(area, customer=customer))
    url = f"{reverse('incidents:incident_create')}?ticket={ticket.number}"
    form = staff.get(url).context["form"]
    assert form.initial["areas"] == [area.pk]
    typed = {"title": "It is dark", "areas": [area.pk], "began_at": "2026-03-02T09:00", "least_minutes": "0"}
    staff.post(url, typed)
    assert JoinedTicket.objects.get().ticket == ticket
