"""Whatever happens over two years: nobody is off without a reason, and whoever has one less is on at once."""

from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from billing.credits.write_offs import write_off
from billing.invoices import void_invoice
from billing.models import Invoice
from billing.payments import record_payment, reverse_payment
from customers.models import Customer, Service
from dunning.promises import promise_to_pay
from suspensions.daily import act_on
from suspensions.holds import hold
from suspensions.models import Suspension
from suspensions.tests.factories import make_late, make_policy, make_served

FIRST = date(2026, 1, 5)
GRACE, LEAST, TERMS = 14, Decimal(5), 14
QUIET = "67"

DAYS = st.integers(0, 40)
EVENTS = st.one_of(
    st.tuples(st.just("invoice"), st.sampled_from([400, 600, 5999]), DAYS),
    st.tuples(st.just("pay"), st.sampled_from([300, 600, 5999, 12_000]), DAYS),
    st.tuples(st.sampled_from(["reverse", "void", "write off"]), st.integers(0, 5), DAYS),
    st.tuples(st.sampled_from(["hold", "promise"]), st.integers(0, 9), DAYS),
    st.tuples(st.just("begin"), st.integers(0, 3), DAYS),
)
LOOKS = ("pay", "void", "write off", "promise")
# What happens, and whether nobody looks before the next daily step, up to 40 days later.
HISTORIES = st.lists(st.tuples(EVENTS, st.booleans()), min_size=1, max_size=22)


@dataclass
class Told:
    """What was told of one customer, as plainly as it can be kept."""

    is_off: bool = False
    held_until: date = FIRST - timedelta(days=1)
    # By invoice: through which day it is promised.
    promised: dict[int, date] = field(default_factory=dict)


def owed(customer: Customer, told: Told, on: date) -> Decimal:
    """Add up what counts on a day, an invoice at a time."""
    total = Decimal(0)
    for invoice in customer.invoices.all():
        is_late = invoice.status == Invoice.Status.ISSUED and (on - invoice.due_on).days > GRACE
        if is_late and told.promised.get(invoice.pk, FIRST - timedelta(days=1)) < on:
            total += invoice.total - invoice.settled
    return total


def happen(customer: Customer, told: Told, event: str, number: int, on: date) -> None:
    """Do what `event` says, where it can be done."""
    invoices, payments = list(customer.invoices.order_by("pk")), list(customer.payments.order_by("pk"))
    if event == "invoice":
        make_late(str(Decimal(number) / 100), customer=customer, due_on=on + timedelta(days=TERMS))
    elif event == "pay":
        record_payment(customer=customer, amount=Decimal(number) / 100, received_on=on, on=on, method="cash")
    elif event == "reverse" and payments:
        reverse_payment(payment=payments[number % len(payments)], reason="Returned", on=on)
    elif event == "void" and invoices:
        void_invoice(invoice=invoices[number % len(invoices)], reason="Mistake", on=on)
    elif event == "write off" and invoices:
        write_off(invoice=invoices[number % len(invoices)], reason="Bankrupt", on=on)
    elif event == "hold":
        hold(customer=customer, on=on, last_day=on + timedelta(days=number), reason="Cash")
        told.held_until = on + timedelta(days=number)
    elif event == "promise":
        promise = promise_to_pay(customer=customer, due_on=on + timedelta(days=number), on=on)
        for about in promise.promised.all():
            told.promised[about.invoice_id] = promise.due_on
    elif event == "begin":
        with time_machine.travel(on, tick=False):
            make_served(customer=customer, starts_on=on + timedelta(days=number))


def see(customer: Customer, told: Told, on: date) -> None:
    """Check that the services are off exactly while a suspension lasts, and that it is as was told."""
    is_open = Suspension.objects.open().filter(customer=customer).exists()
    services = Service.objects.filter(location__customer=customer)
    assert (is_open, services.paused(on).count()) == (told.is_off, services.active(on).count() * told.is_off), on


@pytest.mark.django_db
@settings(max_examples=12)
@given(HISTORIES)
def test_services_are_off_exactly_as_long_as_a_plain_look_at_the_books_says(history):
    with transaction.atomic():
        make_policy(grace_days=GRACE, least_amount=LEAST, quiet_weekdays=QUIET)
        customer = make_served().location.customer
        make_served(customer=customer)
        live(customer, history)
        # Each history begins with empty books.
        transaction.set_rollback(True)


def live(customer: Customer, history: list) -> None:
    """Let all that is in `history` happen, and look after each thing and each daily step."""
    told, on = Told(), FIRST
    for (event, number, days), is_missed in history:
        with suppress(ValidationError):
            happen(customer, told, event, number, on)
        # Who acts on the money looks at once; what time alone brings, the daily step sees.
        if event in LOOKS and owed(customer, told, on) < LEAST:
            told.is_off = False
            if not is_missed:
                see(customer, told, on)
        on += timedelta(days=days)
        act_on(on=on)
        if owed(customer, told, on) < LEAST:
            told.is_off = False
        elif str(on.isoweekday()) not in QUIET and on > told.held_until:
            told.is_off = True
        see(customer, told, on)
