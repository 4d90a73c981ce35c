"""The lines of documents, as their callers say them, and what is wrong with them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, fields
from datetime import date
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from billing.engine.cycles import cycle_of
from billing.models import Charge, CreditNoteLine, InvoiceLine
from customers.models import Customer, Equipment, Service, TaxCode

# What a line leads to: given as records, which the database holds together.
RELATIONS = {"invoice", "credit_note", "service", "plan", "equipment", "charge", "tax_code"}


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


@dataclass(frozen=True, kw_only=True)
class CreditLine:
    """
    An amount to be given back, before tax; the days are inclusive, and say what it is for.

    It is of no cycle: the billing run does not take it for an error, and charges it no second time.
    """

    description: str
    amount: Decimal
    kind: InvoiceLine.Kind = InvoiceLine.Kind.ADJUSTMENT
    service: Service | None = None
    equipment: Equipment | None = None
    first_day: date | None = None
    last_day: date | None = None
    # None: the default one.
    tax_code: TaxCode | None = None


def line_as_it_was(line: InvoiceLine) -> Line:
    """Return what an invoice line charges, to be charged again."""
    return Line(**{each.name: getattr(line, each.name) for each in fields(Line)})


def invoice_lines(customer: Customer, lines: Sequence[Line]) -> list[InvoiceLine]:
    """Return `lines` as checked invoice lines without an invoice; every refusal is keyed `lines`."""
    charges = [InvoiceLine(plan_id=plan_of(line.service), **vars(line)) for line in lines]
    if wrong := _wrong_alone(charges, customer):
        raise ValidationError({"lines": wrong})
    if wrong := _wrong_owners(customer, charges) + _wrong_together(charges):
        raise ValidationError({"lines": wrong})
    return charges


def credit_note_lines(customer: Customer, lines: Sequence[CreditLine]) -> list[CreditNoteLine]:
    """Return `lines` as checked lines without a credit note; every refusal is keyed `lines`."""
    amounts = [CreditNoteLine(plan_id=plan_of(line.service), **vars(line)) for line in lines]
    if wrong := _wrong_alone(amounts, customer) or _wrong_owners(customer, amounts):
        raise ValidationError({"lines": wrong})
    return amounts


def plan_of(service: Service | None) -> int | None:
    """Return the key of the plan that a service has now."""
    return service.plan_id if service else None


def _wrong_alone(lines: Sequence[InvoiceLine | CreditNoteLine], customer: Customer) -> list[str]:
    """Work out what the lines leave open, and return what is wrong with each of them by itself."""
    wrong = [] if lines else [_("A document has one line at least.")]
    for line in lines:
        try:
            if isinstance(line, InvoiceLine):
                _complete(line, customer)
            line.clean_fields(exclude=RELATIONS)
        except ValidationError as error:
            wrong += [f"{line.description}: {message}" for message in error.messages]
        if line.first_day and line.last_day and line.last_day < line.first_day:
            wrong.append(_("%(line)s: the last day is before the first.") % {"line": line.description})
    return wrong


def _complete(charge: InvoiceLine, customer: Customer) -> None:
    """Work out the amount, and of which full cycle the days are, where the caller did not: they count as billed."""
    if charge.amount is None:
        charge.amount = charge.quantity * charge.unit_price
    if charge.kind in InvoiceLine.CHARGED_ONCE and charge.service and charge.first_day and not charge.cycle_first:
        cycle = cycle_of(charge.first_day, customer.billing_day, charge.service.billing_interval)
        charge.cycle_first, charge.cycle_last = cycle.first, cycle.last


def _wrong_owners(customer: Customer, lines: Iterable[InvoiceLine | CreditNoteLine]) -> list[str]:
    services = {line.service_id for line in lines if line.service_id}
    if services and Service.objects.filter(pk__in=services).exclude(location__customer=customer).exists():
        return [_("A service belongs to another customer.")]
    return []


def _wrong_together(charges: list[InvoiceLine]) -> list[str]:
    """Return what is wrong with `charges` as a whole: charged twice."""
    wrong = []
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
    return wrong
