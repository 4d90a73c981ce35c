"""The step of the day, run several times at once."""

from datetime import UTC, date, datetime
from threading import Barrier

import pytest
from django.db import IntegrityError, connection

from billing.models import Charge, Email
from billing.tests.factories import make_invoice
from customerflow.tests.threads import at_once
from customers.models import Customer
from customers.tests.factories import make_customer, make_location
from dunning.models import CallTask, Execution, Notice
from dunning.reminders import acting
from dunning.reminders.acting import act_on
from dunning.tests.factories import make_rule

pytestmark = pytest.mark.django_db(transaction=True)
FIRST, ON = date(2026, 3, 1), date(2026, 3, 22)


def make_late(number: int) -> None:
    for _ in range(number):
        customer = make_customer(email="ann@example.com")
        make_location(customer=customer)
        make_invoice(customer=customer, on=FIRST)
    for action in ("reminder", "call", "late_fee"):
        make_rule(action=action, active_from=FIRST)


def run(_index: int) -> None:
    for _now in act_on(on=ON, at=datetime(2026, 3, 22, 6, tzinfo=UTC)):
        pass


def counts() -> list[int]:
    return [model.objects.count() for model in (Notice, Email, CallTask, Charge)] + [Execution.objects.count()]


def test_four_runs_at_once_take_each_step_once(monkeypatch):
    monkeypatch.setattr(acting, "BATCH", 3)
    make_late(12)
    at_once(run, 4)
    assert counts() == [12, 12, 12, 12, 36]
    run(0)
    assert counts() == [12, 12, 12, 12, 36]


@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite has one writer at a time, lock or no lock")
def test_without_the_lock_two_runs_meet_and_the_unique_keys_alone_let_nothing_happen_twice(monkeypatch):
    make_late(1)
    both_have_planned, refused, write = Barrier(2), [], acting.write

    def write_together(made, plan):
        if made.notices:
            both_have_planned.wait(timeout=30)
        try:
            write(made, plan)
        except IntegrityError:
            refused.append(made)
            # What comes after this meets nobody.
            both_have_planned.abort()
            raise

    monkeypatch.setattr(acting, "lock_all_books", lambda keys: list(Customer.objects.filter(pk__in=keys)))
    monkeypatch.setattr(acting, "write", write_together)
    at_once(run, 2)
    assert len(refused) == 1
    assert counts() == [1, 1, 1, 1, 3]
