from datetime import date
from decimal import Decimal

import pytest
from django.db import connection

from billing.invoices import void_invoice
from billing.overdue import days_late, overdue_customers
from billing.payments import reverse_payment
from billing.tests.factories import TODAY, make_invoice, make_payment
from customers.tests.factories import make_customer

pytestmark = pytest.mark.django_db
DUE_ON = date(2026, 3, 15)


def test_overdue_begins_the_day_after_the_due_day():
    customer = make_invoice(due_on=DUE_ON).customer
    assert not overdue_customers(DUE_ON).exists()
    assert overdue_customers(date(2026, 3, 16)).get() == customer


def test_a_customer_is_listed_once_with_what_is_overdue():
    customer = make_customer()
    make_invoice("30.00", customer=customer, due_on=date(2026, 3, 20))
    make_invoice("20.00", customer=customer, due_on=DUE_ON)
    make_invoice("99.00", customer=customer, due_on=date(2026, 4, 15))
    make_payment("5.00", customer=customer, received_on=date(2026, 3, 2))
    bounced = make_payment("1.00", customer=customer, received_on=date(2026, 3, 25))
    reverse_payment(payment=bounced, reason="Bounced", on=TODAY)
    listed = overdue_customers(date(2026, 3, 31)).get()
    assert listed == customer
    # 20.00 + 30.00 - 5.00; the third is not due yet, the second payment did not last.
    assert listed.overdue_amount == Decimal("45.00")
    assert listed.overdue_invoices == 2
    assert listed.oldest_due_on == DUE_ON
    assert listed.last_payment_on == date(2026, 3, 2)


def test_who_never_paid_has_no_last_payment():
    make_invoice(due_on=DUE_ON)
    assert overdue_customers(TODAY).get().last_payment_on is None


def test_paid_and_voided_invoices_are_not_overdue():
    paid = make_invoice("10.00", due_on=DUE_ON)
    make_payment("10.00", customer=paid.customer)
    void_invoice(invoice=make_invoice(due_on=DUE_ON), reason="Mistake", on=TODAY)
    assert not overdue_customers(TODAY).exists()


def test_the_list_can_be_sorted_by_amount_oldest_day_name_and_last_payment():
    for name, amount, day in [("Cy", "20.00", 10), ("Al", "30.00", 12), ("Bo", "10.00", 11)]:
        make_invoice(amount, customer=make_customer(name=name), due_on=date(2026, 3, day))
    listed = overdue_customers(TODAY)

    def names(*order):
        return [customer.name for customer in (listed.order_by(*order) if order else listed)]

    assert names() == ["Cy", "Bo", "Al"]
    assert names("-overdue_amount", "pk") == ["Al", "Cy", "Bo"]
    assert names("name_key", "pk") == ["Al", "Bo", "Cy"]
    assert names("-oldest_due_on", "pk") == ["Al", "Bo", "Cy"]


@pytest.mark.parametrize(("day", "days"), [(14, 0), (15, 0), (16, 1), (31, 16)])
def test_days_late_are_counted_from_the_due_day(day, days):
    assert days_late(DUE_ON, date(2026, 3, day)) == days


def test_the_list_reads_only_open_invoices():
    make_invoice(due_on=DUE_ON)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            # So few rows are read whole, unless it is forbidden.
            cursor.execute("SET LOCAL enable_seqscan = off")
    plan = overdue_customers(TODAY).explain()
    assert "invoice_open_by" in plan
    assert "SCAN billing_invoice" not in plan
