"""What is given back for an incident: proposed, changed, posted exactly once, and taken back."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, transaction

from billing.books.check import check_books
from billing.credits.credit_notes import void_credit_note
from billing.models import CreditNote
from billing.runs.bills import issue as issue_bills
from billing.tests.factories import make_billing_start, make_discount, make_invoice, make_period_closing
from customerflow.jobs.models import Job
from customers.models import Service
from customers.tests.factories import (
    make_area,
    make_customer,
    make_location,
    make_pause,
    make_plan,
    make_service,
    make_tax_code,
)
from incidents import posting, proposing
from incidents.models import Credit, HitService, Incident
from incidents.posting import post_credits, post_next
from incidents.proposing import change_credit, discard_credits, leave_out, propose_credits, propose_next
from incidents.tests.factories import BEGAN_AT, ENDED_AT, NOW, make_incident

pytestmark = pytest.mark.django_db
TODAY = date(2026, 3, 2)
State = Credit.State


@pytest.fixture(autouse=True)
def start(settings) -> None:
    settings.TIME_ZONE = "UTC"
    make_billing_start()
    make_tax_code("20", is_default=True)


def over(*services: Service, began_at: datetime = BEGAN_AT, ended_at: datetime = ENDED_AT, **fields) -> Incident:
    """Return an incident of six hours that hit these services."""
    incident = make_incident(began_at=began_at, ended_at=ended_at, frozen_at=NOW, **fields)
    HitService.objects.bulk_create(HitService(incident=incident, service=service) for service in services)
    return incident


def propose(incident: Incident) -> list[Credit]:
    job = propose_credits(incident=incident, by=None)
    while propose_next(job):
        pass
    return list(incident.credits.order_by("pk"))


def post(incident: Incident) -> Job:
    job = post_credits(incident=incident, on=TODAY, by=None)
    while post_next(job, TODAY):
        pass
    return job


def books_say() -> None:
    assert [found for found in check_books(on=TODAY) if found["count"]] == []


def service_of(cost: str = "124.00", **fields) -> Service:
    """Return a service that costs 4.00 a day in March."""
    return make_service(cost=Decimal(cost), **fields)


def test_the_lost_share_of_the_price_is_proposed():
    service = service_of()
    [credit] = propose(over(service))
    assert (credit.minutes, credit.computed, credit.amount) == (360, Decimal("1.00"), Decimal("1.00"))
    assert (credit.state, credit.customer) == (State.PROPOSED, service.location.customer)
    assert not CreditNote.objects.exists()


def test_discounts_and_prices_are_those_of_the_day():
    service = service_of()
    make_discount(customer=service.location.customer, percent=Decimal(50))
    assert propose(over(service))[0].amount == Decimal("0.50")


@pytest.mark.parametrize("is_charged", [True, False])
def test_nothing_is_given_back_for_days_of_a_pause_charged_or_not(is_charged):
    service = service_of()
    make_pause(service=service, first_day=TODAY, last_day=TODAY, is_charged=is_charged)
    assert propose(over(service)) == []


def test_nothing_is_given_back_before_a_service_begins_and_after_it_ends():
    begins = service_of(starts_on=date(2026, 3, 3))
    ends = service_of(ends_on=date(2026, 3, 2))
    two_days = over(begins, ends, ended_at=datetime(2026, 3, 4, tzinfo=UTC))
    minutes = {credit.service: credit.minutes for credit in propose(two_days)}
    assert minutes == {begins: 1_440, ends: 960}


def test_an_outage_shorter_than_the_least_is_given_nothing_for():
    service = service_of()
    assert propose(over(service, least_minutes=361)) == []
    assert len(propose(over(service, least_minutes=360))) == 1


def test_an_outage_over_the_end_of_a_month_is_worth_a_part_of_both():
    service = service_of("310.00")
    outage = over(
        service, began_at=datetime(2026, 1, 31, 12, tzinfo=UTC), ended_at=datetime(2026, 2, 1, 12, tzinfo=UTC)
    )
    [credit] = propose(outage)
    # 310.00 x 720 / 44,640 and 310.00 x 720 / 40,320.
    assert credit.amount == Decimal("10.54")
    assert [part["cycle_minutes"] for part in credit.parts] == [44_640, 40_320]


def test_a_quarter_is_divided_by_its_own_minutes():
    service = service_of("90.00", billing_interval=3)
    [credit] = propose(over(service, ended_at=BEGAN_AT + timedelta(days=1)))
    assert credit.amount == Decimal("1.00")


def test_one_customer_gets_one_note_with_tax_that_settles_what_is_open():
    customer = make_customer()
    invoice = make_invoice("10.00", customer=customer, on=date(2026, 3, 1))
    location = make_location(customer=customer)
    incident = over(service_of(location=location), service_of("248.00", location=location))
    propose(incident)
    job = post(incident)
    note = CreditNote.objects.get()
    assert (note.customer, note.total, note.allocated) == (customer, Decimal("3.60"), Decimal("3.60"))
    assert note.reason == f"Outage: incident #{incident.number}"
    assert [line.amount for line in note.lines.all()] == [Decimal("1.00"), Decimal("2.00")]
    assert {credit.credit_note for credit in incident.credits.live()} == {note}
    invoice.refresh_from_db()
    assert invoice.settled == Decimal("3.60")
    assert (job.done, job.refused) == (2, 0)
    books_say()


def test_posting_again_gives_nothing_twice():
    incident = over(service_of())
    propose(incident)
    post(incident)
    with pytest.raises(ValidationError, match="Nothing is proposed"):
        post(incident)
    assert propose(incident)[0].state == State.POSTED
    assert CreditNote.objects.count() == 1


def test_minutes_of_an_overlapping_incident_are_given_back_once():
    service = service_of()
    first = over(service)
    second = over(service, began_at=BEGAN_AT + timedelta(hours=3), ended_at=ENDED_AT + timedelta(hours=3))
    propose(first)
    post(first)
    [credit] = propose(second)
    assert (credit.minutes, credit.amount) == (180, Decimal("0.50"))
    post(second)
    books_say()


def test_two_proposals_that_overlap_do_not_both_become_notes():
    service = service_of()
    first, second = over(service), over(service)
    propose(first)
    propose(second)
    post(first)
    job = post(second)
    [parked] = second.credits.all()
    assert (parked.state, job.refused) == (State.PARKED, 1)
    assert "Propose it again" in parked.problem
    assert propose(second) == []
    books_say()


def test_a_price_that_changes_after_the_proposal_parks_it():
    service = service_of()
    incident = over(service)
    propose(incident)
    make_discount(customer=service.location.customer, percent=Decimal(10))
    post(incident)
    assert incident.credits.get().state == State.PARKED
    [credit] = propose(incident)
    assert (credit.state, credit.amount, credit.problem) == (State.PROPOSED, Decimal("0.90"), "")


def test_what_is_left_out_is_not_posted_and_stays_so():
    incident = over(service_of(), service_of())
    out, other = propose(incident)
    leave_out(credit=out, is_left_out=True, by=None)
    assert propose(incident)[0].state == State.LEFT_OUT
    post(incident)
    assert [credit.pk for credit in incident.credits.live()] == [other.pk]


def test_an_amount_is_changed_with_a_reason_and_stays_so():
    incident = over(service_of())
    [credit] = propose(incident)
    with pytest.raises(ValidationError) as refusal:
        change_credit(credit=credit, amount=Decimal("5.00"), reason=" ", by=None)
    assert "reason" in refusal.value.message_dict
    change_credit(credit=credit, amount=Decimal("5.00"), reason="Goodwill", by=None)
    [credit] = propose(incident)
    assert (credit.computed, credit.amount) == (Decimal("1.00"), Decimal("5.00"))
    post(incident)
    assert CreditNote.objects.get().total == Decimal("6.00")
    books_say()


def test_what_is_posted_is_neither_changed_nor_left_out_nor_discarded():
    incident = over(service_of())
    [credit] = propose(incident)
    post(incident)
    with pytest.raises(ValidationError, match="credit note"):
        change_credit(credit=credit, amount=Decimal("5.00"), reason="Goodwill", by=None)
    with pytest.raises(ValidationError, match="credit note"):
        leave_out(credit=credit, is_left_out=True, by=None)
    assert discard_credits(incident=incident) == 0


def test_a_note_that_is_voided_takes_the_credit_back_and_it_can_be_given_again():
    service = service_of()
    incident = over(service)
    propose(incident)
    post(incident)
    void_credit_note(note=CreditNote.objects.get(), reason="Wrong", on=TODAY)
    assert not Credit.objects.live().exists()
    books_say()
    old, new = propose(incident)
    assert (old.state, new.state, new.minutes) == (State.TAKEN_BACK, State.PROPOSED, 360)
    post(incident)
    assert CreditNote.objects.count() == 2
    books_say()


def test_a_customer_who_cannot_be_given_it_is_parked_and_the_others_go_on(monkeypatch):
    services = [service_of() for _ in range(3)]
    incident = over(*services)
    propose(incident)
    bad = services[1].location.customer_id

    def refusing(bills, **options):
        if any(bill.customer.pk == bad for bill in bills):
            raise DatabaseError("refused")
        return issue_bills(bills, **options)

    monkeypatch.setattr(posting, "issue", refusing)
    job = post(incident)
    states = {credit.service_id: credit.state for credit in incident.credits.all()}
    assert [states[service.pk] for service in services] == [State.POSTED, State.PARKED, State.POSTED]
    assert (job.done, job.refused) == (2, 1)


def test_a_tax_code_without_a_rate_parks_its_customer_alone():
    code = make_tax_code(None)
    incident = over(service_of(), service_of())
    first, second = propose(incident)
    from_plan = Service.objects.get(pk=second.service_id)
    from_plan.plan = make_plan(tax_code=code)
    from_plan.save()
    post(incident)
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.state, second.state) == (State.POSTED, State.PARKED)
    assert "no rate yet" in second.problem


def test_what_dies_in_a_batch_is_given_once_by_the_next(monkeypatch):
    monkeypatch.setattr(posting, "AT_ONCE", 2)
    incident = over(*[service_of() for _ in range(5)])
    propose(incident)
    job = post_credits(incident=incident, on=TODAY, by=None)
    real, calls = posting._posted, []

    def dying(credits, note):
        calls.append(note)
        if len(calls) == 4:
            raise RuntimeError("killed")
        return real(credits, note)

    monkeypatch.setattr(posting, "_posted", dying)
    post_next(job, TODAY)
    from_before = CreditNote.objects.count()
    with pytest.raises(RuntimeError), transaction.atomic():
        post_next(job, TODAY)
    assert (from_before, CreditNote.objects.count()) == (2, 2)
    while post_next(job, TODAY):
        pass
    assert CreditNote.objects.count() == incident.credits.live().count() == 5
    books_say()


def test_closed_books_take_no_credit():
    from_last_year = over(service_of())
    propose(from_last_year)
    make_period_closing()
    with pytest.raises(ValidationError, match="closed"):
        post_credits(incident=from_last_year, on=date(2020, 2, 1), by=None)


def test_nothing_is_proposed_while_it_goes_on_or_is_not_written_down():
    with pytest.raises(ValidationError, match="end it first"):
        propose_credits(incident=make_incident(), by=None)
    with pytest.raises(ValidationError, match="written down"):
        propose_credits(incident=make_incident(ended_at=ENDED_AT), by=None)


def test_a_discarded_proposal_is_gone_and_lets_the_incident_be_changed():
    incident = over(service_of())
    propose(incident)
    assert discard_credits(incident=incident) == 1
    assert not incident.credits.exists()


def test_a_batch_of_services_is_proposed_in_a_bounded_number_of_queries(django_assert_max_num_queries):
    area = make_area()
    services = [service_of(location=make_location(area=area)) for _ in range(20)]
    incident = over(*services)
    job = propose_credits(incident=incident, by=None)
    with django_assert_max_num_queries(14):
        propose_next(job)
    assert incident.credits.count() == 20
    job = post_credits(incident=incident, on=TODAY, by=None)
    with django_assert_max_num_queries(140):
        post_next(job, TODAY)
    assert proposing.to_be_posted(incident).count() == 0


def test_the_books_check_finds_a_credit_without_its_document_and_minutes_given_twice():
    service = service_of()
    incident, other = over(service), over(service)
    propose(incident)
    post(incident)
    credit = incident.credits.get()
    Credit.objects.filter(pk=credit.pk).update(amount=Decimal("2.00"))
    twin = Credit.objects.get(pk=credit.pk)
    twin.pk, twin.incident = None, other
    twin.save(force_insert=True)
    found = {each["check"] for each in check_books(on=TODAY) if each["count"]}
    assert {"outage-credit-document", "outage-credit-twice"} <= found
