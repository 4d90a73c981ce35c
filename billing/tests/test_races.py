"""Acts on money that begin at the same moment."""

from contextlib import suppress
from decimal import Decimal
from threading import Barrier, get_ident

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.db.models import Sum

from billing import payments
from billing.books.check import check_books
from billing.credits import refunds
from billing.credits.credit_notes import issue_credit_note
from billing.credits.refunds import refund
from billing.credits.write_offs import write_off
from billing.invoices import Line, apply_credit, issue_invoice, reissue_invoice, void_invoice
from billing.lines import CreditLine
from billing.models import CreditNote, Invoice, Payment, Refund
from billing.payments import reverse_payment
from billing.tests.factories import ISSUED_ON, TODAY, make_invoice, make_payment
from customerflow.idempotency import made_before, save_once
from customerflow.tests.threads import at_once
from customers.merging import merge_customers
from customers.tests.factories import make_customer

pytestmark = pytest.mark.django_db(transaction=True)


def live_sum(invoice):
    return invoice.allocations.filter(released_on=None).aggregate(sum=Sum("amount"))["sum"]


def test_the_same_form_sent_20_times_at_once_is_one_payment():
    invoice = make_invoice("100.00")
    results = at_once(lambda _: make_payment("60.00", customer=invoice.customer, key="form-1"), 20)
    invoice.refresh_from_db()
    assert len(set(results)) == Payment.objects.count() == 1
    assert invoice.settled == live_sum(invoice) == Decimal("60.00")


def test_without_the_key_each_of_them_is_recorded():
    customer = make_customer()
    at_once(lambda _: make_payment("60.00", customer=customer), 20)
    assert customer.payments.count() == 20


@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite has one writer at a time, lock or no lock")
def test_without_the_lock_and_the_unique_key_one_form_is_recorded_twice(monkeypatch):
    invoice = make_invoice("100.00")
    both_have_asked = Barrier(2)

    def ask_and_save(record, *, said):
        first = made_before(record, said=said)
        both_have_asked.wait(timeout=30)
        # Without what makes the key unique: each has its own.
        record.idempotency_key += f"/{get_ident()}"
        return first or save_once(record, said=said)

    monkeypatch.setattr(payments, "save_once", ask_and_save)
    monkeypatch.setattr(payments, "lock_books", lambda customer: customer)
    at_once(lambda _: make_payment("60.00", customer=invoice.customer, key="form-1"), 2)
    assert invoice.customer.payments.count() == 2


def test_the_same_refund_sent_20_times_at_once_is_paid_once():
    payment = make_payment("20.00")
    values = {"amount": Decimal("15.00"), "paid_on": TODAY, "on": TODAY, "method": "cash", "reason": "Left"}
    results = at_once(lambda _: refund(source=payment, key="form-1", **values), 20)
    payment.refresh_from_db()
    assert len(set(results)) == Refund.objects.count() == 1
    assert payment.refunded == Decimal("15.00")


def test_of_refunds_and_notes_at_once_none_goes_beyond_what_there_is():
    invoice, payment = make_invoice("50.00"), make_payment("50.00")
    back = [CreditLine(description="Outage", amount=Decimal("20.00"))]
    paid = {"amount": Decimal("20.00"), "paid_on": TODAY, "on": TODAY, "method": "cash", "reason": "Left"}

    def act(index):
        try:
            if index % 2:
                return refund(source=payment, **paid)
            customer = invoice.customer
            return issue_credit_note(customer=customer, lines=back, reason="Outage", on=TODAY, invoice=invoice)
        except ValidationError:
            return None

    assert len(list(filter(None, at_once(act, 12)))) == 4
    payment.refresh_from_db()
    invoice.refresh_from_db()
    assert (payment.refunded, invoice.settled, live_sum(invoice)) == (40, 40, 40)
    numbers = CreditNote.objects.order_by("number").values_list("number", flat=True)
    assert list(numbers) == ["C2026-000001", "C2026-000002"]


@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite has one writer at a time, lock or no lock")
def test_without_the_lock_more_is_paid_back_than_there_was(monkeypatch):
    payment, both_have_checked = make_payment("20.00"), Barrier(2)
    check = refunds._check

    def check_and_wait(*args):
        check(*args)
        both_have_checked.wait(timeout=30)

    monkeypatch.setattr(refunds, "_check", check_and_wait)
    monkeypatch.setattr(refunds, "lock_books", lambda customer: customer)
    paid = {"amount": Decimal("15.00"), "paid_on": TODAY, "on": TODAY, "method": "cash", "reason": "Left"}
    at_once(lambda _: refund(source=payment, **paid), 2)
    assert Refund.objects.aggregate(sum=Sum("amount"))["sum"] == Decimal("30.00")


def test_two_payments_at_once_for_chosen_invoices_never_exceed_one_of_them():
    customer = make_customer()
    invoices = [make_invoice("60.00", customer=customer) for _ in range(2)]

    def pay(index):
        try:
            return make_payment("60.00", customer=customer, invoices=[invoices[index % 2]])
        except ValidationError:
            return None

    assert len(list(filter(None, at_once(pay, 10)))) == 2
    for invoice in invoices:
        invoice.refresh_from_db()
        assert invoice.settled == live_sum(invoice) == Decimal("60.00")


def test_one_key_for_two_customers_at_once_is_one_payment_and_refusals():
    customers = [make_customer() for _ in range(4)]

    def pay(index):
        try:
            return make_payment(customer=customers[index], key="form-1")
        except ValidationError as refusal:
            return list(refusal.message_dict)

    results = at_once(pay, 4)
    assert Payment.objects.count() == 1
    assert results.count(["customer"]) == 3


def test_20_payments_at_once_never_settle_more_than_an_invoice():
    invoice = make_invoice("100.00")
    at_once(lambda _: make_payment("10.00", customer=invoice.customer), 20)
    invoice.refresh_from_db()
    assert invoice.settled == live_sum(invoice) == Decimal("100.00")
    credit = sum(payment.credit for payment in invoice.customer.payments.all())
    assert credit == Decimal("100.00")


@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite has one writer at a time, lock or no lock")
def test_without_the_lock_two_payments_settle_one_invoice_twice(monkeypatch):
    invoice = make_invoice("60.00")
    read, both_have_read = payments._to_settle, Barrier(2)

    def read_and_wait(*args):
        found = read(*args)
        both_have_read.wait(timeout=30)
        return found

    monkeypatch.setattr(payments, "_to_settle", read_and_wait)
    monkeypatch.setattr(payments, "lock_books", lambda customer: customer)
    at_once(lambda _: make_payment("60.00", customer=invoice.customer), 2)
    invoice.refresh_from_db()
    assert (invoice.settled, live_sum(invoice)) == (Decimal("60.00"), Decimal("120.00"))


def test_a_payment_reversed_many_times_at_once_is_reversed_once():
    invoice = make_invoice("60.00")
    payment = make_payment("60.00", customer=invoice.customer)

    def reverse(_):
        try:
            return reverse_payment(payment=payment, reason="Bounced", on=TODAY)
        except ValidationError:
            return None

    assert len(list(filter(None, at_once(reverse, 8)))) == 1
    invoice.refresh_from_db()
    assert invoice.settled == 0


def test_an_invoice_is_either_paid_or_voided():
    for _ in range(5):
        invoice = make_invoice("60.00")

        def pay_or_void(index, invoice=invoice):
            try:
                if index:
                    make_payment("60.00", customer=invoice.customer, invoices=[invoice])
                else:
                    void_invoice(invoice=invoice, reason="Mistake", on=TODAY)
            except ValidationError:
                return "refused"
            return "done"

        assert sorted(at_once(pay_or_void, 2)) == ["done", "refused"]
        invoice.refresh_from_db()
        assert (invoice.status == "void") != (invoice.settled == Decimal("60.00"))


def test_acts_of_all_kinds_at_once_leave_books_that_hold():
    customer, other = make_customer(), make_customer()
    invoice, payment = make_invoice("60.00", customer=customer), make_payment("90.00", customer=other)
    make_invoice("50.00", customer=customer)
    back = [CreditLine(description="Outage", amount=Decimal("60.00"))]
    paid = {"amount": Decimal("50.00"), "paid_on": TODAY, "on": TODAY, "method": "cash", "reason": "Left"}
    acts = [
        lambda: void_invoice(invoice=invoice, reason="Mistake", on=TODAY),
        lambda: reissue_invoice(invoice=invoice, reason="Wrong name", on=TODAY),
        lambda: issue_credit_note(customer=customer, lines=back, reason="Outage", on=TODAY, invoice=invoice),
        lambda: write_off(invoice=invoice, reason="Bankrupt", on=TODAY),
        lambda: apply_credit(invoice=invoice, on=TODAY),
        lambda: make_payment("60.00", customer=customer),
        lambda: refund(source=payment, **paid),
        lambda: reverse_payment(payment=payment, reason="Bounced", on=TODAY),
        lambda: merge_customers(survivor=customer, duplicate=other, values={}, on=TODAY),
    ]

    def act(index: int) -> None:
        with suppress(ValidationError):
            acts[index % len(acts)]()

    at_once(act, 2 * len(acts))
    assert [found["check"] for found in check_books(on=TODAY) if found["count"]] == []


def test_invoices_issued_at_once_have_numbers_without_gap_or_double():
    customers = [make_customer() for _ in range(20)]
    lines = [Line(description="Fibre 500", unit_price=Decimal("59.99"))]
    at_once(lambda index: issue_invoice(customer=customers[index], lines=lines, on=ISSUED_ON), 20)
    numbers = Invoice.objects.order_by("number").values_list("number", flat=True)
    assert list(numbers) == [f"2026-{number:06d}" for number in range(1, 21)]
