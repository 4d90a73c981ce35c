"""The pages of the reports on the help desk: what is asked of them, and what they answer."""

from datetime import UTC, date, datetime, timedelta
from io import BytesIO
from zipfile import ZipFile

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from customerflow.hub.charts import charts
from customerflow.staff.roles import SUPPORT
from customerflow.staff.tests.factories import make_user
from reports.support.counting import Asked
from reports.support.figures import work
from reports.support.periods import Step, periods
from tickets.desk import change_status
from tickets.models import Ticket
from tickets.tests.factories import make_ticket, make_ticket_type

pytestmark = pytest.mark.django_db
AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
MARCH = "first=2026-03-01&last=2026-03-31"


@pytest.fixture
def desk(client: Client) -> Client:
    client.force_login(make_user(SUPPORT))
    return client


def test_a_part_of_the_tickets_is_shown_by_time_and_named(desk):
    lines = make_ticket_type(name="Lines")
    make_ticket(at=AT, type=lines), make_ticket(at=AT)
    by_type = desk.get(f"/reports/tickets/?{MARCH}&split=type").context["figures"]
    [line] = [line for line in by_type.lines if line.label == "Lines"]
    page = desk.get(line.address)
    assert [cell.value for cell in page.context["figures"].total.cells] == [1, 0, 0, 0, 0, 1]
    assert page.context["chosen"] == "Type: Lines"


def test_days_are_cut_by_what_suits_them_unless_something_else_is_asked_for(desk):
    def labels(asked: str) -> list[str]:
        return [line.label for line in desk.get(f"/reports/tickets/?{asked}").context["figures"].lines]

    make_ticket(at=AT)
    assert labels(MARCH)[:2] == ["2026-03-01", "2026-03-02"]
    assert labels(f"{MARCH}&step=week") == ["2026-W09", "2026-W10", "2026-W11", "2026-W12", "2026-W13", "2026-W14"]
    assert labels("first=2026-02-10&last=2026-07-03")[0] == "2026-02"


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ("first=2026-03-31&last=2026-03-01", "last"),
        ("first=2020-01-01&last=2026-03-01", "first"),
        ("first=2025-01-01&last=2026-03-01&step=day", "step"),
        ("first=x", "first"),
        ("last=0001-01-01", "first"),
        ("split=colour", "split"),
        ("of=type&value=x", "__all__"),
        ("of=priority&value=9", "__all__"),
    ],
)
def test_what_cannot_be_shown_is_refused_beside_the_field(desk, asked, field):
    for address in ("tickets", "first-response"):
        page = desk.get(f"/reports/{address}/?{asked}")
        assert (page.status_code, list(page.context["form"].errors)) == (200, [field])


def test_the_page_is_a_file_too(desk):
    make_ticket(at=AT)
    rows = desk.get(f"/reports/tickets/?{MARCH}&step=month&export=csv").getvalue().decode().splitlines()
    assert rows[1:] == ["2026-03,1,0,0,0,0,1", "Total,1,0,0,0,0,1"]
    sheet = b"".join(desk.get(f"/reports/solution/?{MARCH}&export=xlsx").streaming_content)
    assert "xl/workbook.xml" in ZipFile(BytesIO(sheet)).namelist()


def test_the_chart_of_the_home_page_has_the_numbers_of_the_report(desk):
    cache.clear()
    today = timezone.localdate()
    for days in (0, 1, 40):
        ticket = make_ticket(at=timezone.now() - timedelta(days=days))
    change_status(ticket=ticket, status=Ticket.Status.RESOLVED, at=timezone.now())
    [chart] = charts(make_user(SUPPORT), today)
    first = date(today.year, today.month, 1)
    figures = work(Asked(periods(first - timedelta(days=100), today, Step.MONTH)))
    said = {
        f"{line.label} · {name}: {line.cells[place].value}"
        for line in figures.lines
        for name, place in (("Opened", 0), ("Solved", 2))
        if line.cells[place].value
    }
    assert {bar.words for bar in chart.chart.bars} == said
    cache.clear()


def test_a_report_takes_as_many_queries_for_many_tickets_as_for_few(desk, django_assert_max_num_queries):
    for number in range(12):
        make_ticket(at=AT + timedelta(days=number))
    for address in ("tickets", "tickets/rows", "first-response", "responses/rows"):
        with django_assert_max_num_queries(8):
            desk.get(f"/reports/{address}/?{MARCH}")
