"""In what a bill is another than the customer's last one: what a person looks at before it is issued."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Max

from billing.models import BillingRunItem, Invoice, InvoiceLine
from billing.runs.bills import Bill
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
    customers = [bill.customer.pk for bill in bills]
    of_run = Invoice.objects.filter(customer__in=customers, status=Invoice.Status.ISSUED).order_by()
    latest = of_run.values_list("customer").annotate(last=Max("pk")).values_list("last", flat=True)
    last = {invoice.customer_id: invoice for invoice in Invoice.objects.filter(pk__in=list(latest))}
    charged: dict[int, dict[tuple, Decimal]] = {}
    lines = InvoiceLine.objects.filter(invoice__in=last.values(), kind__in=RECURRING)
    for invoice, service, equipment, price in lines.values_list("invoice", "service", "equipment", "unit_price"):
        charged.setdefault(invoice, {})[service, equipment] = price
    return {bill.customer.pk: _compared(bill, last.get(bill.customer.pk), charged) for bill in bills}


def _compared(bill: Bill, last: Invoice | None, charged: dict[int, dict[tuple, Decimal]]) -> Difference:
    if last is None:
        return Difference(Kind.CREDIT if bill.credit_note else Kind.NEW, None)
    return Difference(_kind(bill, last, charged.get(last.pk, {})), last.total)


def _kind(bill: Bill, last: Invoice, before: dict[tuple, Decimal]) -> Kind:
    now = {(line.service_id, line.equipment_id): line.unit_price for line in bill.lines if line.kind in RECURRING}
    if bill.credit_note:
        return Kind.CREDIT
    if abs(bill.total - last.total) * 100 > abs(last.total) * UNUSUAL_PERCENT:
        return Kind.UNUSUAL
    if bill.total == ZERO:
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
