"""Refunds and write-offs: what they take out of the balance, and put back."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError

from billing.balances import balance_of
from billing.credits.credit_notes import issue_credit_note
from billing.credits.refunds import refund, reverse_refund
from billing.credits.write_offs import take_back_write_off, write_off
from billing.lines import CreditLine
from billing.models import Refund
from billing.overdue import LateCustomers
from billing.payments import reverse_payment
from billing.tests.factories import ISSUED_ON, TODAY, make_invoice, make_payment
from customers.tests.factories import make_customer

pytestmark = pytest.mark.django_db
TOMORROW = TODAY + timedelta(days=1)


def pay_back(source, amount="5.00", **fields) -> Refund:
    values = {"paid_on": TODAY, "on": TODAY, "method": "transfer", "reason": "Moved away"}
    return refund(source=source, amount=Decimal(amount), **{**values, **fields})


def make_note(amount="20.00"):
    lines = [CreditLine(description="Outage", amount=Decimal(amount))]
    return issue_credit_note(customer=make_customer(), lines=lines, reason="Outage", on=TODAY)


@pytest.mark.parametrize("make_source", [lambda: make_payment("20.00"), make_note])
def test_a_refund_is_out_of_the_credit_and_reversed_it_is_back_in(make_source):
    source = make_source()
    made = pay_back(source, "15.00")
    source.refresh_from_db()
    assert (source.refunded, source.credit) == (Decimal("15.00"), Decimal("5.00"))
    assert balance_of(source.customer, TODAY).total == Decimal("-5.00")
    reverse_refund(refund=made, reason="Account closed", on=TODAY)
    source.refresh_from_db()
    assert (source.refunded, source.credit) == (0, Decimal("20.00"))
    with pytest.raises(ValidationError):
        reverse_refund(refund=made, reason="Account closed", on=TODAY)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"amount": "15.01"}, "amount"),
        ({"amount": "0"}, "amount"),
        ({"amount": "-1"}, "amount"),
        ({"paid_on": TOMORROW}, "paid_on"),
        ({"method": "barter"}, "method"),
        ({"reason": ""}, "reason"),
    ],
)
def test_what_cannot_be_paid_back_is_refused_by_field(fields, field):
    invoice = make_invoice("5.00")
    payment = make_payment("20.00", customer=invoice.customer)
    with pytest.raises(ValidationError) as refusal:
        pay_back(payment, **fields)
    assert list(refusal.value.message_dict) == [field]
    payment.refresh_from_db()
    assert payment.refunded == 0


def test_a_key_that_comes_again_makes_no_second_refund():
    payment = make_payment("20.00")
    first = pay_back(payment, "20.00", key="form-1")
    assert pay_back(payment, "20.00", key="form-1") == first
    assert Refund.objects.count() == 1
    with pytest.raises(ValidationError) as refusal:
        pay_back(payment, "10.00", key="form-1")
    assert list(refusal.value.message_dict) == ["amount"]
    with pytest.raises(ValidationError) as refusal:
        pay_back(make_payment("20.00"), "20.00", key="form-1")
    assert list(refusal.value.message_dict) == ["payment"]


def test_a_payment_of_which_a_part_was_paid_back_is_not_reversed():
    payment = make_payment("20.00")
    made = pay_back(payment)
    with pytest.raises(ValidationError):
        reverse_payment(payment=payment, reason="Bounced", on=TODAY)
    reverse_refund(refund=made, reason="Returned", on=TODAY)
    assert reverse_payment(payment=payment, reason="Bounced", on=TODAY).is_reversed


def test_a_refund_is_not_reversed_before_its_day():
    made = pay_back(make_payment("20.00"))
    with pytest.raises(ValidationError) as refusal:
        reverse_refund(refund=made, reason="Returned", on=TODAY - timedelta(days=1))
    assert list(refusal.value.message_dict) == ["on"]


def test_what_is_written_off_is_owed_no_more_and_taken_back_it_is():
    invoice = make_invoice("59.99")
    make_payment("9.99", customer=invoice.customer)
    made = write_off(invoice=invoice, reason="Bankrupt", on=TODAY)
    invoice.refresh_from_db()
    assert (made.allocations.get().amount, invoice.open_amount) == (Decimal("50.00"), 0)
    assert balance_of(invoice.customer, TODAY).total == 0
    assert LateCustomers(TODAY).totals() == (0, 0)
    take_back_write_off(write_off=made, on=TOMORROW)
    invoice.refresh_from_db()
    assert (invoice.open_amount, made.allocations.get().released_on) == (Decimal("50.00"), TOMORROW)
    assert LateCustomers(TODAY).totals() == (1, Decimal("50.00"))
    assert write_off(invoice=invoice, reason="Bankrupt", on=TOMORROW).pk != made.pk


def test_what_cannot_be_written_off_or_taken_back_is_refused():
    invoice = make_invoice()
    for fields, field in (({"reason": ""}, "reason"), ({"on": date(2026, 2, 28)}, "on")):
        with pytest.raises(ValidationError) as refusal:
            write_off(**{"invoice": invoice, "reason": "Bankrupt", "on": ISSUED_ON, **fields})
        assert list(refusal.value.message_dict) == [field]
    made = write_off(invoice=invoice, reason="Bankrupt", on=TODAY)
    for on, field in ((ISSUED_ON, "on"), (TODAY, None), (TODAY, "write_off")):
        if field is None:
            take_back_write_off(write_off=made, on=on)
            continue
        with pytest.raises(ValidationError) as refusal:
            take_back_write_off(write_off=made, on=on)
        assert list(refusal.value.message_dict) == [field]
    paid = make_invoice()
    make_payment(customer=paid.customer)
    with pytest.raises(ValidationError) as refusal:
        write_off(invoice=paid, reason="Bankrupt", on=TODAY)
    assert list(refusal.value.message_dict) == ["invoice"]


def test_what_opens_again_beside_a_write_off_is_written_off_with_it_taken_back():
    invoice = make_invoice("59.99")
    payment = make_payment("9.99", customer=invoice.customer)
    made = write_off(invoice=invoice, reason="Bankrupt", on=TODAY)
    reverse_payment(payment=payment, reason="Bounced", on=TODAY)
    with pytest.raises(ValidationError, match="take that back first"):
        write_off(invoice=invoice, reason="Bankrupt", on=TODAY)
    take_back_write_off(write_off=made, on=TODAY)
    assert write_off(invoice=invoice, reason="Bankrupt", on=TODAY).allocations.get().amount == Decimal("59.99")
