"""Who acts on what a customer owes is told of whatever changes it."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection

from billing import settled
from billing.credits.credit_notes import issue_credit_note, void_credit_note
from billing.credits.write_offs import take_back_write_off, write_off
from billing.invoices import apply_credit, void_invoice
from billing.lines import CreditLine
from billing.payments import reverse_payment
from billing.tests.factories import TODAY, make_invoice, make_payment

pytestmark = pytest.mark.django_db


@pytest.fixture
def told(monkeypatch) -> list:
    """The customers who were told of: what was open then, and whether it was in the transaction of the act."""
    heard = []

    def hear(customer, on: date) -> None:
        is_open = customer.invoices.open().exists()
        heard.append((customer, on, is_open, connection.in_atomic_block))

    monkeypatch.setattr(settled, "AFTER_SETTLING", [hear])
    return heard


def test_a_payment_and_its_reversal_are_told_of_when_the_invoice_is_settled_and_open_again(told):
    invoice = make_invoice("100.00")
    payment = make_payment("100.00", customer=invoice.customer)
    assert told == [(invoice.customer, TODAY, False, True)]
    reverse_payment(payment=payment, reason="Returned", on=TODAY + timedelta(days=2))
    assert told[1:] == [(invoice.customer, TODAY + timedelta(days=2), True, True)]


def test_credit_applied_later_is_told_of(told):
    payment = make_payment("100.00")
    invoice = make_invoice("20.00", customer=payment.customer)
    assert [each[2] for each in told] == [False]
    reverse_payment(payment=payment, reason="Returned", on=TODAY)
    make_payment("100.00", customer=payment.customer, invoices=[])
    told.clear()
    apply_credit(invoice=invoice, on=TODAY)
    assert told == [(invoice.customer, TODAY, False, True)]


def test_credit_notes_write_offs_and_voiding_are_told_of(told):
    invoice = make_invoice("100.00")
    line = CreditLine(description="Outage", amount=Decimal("100.00"))
    note = issue_credit_note(customer=invoice.customer, invoice=invoice, lines=[line], reason="Outage", on=TODAY)
    void_credit_note(note=note, reason="Mistake", on=TODAY)
    given_up = write_off(invoice=invoice, reason="Bankrupt", on=TODAY)
    take_back_write_off(write_off=given_up, on=TODAY)
    void_invoice(invoice=invoice, reason="Mistake", on=TODAY)
    assert [(each[0], each[2]) for each in told] == [
        (invoice.customer, is_open) for is_open in (False, True, False, True, False)
    ]


def test_what_is_raised_fails_the_act(monkeypatch):
    invoice = make_invoice("100.00")

    def fail(_customer, _on) -> None:
        raise RuntimeError

    monkeypatch.setattr(settled, "AFTER_SETTLING", [fail])
    with pytest.raises(RuntimeError):
        make_payment("100.00", customer=invoice.customer)
    assert not invoice.customer.payments.exists()
    monkeypatch.setattr(settled, "AFTER_SETTLING", [])
    assert make_payment("100.00", customer=invoice.customer).credit == 0
