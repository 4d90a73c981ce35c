"""What has to be billed to a customer on a day, line by line."""

from datetime import date
from decimal import Decimal

from django.utils.translation import gettext as _

from billing.engine import charging
from billing.invoices import Line
from billing.models import Charge, InvoiceLine
from billing.runs.facts import Facts, ServiceFacts, UnitFacts
from customerflow.money import ZERO
from customers.models import Service

Kind = InvoiceLine.Kind
KINDS = {"recurring": Kind.RECURRING, "part": Kind.PART_PERIOD, "adjustment": Kind.ADJUSTMENT}


def lines_due(facts: Facts, *, start: date, on: date) -> list[Line]:
    """
    Return what is missing of the bills of a customer up to the day `on`; an amount below zero is given back.

    Nothing before the day `start` is charged. Raises `ValidationError` where the facts do not go together.
    """
    lines = []
    for each in facts.services:
        lines += _cycles_of_service(each, facts.customer.billing_day, on)
        lines += _fees(each, start, on)
    for unit in facts.units:
        lines += _rent(unit, facts.customer.billing_day, on)
    return lines + [_once(charge) for charge in facts.charges]


def _cycles_of_service(facts: ServiceFacts, billing_day: int, on: date) -> list[Line]:
    service = facts.service
    return [
        Line(
            kind=KINDS[charge.kind],
            description=_described(service.name, charge),
            service=service,
            tax_code=_tax_code(service),
            **_of_cycle(charge),
        )
        for charge in charging.charges(facts.subject, billing_day=billing_day, on=on)
    ]


def _rent(facts: UnitFacts, billing_day: int, on: date) -> list[Line]:
    return [
        Line(
            kind=Kind.ADJUSTMENT if charge.kind == "adjustment" else Kind.EQUIPMENT,
            description=_described(str(facts.unit), charge),
            equipment=facts.unit,
            **_of_cycle(charge),
        )
        for charge in charging.charges(facts.subject, billing_day=billing_day, on=on)
    ]


def _of_cycle(charge: charging.Charge) -> dict[str, object]:
    return {
        "first_day": charge.first_day,
        "last_day": charge.last_day,
        "cycle_first": charge.cycle.first,
        "cycle_last": charge.cycle.last,
        "unit_price": charge.unit_price,
        "amount": charge.amount,
        "inputs": charge.inputs,
    }


def _described(name: str, charge: charging.Charge) -> str:
    return _("%(name)s: correction") % {"name": name} if charge.kind == "adjustment" else name


def _fees(facts: ServiceFacts, start: date, on: date) -> list[Line]:
    """Return the set-up and termination fees that are missing, or were charged and are not right any more."""
    service, billed = facts.service, facts.fees_billed
    is_new_here = service.charged_from is None or service.charged_from <= service.starts_on
    is_set_up = is_new_here and start <= service.starts_on <= on
    ends_early = service.ends_on and service.contract_ends_on and service.ends_on < service.contract_ends_on
    is_terminated = bool(ends_early) and start <= service.ends_on <= on
    lines = []
    if is_set_up and Kind.SETUP not in billed:
        lines += _fee(service, Kind.SETUP, service.setup_fee, service.starts_on)
    if is_terminated and not billed.get(Kind.TERMINATION):
        lines += _fee(service, Kind.TERMINATION, service.early_termination_fee, service.ends_on)
    elif not ends_early and billed.get(Kind.TERMINATION):
        # The end was taken back, or moved behind the contract's.
        lines += _fee(service, Kind.TERMINATION, -billed[Kind.TERMINATION], on)
    return lines


def _fee(service: Service, kind: Kind, amount: Decimal, day: date) -> list[Line]:
    if amount == ZERO:
        return []
    described = f"{service.name}: {kind.label}" if amount > ZERO else _("%(name)s: correction") % {"name": service.name}
    line = Line(
        kind=kind,
        description=described,
        service=service,
        unit_price=amount,
        first_day=day,
        last_day=day,
        tax_code=_tax_code(service),
        inputs={"kind": kind.value, "amount": str(amount), "on": day.isoformat()},
    )
    return [line]


def _once(charge: Charge) -> Line:
    return Line(
        kind=Kind.ONE_OFF,
        description=charge.description,
        service=charge.service,
        charge=charge,
        quantity=charge.quantity,
        unit_price=charge.unit_price,
        first_day=charge.charged_on,
        last_day=charge.charged_on,
        tax_code=charge.tax_code or (charge.service and _tax_code(charge.service)),
        inputs={"kind": Kind.ONE_OFF.value, "quantity": charge.quantity, "unit_price": str(charge.unit_price)},
    )


def _tax_code(service: Service):
    return service.plan.tax_code if service.plan else None
