"""What is kept of the clocks, and that it is what they say."""

from datetime import UTC, datetime, timedelta

import pytest

from customerflow.changes.models import ChangeSet
from customerflow.changes.undoing import undo
from customerflow.loads.tests import loading
from customers.tests.factories import make_customer, make_plan, make_service
from tickets.desk import assign, change_status, reply
from tickets.models import Calendar, Priority, Ticket
from tickets.models.ticket import NEVER
from tickets.sla import measuring
from tickets.sla.keeping import differing
from tickets.sla.measuring import measure_all, measure_anew
from tickets.tests.factories import make_calendar, make_policy, make_ticket, make_ticket_type

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
# A Monday, in office hours.
MORNING = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
PUBLIC = "public"


@pytest.fixture
def agent(django_user_model):
    return django_user_model.objects.create(username="agent")


@pytest.fixture(autouse=True)
def policy():
    return make_policy(name="Usual", first_minutes=120, next_minutes=240, solution_minutes=960, position=9)


def kept(ticket):
    ticket.refresh_from_db()
    assert differing(0, 1_000) == ([], None)
    return ticket.due_step, ticket.due_at


def test_an_opened_ticket_is_due_and_an_answer_makes_something_else_due(agent):
    ticket = make_ticket(at=MORNING)
    assert kept(ticket) == ("first", MORNING + 2 * HOUR)
    assert ticket.warn_at == MORNING + 2 * HOUR - timedelta(minutes=30)
    reply(ticket=ticket, kind=PUBLIC, body="We look", by=agent, at=MORNING + HOUR)
    assert kept(ticket) == ("solution", datetime(2026, 3, 3, 16, 0, tzinfo=UTC))
    reply(ticket=ticket, kind=PUBLIC, body="And?", by=None, at=MORNING + 2 * HOUR)
    assert kept(ticket) == ("next", MORNING + 6 * HOUR)
    assert not ticket.is_breached


def test_nothing_is_due_in_a_pause_nor_on_a_finished_ticket(agent):
    ticket = make_ticket(at=MORNING)
    change_status(ticket=ticket, status=Ticket.Status.WAITING, at=MORNING + HOUR)
    assert kept(ticket) == ("", NEVER)
    change_status(ticket=ticket, status=Ticket.Status.OPEN, at=MORNING + 2 * HOUR)
    assert kept(ticket) == ("first", MORNING + 3 * HOUR)
    change_status(ticket=ticket, status=Ticket.Status.CLOSED, at=MORNING + 2 * HOUR)
    assert kept(ticket) == ("", NEVER)


def test_an_answered_ticket_is_never_late_but_may_be_breached(agent):
    ticket = make_ticket(at=MORNING)
    now = MORNING + 5 * HOUR
    assert list(Ticket.objects.late(now)) == [ticket]
    reply(ticket=ticket, kind=PUBLIC, body="Sorry", by=agent, at=now)
    assert list(Ticket.objects.late(now)) == []
    assert list(Ticket.objects.breached()) == [ticket]


def test_due_soon_are_those_that_are_warned_of():
    ticket = make_ticket(at=MORNING)
    due_at, minute = MORNING + 2 * HOUR, timedelta(minutes=1)
    moments = (due_at - 31 * minute, due_at - 30 * minute, due_at, due_at + minute)
    assert [ticket in Ticket.objects.due_soon(moment) for moment in moments] == [False, True, True, False]
    assert [ticket in Ticket.objects.late(moment) for moment in moments] == [False, False, False, True]


def test_the_first_policy_that_matches_holds():
    service = make_service(plan=make_plan())
    kind = make_ticket_type()
    of_type = make_policy(name="Type", first_minutes=60, position=1)
    of_type.types.add(kind)
    make_policy(name="Urgent", first_minutes=30, priorities="1_urgent,2_high", position=2)
    of_plan = make_policy(name="Plan", first_minutes=15, position=3)
    of_plan.plans.add(service.plan)
    make_policy(name="Not in force", first_minutes=1, position=0, is_on=False)
    measure_anew()
    urgent = {"priority": Priority.URGENT}
    plan = {"customer": service.location.customer, "service": service}
    minutes = [
        (ticket.due_at - MORNING) // timedelta(minutes=1)
        for fields in ({"type": kind, **urgent}, {**urgent, **plan}, plan, {})
        for ticket in [make_ticket(at=MORNING, **fields)]
        if kept(ticket)
    ]
    assert minutes == [60, 30, 15, 120]


def test_a_changed_rule_leaves_nothing_behind(agent, policy):
    ticket, answered = make_ticket(at=MORNING), make_ticket(at=MORNING)
    reply(ticket=answered, kind=PUBLIC, body="We look", by=agent, at=MORNING + HOUR)
    policy.first_minutes, policy.solution_minutes = 30, None
    policy.save()
    measure_anew()
    assert kept(ticket) == ("first", MORNING + timedelta(minutes=30))
    assert (kept(answered), answered.is_breached) == (("", NEVER), True)
    policy.delete()
    measure_anew()
    for each in (ticket, answered):
        assert (kept(each), each.warn_at, each.is_breached) == (("", NEVER), NEVER, False)


def test_what_came_of_a_ticket_is_frozen_when_it_is_finished(agent, policy):
    ticket = make_ticket(at=MORNING)
    reply(ticket=ticket, kind=PUBLIC, body="We look", by=agent, at=MORNING + 3 * HOUR)
    change_status(ticket=ticket, status=Ticket.Status.RESOLVED, at=MORNING + 4 * HOUR, by=agent)
    policy.first_minutes = 960
    policy.save()
    measure_anew()
    kept(ticket)
    assert ticket.is_breached
    outcome = ticket.events.get(outcome__isnull=False).outcome
    assert (outcome["policy"], outcome["is_breached"]) == ("Usual", True)
    first = next(step for step in outcome["steps"] if step["kind"] == "first")
    assert first == {
        "kind": "first",
        "minutes": 120,
        "is_breached": True,
        "since": "2026-03-02T09:00:00+00:00",
        "due_at": "2026-03-02T11:00:00+00:00",
        "done_at": "2026-03-02T12:00:00+00:00",
    }


def test_an_undone_act_is_measured_anew(agent):
    ticket = make_ticket(at=MORNING)
    change_status(ticket=ticket, status=Ticket.Status.CLOSED, at=MORNING + HOUR, by=agent)
    undo(ChangeSet.objects.latest("pk"))
    assert kept(ticket) == ("first", MORNING + 2 * HOUR)


def test_a_loaded_ticket_is_measured(tmp_path):
    make_customer(number="A-1")
    make_ticket_type(code="f")
    headings = "Number,Customer,Type,Subject,Opened At,Status,Finished At"
    rows = "7,A-1,f,Help,2026-03-02T09:00Z,new,\n8,A-1,f,Help,2026-03-02T09:00Z,closed,2026-03-02T10:00Z"
    report = loading.load(tmp_path, tickets=f"{headings}\n{rows}\n")
    assert loading.refused(report) == []
    assert kept(Ticket.objects.get(number="7")) == ("first", MORNING + 2 * HOUR)
    assert kept(Ticket.objects.get(number="8")) == ("", NEVER)
    loading.load(tmp_path, tickets="Number,Status,Finished At\n7,closed,2026-03-02T10:00Z\n")
    assert kept(Ticket.objects.get(number="7")) == ("", NEVER)


def test_many_tickets_are_measured_by_a_job_that_goes_on_where_it_was(monkeypatch, policy):
    tickets = [make_ticket(at=MORNING) for _ in range(5)]
    monkeypatch.setattr(measuring, "AT_ONCE", 2)
    policy.first_minutes = 60
    policy.save()
    measure_anew()
    assert {ticket.due_at for ticket in Ticket.objects.all()} == {MORNING + 2 * HOUR}
    assert measure_all() == 5
    assert {kept(ticket) for ticket in tickets} == {("first", MORNING + HOUR)}


def test_assigning_changes_nothing_of_what_is_due(agent):
    ticket = make_ticket(at=MORNING)
    (assigned,) = assign(tickets=[ticket], assignee=agent, at=MORNING + HOUR, by=agent)
    assert kept(assigned) == ("first", MORNING + 2 * HOUR)


def test_a_check_finds_a_ticket_of_which_something_else_is_kept():
    ticket = make_ticket(at=MORNING)
    Ticket.objects.filter(pk=ticket.pk).update(due_at=MORNING)
    assert differing(0, 1_000) == ([ticket.pk], None)


def test_a_holiday_of_the_country_does_not_count():
    Calendar.objects.update(country="AT")
    measure_anew()
    # The first of May is a Friday.
    ticket = make_ticket(at=datetime(2026, 4, 30, 16, 0, tzinfo=UTC))
    assert kept(ticket) == ("first", datetime(2026, 5, 4, 9, 0, tzinfo=UTC))


def test_calendars_of_two_zones_differ():
    make_policy(
        name="Vienna",
        first_minutes=60,
        priorities="1_urgent",
        calendar=make_calendar(name="Vienna", time_zone="Europe/Vienna"),
    )
    ticket = make_ticket(at=datetime(2026, 3, 2, 6, 0, tzinfo=UTC), priority=Priority.URGENT)
    assert kept(ticket) == ("first", datetime(2026, 3, 2, 8, 0, tzinfo=UTC))
