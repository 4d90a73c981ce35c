"""Undo restores: whatever was done, undone in reverse order, leaves every table as it was."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from itertools import count

import pytest
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import ProtectedError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from customerflow.changes.models import ChangeSet
from customerflow.changes.recording import recording
from customerflow.changes.tests.tables import stored_tables
from customerflow.changes.undoing import undo
from customers.equipment_moves import add_equipment, change_equipment, install, return_to_stock, set_aside
from customers.house_moves import cancel_move, plan_move
from customers.models import Contact, Customer, Equipment, HouseMove, Location, PriceChange, Service
from customers.price_changes import cancel_price_change, change_cost
from customers.registration import close_customer, register_customer, remove_customer, reopen_customer
from customers.subscriptions import add_service, end_service
from customers.tests.agreeing import overlapping_stays, units_out_of_place

pytestmark = pytest.mark.django_db

TODAY = date(2026, 11, 20)
TEXTS = st.sampled_from(["Ann", "Müller & Söhne", "安妮", 'O\'Neil "x"', "\\", "\U0001f600 NULL", "a\nb"])
CENTS = st.integers(0, 10**7).map(lambda cents: Decimal(cents) / 100)
DAYS = st.integers(-400, 400).map(lambda days: TODAY + timedelta(days=days))
_serial = count(1)


def any_of(model: type[models.Model], choice: int) -> models.Model:
    """Return one of the records there are; raises `ValidationError` where there is none."""
    keys = list(model._base_manager.order_by("pk").values_list("pk", flat=True))
    if not keys:
        raise ValidationError("none")
    return model._base_manager.get(pk=keys[choice % len(keys)])


def edit(record: models.Model, **values: object) -> None:
    with recording("Edited"):
        for name, value in values.items():
            setattr(record, name, value)
        record.full_clean()
        record.version += 1
        record.save()


def serial(choice: int) -> str | None:
    return f"S-{next(_serial)}" if choice % 2 else None


def change_terms(unit: Equipment, rent: Decimal, on: date) -> None:
    unit.terms, unit.monthly_rent = Equipment.Terms.RENTED, rent
    unit.version += 1
    change_equipment(unit=unit, on=on)


# Each takes a number that chooses among the records, a text, an amount and a day.
ACTS: list[Callable[[int, str, Decimal, date], object]] = [
    lambda n, text, cents, day: register_customer(customer=Customer(name=text, note=text)),
    lambda n, text, cents, day: edit(any_of(Customer, n), name=text, billing_day=1 + n % 31, is_tax_exempt=n % 2 == 0),
    lambda n, text, cents, day: edit(any_of(Customer, n), email=f"{n}@example.com", phone="+43 1 58858"),
    lambda n, text, cents, day: close_customer(customer=any_of(Customer, n), last_day=day, on=TODAY),
    lambda n, text, cents, day: reopen_customer(customer=any_of(Customer, n), on=TODAY),
    lambda n, text, cents, day: remove_customer(customer=any_of(Customer, n)),
    lambda n, text, cents, day: edit(Contact(customer=any_of(Customer, n), name=text, version=0)),
    lambda n, text, cents, day: edit(
        Location(customer=any_of(Customer, n), address=text, latitude=cents % 90, version=0)
    ),
    lambda n, text, cents, day: edit(any_of(Location, n), address=text, longitude=-(cents % 180)),
    lambda n, text, cents, day: any_of(Contact, n).delete(),
    lambda n, text, cents, day: add_service(
        service=Service(location=any_of(Location, n), name=text, cost=cents, starts_on=day, login=serial(n))
    ),
    lambda n, text, cents, day: change_cost(service=any_of(Service, n), cost=cents, on=TODAY, effective_on=day),
    lambda n, text, cents, day: cancel_price_change(change=any_of(PriceChange, n), on=TODAY),
    lambda n, text, cents, day: end_service(service=any_of(Service, n), last_day=day),
    lambda n, text, cents, day: add_equipment(
        unit=Equipment(name=text, cost=cents, serial=serial(n), location=any_of(Location, n) if n % 3 else None),
        on=day,
    ),
    lambda n, text, cents, day: install(unit=any_of(Equipment, n), location=any_of(Location, n + 1), day=day, on=TODAY),
    lambda n, text, cents, day: return_to_stock(unit=any_of(Equipment, n), day=day, on=TODAY),
    lambda n, text, cents, day: set_aside(unit=any_of(Equipment, n), status=Equipment.Status.LOST, day=day, on=TODAY),
    lambda n, text, cents, day: plan_move(
        origin=any_of(Location, n), target=any_of(Location, n + 1), first_day=day, on=TODAY
    ),
    lambda n, text, cents, day: cancel_move(move=any_of(HouseMove, n)),
    lambda n, text, cents, day: change_terms(any_of(Equipment, n), cents, TODAY),
]


def do(act: int, n: int, text: str, cents: Decimal, day: date) -> ChangeSet | None:
    """Do one act; return its change set, or None where it was refused or changed nothing."""
    known = ChangeSet.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    try:
        with recording("Act"):
            ACTS[act](n, text, cents, day)
    except (ValidationError, ProtectedError):
        return None
    return ChangeSet.objects.filter(pk__gt=known).first()


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    st.lists(st.tuples(st.integers(0, len(ACTS) - 1), st.integers(0, 60), TEXTS, CENTS, DAYS), min_size=5, max_size=25)
)
def test_undoing_random_acts_in_reverse_order_restores_every_table(steps: list[tuple]):
    with transaction.atomic():
        do(0, 0, "Ann", Decimal(0), TODAY)
        do(7, 0, "Harbour Road", Decimal(0), TODAY)
        states, done = [stored_tables()], []
        for step in steps:
            change_set = do(*step)
            assert not units_out_of_place().exists()
            assert not overlapping_stays().exists()
            if change_set:
                done.append(change_set)
                states.append(stored_tables())
        undone = []
        for change_set, after in zip(reversed(done), reversed(states), strict=False):
            assert stored_tables() == after
            result = undo(change_set)
            assert result.left_alone == 0
            undone.append(result.change_set)
        assert stored_tables() == states[0]
        for change_set, after in zip(reversed(undone), states[1:], strict=True):
            assert undo(change_set).left_alone == 0
            assert stored_tables() == after
        transaction.set_rollback(True)
