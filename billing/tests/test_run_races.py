"""Billing runs at once, and killed: nothing billed twice, no number missing."""

import random
import signal
import subprocess
import sys
import time
from datetime import date, timedelta

import pytest
from django.conf import settings
from django.utils import timezone

from billing.models import BillingRun, BillingRunItem, Invoice, InvoiceLine
from billing.runs.running import open_run, work_on
from billing.tests.factories import make_billing_start
from customerflow.tests.programs import environment
from customerflow.tests.threads import at_once
from customers.models import Customer, Location, PriceChange, Service

pytestmark = pytest.mark.django_db(transaction=True)

DAY = date(2026, 1, 1)
CUSTOMERS = 30


@pytest.fixture(autouse=True)
def _company(monkeypatch):
    make_billing_start(DAY)
    rows = [Customer(number=f"R-{number}", name=f"Customer {number}") for number in range(CUSTOMERS)]
    customers = Customer.objects.bulk_create(rows)
    places = Location.objects.bulk_create(
        Location(customer=each, address="1 High St", city="Hill") for each in customers
    )
    services = Service.objects.bulk_create(
        Service(location=place, name="Fibre", cost=number + 1, starts_on=DAY) for number, place in enumerate(places)
    )
    PriceChange.objects.bulk_create(PriceChange(service=each, cost=each.cost) for each in services)
    monkeypatch.setattr("billing.runs.candidates.STRETCH", 4)


def is_billed_once() -> bool:
    """Say whether every customer has the one invoice, and the numbers have no gap and no double."""
    numbers = sorted(Invoice.objects.values_list("number", flat=True))
    year = Invoice.objects.values_list("issued_on__year", flat=True).first()
    return (
        numbers == [f"{year}-{number:06d}" for number in range(1, CUSTOMERS + 1)]
        and Invoice.objects.values("customer").distinct().count() == CUSTOMERS
        and InvoiceLine.objects.count() == CUSTOMERS
        and BillingRunItem.objects.count() == CUSTOMERS
    )


def run_billing(_index: int = 0) -> None:
    run, _goes_on = open_run(day=DAY, plan=False, on=DAY)
    for _now in work_on(run, on=DAY):
        pass


def test_three_runs_at_once_bill_everybody_once():
    at_once(run_billing, 3)
    run_billing()
    assert is_billed_once()
    assert BillingRun.objects.get().state == BillingRun.State.DONE


def test_without_the_lock_on_the_run_the_index_still_lets_nothing_be_billed_twice(monkeypatch):
    """The second guard: a run that knows nothing of the first one's batches."""
    run_billing()

    def everybody(first: int, last: int, **_facts: object) -> tuple[list[int], set[int]]:
        keys = Customer.objects.filter(pk__gte=first, pk__lte=last).order_by("pk")
        return list(keys.values_list("pk", flat=True)), set()

    monkeypatch.setattr("billing.runs.running.candidates", everybody)
    monkeypatch.setattr("billing.runs.facts._covered", lambda _services: {})
    run_billing()
    assert Invoice.objects.count() == CUSTOMERS
    assert BillingRunItem.objects.filter(outcome=BillingRunItem.Outcome.PARKED).count() == CUSTOMERS


def start() -> subprocess.Popen:
    """Start run_billing as a program of its own on the test database, a few customers at a time."""
    program = (
        "import django, sys; django.setup()\n"
        "from billing.runs import candidates; candidates.STRETCH = 4\n"
        "from django.core.management import call_command; print('begun', flush=True); call_command('run_billing')"
    )
    return subprocess.Popen(  # noqa: S603
        [sys.executable, "-c", program],
        cwd=settings.BASE_DIR,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def test_a_run_killed_at_any_moment_goes_on_and_bills_everybody_once():
    # What is billed is a month up to today, so that the program, which bills today, has one cycle for each.
    today = timezone.localdate()
    Service.objects.update(starts_on=today)
    Customer.objects.update(billing_day=today.day)
    seed = random.randrange(10**6)
    chance = random.Random(seed)
    for _round in range(5):
        killed = start()
        assert killed.stdout.readline() == b"begun\n", killed.stderr.read()
        time.sleep(chance.uniform(0, 0.6))
        killed.send_signal(signal.SIGKILL)
        killed.communicate()
        done = BillingRunItem.objects.count()
        assert Invoice.objects.count() == InvoiceLine.objects.count() == done, f"seed {seed}"
    last = start()
    _out, errors = last.communicate()
    assert last.returncode == 0, errors
    assert is_billed_once(), f"seed {seed}"
    assert list(BillingRun.objects.values_list("day", "state")) == [(today, BillingRun.State.DONE)]


def test_a_price_that_changes_while_the_run_works_is_billed_as_it_was_or_settled_by_the_next():
    service = Service.objects.order_by("pk").last()

    def act(index: int) -> None:
        if index == 0:
            run_billing()
        else:
            PriceChange.objects.filter(service=service).update(cost=100)

    at_once(act, 2)
    open_run(day=DAY + timedelta(days=1), plan=False, on=DAY + timedelta(days=1))
    run, _goes_on = open_run(day=DAY + timedelta(days=1), plan=False, on=DAY + timedelta(days=1))
    for _now in work_on(run, on=DAY + timedelta(days=1)):
        pass
    amounts = InvoiceLine.objects.filter(service=service).values_list("amount", flat=True)
    assert sum(amounts) == 100
