"""Work on incidents that begins at the same moment."""

from datetime import date
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction

from billing.models import CreditNote
from billing.tests.factories import make_billing_start
from customerflow.refusals import acting
from customerflow.staff.tests.factories import make_user
from customerflow.tests.threads import at_once
from customers.tests.factories import make_service, make_tax_code
from incidents.answering import answer_later, answer_next
from incidents.joining import join_tickets
from incidents.models import Answer, HitService, JoinedTicket
from incidents.posting import post_credits, post_next
from incidents.proposing import propose_for
from incidents.tests.factories import ENDED_AT, NOW, make_answer, make_incident
from tickets.models import Message
from tickets.tests.factories import make_ticket

pytestmark = pytest.mark.django_db(transaction=True)
TODAY = date(2026, 3, 2)


def test_a_ticket_that_many_incidents_want_at_once_is_joined_to_one():
    ticket, incidents = make_ticket(), [make_incident() for _ in range(4)]

    def join(index: int):
        try:
            with acting():
                return join_tickets(incident=incidents[index], tickets=[ticket], at=NOW, by=None)
        except ValidationError:
            return None

    assert len(list(filter(None, at_once(join, 4)))) == 1
    assert JoinedTicket.objects.count() == 1


def test_jobs_of_one_answer_that_work_at_once_say_it_once():
    answer = make_answer(by=make_user())
    tickets = [make_ticket() for _ in range(5)]
    join_tickets(incident=answer.incident, tickets=tickets, at=NOW, by=None)
    Answer.objects.update(up_to=JoinedTicket.objects.latest("pk").pk)
    answer.refresh_from_db()
    jobs = [answer_later(answer) for _ in range(4)]

    def work(index: int) -> None:
        for _ in range(3):
            with transaction.atomic():
                answer_next(jobs[index], NOW)

    at_once(work, 4)
    assert Message.objects.filter(body=answer.body).count() == 6


def test_credits_that_are_posted_twice_at_once_are_given_once():
    make_billing_start()
    make_tax_code("20", is_default=True)
    services = [make_service(cost=Decimal("124.00")) for _ in range(6)]
    incident = make_incident(ended_at=ENDED_AT, frozen_at=NOW)
    HitService.objects.bulk_create(HitService(incident=incident, service=service) for service in services)
    with transaction.atomic():
        propose_for(incident, [service.pk for service in services])
    jobs = [post_credits(incident=incident, on=TODAY, by=None) for _ in range(3)]

    def work(index: int) -> None:
        for _ in range(2):
            with transaction.atomic():
                post_next(jobs[index], TODAY)

    at_once(work, 3)
    assert CreditNote.objects.count() == incident.credits.live().count() == 6
