"""The reports on the help desk: every figure is the number of the rows that it opens."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db import transaction
from django.test import Client
from hypothesis import given, settings
from hypothesis import strategies as st

from customerflow.staff.roles import SUPPORT
from customerflow.staff.tests.factories import make_user
from customers.tests.factories import make_area, make_customer, make_location, make_plan, make_service
from reports.report import Line
from reports.support.counting import Asked
from reports.support.figures import SUPPORT_REPORTS, work
from reports.support.periods import Period, Step, periods
from reports.support.splits import Split
from tickets.desk import change_status, open_ticket, reply
from tickets.merging import merge_tickets, unmerge
from tickets.models import Priority, Ticket, TicketMerge, TicketRound, TicketStep
from tickets.tests.factories import make_policy, make_ticket, make_ticket_type

pytestmark = pytest.mark.django_db
BEGIN, END = date(2026, 3, 2), date(2026, 4, 30)
MORNING = datetime(2026, 3, 2, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
Status = Ticket.Status
PUBLIC = "public"


@pytest.fixture
def agent():
    return make_user(username="agent")


@pytest.fixture
def desk(client: Client) -> Client:
    client.force_login(make_user(SUPPORT))
    return client


def counts(first: date, last: date, step: Step = Step.DAY) -> list[list[int]]:
    """Return opened, reopened, solved, merged, merges taken back and unfinished, line by line."""
    return [[cell.value for cell in line.cells] for line in work(Asked(periods(first, last, step))).lines]


def test_a_round_is_opened_solved_opened_again_and_left(agent):
    ticket = make_ticket(at=MORNING, by=agent)
    change_status(ticket=ticket, status=Status.RESOLVED, at=MORNING + HOUR, by=agent)
    change_status(ticket=ticket, status=Status.CLOSED, at=MORNING + 2 * HOUR, by=agent)
    change_status(ticket=ticket, status=Status.OPEN, at=MORNING + timedelta(days=1), by=agent)
    assert counts(BEGIN, BEGIN + timedelta(days=2)) == [[1, 0, 1, 0, 0, 0], [0, 1, 0, 0, 0, 1], [0, 0, 0, 0, 0, 1]]


def test_a_merged_ticket_is_not_solved_and_not_reopened_when_that_is_taken_back():
    survivor = make_ticket(at=MORNING)
    other = make_ticket(at=MORNING, customer=survivor.customer)
    merge_tickets(survivor=survivor, duplicate=other, at=MORNING + HOUR, by=None)
    assert counts(BEGIN, BEGIN) == [[2, 0, 0, 1, 0, 1]]
    assert not TicketStep.objects.exists()
    unmerge(merge=TicketMerge.objects.get(), at=MORNING + 2 * HOUR, by=None)
    assert counts(BEGIN, BEGIN) == [[2, 0, 0, 1, 1, 2]]


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("Europe/Vienna", date(2026, 3, 29), 23),
        ("Europe/Vienna", date(2026, 10, 25), 25),
        ("America/Havana", date(2026, 3, 8), 23),
        ("America/Havana", date(2026, 11, 1), 25),
        ("Pacific/Apia", date(2026, 3, 29), 24),
    ],
)
def test_what_happens_on_the_edges_of_a_day_is_in_it_also_where_a_clock_is_changed(settings, zone, day, hours):
    settings.TIME_ZONE = zone
    moment, second = Period(day, day).since, timedelta(seconds=1)
    assert moment.astimezone(ZoneInfo(zone)).date() == day
    assert (moment - second).astimezone(ZoneInfo(zone)).date() == day - timedelta(days=1)
    assert Period(day, day).until - moment == hours * HOUR
    for at in (moment - second, moment, moment + hours * HOUR - second, moment + hours * HOUR):
        make_ticket(at=at)
    assert [line[0] for line in counts(day - timedelta(days=1), day + timedelta(days=1))] == [1, 2, 1]


def test_weeks_begin_on_mondays_and_the_outer_periods_may_be_parts():
    assert [
        (str(each.first), str(each.last), each.label) for each in periods(date(2025, 12, 31), date(2026, 1, 12), "week")
    ] == [
        ("2025-12-31", "2026-01-04", "2026-W01"),
        ("2026-01-05", "2026-01-11", "2026-W02"),
        ("2026-01-12", "2026-01-12", "2026-W03"),
    ]
    months = periods(date(2026, 1, 31), date(2026, 3, 1), "month")
    assert [(each.first.day, each.last.day, each.label) for each in months] == [
        (31, 31, "2026-01"),
        (1, 28, "2026-02"),
        (1, 1, "2026-03"),
    ]


ACTS = st.sampled_from(["solve", "close", "open", "wait", "answer", "ask", "merge", "unmerge"])
STORIES = st.lists(st.tuples(st.integers(0, 70), st.integers(0, 4), ACTS), max_size=25)


def world() -> None:
    """Make a policy, types, plans and areas, and five tickets of one customer that are different in all of it."""
    customer, group = make_customer(), Group.objects.first()
    make_policy(first_minutes=60, solution_minutes=600, priorities="1_urgent,3_normal")
    location = make_location(customer=customer, area=make_area())
    service = make_service(location=location, plan=make_plan())
    elsewhere = make_location(customer=customer, area=make_area())
    about = [{}, {"service": service}, {"location": elsewhere}, {"service": service, "location": elsewhere}, {}]
    kinds = [make_ticket_type(), make_ticket_type()]
    for number, each in enumerate(about):
        open_ticket(
            customer=customer,
            type=kinds[number % 2],
            subject=f"No {number}",
            at=MORNING + number * 20 * HOUR,
            by=make_user() if number else None,
            priority=Priority.values[number % 4],
            source=Ticket.Source.values[number % 4],
            group=group if number % 3 else None,
            **each,
        )


def happen(ticket: Ticket, other: Ticket, act: str, at: datetime) -> None:
    """Let something happen to a ticket, where it can."""
    by = ticket.events.first().by
    try:
        if act in ("solve", "close", "open", "wait"):
            status = {"solve": "resolved", "close": "closed", "open": "open", "wait": "waiting"}[act]
            change_status(ticket=ticket, status=Status(status), at=at, by=by)
        elif act in ("answer", "ask"):
            reply(ticket=ticket, kind=PUBLIC, body="x", by=by if act == "answer" else None, at=at)
        elif act == "merge":
            merge_tickets(survivor=other, duplicate=ticket, at=at, by=by)
        elif merge := TicketMerge.objects.filter(merged=ticket).first():
            unmerge(merge=merge, at=at, by=by)
    except ValidationError:
        pass


def live(story: list) -> None:
    world()
    tickets, at = list(Ticket.objects.order_by("pk")), MORNING + 90 * HOUR
    for hours, number, act in story:
        at += hours * HOUR
        happen(tickets[number], tickets[number - 1], act, at)


def rows_of(client: Client, address: str) -> int:
    response = client.get(f"{address}&size=100")
    assert (response.status_code, response.context["problems"]) == (200, []), address
    return len(response.context["page"].rows)


@settings(max_examples=12, deadline=None)
@given(STORIES, st.sampled_from(Step.values), st.integers(0, 40), st.integers(0, 40), st.sampled_from(list(Split)))
def test_every_figure_is_the_number_of_its_rows_and_every_split_adds_up(story, step, after, length, split):
    first = BEGIN + timedelta(days=after)
    days = periods(first, first + timedelta(days=length), step)
    with alone():
        live(story)
        client = Client()
        client.force_login(make_user(SUPPORT))
        for report in SUPPORT_REPORTS:
            by_time, by_part = report.figures(Asked(days)), report.figures(Asked(days, split))
            assert values(by_time.total) == values(by_part.total)
            for line in by_part.lines:
                assert all(rows_of(client, cell.address) == cell.value for cell in line.cells if cell.address)
            for figures in (by_time, by_part):
                for place, cell in enumerate(figures.total.cells if figures.total else ()):
                    is_stock = figures is by_time and report.figures is work and place == 5
                    if cell.address and not is_stock:
                        assert sum(line.cells[place].value for line in figures.lines) == cell.value


@contextmanager
def alone() -> Iterator[None]:
    """Take back what was done for an example."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def values(line: Line | None) -> list:
    return [cell.value for cell in line.cells] if line else []


@settings(max_examples=15, deadline=None)
@given(STORIES, st.integers(0, 60))
def test_what_came_less_what_was_done_is_the_change_of_what_is_unfinished(story, after):
    with alone():
        live(story)
        check_flow(after)


def check_flow(after: int) -> None:
    first = BEGIN + timedelta(days=after)
    before = Period(BEGIN, first - timedelta(days=1)).until
    left = sum(1 for each in TicketRound.objects.all() if is_open(each, before))
    for opened, reopened, solved, merged, unmerged, unfinished in counts(first, END + timedelta(days=60)):
        left += opened + reopened + unmerged - solved - merged
        assert unfinished == left
    if after == 0:
        assert left == Ticket.objects.unfinished().count()


def is_open(each: TicketRound, at: datetime) -> bool:
    return each.began_at < at and (each.finished_at is None or each.finished_at >= at)
