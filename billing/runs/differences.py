"""In what a bill is another than the customer's last one: what a person looks at before it is issued."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Max

from billing.models import BillingRunItem, Invoice, InvoiceLine
from billing.runs.bills import Bill
from customerflow.keys import among
from customerflow.money import ZERO

Kind = BillingRunItem.Difference
# By more than so many per cent of the last invoice an amount is unusual.
UNUSUAL_PERCENT = 30
RECURRING = (InvoiceLine.Kind.RECURRING, InvoiceLine.Kind.PART_PERIOD, InvoiceLine.Kind.EQUIPMENT)


@dataclass(frozen=True)
class Difference:
    """The most striking thing about a bill, and what the customer's last invoice came to; None: there was none."""

    kind: Kind
    before: Decimal | None


def compare(bills: Sequence[Bill]) -> dict[int, Difference]:
    """Return in what each of `bills` is another than its customer's last invoice, by the key of the customer."""
    issued = Invoice.objects.filter(
        customer__in=among(bill.customer.pk for bill in bills), status=Invoice.Status.ISSUED
    ).order_by()
    latest = issued.values_list("customer").annotate(last=Max("pk")).values_list("last", flat=True)
    totals = Invoice.objects.filter(pk__in=among(latest)).values_list("customer", "pk", "total")
    last = {customer: (pk, total) for customer, pk, total in totals}
    charged: dict[int, dict[tuple, Decimal]] = {}
    lines = InvoiceLine.objects.filter(invoice__in=among(pk for pk, _total in last.values()), kind__in=RECURRING)
    for invoice, service, equipment, price in lines.values_list(
        "invoice", "service", "equipment", "unit_price"
    ).order_by():
        charged.setdefault(invoice, {})[service, equipment] = price
    return {bill.customer.pk: _compared(bill, last.get(bill.customer.pk), charged) for bill in bills}


def _compared(bill: Bill, last: tuple[int, Decimal] | None, charged: dict[int, dict[tuple, Decimal]]) -> Difference:
    if last is None:
        return Difference(Kind.CREDIT if bill.credit_note else Kind.NEW, None)
    key, total = last
    return Difference(_kind(bill, total, charged.get(key, {})), total)


def _kind(bill: Bill, total_before: Decimal, before: dict[tuple, Decimal]) -> Kind:
    now = {(line.service_id, line.equipment_id): line.unit_price for line in bill.lines if line.kind in RECURRING}
    total = bill.total
    if bill.credit_note:
        return Kind.CREDIT
    if abs(total - total_before) * 100 > abs(total_before) * UNUSUAL_PERCENT:
        return Kind.UNUSUAL
    if total == ZERO:
        return Kind.ZERO
    if any(before[key] != price for key, price in now.items() if key in before):
        return Kind.PRICE
    if before.keys() - now.keys():
        return Kind.GONE
    if now.keys() - before.keys():
        return Kind.ADDED
    if any(line.kind == InvoiceLine.Kind.PART_PERIOD for line in bill.lines):
        return Kind.PART
    return Kind.SAME
