"""Issuing invoices, and voiding them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from django.contrib.auth.models import AbstractUser
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from billing.allocations import check_reason, credit_of, lock_books, settle
from billing.cycles import cycle_of
from billing.models import Charge, Invoice, InvoiceLine, InvoiceTax
from billing.numbers import invoice_numbers
from billing.taxes import Rates, taxes_on
from customerflow.changes.recording import recorded
from customers.models import Customer, Equipment, Service, TaxCode


@dataclass(frozen=True, kw_only=True)
class Line:
    """
    A charge to be invoiced; the days are inclusive.

    What is charged is `amount`, or, where that is None, `quantity` times `unit_price`: a part of a cycle shows the
    price of the whole one and charges less.
    """

    description: str
    unit_price: Decimal
    quantity: int = 1
    amount: Decimal | None = None
    kind: InvoiceLine.Kind = InvoiceLine.Kind.ONE_OFF
    service: Service | None = None
    equipment: Equipment | None = None
    first_day: date | None = None
    last_day: date | None = None
    cycle_first: date | None = None
    cycle_last: date | None = None
    charge: Charge | None = None
    inputs: dict = field(default_factory=dict)
    # None: the default one.
    tax_code: TaxCode | None = None


@recorded(_("Invoice issued"))
def issue_invoice(
    *,
    customer: Customer,
    lines: Sequence[Line],
    on: date,
    due_on: date | None = None,
    number: str | None = None,
    origin: str = "",
) -> Invoice:
    """
    Issue an invoice of `lines` to `customer` on the day `on`, and return it.

    It is due on `due_on`, or as many days later as the customer's terms say. Its number is the next of the year's
    series; a document of another system, `origin`, keeps the `number` it has. The customer's credit settles it, the
    oldest payment first: that money came for what is owed, and nobody should be reminded of a sum that lies here.
    (Other open invoices are left alone: staff may have had a reason, see `apply_credit`.) Raises `ValidationError`,
    keyed by field.
    """
    customer = lock_books(customer)
    charges = _charges(customer, lines)
    taxes = [] if origin else taxes_on(charges, customer=customer, rates=Rates.on(on))
    invoice = Invoice(
        customer=customer,
        number=number,
        origin=origin,
        status=Invoice.Status.ISSUED,
        issued_on=on,
        posted_on=on,
        due_on=due_on or on + timedelta(days=customer.payment_terms),
        customer_name=customer.name,
        customer_address=_address_of(customer),
        total=sum(each.amount for each in [*charges, *taxes]),
    )
    _check(invoice)
    invoice.number = number or invoice_numbers(1, on)[0]
    invoice.save(force_insert=True)
    for charge in charges:
        charge.invoice = invoice
    InvoiceLine.objects.bulk_create(charges)
    InvoiceTax.objects.bulk_create(InvoiceTax(invoice=invoice, **vars(tax)) for tax in taxes)
    settle(credit_of(customer), [invoice], on)
    return invoice


@recorded(_("Invoice voided"))
def void_invoice(
    *, invoice: Invoice, reason: str, on: date, by: AbstractUser | None = None, bill_again: bool = True
) -> Invoice:
    """
    Void `invoice` on the day `on`, and return it as it is then: it keeps its number and is owed no more.

    With `bill_again` the next billing run charges what it charged, correctly; without, that counts as billed for ever.
    Raises `ValidationError`, keyed by field, when it is not an issued invoice
    or something is paid on it.
    """
    invoice = _locked(invoice)
    if invoice.settled:
        raise ValidationError({"invoice": _("Something is paid on this invoice: reverse the payment first.")})
    if on < invoice.issued_on:
        raise ValidationError({"on": _("An invoice cannot be voided before the day it was issued.")})
    invoice.void_reason = check_reason(reason)
    invoice.status, invoice.voided_on, invoice.voided_by = Invoice.Status.VOID, on, by
    invoice.is_waived = not bill_again
    invoice.version += 1
    changed = ["status", "voided_on", "voided_by", "void_reason", "is_waived", "version", "updated_at"]
    invoice.save(update_fields=changed)
    if bill_again:
        invoice.lines.update(live=False)
    return invoice


@recorded(_("Credit applied"))
def apply_credit(*, invoice: Invoice, on: date) -> Invoice:
    """
    Settle `invoice` on the day `on`, as far as it goes, out of the customer's credit, and return it as it is then.

    Raises `ValidationError`, keyed by field, when it is not open or the customer has no credit.
    """
    invoice = _locked(invoice)
    if not settle(credit_of(invoice.customer), [invoice], on):
        raise ValidationError({"invoice": _("Nothing is open on this invoice, or there is no credit to settle it.")})
    return invoice


def _locked(invoice: Invoice) -> Invoice:
    """Return `invoice`, read again under the lock of its customer's books; refuse what is not issued."""
    lock_books(invoice.customer)
    invoice = Invoice.objects.get(pk=invoice.pk)
    if invoice.status != Invoice.Status.ISSUED:
        raise ValidationError(
            {
                "invoice": ValidationError(
                    _("This invoice is not issued: its state is “%(state)s”."),
                    code="state",
                    params={"state": invoice.get_status_display()},
                )
            }
        )
    return invoice


def _charges(customer: Customer, lines: Sequence[Line]) -> list[InvoiceLine]:
    """Return `lines` as checked invoice lines without an invoice; every refusal is keyed `lines`."""
    if not lines:
        raise ValidationError({"lines": _("An invoice has one line at least.")})
    charges, wrong = [], []
    for line in lines:
        charge = InvoiceLine(**vars(line))
        try:
            if charge.amount is None:
                charge.amount = charge.quantity * charge.unit_price
            _give_cycle(charge, customer)
            charge.clean_fields(exclude={"invoice", "service", "equipment", "charge", "tax_code"})
        except ValidationError as error:
            wrong += [f"{line.description}: {message}" for message in error.messages]
        if charge.first_day and charge.last_day and charge.last_day < charge.first_day:
            wrong.append(_("%(line)s: the last day is before the first.") % {"line": line.description})
        charges.append(charge)
    wrong = wrong or _wrong_together(customer, charges)
    if wrong:
        raise ValidationError({"lines": wrong})
    return charges


def _give_cycle(charge: InvoiceLine, customer: Customer) -> None:
    """Say of which full cycle the days of a charge are, where the caller did not: they count as billed then."""
    if charge.kind in InvoiceLine.CHARGED_ONCE and charge.service and charge.first_day and not charge.cycle_first:
        cycle = cycle_of(charge.first_day, customer.billing_day, charge.service.billing_interval)
        charge.cycle_first, charge.cycle_last = cycle.first, cycle.last


def _wrong_together(customer: Customer, charges: list[InvoiceLine]) -> list[str]:
    """Return what is wrong with `charges` as a whole: whose they are, charged twice, less than nothing."""
    wrong = []
    services = {charge.service_id for charge in charges if charge.service_id}
    if services and Service.objects.filter(pk__in=services).exclude(location__customer=customer).exists():
        wrong.append(_("A service belongs to another customer."))
    cycles = [
        (charge.service_id, charge.first_day)
        for charge in charges
        if charge.service_id and charge.first_day and charge.kind in InvoiceLine.CHARGED_ONCE
    ]
    taken = Q(pk__in=[])
    for service, first_day in cycles:
        taken |= Q(service=service, first_day=first_day)
    live = InvoiceLine.objects.filter(taken, live=True, kind__in=InvoiceLine.CHARGED_ONCE)
    if len(set(cycles)) < len(cycles) or (cycles and live.exists()):
        wrong.append(_("A service is charged for the same days already."))
    if sum(charge.amount for charge in charges) < 0:
        wrong.append(_("The lines add up to less than nothing."))
    return wrong


def _check(invoice: Invoice) -> None:
    """Raise `ValidationError`, keyed by field, for what the caller gave of the invoice itself."""
    invoice.clean_fields(exclude={"customer"})
    if invoice.due_on < invoice.issued_on:
        raise ValidationError({"due_on": _("An invoice cannot be due before the day it is issued.")})
    if invoice.origin and not invoice.number:
        raise ValidationError({"number": _("A document of another system keeps the number that it has there.")})
    if invoice.number and Invoice.objects.filter(number=invoice.number, origin=invoice.origin).exists():
        raise ValidationError({"number": _("There is an invoice with this number already.")})


def _address_of(customer: Customer) -> str:
    """Return the address that goes on the customer's invoices: that of the first location, as long as there is one."""
    location = customer.locations.order_by("pk").first()
    return location.one_line if location else ""
