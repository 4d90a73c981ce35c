"""The pages of billing runs: preview, issue, bill again; and the next bill of a customer."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from io import StringIO

import pytest
import time_machine
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from billing.books.coverage import unbilled
from billing.models import BillingRun, BillingStart, Invoice, InvoiceLine
from billing.runs.running import open_run
from billing.tests.factories import make_billing_start
from billing.tests.test_billing_run import bill, customer_with_service
from customerflow.staff.roles import BILLING, MANAGER, SUPPORT
from customerflow.staff.tests.factories import make_user
from customers.models import PriceChange
from customers.tests.factories import make_plan, make_tax_code

pytestmark = pytest.mark.django_db

JANUARY = date(2026, 1, 1)


@pytest.fixture
def clerk(client):
    client.force_login(make_user(BILLING))
    return client


def text_of(response) -> str:
    return " ".join(response.content.decode().split())


def test_without_a_start_of_billing_nothing_is_billed_and_a_manager_sets_it(clerk, client):
    response = clerk.post("/billing-runs/new/", {"day": "2026-01-10"})
    assert "Nobody has said from which day on" in text_of(response)
    assert not BillingRun.objects.exists()
    client.force_login(make_user(MANAGER))
    client.post("/billing-start/", {"day": "2026-01-01"})
    assert BillingStart.objects.get().day == JANUARY


def test_the_list_of_runs_says_that_billing_has_no_start_and_who_may_sets_it(clerk, client):
    warning = "Nobody has said yet from which day on"
    page = text_of(clerk.get("/billing-runs/"))
    assert warning in page
    assert "A manager can." in page
    client.force_login(make_user(MANAGER))
    assert '<a href="/billing-start/">' in text_of(client.get("/billing-runs/"))
    make_billing_start(JANUARY)
    assert warning not in text_of(client.get("/billing-runs/"))


def test_a_preview_of_nothing_says_that_nothing_is_due_and_offers_nothing_to_issue(clerk):
    make_billing_start(JANUARY)
    page = text_of(clerk.get(f"/billing-runs/{bill(JANUARY, plan=True).pk}/"))
    assert "Nothing is due up to this day" in page
    assert "Issue the documents" not in page
    customer_with_service()
    assert "Issue the documents" in text_of(clerk.get(f"/billing-runs/{bill(JANUARY, plan=True).pk}/"))


def test_a_run_is_previewed_and_then_issued(clerk):
    make_billing_start(JANUARY)
    customer, _service = customer_with_service()
    today = timezone.localdate()
    page = clerk.post("/billing-runs/new/", {"day": today.isoformat()}, follow=True)
    assert "Would be charged" in text_of(page)
    assert "Issue the documents" in text_of(page)
    assert not Invoice.objects.exists()
    run = BillingRun.objects.get()
    assert run.state == BillingRun.State.PLANNED
    listed = clerk.get(f"/customers-of-billing-runs/?run={run.pk}&difference=new")
    assert customer.name in text_of(listed)
    page = clerk.post(f"/billing-runs/{run.pk}/bill/", follow=True)
    assert "Bill again" in text_of(page)
    assert customer.invoices.get().issued_on == today
    clerk.post(f"/billing-runs/{run.pk}/bill/", follow=True)
    assert customer.invoices.count() == 1


def test_a_day_to_come_is_previewed_and_cannot_be_issued(clerk):
    make_billing_start(JANUARY)
    customer_with_service()
    tomorrow = timezone.localdate() + timedelta(days=1)
    page = clerk.post("/billing-runs/new/", {"day": tomorrow.isoformat()}, follow=True)
    assert "This day is still to come" in text_of(page)
    page = clerk.post(f"/billing-runs/{BillingRun.objects.get().pk}/bill/", follow=True)
    assert "still to come" in text_of(page)
    assert not Invoice.objects.exists()


def test_a_day_of_another_century_is_neither_previewed_nor_computed(clerk):
    make_billing_start(JANUARY)
    customer, _service = customer_with_service()
    for day in ("2999-01-01", "9999-12-31"):
        page = clerk.post("/billing-runs/new/", {"day": day})
        assert "within two years" in text_of(page)
        assert "within two years" in text_of(clerk.get(f"/customers/{customer.pk}/next-bill/", {"day": day}))
    assert not BillingRun.objects.exists()


def test_the_page_names_who_is_parked_and_why(clerk):
    make_billing_start(JANUARY)
    customer, service = customer_with_service()
    PriceChange.objects.filter(service=service).delete()
    bill(JANUARY)
    page = text_of(clerk.get(f"/billing-runs/{BillingRun.objects.get().pk}/"))
    assert f'<a href="{customer.get_absolute_url()}">{customer}</a>: No price is in force' in page


def test_what_a_run_plans_leads_to_its_lines_and_back_to_the_run_at_the_same_queries(
    clerk, django_assert_max_num_queries
):
    make_billing_start(JANUARY)
    customer, _service = customer_with_service()
    run = bill(JANUARY, plan=True)
    address = f"/customers-of-billing-runs/?run={run.pk}"
    with CaptureQueriesContext(connection) as of_one:
        page = text_of(clerk.get(address))
        queries_of_one = len(of_one)
    lines = f"/customers/{customer.pk}/next-bill/?day=2026-01-01"
    assert f'<a href="{lines}">59.99</a>' in page
    assert f'<li><a href="{run.get_absolute_url()}">Billing of 2026-01-01</a></li>' in page
    assert "59.99" in text_of(clerk.get(lines))
    for _number in range(3):
        customer_with_service()
    bill(JANUARY, plan=True)
    with django_assert_max_num_queries(queries_of_one):
        assert text_of(clerk.get(address)).count(">59.99</a>") == 4


def test_what_a_run_has_issued_leads_to_no_lines_to_come(clerk):
    make_billing_start(JANUARY)
    customer_with_service()
    run = bill(JANUARY)
    page = text_of(clerk.get(f"/customers-of-billing-runs/?run={run.pk}"))
    assert "59.99" in page
    assert "next-bill" not in page


def test_a_run_that_nobody_works_on_any_more_is_gone_on_with(clerk):
    make_billing_start(JANUARY)
    customer, _service = customer_with_service()
    run, _goes_on = open_run(day=JANUARY, plan=False, on=JANUARY)
    assert "Go on" in text_of(clerk.get(f"/billing-runs/{run.pk}/"))
    clerk.post(f"/billing-runs/{run.pk}/bill/")
    assert customer.invoices.count() == 1


def test_a_preview_that_has_not_ended_issues_nothing(clerk):
    make_billing_start(JANUARY)
    customer_with_service()
    run, _goes_on = open_run(day=JANUARY, plan=True, on=JANUARY)
    page = clerk.post(f"/billing-runs/{run.pk}/bill/", follow=True)
    assert "The preview has not ended" in text_of(page)
    assert not Invoice.objects.exists()


def test_support_sees_runs_and_cannot_bill(client):
    make_billing_start(JANUARY)
    customer_with_service()
    run = bill(JANUARY)
    client.force_login(make_user(SUPPORT))
    assert client.get(f"/billing-runs/{run.pk}/").status_code == 200
    assert client.post(f"/billing-runs/{run.pk}/bill/").status_code == 403
    assert client.post("/billing-runs/new/", {"day": "2026-01-01"}).status_code == 403


def test_the_next_bill_of_a_customer_explains_each_amount_and_writes_nothing(clerk):
    make_billing_start(JANUARY)
    customer, _service = customer_with_service(cost=Decimal("31.00"), starts_on=date(2026, 1, 12))
    page = text_of(clerk.get(f"/customers/{customer.pk}/next-bill/?day=2026-01-12"))
    assert "20 of 31 days (2026-01-12 to 2026-01-31) at 31.00 for the full period = 20.00" in page
    assert "Nothing would be billed" in text_of(clerk.get(f"/customers/{customer.pk}/next-bill/?day=2026-01-11"))
    assert clerk.get(f"/customers/{customer.pk}/next-bill/?day=never").status_code == 200
    assert not Invoice.objects.exists()
    assert not BillingRun.objects.exists()


@pytest.mark.parametrize(("today", "coming"), [(15, "2026-02-15"), (16, "2026-03-15")])
def test_the_next_bill_is_first_that_of_the_next_billing_day_net_and_with_tax(clerk, today, coming):
    make_billing_start(JANUARY)
    plan = make_plan(tax_code=make_tax_code("20"))
    customer, _service = customer_with_service(
        billing_day=15, starts_on=date(2026, 2, 15), cost=Decimal("100.00"), plan=plan
    )
    if today == 16:
        bill(date(2026, 2, 15))
    with time_machine.travel(datetime(2026, 2, today, 12, tzinfo=UTC), tick=False):
        page = text_of(clerk.get(f"/customers/{customer.pk}/next-bill/"))
    assert f'value="{coming}"' in page
    assert '>Net</th><td class="num w-1">100.00</td>' in page
    assert "<b>120.00</b>" in page


def test_each_line_of_an_invoice_says_why_it_has_its_amount(clerk):
    make_billing_start(JANUARY)
    customer, _service = customer_with_service(cost=Decimal("31.00"), starts_on=date(2026, 1, 12))
    bill(date(2026, 1, 12))
    page = text_of(clerk.get(customer.invoices.get().get_absolute_url()))
    assert "20 of 31 days (2026-01-12 to 2026-01-31) at 31.00 for the full period = 20.00" in page


def test_daily_bills_once_it_has_a_start():
    customer, _service = customer_with_service()
    out = StringIO()
    call_command("daily", on="2026-01-05", stdout=out)
    assert "the start of billing is not set" in out.getvalue()
    make_billing_start(JANUARY)
    for _time in range(2):
        call_command("daily", on="2026-01-05", stdout=out)
    # What was missed is caught up under the day on which it happens.
    assert customer.invoices.get().issued_on == timezone.localdate()
    err = StringIO()
    call_command("daily", on=str(timezone.localdate() + timedelta(days=40)), stdout=out, stderr=err)
    assert "still to come" in err.getvalue()
    assert customer.invoices.count() == 1


def test_the_books_check_finds_what_a_run_left_out():
    make_billing_start(JANUARY)
    customer, _service = customer_with_service()
    bill(JANUARY)
    BillingRun.objects.update(started_at=timezone.now() + timedelta(days=1))
    assert list(unbilled(JANUARY)) == []
    InvoiceLine.objects.update(live=False)
    assert list(unbilled(JANUARY)) == [(customer.pk, 5999, None)]
