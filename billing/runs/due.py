"""What has to be billed to a customer on a day, line by line."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.utils.translation import gettext as _

from billing.engine import charging
from billing.lines import plan_of
from billing.models import Charge, InvoiceLine
from billing.runs.facts import Facts, ServiceFacts, UnitFacts
from customerflow.money import ZERO
from customers.models import Service

Kind = InvoiceLine.Kind
KINDS = {"recurring": Kind.RECURRING, "part": Kind.PART_PERIOD, "adjustment": Kind.ADJUSTMENT}


@dataclass(slots=True)
class DueLine:
    """
    What an `InvoiceLine` has, before there is an invoice; an amount below zero is given back.

    A run has very many of them: an instance of the model takes several times as long to make.
    """

    kind: InvoiceLine.Kind
    description: str
    unit_price: Decimal
    amount: Decimal
    first_day: date
    last_day: date
    inputs: dict[str, object]
    cycle_first: date | None = None
    cycle_last: date | None = None
    quantity: int = 1
    service_id: int | None = None
    plan_id: int | None = None
    equipment_id: int | None = None
    charge_id: int | None = None
    tax_code_id: int | None = None
    invoice_id: int | None = None
    live: bool = True


def lines_due(facts: Facts, *, start: date, on: date) -> list[DueLine]:
    """
    Return what is missing of the bills of a customer up to the day `on`.

    Nothing before the day `start` is charged. Raises `ValidationError` where the facts do not go together.
    """
    lines = []
    for each in facts.services:
        lines += _cycles_of_service(each, facts.customer.billing_day, on)
        lines += _fees(each, start, on)
    for unit in facts.units:
        lines += _rent(unit, facts.customer.billing_day, on)
    return lines + [_once(charge) for charge in facts.charges]


def _cycles_of_service(facts: ServiceFacts, billing_day: int, on: date) -> list[DueLine]:
    service = facts.service
    return [
        DueLine(
            KINDS[charge.kind],
            _described(service.name, charge),
            *_of_cycle(charge),
            service_id=service.key,
            plan_id=service.plan,
            tax_code_id=service.tax_code,
        )
        for charge in charging.charges(facts.subject, billing_day=billing_day, on=on)
    ]


def _rent(facts: UnitFacts, billing_day: int, on: date) -> list[DueLine]:
    return [
        DueLine(
            Kind.ADJUSTMENT if charge.kind == "adjustment" else Kind.EQUIPMENT,
            _described(str(facts.unit), charge),
            *_of_cycle(charge),
            equipment_id=facts.unit.pk,
        )
        for charge in charging.charges(facts.subject, billing_day=billing_day, on=on)
    ]


def _of_cycle(charge: charging.Charge) -> tuple:
    """Return price, amount, days, inputs and cycle, as they follow one another in a `DueLine`."""
    return (
        charge.unit_price,
        charge.amount,
        charge.first_day,
        charge.last_day,
        charge.inputs,
        charge.cycle.first,
        charge.cycle.last,
    )


def _described(name: str, charge: charging.Charge) -> str:
    return _("%(name)s: correction") % {"name": name} if charge.kind == "adjustment" else name


def _fees(facts: ServiceFacts, start: date, on: date) -> list[DueLine]:
    """Return the set-up and termination fees that are missing, or were charged and are not right any more."""
    service, billed = facts.service, facts.fees_billed
    is_new_here = service.charged_from is None or service.charged_from <= service.starts_on
    is_set_up = is_new_here and start <= service.starts_on <= on
    ends_early = service.ends_on and service.contract_ends_on and service.ends_on < service.contract_ends_on
    is_terminated = bool(ends_early) and start <= service.ends_on <= on
    lines = []
    if is_set_up and Kind.SETUP not in billed:
        lines += _fee(facts, Kind.SETUP, service.setup_fee, service.starts_on)
    if is_terminated and not billed.get(Kind.TERMINATION):
        lines += _fee(facts, Kind.TERMINATION, service.early_termination_fee, service.ends_on)
    elif not ends_early and billed.get(Kind.TERMINATION):
        # The end was taken back, or moved behind the contract's.
        lines += _fee(facts, Kind.TERMINATION, -billed[Kind.TERMINATION], on)
    return lines


def _fee(facts: ServiceFacts, kind: Kind, amount: Decimal, day: date) -> list[DueLine]:
    if amount == ZERO:
        return []
    name = facts.service.name
    line = DueLine(
        kind=kind,
        description=f"{name}: {kind.label}" if amount > ZERO else _("%(name)s: correction") % {"name": name},
        service_id=facts.service.key,
        plan_id=facts.service.plan,
        unit_price=amount,
        amount=amount,
        first_day=day,
        last_day=day,
        tax_code_id=facts.service.tax_code,
        inputs={"kind": kind.value, "amount": str(amount), "on": day.isoformat()},
    )
    return [line]


def _once(charge: Charge) -> DueLine:
    return DueLine(
        kind=Kind.LATE_FEE if charge.late_fee_of_id else Kind.ONE_OFF,
        description=charge.description,
        service_id=charge.service_id,
        plan_id=plan_of(charge.service),
        charge_id=charge.pk,
        quantity=charge.quantity,
        unit_price=charge.unit_price,
        amount=charge.amount,
        first_day=charge.charged_on,
        last_day=charge.charged_on,
        tax_code_id=charge.tax_code_id or _tax_code_of_plan(charge.service),
        inputs={"kind": Kind.ONE_OFF.value, "quantity": charge.quantity, "unit_price": str(charge.unit_price)},
    )


def _tax_code_of_plan(service: Service | None) -> int | None:
    return service.plan.tax_code_id if service and service.plan else None
