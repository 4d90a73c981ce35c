"""A payment that comes while services are being turned off, and two who turn them off at the same time."""

import os
from contextlib import suppress
from datetime import timedelta
from decimal import Decimal
from threading import Barrier, BrokenBarrierError

import pytest
from django.core.exceptions import ValidationError
from django.db import connection

from billing.payments import record_payment
from customerflow.tests.threads import at_once
from customers.models import Customer, Pause, Service
from suspensions import returning, suspending
from suspensions.daily import act_on
from suspensions.models import SuspendedService, Suspension
from suspensions.suspending import suspend
from suspensions.tests.factories import TODAY, make_late, make_policy

pytestmark = pytest.mark.django_db(transaction=True)
# By hand: RACE_ROUNDS=200 pytest suspensions/tests/test_races.py
ROUNDS = int(os.environ.get("RACE_ROUNDS", "5"))


def pay(customer: Customer) -> None:
    record_payment(customer=customer, amount=Decimal("59.99"), received_on=TODAY, on=TODAY, method="card")


def off() -> int:
    return Service.objects.paused(TODAY).count()


def test_a_payment_that_comes_while_the_suspension_runs_never_leaves_anybody_off():
    make_policy()
    outcomes = set()
    for number in range(ROUNDS):
        customer = make_late()
        acts = [lambda on: act_on(on=on), lambda on: suspend(customer=customer, on=on)]  # noqa: B023

        def race(place, customer=customer, act=acts[number % 2]):
            with suppress(ValidationError):
                pay(customer) if place else act(TODAY)

        at_once(race, 2)
        outcomes.add(customer.suspensions.count())
        assert not Suspension.objects.open().exists()
        assert not SuspendedService.objects.off().exists()
        assert off() == 0
    assert outcomes <= {0, 1}


@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite has one writer at a time, lock or no lock")
def test_without_the_lock_who_has_paid_is_off(monkeypatch):
    make_policy()
    customer = make_late()
    both = Barrier(2)
    cases_of = suspending.cases_of

    def look_then_wait(*args, **kwargs):
        found = cases_of(*args, **kwargs)
        with suppress(BrokenBarrierError):
            both.wait(timeout=10)
            both.wait(timeout=10)
        return found

    monkeypatch.setattr(suspending, "lock_books", lambda customer: customer)
    monkeypatch.setattr(suspending, "cases_of", look_then_wait)

    def race(place):
        if not place:
            return suspend(customer=customer, on=TODAY)
        both.wait(timeout=10)
        pay(customer)
        return both.wait(timeout=10)

    at_once(race, 2)
    assert Suspension.objects.open().count() == 1
    assert off() == 1
    # The daily step finds it, at the latest.
    act_on(on=TODAY + timedelta(days=1))
    assert not Suspension.objects.open().exists()


def test_two_who_do_the_daily_step_at_the_same_time_suspend_everybody_once():
    make_policy()
    customers = [make_late() for _each in range(8)]
    done = at_once(lambda _place: act_on(on=TODAY).suspended, 2)
    assert sum(done) == len(customers) == Suspension.objects.open().count() == off()
    assert Pause.objects.count() == len(customers)


def test_a_step_that_was_broken_off_goes_on_where_it_was(monkeypatch):
    make_policy()
    for _each in range(5):
        make_late()
    monkeypatch.setattr("suspensions.daily.BATCH", 2)
    tell, calls = suspending.tell, []

    def die(*args, **kwargs):
        calls.append(args)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return tell(*args, **kwargs)

    monkeypatch.setattr(suspending, "tell", die)
    with pytest.raises(KeyboardInterrupt):
        act_on(on=TODAY)
    assert (Suspension.objects.count(), off()) == (2, 2)
    assert act_on(on=TODAY).suspended == 3
    assert off() == 5


def test_two_payments_at_once_bring_services_back_once():
    make_policy()
    customer = make_late()
    suspend(customer=customer, on=TODAY)
    told = []
    turn_on = returning._turn_on

    def count(*args, **kwargs):
        told.append(args)
        return turn_on(*args, **kwargs)

    returning._turn_on = count
    try:
        at_once(lambda _place: pay(customer), 2)
    finally:
        returning._turn_on = turn_on
    assert len(told) == 1
    assert off() == 0
