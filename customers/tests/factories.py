"""Records for tests: each function makes one that is valid, with the fields that matter passed in."""

from datetime import date
from decimal import Decimal
from itertools import count

from django.utils import timezone

from customers.models import (
    Area,
    Contact,
    Customer,
    DistinctPair,
    DuplicatePair,
    Equipment,
    FormerNumber,
    HouseMove,
    Installation,
    Likeness,
    Location,
    Pause,
    Plan,
    PlanPriceChange,
    Service,
    TaxCode,
    TaxRate,
)
from customers.stays import begin_stay
from customers.subscriptions import add_service

_serial = count(1)
INSTALLED_ON = date(2026, 1, 1)


def make_customer(**fields) -> Customer:
    serial = next(_serial)
    return Customer.objects.create(**{"number": f"T-{serial}", "name": f"Customer {serial}", **fields})


def make_contact(**fields) -> Contact:
    fields["customer"] = fields.get("customer") or make_customer()
    return Contact.objects.create(**{"name": "Ann Example", **fields})


def make_area(**fields) -> Area:
    return Area.objects.create(**{"name": f"Area {next(_serial)}", **fields})


def make_location(**fields) -> Location:
    fields["customer"] = fields.get("customer") or make_customer()
    return Location.objects.create(**{"address": "12 Harbour Road", "city": "Springfield", **fields})


def make_plan(**fields) -> Plan:
    return Plan.objects.create(**{"name": f"Plan {next(_serial)}", "price": Decimal("59.99"), **fields})


def make_plan_price_change(**fields) -> PlanPriceChange:
    """Return the new price of a plan, from February on."""
    plan = fields.pop("plan", None) or make_plan()
    defaults = {"price": plan.price + 3, "old_price": plan.price, "effective_on": date(2026, 2, 1)}
    defaults |= {"notice_on": date(2026, 1, 2), "announced_at": timezone.now()}
    return PlanPriceChange.objects.create(plan=plan, **{**defaults, **fields})


def make_house_move(**fields) -> HouseMove:
    origin = fields.pop("origin", None) or make_service().location
    target = fields.pop("target", None) or make_location(customer=origin.customer)
    return HouseMove.objects.create(origin=origin, target=target, **{"first_day": date(2026, 3, 1), **fields})


def make_service(**fields) -> Service:
    fields["location"] = fields.get("location") or make_location()
    defaults = {"name": "Fibre 500", "cost": Decimal("59.99"), "starts_on": date(2026, 1, 1)}
    return add_service(service=Service(**{**defaults, **fields}))


def make_equipment(*, installed_on: date = INSTALLED_ON, **fields) -> Equipment:
    if fields.get("location"):
        fields.setdefault("status", Equipment.Status.INSTALLED)
    unit = Equipment.objects.create(**{"name": "Router", "cost": Decimal("89.00"), **fields})
    if unit.location:
        begin_stay(unit, installed_on)
    return unit


def make_former_number(**fields) -> FormerNumber:
    serial = next(_serial)
    fields["customer"] = fields.get("customer") or make_customer()
    defaults = {"number": f"F-{serial}", "former_pk": 1_000_000_000 + serial, "merged_on": date(2026, 3, 1)}
    return FormerNumber.objects.create(**{**defaults, **fields})


def make_duplicate_pair(**fields) -> DuplicatePair:
    fields.setdefault("first", make_customer())
    fields.setdefault("second", make_customer())
    return DuplicatePair.objects.create(**{"likeness": Likeness.EMAIL, "weight": 3, **fields})


def make_distinct_pair(**fields) -> DistinctPair:
    fields.setdefault("first", make_customer())
    fields.setdefault("second", make_customer())
    return DistinctPair.objects.create(**fields)


def make_tax_code(percent: str | None = "20", *, valid_from: date = date(2000, 1, 1), **fields) -> TaxCode:
    code = TaxCode.objects.create(**{"name": f"VAT {next(_serial)}", **fields})
    if percent is not None:
        TaxRate.objects.create(code=code, percent=Decimal(percent), valid_from=valid_from)
    return code


def make_pause(**fields) -> Pause:
    fields["service"] = fields.get("service") or make_service()
    return Pause.objects.create(**{"first_day": date(2026, 2, 10), "last_day": date(2026, 2, 19), **fields})


def make_installation(**fields) -> Installation:
    """Return the open stay of a unit, or one that has ended of a unit that is in stock again."""
    unit = fields.pop("unit", None)
    fields = {"location": fields.pop("location", None) or make_location(), "first_day": INSTALLED_ON, **fields}
    if fields.get("last_day"):
        return Installation.objects.create(unit=unit or make_equipment(), **fields)
    unit = unit or make_equipment(location=fields["location"])
    return Installation.objects.update_or_create(unit=unit, last_day=None, defaults=fields)[0]
