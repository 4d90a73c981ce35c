"""Promises to pay: what they hold off, and whether they are kept."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError

from billing.invoices import void_invoice
from billing.models import Invoice
from billing.payments import record_payment, reverse_payment
from billing.tests.factories import make_invoice, make_payment
from customers.tests.factories import make_customer
from dunning.models import Promise
from dunning.promises import broken_in_a_row, promise_to_pay, withdraw_promise, without_promised
from dunning.tests.factories import TODAY, make_promise

pytestmark = pytest.mark.django_db
FRIDAY = date(2026, 4, 3)
SATURDAY = FRIDAY + timedelta(days=1)


def state_of(promise: Promise, on: date) -> str:
    return Promise.objects.with_state(on).get(pk=promise.pk).state


def pay(promise: Promise, amount: str, *, received_on: date, on: date | None = None, **about):
    money = {"amount": Decimal(amount), "method": "cash", "received_on": received_on, "on": on or received_on}
    return record_payment(customer=promise.customer, **money, **about)


def test_a_promise_holds_off_the_invoices_that_it_names_until_the_end_of_its_day_and_no_others():
    customer = make_customer()
    named, other = (make_invoice(customer=customer) for _ in range(2))
    strange = make_invoice()
    make_promise(customer=customer, invoices=[named], due_on=FRIDAY)
    everything = Invoice.objects.overdue(SATURDAY)
    assert set(without_promised(everything, TODAY)) == {other, strange}
    assert set(without_promised(everything, FRIDAY)) == {other, strange}
    assert set(without_promised(everything, SATURDAY)) == {named, other, strange}
    assert set(without_promised(everything, TODAY - timedelta(days=1))) == {named, other, strange}


def test_without_a_choice_it_is_about_all_that_is_due_and_all_that_is_open_of_it():
    customer = make_customer()
    late = make_invoice("59.99", customer=customer)
    make_invoice("10.00", customer=customer, on=TODAY)
    pay(make_promise(customer=customer, due_on=FRIDAY), "20.00", received_on=TODAY)
    promise = customer.promises.get()
    assert (list(promise.invoices.all()), promise.amount) == ([late], Decimal("59.99"))


def test_it_is_kept_when_its_invoices_are_settled_whoever_settled_them():
    promise = make_promise(due_on=FRIDAY)
    assert state_of(promise, FRIDAY) == "open"
    assert state_of(promise, SATURDAY) == "broken"
    void_invoice(invoice=promise.invoices.get(), reason="Never delivered", on=FRIDAY)
    assert state_of(promise, SATURDAY) == "kept"


@pytest.mark.parametrize(
    ("amount", "received_on", "on", "state"),
    [
        ("30.00", FRIDAY, FRIDAY, "kept"),
        ("29.99", FRIDAY, FRIDAY, "broken"),
        ("30.00", FRIDAY, SATURDAY, "kept"),
        ("30.00", SATURDAY, SATURDAY, "broken"),
    ],
)
def test_it_is_kept_by_what_is_received_through_its_day_also_when_that_is_recorded_later(
    amount, received_on, on, state
):
    promise = make_promise(amount=Decimal("30.00"), due_on=FRIDAY)
    pay(promise, amount, received_on=received_on, on=on)
    assert state_of(promise, SATURDAY) == state


def test_what_was_paid_before_it_was_made_keeps_no_promise_even_on_the_same_day():
    customer = make_invoice("100.00").customer
    make_payment("50.00", customer=customer, received_on=TODAY)
    promise = make_promise(customer=customer, due_on=FRIDAY)
    assert promise.amount == Decimal("50.00")
    assert state_of(promise, TODAY) == "open"


def test_a_payment_that_comes_back_keeps_no_promise():
    promise = make_promise(due_on=FRIDAY)
    payment = pay(promise, "59.99", received_on=FRIDAY)
    assert state_of(promise, SATURDAY) == "kept"
    reverse_payment(payment=payment, reason="No funds", on=SATURDAY)
    assert state_of(promise, SATURDAY) == "broken"


def test_what_is_settled_after_its_day_does_not_keep_it():
    promise = make_promise(due_on=FRIDAY)
    pay(promise, "59.99", received_on=SATURDAY)
    assert state_of(promise, SATURDAY) == "broken"


def test_a_withdrawn_promise_holds_off_nothing_and_only_an_open_one_is_withdrawn():
    promise = make_promise(due_on=FRIDAY)
    with pytest.raises(ValidationError) as refusal:
        withdraw_promise(promise=promise, reason=" ", on=TODAY)
    assert "reason" in refusal.value.message_dict
    withdraw_promise(promise=promise, reason="Cannot pay after all", on=TODAY)
    assert state_of(promise, TODAY) == "withdrawn"
    assert without_promised(promise.invoices.all(), TODAY).exists()
    with pytest.raises(ValidationError):
        withdraw_promise(promise=promise, reason="Again", on=TODAY)
    with pytest.raises(ValidationError):
        withdraw_promise(promise=make_promise(due_on=FRIDAY), reason="Too late", on=SATURDAY)


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("due_on", {"due_on": TODAY - timedelta(days=1)}),
        ("due_on", {"due_on": TODAY + timedelta(days=31)}),
        ("amount", {"amount": Decimal("60.00")}),
        ("amount", {"amount": Decimal("0.00")}),
        ("invoices", {"invoices": []}),
    ],
)
def test_what_cannot_be_promised_is_refused_at_its_field(field, values):
    customer = make_invoice("59.99").customer
    with pytest.raises(ValidationError) as refusal:
        make_promise(customer=customer, **values)
    assert list(refusal.value.message_dict) == [field]
    assert not Promise.objects.exists()


def test_an_invoice_of_somebody_else_is_refused():
    with pytest.raises(ValidationError) as refusal:
        make_promise(customer=make_invoice().customer, invoices=[make_invoice()])
    assert list(refusal.value.message_dict) == ["invoices"]


def test_there_is_one_open_promise_at_a_time_and_the_same_form_makes_one():
    promise = make_promise(due_on=FRIDAY, key="form-1")
    again = {"customer": promise.customer, "due_on": FRIDAY, "on": TODAY}
    assert promise_to_pay(**again, key="form-1") == promise
    with pytest.raises(ValidationError):
        promise_to_pay(**again, key="form-2")
    assert promise_to_pay(**again | {"on": SATURDAY, "due_on": SATURDAY}, key="form-3") != promise


def test_promises_broken_one_after_the_other_are_counted():
    customer = make_invoice("100.00").customer
    for day in (1, 3, 5):
        on = TODAY + timedelta(days=day)
        promise = make_promise(customer=customer, on=on, due_on=on, amount=Decimal("10.00"))
        if day == 1:
            pay(promise, "10.00", received_on=on)
    assert broken_in_a_row(customer, TODAY + timedelta(days=5)) == 1
    assert broken_in_a_row(customer, TODAY + timedelta(days=6)) == 2
