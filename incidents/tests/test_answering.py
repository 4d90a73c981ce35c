"""All tickets of an incident answered at once, each exactly once."""

from uuid import uuid4

import pytest
from django.core import mail
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse

from billing.tests.factories import make_credit_note
from customerflow.jobs.models import Job
from customerflow.staff.roles import SUPPORT
from customerflow.staff.tests.factories import make_user
from customers.tests.factories import make_area, make_customer
from incidents import answering
from incidents.answering import KIND, answer_all, answer_later, answer_next, left_of
from incidents.joining import join_tickets
from incidents.models import Answer, AnsweredTicket, Credit, Incident
from incidents.tests.factories import ENDED_AT, NOW, make_credit, make_incident, service_in
from tickets.desk import change_status
from tickets.models import Message, Ticket, TicketEmail
from tickets.tests.factories import make_ticket

pytestmark = pytest.mark.django_db


def make_joined(count: int = 3, **fields) -> tuple[Incident, list[Ticket]]:
    incident = make_incident()
    tickets = [make_ticket(**fields) for _ in range(count)]
    join_tickets(incident=incident, tickets=tickets, at=NOW, by=None)
    return incident, tickets


def begin(incident: Incident, **fields) -> tuple[Answer, Job]:
    said = {"kind": Message.Kind.PUBLIC, "body": "Dear {customer}, it works.", "is_sent": False, "is_resolving": False}
    return answer_all(**{"incident": incident, "key": uuid4(), "at": NOW, "by": make_user(), **said, **fields})


def work(job: Job) -> None:
    while answer_next(job, NOW):
        pass


def said_on(ticket: Ticket) -> list[str]:
    return [message.body for message in ticket.messages.all()]


def test_a_text_is_said_on_each_ticket_with_what_is_its_own():
    incident, tickets = make_joined()
    _answer, job = begin(incident)
    work(job)
    for ticket in tickets:
        ticket.refresh_from_db()
        assert said_on(ticket) == [f"Dear {ticket.customer.name}, it works."]
        assert ticket.status == Ticket.Status.OPEN
    assert (job.done, job.refused) == (3, 0)


def test_a_finished_ticket_is_left_out_and_the_answer_says_why():
    incident, (finished, other) = make_joined(2)
    change_status(ticket=finished, status=Ticket.Status.CLOSED, at=NOW)
    answer, job = begin(incident)
    work(job)
    assert (said_on(finished), len(said_on(other))) == ([], 1)
    assert answer.tickets.get(ticket=finished).reason == "It is finished."


def test_tickets_are_resolved_where_that_is_wanted():
    incident, [ticket] = make_joined(1)
    work(begin(incident, is_resolving=True)[1])
    ticket.refresh_from_db()
    assert ticket.status == Ticket.Status.RESOLVED


def test_an_internal_note_to_all_changes_no_state_and_is_never_sent():
    incident, [ticket] = make_joined(1)
    with pytest.raises(ValidationError) as refusal:
        begin(incident, kind=Message.Kind.INTERNAL, is_sent=True)
    assert "is_sent" in refusal.value.message_dict
    work(begin(incident, kind=Message.Kind.INTERNAL)[1])
    ticket.refresh_from_db()
    assert (ticket.status, ticket.messages.get().kind) == (Ticket.Status.NEW, Message.Kind.INTERNAL)
    assert not TicketEmail.objects.exists()
    assert mail.outbox == []


def test_it_is_sent_to_whom_a_reply_would_be_and_without_an_address_only_recorded():
    incident = make_incident()
    with_address = make_ticket(customer=make_customer(email="ann@example.com"))
    without = make_ticket()
    join_tickets(incident=incident, tickets=[with_address, without], at=NOW, by=None)
    answer, job = begin(incident, is_sent=True)
    work(job)
    assert TicketEmail.objects.get().to == "ann@example.com"
    assert "no e-mail address" in answer.tickets.get(ticket=without).reason
    assert len(said_on(without)) == 1


def test_nothing_is_sent_where_sending_is_not_set_up(settings):
    settings.EMAIL_IS_ON = False
    incident, _tickets = make_joined(1)
    with pytest.raises(ValidationError) as refusal:
        begin(incident, is_sent=True)
    assert "is_sent" in refusal.value.message_dict


def test_a_variable_that_is_none_is_refused_before_anything_is_said():
    incident, [ticket] = make_joined(1)
    with pytest.raises(ValidationError) as refusal:
        begin(incident, body="Dear {name}")
    assert "body" in refusal.value.message_dict
    assert said_on(ticket) == []


def test_an_incident_without_unfinished_tickets_has_nobody_to_answer():
    with pytest.raises(ValidationError, match="No unfinished ticket"):
        begin(make_incident())


def test_a_form_that_is_sent_twice_is_said_once():
    incident, [ticket] = make_joined(1)
    key = uuid4()
    first, job = begin(incident, key=key)
    work(job)
    again, no_job = begin(incident, key=key)
    assert (again, no_job) == (first, None)
    assert len(said_on(ticket)) == 1


def test_whoever_joins_later_is_not_answered_by_it():
    incident, _tickets = make_joined(1)
    _answer, job = begin(incident)
    late = make_ticket()
    join_tickets(incident=incident, tickets=[late], at=NOW, by=None)
    work(job)
    assert said_on(late) == []


def test_it_is_said_once_however_often_it_is_begun_again(monkeypatch):
    monkeypatch.setattr(answering, "AT_ONCE", 2)
    incident, tickets = make_joined(5)
    answer, job = begin(incident)
    answer_next(job, NOW)
    for _ in range(3):
        again = answer_later(answer)
        answer_next(again, NOW)
        answer_next(job, NOW)
    assert [len(said_on(ticket)) for ticket in tickets] == [1] * 5
    assert not left_of(answer).exists()


def test_what_dies_in_the_middle_of_a_batch_says_nothing_twice(monkeypatch):
    incident, tickets = make_joined(4)
    _answer, job = begin(incident)
    real, calls = answering.reply, []

    def dying(**said):
        calls.append(said["ticket"])
        if len(calls) == 3:
            raise RuntimeError("killed")
        return real(**said)

    monkeypatch.setattr(answering, "reply", dying)
    with pytest.raises(RuntimeError):
        answer_next(job, NOW)
    assert AnsweredTicket.objects.count() == Message.objects.count() == 0
    work(job)
    assert [len(said_on(ticket)) for ticket in tickets] == [1] * 4


def test_the_page_previews_on_some_tickets_then_says_it(client: Client):
    incident, tickets = make_joined(4)
    client.force_login(make_user(SUPPORT))
    url = reverse("incidents:incident_answer", args=[incident.pk])
    page = client.get(url)
    assert incident.title in page.content.decode()
    form = page.context["form"]
    typed = {"kind": "public", "body": "Dear {customer}!", "key": str(form["key"].value())}
    page = client.post(url, typed)
    text = page.content.decode()
    assert f"Dear {tickets[0].customer.name}!" in text
    assert len(page.context["previews"]) == 3
    assert Message.objects.count() == 0
    assert client.post(url, {**typed, "say": "1"}).status_code == 302
    [job] = Job.objects.filter(kind=KIND)
    work(job)
    assert Message.objects.count() == 4
    page = client.get(Answer.objects.get().get_absolute_url()).content.decode()
    assert "4 tickets" in page


def test_a_ticket_without_what_the_text_names_is_left_out_and_not_told_of_braces():
    incident, [ticket] = make_joined(1)
    answer, job = begin(incident, body="Your {service} is out since {since}.")
    work(job)
    assert said_on(ticket) == []
    assert "{service}" in answer.tickets.get().reason


def test_the_text_may_say_since_when_until_when_and_what_was_given_back():
    incident, [ticket] = make_joined(1)
    Incident.objects.filter(pk=incident.pk).update(ended_at=ENDED_AT)
    note = make_credit_note("5.00", customer=ticket.customer)
    service = service_in(make_area(), customer=ticket.customer)
    make_credit(incident=incident, service=service, state=Credit.State.POSTED, credit_note=note)
    work(begin(incident, body="Out from {since} to {until}: {credit}.")[1])
    [said] = said_on(ticket)
    assert said.startswith("Out from 2026-03-02 ")
    assert "5.00" in said
