"""Undo restores: whatever was done, undone in reverse order, leaves every table as it was."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from itertools import count

import pytest
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import ProtectedError
from hypothesis import example, Phase, HealthCheck, given, settings
from hypothesis import example, Phase, strategies as st

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


@example([(14, 49, 'Ann', Decimal('208.99'), date(2025, 12, 8)),(19, 36, 'Ann', Decimal('584.4'), date(2026, 8, 27)),(18, 44, 'Ann', Decimal('25.62'), date(2027, 4, 7)),(14, 16, 'Ann', Decimal('0'), date(2025, 12, 6)),(20, 47, 'Ann', Decimal('230.49'), date(2027, 9, 23)),(0, 0, 'Ann', Decimal('0.54'), date(2026, 11, 2)),(0, 48, 'Ann', Decimal('211.41'), TODAY + timedelta(days=35)),(0, 17, 'Ann', Decimal('29584.66'), date(2026, 4, 18)),(0, 45, 'Ann', Decimal('2.26'), date(2027, 6, 7)),(15, 45, 'Ann', Decimal('3.13'), date(2026, 10, 1)),(7, 48, 'Ann', Decimal('4.64'), date(2026, 6, 1)),(11, 8, 'x', Decimal('3.02'), date(2027, 5, 19)),(16, 46, 'ab', Decimal('26.74'), date(2026, 3, 31)),(18, 10, 'b', Decimal('260.53'), date(2026, 1, 25)),(1, 7, 'NULL', Decimal('1154.8'), TODAY),(13, 16, 'x', Decimal('1.94'), date(2026, 1, 12)),(15, 25, 'x', Decimal('2.71'), date(2027, 6, 19)),(17, 17, 'x', Decimal('25.59'), date(2026, 3, 29)),(7, 8, 'x', Decimal('5012.87'), date(2027, 12, 1)),(11, 5, 'm', Decimal('7.11'), date(2027, 9, 2)),(16, 55, 'y', Decimal('16.24'), date(2026, 4, 21)),(5, 32, 'Ann', Decimal('14.49'), date(2027, 9, 16)),(18, 11, 'x', Decimal('1.4'), TODAY + timedelta(days=-3)),(15, 42, 'ab', Decimal('72169.1'), date(2026, 4, 16)),(5, 8, 'M', Decimal('12531.86'), date(2027, 5, 4))])
@settings(phases=[Phase.explicit], max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    st.lists(st.tuples(st.integers(0, len(ACTS) - 1), st.integers(0, 60), TEXTS, CENTS, DAYS), min_size=5, max_size=25)
)
def test_undoing_random_acts_in_reverse_order_restores_every_table(steps: list[tuple]):
    with transaction.atomic():
        do(0, 0, "Ann", Decimal(0), TODAY)
        do(7, 0, "Harbour Road", Decimal(0), TODAY)
        TRACE = []
        states, done = [stored_tables()], []
        for step in steps:
            change_set = do(*step)
            TRACE.append((step, bool(change_set)))
            assert not units_out_of_place().exists()
            assert not overlapping_stays().exists()
            if change_set:
                done.append(change_set)
                states.append(stored_tables())
        undone = []
        for change_set, after in zip(reversed(done), reversed(states), strict=False):
            assert stored_tables() == after
            result = undo(change_set)
            assert result.left_alone == 0, '\n'.join(repr((r.kind, r.record_id, r.action, r.columns, r.reason)) for r in result.reversals) + repr([(c.kind,c.record_id,c.action,c.before,c.after) for c in change_set.changes.all()]) + str(TRACE)
            undone.append(result.change_set)
        assert stored_tables() == states[0]
        for change_set, after in zip(reversed(undone), states[1:], strict=True):
            assert undo(change_set).left_alone == 0
            assert stored_tables() == after
        transaction.set_rollback(True)
