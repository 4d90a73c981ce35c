"""What the database itself refuses, whoever writes."""

from datetime import date
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from billing.models import Allocation, Invoice, InvoiceLine, Payment
from billing.payments import reverse_payment
from billing.tests.factories import TODAY, make_invoice, make_payment
from customers.tests.factories import make_service

# The triggers that refuse every change would come before the constraints.
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("unguarded")]


def refuses(queryset, name, **change):
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        queryset.update(**change)


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("not_over_settled", {"settled": Decimal("60.00")}),
        ("settled_minimum", {"settled": Decimal("-0.01")}),
        ("total_minimum", {"total": Decimal("-0.01"), "settled": Decimal("-0.02")}),
        ("status_known", {"status": "lost"}),
        ("numbered_iff_issued", {"number": None}),
        ("numbered_iff_issued", {"status": "draft"}),
        ("due_on_order", {"due_on": date(2026, 2, 1)}),
        ("void_has_a_reason", {"status": "void"}),
        ("void_has_a_reason", {"status": "void", "voided_on": TODAY}),
        ("void_has_a_reason", {"voided_on": TODAY, "void_reason": "Not void at all"}),
        (
            "void_is_unpaid",
            {"status": "void", "voided_on": TODAY, "void_reason": "Mistake", "settled": Decimal("0.01")},
        ),
    ],
)
def test_an_invoice_that_cannot_be(name, change):
    invoice = make_invoice("59.99")
    # SQLite names the first constraint that fails; total and settled are wrong together in one case.
    expected = f"billing_invoice_{name}" if name != "total_minimum" else "billing_invoice_(total|settled)_minimum"
    refuses(Invoice.objects.filter(pk=invoice.pk), expected, **change)


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("amount_positive", {"amount": Decimal(0)}),
        ("not_over_allocated", {"allocated": Decimal("60.00")}),
        ("allocated_minimum", {"allocated": Decimal("-0.01")}),
        ("method_known", {"method": "shells"}),
        ("reversed_is_unallocated", {"reversed_on": TODAY, "reversal_reason": "B", "allocated": Decimal("0.01")}),
        ("reversal_has_a_reason", {"reversed_on": TODAY}),
        ("reversal_has_a_reason", {"reversal_reason": "Not reversed at all"}),
    ],
)
def test_a_payment_that_cannot_be(name, change):
    payment = make_payment("59.99")
    refuses(Payment.objects.filter(pk=payment.pk), f"billing_payment_{name}", **change)


def test_an_allocation_of_nothing_cannot_be():
    invoice = make_invoice()
    make_payment(customer=invoice.customer)
    refuses(Allocation.objects.all(), "billing_allocation_amount_positive", amount=Decimal(0))


def test_two_invoices_of_one_number_cannot_be():
    first, second = make_invoice(), make_invoice()
    refuses(Invoice.objects.filter(pk=second.pk), "number", number=first.number)


def test_a_live_line_charges_a_service_once_for_a_day():
    service, invoice = make_service(), make_invoice()
    same = {
        "invoice": invoice,
        "kind": InvoiceLine.Kind.RECURRING,
        "description": "Fibre",
        "service": service,
        "first_day": date(2026, 3, 1),
        "unit_price": Decimal("59.99"),
        "amount": Decimal("59.99"),
    }
    InvoiceLine.objects.create(**same)
    InvoiceLine.objects.create(**same, live=False)
    with pytest.raises(IntegrityError), transaction.atomic():
        InvoiceLine.objects.create(**same)


def test_a_quantity_that_cannot_be():
    line = InvoiceLine(
        invoice=make_invoice(), description="Cable", quantity=1_000_001, unit_price=Decimal("1"), amount=Decimal("1")
    )
    with pytest.raises(ValidationError) as caught:
        line.full_clean()
    assert "quantity" in caught.value.message_dict
    # PostgreSQL and SQLite differ in which of two constraints they name for a quantity below 0.
    for quantity in (-1, 1_000_001):
        line.quantity = quantity
        with pytest.raises(IntegrityError, match="quantity"), transaction.atomic():
            InvoiceLine.objects.bulk_create([line])


def test_an_issued_invoice_or_a_payment_keeps_its_customer():
    invoice = make_invoice()
    payment = make_payment(customer=invoice.customer)
    reverse_payment(payment=payment, reason="Bounced", on=TODAY)
    with pytest.raises(IntegrityError), transaction.atomic():
        invoice.customer.delete()
