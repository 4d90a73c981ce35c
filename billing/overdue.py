"""Customers with overdue payments."""

from datetime import date

from django.db.models import Count, DateField, F, Min, OuterRef, QuerySet, Subquery, Sum

from billing.models import Invoice, Payment
from customers.models import Customer


def overdue_customers(on: date) -> QuerySet[Customer]:
    """
    Return the customers with an invoice that is overdue on the day `on`, the oldest due day first.

    Each has `overdue_amount`, `overdue_invoices` (their number), `oldest_due_on`, and `last_payment_on`, the day of the
    last payment that was not reversed (None: never); it can be sorted by each, and by name. Overdue begins the day
    after the due day.
    """
    overdue = {
        "invoices__status": Invoice.Status.ISSUED,
        "invoices__settled__lt": F("invoices__total"),
        "invoices__due_on__lt": on,
    }
    payments = Payment.objects.standing().filter(customer=OuterRef("pk")).order_by("-received_on")
    return (
        Customer.objects.filter(**overdue)
        .annotate(
            overdue_amount=Sum(F("invoices__total") - F("invoices__settled")),
            overdue_invoices=Count("invoices"),
            oldest_due_on=Min("invoices__due_on"),
            last_payment_on=Subquery(payments.values("received_on")[:1], output_field=DateField()),
        )
        .order_by("oldest_due_on", "pk")
    )


def days_late(due_on: date, on: date) -> int:
    """Return by how many days what was due on `due_on` is late on the day `on`; 0 when it is not."""
    return max(0, (on - due_on).days)
