from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from billing.balances import Balance, balance_of, balances_of
from billing.invoices import void_invoice
from billing.models import Invoice
from billing.payments import reverse_payment
from billing.tests.factories import TODAY, make_invoice, make_payment
from customers.tests.factories import make_customer

pytestmark = pytest.mark.django_db
ON = date(2026, 3, 31)


def amounts(*texts):
    return tuple(map(Decimal, texts))


def parts(customer, on=ON):
    balance = balance_of(customer, on)
    return (balance.due_now, balance.not_yet_due, balance.credit)


def test_a_balance_in_parts_over_a_month():
    customer = make_customer()
    assert parts(customer) == amounts("0", "0", "0")
    february = make_invoice("59.99", customer=customer, on=date(2026, 2, 1), due_on=date(2026, 2, 15))
    make_invoice("59.99", customer=customer, on=date(2026, 3, 31), due_on=date(2026, 4, 14))
    assert parts(customer) == amounts("59.99", "59.99", "0")
    payment = make_payment("50.00", customer=customer)
    assert parts(customer) == amounts("9.99", "59.99", "0")
    make_payment("20.00", customer=customer, invoices=[february])
    assert parts(customer) == amounts("0", "59.99", "10.01")
    # 59.99 - 10.01
    assert balance_of(customer, ON).total == Decimal("49.98")
    reverse_payment(payment=payment, reason="Bounced", on=TODAY)
    # 59.99 - 20.00 of the second payment's 9.99 given: it had settled 9.99 of February
    assert parts(customer) == amounts("50.00", "59.99", "10.01")


def test_what_is_due_today_is_due_now_and_not_overdue():
    customer = make_customer()
    invoice = make_invoice("5.00", customer=customer, due_on=ON)
    assert parts(customer, date(2026, 3, 30)) == amounts("0", "5", "0")
    assert parts(customer, ON) == amounts("5", "0", "0")
    assert not invoice.is_overdue(ON)


def test_drafts_voids_and_reversed_payments_count_for_nothing():
    customer = make_customer()
    Invoice.objects.create(customer=customer, issued_on=ON, posted_on=ON, due_on=ON, total=Decimal("7.00"))
    void_invoice(invoice=make_invoice("8.00", customer=customer), reason="Mistake", on=TODAY)
    reverse_payment(payment=make_payment("9.00", customer=customer), reason="Bounced", on=TODAY)
    assert parts(customer) == amounts("0", "0", "0")


@pytest.mark.parametrize(
    ("balance", "words"),
    [
        (Balance(*amounts("59.99", "0", "0")), "owes 59.99"),
        (Balance(*amounts("1000", "200.50", "0.50")), "owes 1,200.00"),
        (Balance(*amounts("0", "5", "15")), "in credit 10.00"),
        (Balance(*amounts("0", "0", "0")), "settled"),
        (Balance(*amounts("4", "6", "10")), "settled"),
    ],
)
def test_a_balance_in_words(balance, words):
    assert balance.in_words == words


def test_a_balance_in_words_has_the_separators_of_the_language():
    with translation.override("de"):
        assert Balance(due_now=Decimal("1234.50")).in_words.endswith("1.234,50")


def test_the_balances_of_a_page_of_customers_take_two_queries(django_assert_num_queries):
    customers = [make_customer() for _ in range(3)]
    make_invoice("5.00", customer=customers[0])
    make_payment("3.00", customer=customers[1])
    make_payment("99.00")
    with django_assert_num_queries(2):
        balances = balances_of(customers, ON)
    assert [balances[customer.pk].total for customer in customers] == [Decimal("5.00"), Decimal("-3.00"), 0]


def test_a_balance_reads_only_open_invoices_and_unused_payments():
    customer = make_customer()
    for _ in range(60):
        make_invoice("10.00", customer=customer), make_payment("10.00", customer=customer)
    with connection.cursor() as cursor, CaptureQueriesContext(connection) as queries:
        if connection.vendor == "postgresql":
            # It chooses by what is there; so few rows it reads whole, unless that is forbidden.
            cursor.execute("ANALYZE billing_invoice, billing_payment")
            cursor.execute("SET LOCAL enable_seqscan = off")
        balance_of(customer, ON)
    explain = "EXPLAIN QUERY PLAN " if connection.vendor == "sqlite" else "EXPLAIN "
    with connection.cursor() as cursor:
        plans = []
        for query in queries.captured_queries[-2:]:
            cursor.execute(explain + query["sql"])
            plans.append(str(cursor.fetchall()))
    assert "invoice_open_by_customer" in plans[0]
    assert "payment_with_credit" in plans[1]
