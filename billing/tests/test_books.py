"""Whatever happens in whatever order, the books agree with themselves and with a plain sum."""

from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db.models import Q, Sum
from hypothesis import given, settings
from hypothesis import strategies as st

from billing.balances import balance_of
from billing.invoices import apply_credit, void_invoice
from billing.models import Invoice, Payment
from billing.payments import reverse_payment
from billing.tests.factories import TODAY, make_invoice, make_payment
from customers.tests.factories import make_customer

CENTS = st.integers(min_value=1, max_value=10_000)
WHICH = st.integers(min_value=0, max_value=5)
EVENTS = st.one_of(
    st.tuples(st.just("issue"), CENTS, WHICH),
    st.tuples(st.just("pay"), CENTS, WHICH),
    st.tuples(st.just("pay one"), CENTS, WHICH),
    st.tuples(st.just("pay again"), CENTS, WHICH),
    st.tuples(st.sampled_from(["reverse", "void", "use credit"]), CENTS, WHICH),
)


def happen(customer, event, cents, which):
    """Do what `event` says, with the invoice or payment number `which` where it needs one; perhaps it is refused."""
    amount = str(Decimal(cents) / 100)
    invoices = list(customer.invoices.order_by("pk"))
    payments = list(customer.payments.order_by("pk"))
    invoice = invoices[which % len(invoices)] if invoices else None
    payment = payments[which % len(payments)] if payments else None
    if event == "issue":
        make_invoice(amount, customer=customer)
    elif event == "pay":
        make_payment(amount, customer=customer, key=f"{customer.pk}/{len(payments)}")
    elif event == "pay again" and payment and payment.idempotency_key:
        make_payment(str(payment.amount), customer=customer, key=payment.idempotency_key)
    elif event == "pay one" and invoice:
        make_payment(amount, customer=customer, invoices=[invoice])
    elif event == "reverse" and payment:
        reverse_payment(payment=payment, reason="Bounced", on=TODAY)
    elif event == "void" and invoice:
        void_invoice(invoice=invoice, reason="Mistake", on=TODAY)
    elif event == "use credit" and invoice:
        apply_credit(invoice=invoice, on=TODAY)


def check_books(customer):
    """Check every sum that is kept against the rows it is the sum of."""
    live = Sum("allocations__amount", filter=Q(allocations__released_on=None))
    for invoice in Invoice.objects.filter(customer=customer).annotate(given=live, charged=Sum("lines__amount")):
        assert invoice.settled == (invoice.given or 0)
        assert 0 <= invoice.settled <= invoice.total
    for payment in Payment.objects.filter(customer=customer).annotate(given=live):
        assert payment.allocated == (payment.given or 0)
        assert 0 <= payment.allocated <= payment.amount
        assert not (payment.is_reversed and payment.allocated)
    balance = balance_of(customer, TODAY)
    invoiced = sum(customer.invoices.filter(status="issued").values_list("total", flat=True))
    paid = sum(customer.payments.filter(reversed_on=None).values_list("amount", flat=True))
    assert balance.due_now + balance.not_yet_due - balance.credit == balance.total == invoiced - paid
    assert min(balance.due_now, balance.not_yet_due, balance.credit) >= 0


@pytest.mark.django_db
@settings(max_examples=30, deadline=None)
@given(st.lists(EVENTS, max_size=12))
def test_the_books_agree_after_any_events(events):
    customer = make_customer()
    for event in events:
        before = customer.payments.count()
        try:
            happen(customer, *event)
        except ValidationError:
            assert event[0] not in {"issue", "pay", "pay again"}
        if event[0] == "pay again":
            assert customer.payments.count() == before
        check_books(customer)


@pytest.mark.django_db
@settings(max_examples=30, deadline=None)
@given(st.lists(CENTS, min_size=1, max_size=6), st.lists(CENTS, min_size=1, max_size=6))
def test_reversing_every_payment_is_as_if_none_had_come(charges, paid):
    customer = make_customer()
    for cents in charges:
        make_invoice(str(Decimal(cents) / 100), customer=customer)
    before = balance_of(customer, TODAY)
    payments = [make_payment(str(Decimal(cents) / 100), customer=customer) for cents in paid]
    assert balance_of(customer, TODAY).total == Decimal(sum(charges) - sum(paid)) / 100
    for payment in payments:
        reverse_payment(payment=payment, reason="Bounced", on=TODAY)
    assert balance_of(customer, TODAY) == before
