"""The pages of incidents."""

from datetime import date
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from billing.models import CreditNote
from billing.tests.factories import make_billing_start
from customerflow.bulk.tests.choosing import do, outcomes
from customerflow.changes.models import ChangeSet
from customerflow.changes.undoing import undo
from customerflow.hub.erasing import erase_customer
from customerflow.jobs.models import Job
from customerflow.staff.roles import BILLING, SUPPORT
from customerflow.staff.tests.factories import make_user
from customers.models import Customer
from customers.tests.factories import make_area, make_customer, make_plan, make_service, make_tax_code
from incidents.models import Credit, HitService, Incident
from incidents.posting import post_next
from incidents.proposing import propose_next
from incidents.tests.factories import (
    BEGAN_AT,
    ENDED_AT,
    NOW,
    make_credit,
    make_incident,
    make_joined_ticket,
    service_in,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def support(client: Client) -> Client:
    client.force_login(make_user(SUPPORT))
    return client


@pytest.fixture
def biller(client: Client) -> Client:
    client.force_login(make_user(BILLING))
    return client


@pytest.fixture
def over() -> Incident:
    make_billing_start()
    make_tax_code("0", is_default=True)
    incident = make_incident(ended_at=ENDED_AT, frozen_at=NOW)
    for _ in range(3):
        HitService.objects.create(incident=incident, service=make_service(cost=Decimal("124.00")))
    return incident


def done(job: Job) -> None:
    step = propose_next if job.kind == "propose_credits" else lambda job: post_next(job, date(2026, 3, 2))
    while step(job):
        pass


def test_an_incident_is_opened_with_areas_and_plans_and_gets_a_number(support):
    area, plan = make_area(), make_plan()
    typed = {"title": "Mast 3 is dark", "areas": [area.pk], "plans": [plan.pk], "began_at": "2026-03-02T08:00"}
    answer = support.post(reverse("incidents:incident_create"), {**typed, "least_minutes": "0"})
    incident = Incident.objects.get()
    assert answer.headers["Location"] == incident.get_absolute_url()
    assert (incident.number, list(incident.areas.all()), list(incident.plans.all())) == ("1", [area], [plan])


def test_an_incident_is_ended_and_opened_again_on_its_page(support):
    incident = make_incident(areas=[make_area()])
    support.post(reverse("incidents:incident_end", args=[incident.pk]), {"ended_at": "2026-03-02T14:00", "version": 1})
    incident.refresh_from_db()
    assert incident.ended_at is not None
    support.post(reverse("incidents:incident_reopen", args=[incident.pk]), {"version": 2})
    incident.refresh_from_db()
    assert incident.ended_at is None


def test_another_area_of_one_that_is_over_is_written_down_anew_and_refused_once_credited(support, over):
    area = make_area()
    url = reverse("incidents:incident_update", args=[over.pk])
    typed = {"title": over.title, "areas": [area.pk], "began_at": "2026-03-02T08:00", "least_minutes": "0"}
    support.post(url, {**typed, "version": 1})
    over.refresh_from_db()
    assert (list(over.areas.all()), over.is_frozen) == ([area], False)
    make_credit(incident=over)
    page = support.post(url, {**typed, "areas": [], "version": over.version})
    assert "Credits were given for it" in page.content.decode()
    assert list(over.areas.all()) == [area]


@pytest.mark.parametrize(
    ("began_at", "why"),
    [
        ("2026-03-02T14:00", "Choose a moment before its end."),
        ("2026-03-03T14:00", "Choose a moment before its end."),
        ("0001-01-01T00:00", "Choose a year from 1990 to 2999."),
        ("9999-12-31T23:59", "Choose a year from 1990 to 2999."),
    ],
)
def test_a_beginning_that_cannot_be_is_refused_at_its_field(support, over, began_at, why):
    typed = {"title": over.title, "areas": [], "began_at": began_at, "least_minutes": "0", "note": "Typed."}
    with timezone.override("Europe/Berlin" if began_at < "2026" else "UTC"):
        page = support.post(reverse("incidents:incident_update", args=[over.pk]), typed)
    assert page.context["form"].errors == {"began_at": [why]}


def test_the_page_says_whom_it_hits_and_which_tickets_it_has(support):
    area = make_area()
    service = service_in(area)
    incident = make_incident(areas=[area], text="Back at noon.")
    joined = make_joined_ticket(incident=incident)
    page = support.get(incident.get_absolute_url()).content.decode()
    for said in (service.name, joined.ticket.subject, "Back at noon.", "Services it hits"):
        assert said in page
    services = support.get(f"{reverse('incidents:services')}?incident={incident.number}").content.decode()
    assert service.location.customer.name in services
    assert "There is nothing here yet" in support.get(reverse("incidents:services")).content.decode()


def test_the_page_asks_as_much_however_many_services_and_tickets_there_are(support, django_assert_max_num_queries):
    area = make_area()
    incident = make_incident(areas=[area])
    for _ in range(12):
        service_in(area)
        make_joined_ticket(incident=incident)
    support.get(incident.get_absolute_url())
    with django_assert_max_num_queries(40):
        support.get(incident.get_absolute_url())


def test_credits_are_proposed_left_out_changed_and_posted_on_pages(biller, over):
    answer = biller.post(reverse("incidents:credits_propose", args=[over.pk]), {"version": 1})
    job = Job.objects.get(kind="propose_credits")
    assert answer.headers["Location"] == job.get_absolute_url()
    done(job)
    page = biller.get(over.get_absolute_url()).content.decode()
    assert "3 services, 3.00" in page
    first, second, _third = over.credits.order_by("pk")
    address = reverse("incidents:credit_list")
    assert outcomes(do(biller, address, "LeaveOut", [first])) == {first.pk: "done"}
    do(biller, address, "ChangeAmounts", [second], amount="5.00", reason="Goodwill")
    assert "2 services, 6.00" in biller.get(reverse("incidents:credits_post", args=[over.pk])).content.decode()
    biller.post(reverse("incidents:credits_post", args=[over.pk]), {"version": 1})
    done(Job.objects.get(kind="post_credits"))
    assert sorted(note.total for note in CreditNote.objects.all()) == [Decimal("1.00"), Decimal("5.00")]


def test_what_is_posted_offers_neither_posting_nor_discarding(biller, over):
    post, discard = (reverse(f"incidents:credits_{act}", args=[over.pk]) for act in ("post", "discard"))

    def offered() -> list[bool]:
        page = biller.get(over.get_absolute_url()).content.decode()
        return [f'href="{address}"' in page for address in (post, discard)]

    assert offered() == [False, False]
    biller.post(reverse("incidents:credits_propose", args=[over.pk]))
    done(Job.objects.get(kind="propose_credits"))
    assert offered() == [True, True]
    biller.post(post)
    done(Job.objects.get(kind="post_credits"))
    assert offered() == [False, False]
    assert "Nothing is proposed that could be discarded." in biller.post(discard).content.decode()


def test_support_sees_credits_and_gives_none(support, over):
    make_credit(incident=over)
    page = support.get(over.get_absolute_url()).content.decode()
    assert "0.48" in page
    assert "Propose again" not in page
    for act in ("propose", "post", "discard"):
        assert support.post(reverse(f"incidents:credits_{act}", args=[over.pk])).status_code == 403
    assert support.get(reverse("incidents:credit_list")).status_code == 200


def test_the_page_of_a_customer_says_what_goes_on_and_what_was_given_back(biller, over):
    area, customer = make_area(), make_customer()
    service = service_in(area, customer=customer)
    make_incident(areas=[area], began_at=BEGAN_AT)
    assert "There is an outage here since 2026-03-02" in biller.get(customer.get_absolute_url()).content.decode()
    Incident.objects.filter(pk=over.pk).update(ended_at=timezone.now())
    HitService.objects.create(incident=over, service=service)
    note = CreditNote.objects.create(
        customer=customer, number="C1", reason="Outage", issued_on=date(2026, 3, 2), total=Decimal("0.48")
    )
    make_credit(incident=over, service=service, state=Credit.State.POSTED, credit_note=note)
    page = biller.get(customer.get_absolute_url()).content.decode()
    assert "Outages of late" in page
    assert "credited 0.48" in page


def test_erasing_a_customer_leaves_no_reason_of_theirs(over):
    customer = make_customer(name="Ann Oddly")
    service = service_in(make_area(), customer=customer, ends_on=date(2026, 2, 1))
    credit = make_credit(incident=over, service=service, reason="Ann Oddly is ill")
    Customer.objects.filter(pk=customer.pk).update(status=Customer.Status.CLOSED, closed_on=date(2026, 2, 1))
    erase_customer(customer=customer, on=date(2026, 3, 3))
    credit.refresh_from_db()
    assert credit.reason == ""


def test_opening_an_incident_is_undone_whole(support):
    area = make_area()
    typed = {"title": "Mast 3 is dark", "areas": [area.pk], "began_at": "2026-03-02T08:00", "least_minutes": "0"}
    support.post(reverse("incidents:incident_create"), typed)
    undo(ChangeSet.objects.latest("pk"), by=None)
    assert not Incident.objects.exists()
