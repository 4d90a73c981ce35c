"""Money for tests, made by the acts that staff use."""

from datetime import date
from decimal import Decimal

from billing.invoices import Line, issue_invoice
from billing.models import Invoice, Payment
from billing.payments import record_payment
from customers.models import Customer
from customers.tests.factories import make_customer

ISSUED_ON = date(2026, 3, 1)
TODAY = date(2026, 3, 31)


def make_invoice(
    amount: str = "59.99",
    *,
    customer: Customer | None = None,
    on: date = ISSUED_ON,
    due_on: date | None = None,
    **fields,
) -> Invoice:
    lines = [Line(description="Fibre 500", unit_price=Decimal(amount))]
    return issue_invoice(customer=customer or make_customer(), lines=lines, on=on, due_on=due_on, **fields)


def make_payment(
    amount: str = "59.99", *, customer: Customer | None = None, received_on: date = TODAY, **fields
) -> Payment:
    return record_payment(
        customer=customer or make_customer(),
        amount=Decimal(amount),
        received_on=received_on,
        on=TODAY,
        method=fields.pop("method", Payment.Method.TRANSFER),
        **fields,
    )
