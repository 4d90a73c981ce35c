"""The reports on answers and solutions: what is kept is what the clock said, and stays."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings

from customerflow.changes.models import ChangeSet
from customerflow.changes.undoing import undo
from customerflow.jobs.models import Job
from customerflow.loads.tests import loading
from customerflow.staff.tests.factories import make_user
from customers.tests.factories import make_customer
from reports.report import Share
from reports.support.counting import Asked
from reports.support.figures import taken
from reports.support.periods import periods
from reports.support.splits import Split
from reports.tests.support.test_tickets import STORIES, alone, live
from tickets.desk import change_status, reply
from tickets.models import Ticket, TicketRound, TicketStep
from tickets.sla import measuring
from tickets.sla.measuring import measure_anew, measure_missing
from tickets.tasks import MeasureTickets
from tickets.tests.factories import make_policy, make_ticket, make_ticket_type

pytestmark = pytest.mark.django_db
# A Monday, in office hours.
MORNING = datetime(2026, 3, 2, 9, tzinfo=UTC)
DAY = date(2026, 3, 2)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def answered(minutes: int, **fields) -> Ticket:
    ticket = make_ticket(at=MORNING, **fields)
    reply(ticket=ticket, kind="public", body="We look", by=make_user(), at=MORNING + minutes * MINUTE)
    return ticket


def first_responses(split: Split | None = None) -> list:
    figures = taken("first", "support_first", Asked(periods(DAY, DAY, "day"), split))
    return [[cell.value for cell in line.cells] for line in [*figures.lines, figures.total]]


def kept() -> list[tuple]:
    found = []
    for model in (TicketRound, TicketStep):
        fields = [field.attname for field in model._meta.fields if not field.primary_key]
        found += model.objects.order_by("ticket", "number", "pk").values_list(*fields)
    return found


def test_first_responses_are_counted_with_their_target_and_their_times():
    make_policy(first_minutes=60, priorities="3_normal")
    for minutes in (10, 20, 30, 40, 50, 60, 61, 90, 120, 240):
        answered(minutes)
    answered(300, priority="1_urgent")
    assert first_responses() == [
        [11, 10, 6, Share(6, 10), 4, HOUR, 240 * MINUTE],
        [11, 10, 6, Share(6, 10), 4, HOUR, 240 * MINUTE],
    ]
    normal, urgent, _total = first_responses(Split.PRIORITY)
    assert normal == [10, 10, 6, Share(6, 10), 4, 50 * MINUTE, 120 * MINUTE]
    assert urgent == [1, 0, 0, Share(0, 0), 0, 300 * MINUTE, 300 * MINUTE]
    assert Share(6, 10).percent == Decimal("60.0")


def test_only_working_time_counts_and_what_waits_does_not():
    make_policy(first_minutes=None, solution_minutes=600)
    ticket = make_ticket(at=MORNING + 7 * HOUR)
    change_status(ticket=ticket, status=Ticket.Status.WAITING, at=MORNING + 23 * HOUR + 30 * MINUTE)
    change_status(ticket=ticket, status=Ticket.Status.RESOLVED, at=MORNING + 30 * HOUR)
    # An hour on Monday, from 16:00 on, and half of one on Tuesday, until 08:30.
    step = TicketStep.objects.get(kind="solution")
    assert (step.seconds, step.is_in_target, step.target_minutes) == (90 * 60, True, 600)
    assert TicketStep.objects.get(kind="first").is_in_target is None


def test_without_a_policy_all_time_counts_but_what_waits():
    ticket = make_ticket(at=MORNING)
    change_status(ticket=ticket, status=Ticket.Status.ON_HOLD, at=MORNING + 24 * HOUR)
    change_status(ticket=ticket, status=Ticket.Status.CLOSED, at=MORNING + 72 * HOUR)
    steps = TicketStep.objects.values_list("kind", "seconds", "is_in_target")
    assert sorted(steps) == [("first", 24 * 3600, None), ("solution", 24 * 3600, None)]


def test_a_changed_policy_changes_what_goes_on_and_not_what_is_finished():
    policy = make_policy(first_minutes=60)
    going_on, finished = answered(90), answered(90)
    change_status(ticket=finished, status=Ticket.Status.RESOLVED, at=MORNING + 2 * HOUR)
    policy.first_minutes = 120
    policy.save()
    measure_anew()
    measure_missing(again=True)
    assert TicketStep.objects.get(ticket=going_on, kind="first").is_in_target is True
    assert TicketStep.objects.get(ticket=finished, kind="first").is_in_target is False


def test_an_act_that_is_undone_counts_no_more():
    ticket = answered(30)
    change_status(ticket=ticket, status=Ticket.Status.RESOLVED, at=MORNING + HOUR)
    undo(ChangeSet.objects.order_by("pk").last(), by=None)
    assert TicketRound.objects.get().finished_at is None
    assert [step.kind for step in TicketStep.objects.all()] == ["first"]


def test_loaded_tickets_count_as_their_file_says(tmp_path):
    make_customer(number="A-1")
    make_ticket_type(code="f")
    headings = "Number,Customer,Type,Subject,Opened At,Status,Finished At"
    rows = "7,A-1,f,Help,2026-03-02T09:00Z,new,\n8,A-1,f,Help,2026-03-02T09:00Z,closed,2026-03-02T10:00Z"
    assert loading.refused(loading.load(tmp_path, tickets=f"{headings}\n{rows}\n")) == []
    assert list(TicketRound.objects.order_by("pk").values_list("ended", flat=True)) == ["", "solved"]
    assert first_responses()[0][0] == 1


def test_many_loaded_tickets_are_counted_once_a_job_has_measured_them(tmp_path, monkeypatch):
    monkeypatch.setattr(measuring, "AT_ONCE", 2)
    make_customer(number="A-1")
    make_ticket_type(code="f")
    headings = "Number,Customer,Type,Subject,Opened At,Status,Finished At"
    row = "A-1,f,Help,2026-03-02T09:00Z"
    rows = [f"{number},{row},closed,2026-03-02T10:00Z" for number in range(7)]
    loading.load(tmp_path, tickets="\n".join([headings, *rows, f"9,{row},new,"]))
    assert not TicketRound.objects.exists()
    work, job = MeasureTickets(), Job.objects.get(kind="measure_tickets")
    while work.step(job):
        pass
    assert (TicketRound.objects.count(), TicketStep.objects.count()) == (8, 14)
    assert measure_missing() == 0


@settings(max_examples=6, deadline=None)
@given(STORIES)
def test_what_is_kept_is_what_the_events_say_made_anew(story):
    with alone():
        live(story)
        before = kept()
        TicketRound.objects.all().delete()
        TicketStep.objects.all().delete()
        assert measure_missing() == Ticket.objects.count()
        assert kept() == before
