import re
from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from billing.invoices import void_invoice
from billing.overdue import LateCustomers, days_late
from billing.payments import reverse_payment
from billing.tests.factories import TODAY, make_invoice, make_payment
from customers.tests.factories import make_customer

pytestmark = pytest.mark.django_db
DUE_ON = date(2026, 3, 15)


def test_overdue_begins_the_day_after_the_due_day():
    customer = make_invoice(due_on=DUE_ON).customer
    assert LateCustomers(DUE_ON)[0:9] == []
    assert [row.customer for row in LateCustomers(date(2026, 3, 16))[0:9]] == [customer]


def test_a_customer_is_listed_once_with_what_is_overdue():
    customer = make_customer()
    make_invoice("30.00", customer=customer, due_on=date(2026, 3, 20))
    make_invoice("20.00", customer=customer, due_on=DUE_ON)
    make_invoice("99.00", customer=customer, due_on=date(2026, 4, 15))
    make_payment("5.00", customer=customer, received_on=date(2026, 3, 2))
    bounced = make_payment("1.00", customer=customer, received_on=date(2026, 3, 25))
    reverse_payment(payment=bounced, reason="Bounced", on=TODAY)
    (listed,) = LateCustomers(date(2026, 3, 31))[0:9]
    assert listed.customer == customer
    # 20.00 + 30.00 - 5.00; the third is not due yet, the second payment did not last.
    assert listed.overdue_amount == Decimal("45.00")
    assert listed.overdue_invoices == 2
    assert listed.oldest_due_on == DUE_ON
    assert listed.last_payment_on == date(2026, 3, 2)


def test_who_never_paid_has_no_last_payment():
    make_invoice(due_on=DUE_ON)
    assert LateCustomers(TODAY)[0:9][0].last_payment_on is None


def test_paid_and_voided_invoices_are_not_overdue():
    paid = make_invoice("10.00", due_on=DUE_ON)
    make_payment("10.00", customer=paid.customer)
    void_invoice(invoice=make_invoice(due_on=DUE_ON), reason="Mistake", on=TODAY)
    assert LateCustomers(TODAY)[0:9] == []


def test_the_list_can_be_sorted_by_amount_oldest_day_name_and_last_payment():
    for name, amount, day in [("Cy", "20.00", 10), ("Al", "30.00", 12), ("Bo", "10.00", 11)]:
        make_invoice(amount, customer=make_customer(name=name), due_on=date(2026, 3, day))
    listed = LateCustomers(TODAY)

    def names(*order):
        rows = listed.order_by(*order) if order else listed
        assert rows[0:2] + rows[2:9] == list(rows.iterator())
        return [row.customer.name for row in rows[0:9]]

    assert names() == ["Cy", "Bo", "Al"]
    assert names("-overdue_amount", "pk") == ["Al", "Cy", "Bo"]
    assert names("name_key", "pk") == ["Al", "Bo", "Cy"]
    assert names("-oldest_due_on", "pk") == ["Al", "Bo", "Cy"]


@pytest.mark.parametrize(("day", "days"), [(14, 0), (15, 0), (16, 1), (31, 16)])
def test_days_late_are_counted_from_the_due_day(day, days):
    assert days_late(DUE_ON, date(2026, 3, day)) == days


def test_the_list_reads_only_the_index_of_open_invoices():
    make_invoice(due_on=DUE_ON)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            # So few rows are read whole, unless it is forbidden.
            cursor.execute("SET LOCAL enable_seqscan = off")
            cursor.execute("SET LOCAL enable_bitmapscan = off")
    with CaptureQueriesContext(connection) as made:
        LateCustomers(TODAY)[0:50]
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {'QUERY PLAN' * (connection.vendor == 'sqlite')} {made[0]['sql']}")
        plan = str(cursor.fetchall())
    assert re.search(r"(Index Only Scan using|USING COVERING INDEX) invoice_open_by", plan)
