"""Incidents: whom they hit, ending them, and that later moves change nothing."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.exceptions import ValidationError

from customerflow.changes.models import ChangeSet
from customerflow.changes.undoing import undo
from customerflow.jobs.models import Job
from customers.models import Location
from customers.tests.factories import make_area, make_customer, make_location, make_plan, make_service
from incidents.covering import incidents_over, services_of_customer
from incidents.freezing import KIND, freeze_next
from incidents.hits import services_hit
from incidents.models import HitService, Incident
from incidents.outages import end_incident, name_service, reopen_incident
from incidents.tests.factories import BEGAN_AT, ENDED_AT, NOW, make_credit, make_incident, service_in

pytestmark = pytest.mark.django_db


def freeze(incident: Incident) -> Incident:
    for job in Job.objects.filter(kind=KIND, payload__incident=incident.pk):
        while freeze_next(job):
            pass
    incident.refresh_from_db()
    return incident


def end(incident: Incident, ended_at: datetime = ENDED_AT) -> Incident:
    return freeze(end_incident(incident=incident, ended_at=ended_at, at=NOW, by=None))


def hit(incident: Incident, at: datetime = NOW) -> set[int]:
    return set(services_hit(incident, at=at).values_list("pk", flat=True))


def test_an_incident_hits_the_services_of_its_areas():
    area = make_area()
    there, _elsewhere = service_in(area), service_in(make_area())
    assert hit(make_incident(areas=[area])) == {there.pk}


def test_with_areas_and_plans_both_must_hold():
    area, plan = make_area(), make_plan()
    both = service_in(area, plan=plan)
    service_in(area)
    make_service(plan=plan)
    assert hit(make_incident(areas=[area], plans=[plan])) == {both.pk}


def test_without_an_area_and_a_plan_it_hits_what_was_named_by_hand():
    service = make_service()
    incident = make_incident()
    assert hit(incident) == set()
    name_service(incident=incident, service=service, is_spared=False, at=NOW, by=None)
    assert hit(incident) == {service.pk}


def test_a_service_taken_out_by_hand_is_not_hit():
    area = make_area()
    spared, other = service_in(area), service_in(area)
    incident = make_incident(areas=[area])
    name_service(incident=incident, service=spared, is_spared=True, at=NOW, by=None)
    assert hit(incident) == {other.pk}


@pytest.mark.parametrize(
    ("starts_on", "ends_on", "is_hit"),
    [
        (date(2026, 3, 2), None, True),
        (date(2026, 3, 3), None, False),
        (date(2026, 1, 1), date(2026, 3, 2), True),
        (date(2026, 1, 1), date(2026, 3, 1), False),
    ],
)
def test_only_services_that_were_active_on_a_day_of_it_are_hit(starts_on, ends_on, is_hit):
    area = make_area()
    service = service_in(area, starts_on=starts_on, ends_on=ends_on)
    assert (service.pk in hit(make_incident(areas=[area]))) is is_hit


def test_once_it_is_over_a_move_changes_nothing():
    area = make_area()
    service, other = service_in(area), service_in(make_area())
    incident = end(make_incident(areas=[area]))
    assert incident.is_frozen
    Location.objects.filter(pk=other.location_id).update(area=area)
    Location.objects.filter(pk=service.location_id).update(area=None)
    assert hit(incident) == {service.pk}


def test_a_service_named_by_hand_after_its_end_is_written_down_too():
    area = make_area()
    service, named = service_in(area), make_service()
    incident = end(make_incident(areas=[area]))
    name_service(incident=incident, service=named, is_spared=False, at=NOW, by=None)
    name_service(incident=incident, service=service, is_spared=True, at=NOW, by=None)
    assert hit(incident) == {named.pk}


def test_more_services_than_a_batch_are_all_written_down_once(monkeypatch):
    monkeypatch.setattr("incidents.freezing.AT_ONCE", 2)
    area = make_area()
    services = [service_in(area) for _ in range(5)]
    incident = end(make_incident(areas=[area]))
    assert sorted(incident.hits.values_list("service", flat=True)) == [service.pk for service in services]


def test_an_incident_that_goes_on_again_follows_its_areas_again():
    area = make_area()
    incident = end(make_incident(areas=[area]))
    incident = reopen_incident(incident=incident)
    service = service_in(area)
    assert hit(incident) == {service.pk}
    assert hit(end(incident)) == {service.pk}


def test_an_older_job_leaves_the_writing_to_a_newer_one():
    area = make_area()
    service_in(area)
    incident = end_incident(incident=make_incident(areas=[area]), ended_at=ENDED_AT, at=NOW, by=None)
    incident = reopen_incident(incident=incident)
    incident = end_incident(incident=incident, ended_at=ENDED_AT, at=NOW, by=None)
    freeze(incident)
    assert HitService.objects.count() == 1


@pytest.mark.parametrize(
    "ended_at",
    [BEGAN_AT, BEGAN_AT - timedelta(minutes=1), NOW + timedelta(minutes=1), ENDED_AT + timedelta(seconds=1)],
    ids=["at its beginning", "before it", "to come", "no whole minute"],
)
def test_an_incident_does_not_end_at_a_moment_that_is_none(ended_at):
    with pytest.raises(ValidationError) as refusal:
        end_incident(incident=make_incident(), ended_at=ended_at, at=NOW, by=None)
    assert "ended_at" in refusal.value.message_dict


def test_an_incident_ends_once_and_goes_on_once():
    incident = make_incident()
    with pytest.raises(ValidationError, match="goes on already"):
        reopen_incident(incident=incident)
    end(incident)
    with pytest.raises(ValidationError, match="ended already"):
        end_incident(incident=incident, ended_at=ENDED_AT, at=NOW, by=None)


def test_an_incident_with_a_credit_does_not_go_on_again():
    incident = end(make_incident())
    make_credit(incident=incident)
    with pytest.raises(ValidationError, match="Credits"):
        reopen_incident(incident=incident)


def test_undoing_the_end_lets_it_go_on_and_undoing_that_ends_it():
    area = make_area()
    service_in(area)
    incident = end(make_incident(areas=[area]))
    ended = ChangeSet.objects.filter(act="Incident ended").latest("pk")
    undone = undo(ended, by=None)
    incident.refresh_from_db()
    assert (incident.ended_at, incident.is_frozen) == (None, False)
    undo(undone.change_set, by=None)
    assert freeze(incident).is_frozen


def test_who_is_hit_now_is_known_for_a_customer():
    area, customer = make_area(), make_customer()
    service_in(area, customer=customer)
    incident = make_incident(areas=[area])
    make_incident(areas=[make_area()])
    assert incidents_over(services_of_customer(customer), NOW) == [incident]
    assert incidents_over(services_of_customer(make_customer()), NOW) == []
    end(incident)
    assert incidents_over(services_of_customer(customer), NOW) == []


def test_a_customer_is_warned_by_what_was_named_by_hand():
    area, customer = make_area(), make_customer()
    spared = service_in(area, customer=customer)
    incident, by_hand = make_incident(areas=[area]), make_incident()
    name_service(incident=incident, service=spared, is_spared=True, at=NOW, by=None)
    name_service(incident=by_hand, service=spared, is_spared=False, at=NOW, by=None)
    assert incidents_over(services_of_customer(customer), NOW) == [by_hand]


def test_whoever_has_many_services_is_asked_about_in_five_queries(django_assert_num_queries):
    area, plan, customer = make_area(), make_plan(), make_customer()
    for _ in range(5):
        make_service(location=make_location(customer=customer, area=area), plan=plan)
    for _ in range(3):
        make_incident(areas=[area], plans=[plan])
    with django_assert_num_queries(5):
        assert len(incidents_over(services_of_customer(customer), NOW)) == 3
    with django_assert_num_queries(1):
        assert incidents_over(services_of_customer(customer), datetime(2026, 1, 1, tzinfo=UTC)) == []
