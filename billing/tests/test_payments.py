from datetime import date
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError

from billing.invoices import apply_credit
from billing.models import Payment
from billing.payments import find_twin, reverse_payment
from billing.tests.factories import TODAY, make_invoice, make_payment
from customers.tests.factories import make_customer

pytestmark = pytest.mark.django_db


def settled(*invoices):
    for invoice in invoices:
        invoice.refresh_from_db()
    return [str(invoice.settled) for invoice in invoices]


def test_a_payment_settles_the_oldest_due_first_and_the_rest_is_credit():
    customer = make_customer()
    late = make_invoice("30.00", customer=customer, due_on=date(2026, 3, 20))
    early = make_invoice("20.00", customer=customer, due_on=date(2026, 3, 10))
    first = make_payment("25.00", customer=customer)
    assert settled(early, late) == ["20.00", "5.00"]
    assert first.credit == 0
    second = make_payment("40.00", customer=customer)
    assert settled(early, late) == ["20.00", "30.00"]
    # 40.00 less the 25.00 that were still open
    assert (second.allocated, second.credit) == (Decimal("25.00"), Decimal("15.00"))


def test_a_payment_settles_only_the_invoices_it_names():
    customer = make_customer()
    older = make_invoice("30.00", customer=customer, due_on=date(2026, 3, 10))
    named = make_invoice("20.00", customer=customer, due_on=date(2026, 3, 20))
    payment = make_payment("45.00", customer=customer, invoices=[named])
    assert settled(older, named) == ["0.00", "20.00"]
    assert payment.credit == Decimal("25.00")


def test_a_payment_says_who_recorded_it_and_its_invoice_changes_version(django_user_model):
    clerk = django_user_model.objects.create(username="clerk")
    invoice = make_invoice()
    payment = make_payment(customer=invoice.customer, by=clerk, method="cash", reference="R-1")
    payment.refresh_from_db()
    assert (payment.recorded_by, payment.method, payment.reference) == (clerk, "cash", "R-1")
    invoice.refresh_from_db()
    assert invoice.version == 2


def test_an_invoice_that_is_paid_or_belongs_to_another_cannot_be_named():
    customer = make_customer()
    paid = make_invoice("10.00", customer=customer)
    make_payment("10.00", customer=customer)
    foreign = make_invoice("10.00")
    for invoice in (paid, foreign):
        with pytest.raises(ValidationError) as refusal:
            make_payment("10.00", customer=customer, invoices=[invoice])
        assert list(refusal.value.message_dict) == ["invoices"]
        assert invoice.number in refusal.value.message_dict["invoices"][0]
    assert customer.payments.count() == 1


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("amount", {"amount": "0"}),
        ("amount", {"amount": "-5.00"}),
        ("amount", {"amount": "0.001"}),
        ("amount", {"amount": "NaN"}),
        ("amount", {"amount": "10000000000000"}),
        ("method", {"method": "shells"}),
        ("reference", {"reference": "x" * 101}),
        ("received_on", {"received_on": date(2026, 4, 1)}),
    ],
)
def test_what_cannot_be_a_payment_is_refused_by_field(field, wrong):
    with pytest.raises(ValidationError) as refusal:
        make_payment(**wrong)
    assert list(refusal.value.message_dict) == [field]
    assert not Payment.objects.exists()


def test_the_same_key_twice_is_one_payment():
    invoice = make_invoice("100.00")
    first = make_payment("60.00", customer=invoice.customer, key="form-1")
    again = make_payment("60.00", customer=invoice.customer, key="form-1")
    assert again == first
    assert settled(invoice) == ["60.00"]
    make_payment("60.00", customer=invoice.customer, key="form-2")
    assert settled(invoice) == ["100.00"]


@pytest.mark.parametrize("no_key", [None, ""])
def test_payments_without_a_key_are_each_recorded(no_key):
    customer = make_customer()
    make_payment(customer=customer, key=no_key)
    make_payment(customer=customer, key=no_key)
    assert customer.payments.count() == 2


@pytest.mark.parametrize(
    ("field", "other"),
    [
        ("amount", {"amount": "61.00"}),
        ("received_on", {"received_on": date(2026, 3, 30)}),
        ("method", {"method": "cash"}),
    ],
)
def test_the_same_key_with_another_payment_is_refused(field, other):
    customer = make_customer()
    make_payment(customer=customer, key="form-1")
    with pytest.raises(ValidationError) as refusal:
        make_payment(**{"customer": customer, "key": "form-1", **other})
    assert list(refusal.value.message_dict) == [field]


def test_the_same_key_of_another_customer_is_refused():
    make_payment(key="form-1")
    with pytest.raises(ValidationError) as refusal:
        make_payment(key="form-1")
    assert list(refusal.value.message_dict) == ["customer"]


def test_a_reversal_opens_the_invoices_again_and_keeps_everything_on_record(django_user_model):
    clerk = django_user_model.objects.create(username="clerk")
    customer = make_customer()
    first, second = make_invoice("30.00", customer=customer), make_invoice("30.00", customer=customer)
    other = make_payment("10.00", customer=customer)
    payment = make_payment("45.00", customer=customer)
    assert settled(first, second) == ["30.00", "25.00"]
    reversed_payment = reverse_payment(payment=payment, reason=" Bounced ", on=TODAY, by=clerk)
    reversed_payment.refresh_from_db()
    assert settled(first, second) == ["10.00", "0.00"]
    assert (reversed_payment.allocated, reversed_payment.credit) == (0, 0)
    assert (reversed_payment.reversal_reason, reversed_payment.reversed_by) == ("Bounced", clerk)
    assert [each.released_on is None for each in payment.allocations.all()] == [False, False]
    assert [each.released_on is None for each in other.allocations.all()] == [True]


def test_a_reversal_lets_go_all_that_a_payment_gave_to_one_invoice():
    customer = make_customer()
    invoice = make_invoice("50.00", customer=customer)
    half = make_payment("20.00", customer=customer)
    payment = make_payment("60.00", customer=customer)
    reverse_payment(payment=half, reason="Bounced", on=TODAY)
    apply_credit(invoice=invoice, on=TODAY)
    assert [str(each.amount) for each in payment.allocations.all()] == ["30.00", "20.00"]
    reverse_payment(payment=payment, reason="Bounced", on=TODAY)
    assert settled(invoice) == ["0.00"]


def test_a_payment_is_reversed_once_with_a_reason_and_not_before_it_came():
    payment = make_payment(received_on=date(2026, 3, 20))
    for field, wrong in [("reason", {"reason": " "}), ("on", {"on": date(2026, 3, 19)})]:
        with pytest.raises(ValidationError) as refusal:
            reverse_payment(**{"payment": payment, "reason": "Bounced", "on": TODAY, **wrong})
        assert list(refusal.value.message_dict) == [field]
    reverse_payment(payment=payment, reason="Bounced", on=TODAY)
    with pytest.raises(ValidationError, match="already"):
        reverse_payment(payment=payment, reason="Bounced", on=TODAY)


def test_a_twin_is_a_standing_payment_of_the_same_customer_amount_and_day():
    payment = make_payment("59.99")
    same = {"customer": payment.customer, "amount": Decimal("59.99"), "received_on": TODAY}
    assert find_twin(**same) == payment
    assert find_twin(**{**same, "customer": make_customer()}) is None
    assert find_twin(**{**same, "amount": Decimal("59.98")}) is None
    assert find_twin(**{**same, "received_on": date(2026, 3, 30)}) is None
    reverse_payment(payment=payment, reason="Bounced", on=TODAY)
    assert find_twin(**same) is None
