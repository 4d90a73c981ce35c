"""The month that `docs/domain.md` works out in numbers, done."""

import re
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from django.conf import settings

from billing.balances import balance_of
from billing.models import CreditNote, Invoice
from billing.runs.running import open_run, work_on
from billing.tests.factories import make_billing_start
from customers.price_changes import change_cost
from customers.subscriptions import end_service
from customers.tests.factories import make_customer, make_location, make_service, make_tax_code

ROW = re.compile(r"^\| (\d{4}-\d{2}-\d{2}) \|.*\| (-?[\d.]+) \| (-?[\d.]+) \| (-?[\d.]+) \|$", re.MULTILINE)


def worked() -> list[tuple]:
    """Return the rows of the document: day, net, tax and total."""
    text = Path(settings.BASE_DIR, "docs", "domain.md").read_text()
    return [(date.fromisoformat(day), *map(Decimal, amounts)) for day, *amounts in ROW.findall(text)]


def sums(documents: list[Invoice | CreditNote], sign: int) -> list[tuple]:
    return [
        (
            each.issued_on,
            sign * sum(line.amount for line in each.lines.all()),
            sign * sum(tax.amount for tax in each.taxes.all()),
            sign * each.total,
        )
        for each in documents
    ]


@pytest.mark.django_db
def test_the_month_of_the_documentation_comes_out_to_the_cent():
    make_billing_start(date(2026, 5, 1))
    make_tax_code("20", is_default=True)
    customer = make_customer(billing_day=1)
    service = make_service(
        location=make_location(customer=customer),
        cost=Decimal("59.99"),
        setup_fee=Decimal("30.00"),
        starts_on=date(2026, 5, 12),
    )
    rows = worked()
    for day, *_amounts in rows:
        if day == date(2026, 6, 11):
            change_cost(service=service, cost=Decimal("65.99"), on=day)
        if day == date(2026, 6, 20):
            end_service(service=service, last_day=day)
        run, _goes_on = open_run(day=day, plan=False, on=day)
        for _now in work_on(run, on=day):
            pass
    assert len(rows) == 4
    issued = sums(list(customer.invoices.all()), 1) + sums(list(customer.credit_notes.all()), -1)
    assert sorted(issued) == rows
    assert balance_of(customer, date(2026, 6, 20)).total == sum(row[-1] for row in rows) == Decimal("132.83")
