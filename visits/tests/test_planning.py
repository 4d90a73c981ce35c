"""Planning, giving and moving visits."""

from datetime import UTC, date, datetime, time

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from hypothesis import given
from hypothesis import strategies as st

from customers.tests.factories import make_customer, make_equipment, make_location, make_service
from tickets.desk import change_status
from tickets.models import Ticket
from tickets.tests.factories import make_merge, make_ticket
from visits.going import finish, move_on
from visits.models import Checklist, Visit
from visits.overview import SHORTEST_FREE, free_windows
from visits.planning import give_visit, move_visit, overlapping
from visits.tests.factories import (
    PLANNED_AT,
    make_checklist,
    make_technician,
    make_ticket_at_home,
    make_visit,
)

pytestmark = pytest.mark.django_db
LATER = date(2026, 3, 6)
WHO = {"at": PLANNED_AT, "by": None}


def refusal(act, **fields) -> dict[str, list[str]]:
    with pytest.raises(ValidationError) as refused:
        act(**fields)
    return refused.value.message_dict


def test_a_visit_is_planned_where_its_ticket_is_about_and_told_on_its_time_line():
    technician = make_technician()
    ticket = make_ticket_at_home()
    visit = make_visit(ticket=ticket, technician=technician, items=["Measure", "Label"])
    assert (visit.location, visit.status, visit.window) == (ticket.location, "planned", "08:00–10:00")
    assert list(visit.items.values_list("position", "text")) == [(1, "Measure"), (2, "Label")]
    event = ticket.events.latest("pk")
    assert (event.kind, event.after) == ("visit", "2026-03-05, 08:00–10:00, Eirik Holmgaard, Planned")


def test_the_location_is_that_of_the_service_or_the_unit_or_the_only_one():
    service, unit = make_service(), make_equipment(location=make_location())
    alone, several = make_location(), make_customer()
    make_location(customer=several), make_location(customer=several)
    tickets = [
        make_ticket(customer=service.location.customer, service=service),
        make_ticket(customer=unit.location.customer, equipment=unit),
        make_ticket(customer=alone.customer),
        make_ticket(customer=several),
    ]
    found = [make_visit(ticket=ticket).location for ticket in tickets]
    assert found == [service.location, unit.location, alone, None]


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"day": date(2026, 3, 1)}, "day"),
        ({"starts": None}, "starts"),
        ({"starts": time(10)}, "ends"),
        ({"starts": time(22), "ends": time(2)}, "ends"),
    ],
)
def test_a_day_that_has_passed_and_a_window_that_is_none_are_refused(fields, field):
    assert list(refusal(make_visit, **fields)) == [field]


def test_who_left_another_customers_location_and_a_finished_ticket_are_refused():
    assert "technician" in refusal(make_visit, technician=make_technician(is_active=False))
    assert "location" in refusal(make_visit, location=make_location())
    ticket = make_ticket()
    change_status(ticket=ticket, status=Ticket.Status.CLOSED, at=PLANNED_AT)
    assert "ticket" in refusal(make_visit, ticket=ticket)
    assert "status" in refusal(make_visit, ticket=make_merge().merged)


def test_the_same_visit_is_planned_once():
    visit = make_visit()
    assert "day" in refusal(make_visit, ticket=visit.ticket)
    move_on(visit=visit, status=Visit.Status.CANCELLED, **WHO)
    assert make_visit(ticket=visit.ticket).pk != visit.pk


def test_a_visit_is_given_and_moved_and_told_so():
    visit, technician = make_visit(), make_technician()
    give_visit(visit=visit, technician=technician, **WHO)
    visit = move_visit(visit=visit, day=LATER, **WHO)
    assert (visit.day, visit.technician, visit.version) == (LATER, technician, 3)
    event = visit.ticket.events.latest("pk")
    assert event.before == "2026-03-05, 08:00–10:00, Eirik Holmgaard, Planned"
    assert event.after == "2026-03-06, 08:00–10:00, Eirik Holmgaard, Planned"
    assert move_visit(visit=visit, day=LATER, **WHO).version == 3


def test_what_somebody_went_on_keeps_its_plan():
    visit, technician = make_visit(), make_technician()
    move_on(visit=visit, status=Visit.Status.ON_SITE, at=PLANNED_AT, by=technician)
    assert "day" in refusal(move_visit, visit=visit, day=LATER, **WHO)
    finish(visit=visit, status=Visit.Status.DONE, at=PLANNED_AT, by=technician)
    assert "day" in refusal(give_visit, visit=visit, technician=technician, **WHO)


def test_a_visit_may_be_moved_whose_technician_has_left_since():
    technician = make_technician()
    visit = make_visit(technician=technician)
    technician.is_active = False
    technician.save()
    assert move_visit(visit=visit, day=LATER, **WHO).day == LATER
    assert "technician" in refusal(give_visit, visit=make_visit(), technician=technician, **WHO)


def test_overlaps_are_found_and_allowed():
    technician = make_technician()
    first = make_visit(technician=technician)
    inside = make_visit(technician=technician, starts=time(9), ends=None)
    make_visit(technician=technician, starts=time(10), ends=time(11))
    make_visit(technician=technician, starts=None, ends=None)
    make_visit(technician=technician, day=LATER)
    make_visit()
    cancelled = make_visit(technician=technician, starts=time(8, 30))
    cancelled = move_on(visit=cancelled, status=Visit.Status.CANCELLED, **WHO)
    assert overlapping(first) == [inside]
    assert overlapping(inside) == [first]
    assert overlapping(cancelled) == []


def test_the_checklist_of_a_type_is_copied_and_changing_it_changes_no_visit():
    checklist = make_checklist(items=" Measure \n\n Label")
    visit = make_visit(items=checklist.lines)
    checklist.items = "Other"
    checklist.save()
    assert list(visit.items.values_list("text", flat=True)) == ["Measure", "Label"]


@pytest.mark.parametrize("items", ["", " \n ", "\n".join(map(str, range(51))), "x" * 201])
def test_a_checklist_has_something_in_it_and_not_too_much(items):
    with pytest.raises(ValidationError):
        Checklist(name="Fibre", items=items).full_clean()


@pytest.mark.parametrize(
    "wrong",
    [
        {"starts": None},
        {"ends": time(8)},
        {"status": "failed"},
        {"reason": "weather"},
        {"status": "on_site"},
        {"status": "done"},
        {"left_at": PLANNED_AT},
        {"status": "lost"},
        {"arrived_at": datetime(2026, 3, 3, tzinfo=UTC), "left_at": PLANNED_AT, "status": "done"},
    ],
)
def test_the_database_refuses_what_cannot_be(wrong):
    visit = make_visit()
    with pytest.raises(IntegrityError), transaction.atomic():
        Visit.objects.filter(pk=visit.pk).update(**wrong)


MINUTES = st.integers(0, 1_440)
WINDOWS = st.lists(st.tuples(MINUTES, MINUTES).map(sorted).map(tuple), max_size=8)


@given(taken=WINDOWS, hours=st.tuples(MINUTES, MINUTES).map(sorted).map(tuple))
def test_what_is_free_is_found_as_minute_by_minute(taken, hours):
    open_minutes = [
        hours[0] <= minute < hours[1] and not any(begin <= minute < end for begin, end in taken)
        for minute in range(1_441)
    ]
    expected, since = [], None
    for minute, is_open in enumerate(open_minutes):
        if is_open and since is None:
            since = minute
        elif not is_open and since is not None:
            if minute - since >= SHORTEST_FREE:
                expected.append((since, minute))
            since = None
    assert free_windows(taken, hours) == expected
