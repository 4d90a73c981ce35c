"""The check of the books finds every kind of error, and nothing on good books."""

import json
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from io import StringIO
from itertools import count

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import connection
from django.urls import reverse
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from bank.tests.factories import make_line_payment
from billing import immutable
from billing.books.check import CHECKS, check_books, needed_checks
from billing.books.work import last_check
from billing.credits.credit_notes import issue_credit_note, void_credit_note
from billing.credits.refunds import refund, reverse_refund
from billing.credits.write_offs import take_back_write_off, write_off
from billing.invoices import issue_invoice, void_invoice
from billing.lines import CreditLine, Line
from billing.models import BillingRun, BillingRunItem, Charge, CreditNote, Discount, Invoice, Payment
from billing.payments import record_payment, reverse_payment
from billing.tests.acts import EVENTS, act
from billing.tests.factories import TODAY, make_billing_start, make_draft, make_payment
from billing.tests.planted import ON_SQLITE, PLANTED, plant
from customerflow.jobs.models import Job
from customerflow.staff.roles import TECHNICIAN
from customerflow.staff.tests.factories import make_user
from customers.models import Customer, Equipment, Service
from customers.tests.factories import (
    make_customer,
    make_equipment,
    make_location,
    make_plan,
    make_service,
    make_tax_code,
)
from incidents.models import Credit
from incidents.tests.factories import make_credit
from tickets.tests.factories import make_ticket

pytestmark = pytest.mark.django_db

MARCH = {"first_day": date(2026, 3, 1), "last_day": date(2026, 3, 31)}
_runs = count()
CYCLE = {"cycle_first": date(2026, 3, 1), "cycle_last": date(2026, 3, 31)}


def found(on: date = TODAY) -> dict[str, int]:
    return {each["check"]: each["count"] for each in check_books(on=on) if each["count"]}


def issue(customer: Customer, amount: str, **fields) -> Invoice:
    line = Line(description="Fibre 500", unit_price=Decimal(amount), **fields)
    return issue_invoice(customer=customer, lines=[line], on=date(2026, 3, 1))


def give_back(customer: Customer, amount: str, **fields):
    lines = [CreditLine(description="Goodwill", amount=Decimal(amount))]
    return issue_credit_note(customer=customer, lines=lines, reason="Goodwill", on=TODAY, **fields)


@pytest.fixture
def books() -> Customer:
    """Return a customer with a record of every kind, all of it right; there is a stranger too."""
    make_tax_code("20", is_default=True)
    make_plan()
    location = make_location()
    customer, service = location.customer, make_service(location=location)
    unit = make_equipment(location=location)
    _make_money(customer, service, unit)
    Charge.objects.create(
        customer=customer, service=service, description="Visit", unit_price=Decimal(35), charged_on=date(2026, 5, 1)
    )
    Discount.objects.create(customer=customer, service=service, percent=Decimal(10), first_day=TODAY)
    make_ticket(customer=customer, location=location, service=service)
    make_customer()
    return customer


def _make_money(customer: Customer, service: Service, unit: Equipment) -> None:
    billed = issue(customer, "59.99", service=service, kind="recurring", **MARCH, **CYCLE)
    rented = issue(customer, "5.00", equipment=unit, kind="equipment", **MARCH)
    void_invoice(invoice=issue(customer, "7.00"), reason="Mistake", on=TODAY)
    paid = {"received_on": TODAY, "on": TODAY, "method": Payment.Method.CARD}
    record_payment(customer=customer, amount=billed.total, **paid)
    make_line_payment()
    reverse_payment(payment=make_payment("2.00", customer=customer), reason="Bounced", on=TODAY)
    given_up = write_off(invoice=rented, reason="Bankrupt", on=TODAY)
    take_back_write_off(write_off=given_up, on=TODAY)
    write_off(invoice=rented, reason="Bankrupt", on=TODAY)
    issue_invoice(customer=customer, lines=[Line(description="Visit", unit_price=Decimal(30))], on=TODAY)
    give_back(customer, "3.00", invoice=billed)
    void_credit_note(note=give_back(customer, "1.00"), reason="Mistake", on=TODAY)
    note = give_back(customer, "4.00")
    for amount, spans in (("1.50", [[0, 360]]), ("2.50", [[360, 720]])):
        _give_for_outage(service, note, Decimal(amount), spans)
    free = make_payment("20.00", customer=customer, invoices=[])
    back = {"paid_on": TODAY, "on": TODAY, "method": Payment.Method.CARD, "reason": "Paid twice"}
    refund(source=free, amount=Decimal("1.00"), **back)
    reverse_refund(refund=refund(source=free, amount=Decimal("1.00"), **back), reason="Came back", on=TODAY)
    make_draft("12.00", customer=customer)
    at = datetime(2026, 3, 31, 6, tzinfo=UTC)
    make_billing_start(date(2026, 3, 1))
    run = BillingRun.objects.create(day=TODAY, state="done", started_at=at, finished_at=at)
    BillingRunItem.objects.create(
        run=run, customer=customer, attempt=1, outcome="invoiced", invoice=billed, total=billed.total
    )


def _give_for_outage(service: Service, note: CreditNote, amount: Decimal, spans: list[list[int]]) -> None:
    given = {"computed": amount, "amount": amount, "minutes": 360, "spans": spans}
    make_credit(service=service, state=Credit.State.POSTED, credit_note=note, **given)


@pytest.fixture(autouse=True)
def _guarded():
    """Let SQLite look at its constraints again."""
    yield
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA ignore_check_constraints = OFF")


def test_nothing_is_found_on_good_books(books):
    assert found() == {}


def test_every_check_has_its_planted_error():
    of_every_table = {name for name in CHECKS if name.startswith(("text-", "cents-"))}
    # What was due and is not billed is left out by the tests of the pages of billing runs.
    assert set(CHECKS) - of_every_table == set(PLANTED) | {"everything_due_is_billed"}
    assert set(ON_SQLITE) < of_every_table


@pytest.mark.parametrize("name", [name for name in PLANTED if name != "triggers"])
def test_a_planted_error_is_found_and_nothing_else(books, name):
    plant(PLANTED[name])
    assert list(found()) == [name]


@pytest.mark.parametrize("name", ON_SQLITE)
def test_what_only_sqlite_lets_in_is_found(books, name):
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL refuses it by itself.")
    plant(ON_SQLITE[name])
    assert name in found()


def test_a_missing_trigger_is_found(books):
    immutable.drop(connection)
    assert found() == {"triggers": len(immutable.missing_triggers(connection))}
    immutable.install(None, "default")


@settings(max_examples=10, deadline=None)
@given(st.lists(st.tuples(st.integers(min_value=0, max_value=30), EVENTS), max_size=24))
def test_nothing_is_found_after_any_acts(events):
    # After all days of the runs before: numbers grow with the days.
    customer, on = make_customer(), date(2026, 1, 1) + timedelta(days=1_000 * next(_runs))
    for days, event in events:
        on += timedelta(days=days)
        with suppress(ValidationError):
            act(customer, *event, on=on)
    assert found(on) == {}


class TestCommand:
    def test_it_says_what_is_wrong_and_what_to_do_and_fails(self, books):
        plant(PLANTED["invoice-settled"])
        out = StringIO()
        with pytest.raises(CommandError, match="1 findings") as failure:
            call_command("check_books", stdout=out)
        assert failure.value.returncode == 1
        assert "0.01 is kept; the sum is 0.00." in out.getvalue()

    def test_it_is_content_with_good_books(self, books):
        out = StringIO()
        call_command("check_books", "--json", stdout=out)
        assert json.loads(out.getvalue()) == {
            "on": timezone.localdate().isoformat(),
            "checks": len(needed_checks()),
            "findings": 0,
            "found": [],
        }

    def test_a_program_reads_which_record_breaks_which_rule(self, books):
        plant(PLANTED["invoice-settled"])
        out = StringIO()
        with pytest.raises(CommandError):
            call_command("check_books", "--json", stdout=out)
        (broken,) = json.loads(out.getvalue())["found"]
        wrong = Invoice.objects.get(settled=Decimal("0.01"))
        assert (broken["check"], broken["count"]) == ("invoice-settled", 1)
        assert broken["records"] == [
            {"kind": "billing.invoice", "id": wrong.pk, "says": "0.01 is kept; the sum is 0.00."}
        ]

    def test_the_day_ends_with_it_and_says_how_many_findings_there_are(self, books):
        plant(PLANTED["invoice-settled"])
        out, err = StringIO(), StringIO()
        call_command("daily", stdout=out, stderr=err)
        assert "1 findings in the books." in err.getvalue()


class TestPage:
    def test_it_leads_to_each_record_and_says_what_to_do(self, books, clerk):
        plant(PLANTED["invoice-settled"])
        with pytest.raises(CommandError):
            call_command("check_books", stdout=StringIO())
        page = clerk.get(reverse("billing:books")).content.decode()
        wrong = Invoice.objects.get(settled=Decimal("0.01"))
        assert f'href="{wrong.get_absolute_url()}"' in page
        assert "0.01 is kept; the sum is 0.00." in page
        assert "correct the sum by hand" in page

    def test_a_check_is_begun_once_and_done_by_a_worker(self, clerk):
        first = clerk.post(reverse("billing:books"))
        second = clerk.post(reverse("billing:books"))
        assert first.url == second.url == Job.objects.get().get_absolute_url()
        assert last_check() is None

    def test_before_the_first_check_it_says_so(self, clerk):
        assert "have not been checked yet" in clerk.get(reverse("billing:books")).content.decode()

    def test_it_is_for_those_who_see_invoices(self, client):
        client.force_login(make_user(TECHNICIAN), backend="customerflow.staff.backends.GroupsBackend")
        assert client.get(reverse("billing:books")).status_code == 403
        assert client.post(reverse("billing:books")).status_code == 403
