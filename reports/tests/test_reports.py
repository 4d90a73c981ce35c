"""The reports: every figure is what the rows that it opens come to."""

from contextlib import suppress
from datetime import date, timedelta
from decimal import Decimal
from io import BytesIO
from zipfile import ZipFile

import pytest
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings
from hypothesis import strategies as st

from billing.invoices import issue_invoice
from billing.lines import Line
from billing.models import InvoiceLine
from billing.tests.acts import EVENTS, act
from billing.tests.factories import make_invoice
from customerflow.staff.models import User
from customerflow.staff.roles import MANAGER, SUPPORT
from customerflow.staff.tests.factories import make_user
from customers.models import Customer, Plan, Service, TaxCode
from customers.tests.factories import make_customer, make_location, make_plan, make_service, make_tax_code
from reports.figures import REPORTS
from reports.months import months

pytestmark = pytest.mark.django_db
BEGIN, END = date(2026, 1, 1), date(2026, 6, 30)
MONTHS = "first=2026-01&last=2026-06"
DAYS = st.integers(0, 18)
KINDS = st.sampled_from([InvoiceLine.Kind.RECURRING, InvoiceLine.Kind.SETUP, InvoiceLine.Kind.LATE_FEE])
STAYS = st.tuples(st.integers(-60, 170), st.one_of(st.none(), st.integers(0, 80)), st.integers(100, 9_000))


def issue(customer: Customer, kind: str, cents: int, on: date) -> None:
    """Issue an invoice of a service with a plan, and with tax of one of two rates."""
    plan, code = Plan.objects.order_by("pk")[cents % 2], TaxCode.objects.order_by("-pk")[cents % 2]
    location = customer.locations.first()
    service = Service.objects.filter(location=location, plan=plan).first()
    line = Line(description="x", unit_price=Decimal(cents) / 100, kind=kind, service=service, tax_code=code)
    issue_invoice(customer=customer, lines=[line], on=on)


def live(events: list, bills: list, stays: list) -> None:
    """Let things happen to one customer from January on."""
    customer = make_customer()
    location = make_location(customer=customer)
    for plan in Plan.objects.order_by("pk")[:2]:
        make_service(location=location, plan=plan, starts_on=date(2030, 1, 1))
    for begins, length, cents in stays:
        first = BEGIN + timedelta(days=begins)
        last = None if length is None else first + timedelta(days=length)
        make_service(location=location, starts_on=first, ends_on=last, cost=Decimal(cents) / 100)
    on = BEGIN
    for (days, event), (kind, cents) in zip(events, bills, strict=False):
        on += timedelta(days=days)
        with suppress(ValidationError):
            issue(customer, kind, cents, on)
            act(customer, *event, on=on)


def rows_of(client: Client, address: str) -> tuple[object, list]:
    response = client.get(f"{address}&size=100")
    page = response.context["page"]
    assert (response.status_code, response.context["problems"], page.following) == (200, [], ""), address
    return response, page.rows


def opened(client: Client, slug: str, column: int, address: str) -> object:
    """Return what the rows behind a figure come to."""
    _response, rows = rows_of(client, address)
    if "/journal/postings/" in address:
        value = sum(row.posting.value for row in rows)
        return -value if slug == "revenue" else value
    if "/recurring/rows/" in address:
        return sum(row.difference if "movement" in address else row.later for row in rows)
    if "/churn/" in address:
        return len(rows)
    if "/tax/rows/" in address:
        return sum((row.base, row.tax)[column % 2] for row in rows)
    if "/invoices/" in address:
        return sum(row.open_then for row in rows)
    if slug == "credit" and column == 1:
        return len(rows)
    return sum(row.aged.credit if "credit=with" in address else row.aged.total for row in rows)


@settings(max_examples=4, deadline=None)
@given(
    st.lists(st.tuples(DAYS, EVENTS), min_size=3, max_size=9),
    st.lists(st.tuples(KINDS, st.integers(100, 9_000)), min_size=9, max_size=9),
    st.lists(STAYS, max_size=3),
)
def test_every_figure_is_what_its_rows_come_to(events, bills, stays):
    if not Plan.objects.exists():
        make_plan(name="Fibre"), make_plan(name="Cable"), make_tax_code("19"), make_tax_code("0")
    live(events, bills, stays)
    client = Client()
    client.force_login(User.objects.first() or make_user(MANAGER))
    known: dict[tuple, object] = {}
    for report in REPORTS:
        figures = client.get(f"/reports/{report.slug}/?{MONTHS}").context["figures"]
        for line in [*figures.lines, *([figures.total] if figures.total else [])]:
            for column, cell in enumerate(line.cells):
                if cell.address and cell.value:
                    # The start of a month is the end of the one before it, and opens the same rows.
                    key = (report.slug, cell.address, column % 2)
                    known[key] = known[key] if key in known else opened(client, report.slug, column, cell.address)
                    assert known[key] == cell.value, (report.slug, line.label, figures.columns[column])
    assert len(known) > 10


def test_revenue_is_told_by_month_and_plan_and_the_reports_are_taken_as_files(client):
    client.force_login(make_user(MANAGER))
    make_plan(name="Fibre"), make_plan(name="Cable"), make_tax_code("19"), make_tax_code("0")
    live([], [], [])
    issue(Customer.objects.get(), InvoiceLine.Kind.RECURRING, 1_000, date(2026, 2, 3))
    issue(Customer.objects.get(), InvoiceLine.Kind.SETUP, 700, date(2026, 3, 3))
    address = "/reports/revenue/?first=2026-02&last=2026-03"
    csv = b"".join(client.get(f"{address}&export=csv").streaming_content).decode("utf-8-sig").splitlines()
    assert csv == [
        "Plan or kind,2026-02,2026-03,Total",
        "Fibre,10.00,0.00,10.00",
        "Set-up,0.00,7.00,7.00",
        "Total,10.00,7.00,17.00",
    ]
    book = ZipFile(BytesIO(b"".join(client.get(f"{address}&export=xlsx").streaming_content)))
    assert book.read("xl/worksheets/sheet1.xml").count(b"<row ") == 4
    page = client.get(address).content.decode()
    assert '<desc id="chart-words">2026-02 · Net revenue: 10.00. 2026-03 · Net revenue: 7.00. </desc>' in page


@pytest.mark.parametrize("report", [report.slug for report in REPORTS])
def test_a_report_takes_as_many_queries_however_much_there_is(report, client, django_assert_max_num_queries):
    client.force_login(make_user(MANAGER))
    make_service(starts_on=date(2026, 2, 1))
    for _number in range(3):
        make_invoice()
    with django_assert_max_num_queries(8 + 6 * 9):
        assert client.get(f"/reports/{report}/?{MONTHS}").context["figures"]


@pytest.mark.parametrize("asked", ["first=2026-06&last=2026-01", "first=2020-01", "first=yesterday"])
def test_wrong_months_say_so(asked, client):
    client.force_login(make_user(MANAGER))
    assert "figures" not in client.get(f"/reports/revenue/?{asked}").context


def test_who_does_not_read_the_books_reads_no_reports(client):
    client.force_login(make_user(SUPPORT))
    assert client.get("/reports/revenue/").status_code == 403


def test_no_month_is_after_today():
    assert [month.name for month in months(date(2026, 1, 31), date(2027, 1, 1), date(2026, 2, 3))] == [
        "2026-01",
        "2026-02",
    ]


def test_the_home_page_has_small_charts_for_who_reads_the_books(client):
    cache.clear()
    make_service(starts_on=date(2026, 2, 1))
    make_invoice()
    client.force_login(make_user(SUPPORT))
    assert client.get("/").context["charts"] == []
    client.force_login(make_user(MANAGER))
    page = client.get("/")
    assert [each.name for each in page.context["charts"]] == ["recurring", "customers", "ageing"]
    assert 'aria-labelledby="chart-titleageing chart-wordsageing"' in page.content.decode()
    # They are kept for a while.
    with CaptureQueriesContext(connection) as again:
        client.get("/")
    assert not any("customers_pricechange" in query["sql"] for query in again.captured_queries)
    cache.clear()
