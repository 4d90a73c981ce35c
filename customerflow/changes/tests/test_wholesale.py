"""What statements put back is what the walk would have, whatever was done before, in the act, and since."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from customerflow.changes import wholesale
from customerflow.changes.models import Change, ChangeSet
from customerflow.changes.outcome import Undone
from customerflow.changes.recording import recording
from customerflow.changes.tests.tables import stored_tables
from customerflow.changes.undoing import plan_undo, undo
from customers.models import (
    Contact,
    Customer,
    DuplicatePair,
    Equipment,
    Location,
    Plan,
    PriceChange,
    Service,
)
from customers.tests.factories import (
    make_contact,
    make_customer,
    make_distinct_pair,
    make_duplicate_pair,
    make_equipment,
    make_former_number,
    make_location,
    make_plan,
    make_service,
)
from tickets.models import Message, Ticket
from tickets.tests.factories import make_ticket

pytestmark = pytest.mark.django_db

DAY = date(2026, 11, 20)
NAMES = ["Ann", "Müller & Söhne", "安妮", 'O\'Neil "x"', "\\", "status"]


def any_of(model: type[models.Model], choice: int) -> models.Model:
    """Return one of the newest records; raises `ValidationError` where there is none."""
    some = list(model._base_manager.order_by("-pk")[:8])
    if not some:
        raise ValidationError("none")
    return some[choice % len(some)]


def give(model: type[models.Model], choice: int, **values: object) -> None:
    """Change a record past all rules of the product."""
    model._base_manager.filter(pk=any_of(model, choice).pk).update(**values)


def close(n: int, *, is_closed: bool) -> None:
    status = Customer.Status.CLOSED if is_closed else Customer.Status.ACTIVE
    give(Customer, n, status=status, closed_on=DAY if is_closed else None)


def move_unit(n: int, m: int) -> None:
    place = any_of(Location, m) if n % 2 else None
    status = Equipment.Status.INSTALLED if place else Equipment.Status.IN_STOCK
    give(Equipment, m, location=place, status=status)


def pair(n: int, m: int) -> dict[str, Customer]:
    first, second = sorted((any_of(Customer, n), any_of(Customer, m)), key=lambda customer: customer.pk)
    return {"first": first, "second": second}


def add_price(n: int, m: int) -> PriceChange:
    return PriceChange.objects.create(
        service=any_of(Service, n), cost=Decimal(m), effective_on=DAY + timedelta(days=m % 3)
    )


def write_message(n: int, m: int) -> Message:
    return Message.objects.create(ticket=any_of(Ticket, n), kind="public", body=f"{m}", created_at=timezone.now())


# Each takes two numbers that choose among the newest records and the values.
WRITES: list[Callable[[int, int], object]] = [
    lambda n, m: make_customer(name=NAMES[n % 6]),
    lambda n, m: make_location(customer=any_of(Customer, n)),
    lambda n, m: make_location(),
    lambda n, m: make_contact(customer=any_of(Customer, n)),
    lambda n, m: make_service(location=any_of(Location, n), plan=any_of(Plan, m)),
    lambda n, m: make_service(),
    lambda n, m: make_plan(),
    lambda n, m: make_equipment(location=any_of(Location, n) if m % 2 else None),
    lambda n, m: make_former_number(customer=any_of(Customer, n)),
    lambda n, m: make_distinct_pair(**pair(n, m)),
    lambda n, m: make_duplicate_pair(**pair(n, m)),
    lambda n, m: make_ticket(customer=any_of(Customer, n), location=any_of(Location, m)),
    write_message,
    add_price,
    lambda n, m: give(Customer, n, name=NAMES[m % 6]),
    lambda n, m: give(Customer, n, number=f"N-{m % 4}"),
    lambda n, m: give(Customer, n, note=f"{m}", billing_day=1 + m % 31),
    lambda n, m: close(n, is_closed=m % 2 == 0),
    lambda n, m: give(Location, n, customer=any_of(Customer, m)),
    lambda n, m: give(Location, n, latitude=Decimal(m), address=NAMES[m % 6]),
    lambda n, m: give(Service, n, location=any_of(Location, m)),
    lambda n, m: give(Service, n, plan=any_of(Plan, m) if m % 3 else None),
    lambda n, m: give(Service, n, login=f"L-{m % 4}" if m % 5 else None),
    lambda n, m: give(Service, n, cost=Decimal(m)),
    lambda n, m: give(PriceChange, n, cancelled_at=timezone.now() if m % 2 else None),
    lambda n, m: give(PriceChange, n, effective_on=DAY + timedelta(days=m % 3)),
    lambda n, m: give(Ticket, n, subject=NAMES[m % 6]),
    lambda n, m: give(Ticket, n, service=any_of(Service, m)),
    lambda n, m: give(Message, n, body=NAMES[m % 6]),
    lambda n, m: give(Plan, n, price=Decimal(m)),
    move_unit,
    lambda n, m: Customer.objects.filter(pk=any_of(Customer, n).pk).delete(),
    lambda n, m: Location.objects.filter(pk=any_of(Location, n).pk).delete(),
    lambda n, m: Service.objects.filter(pk=any_of(Service, n).pk).delete(),
    lambda n, m: PriceChange.objects.filter(pk=any_of(PriceChange, n).pk).delete(),
    lambda n, m: Customer.objects.update(note=f"all {m % 3}"),
    lambda n, m: Service.objects.update(name=NAMES[m % 6]),
]
# So many of them create something.
CREATIONS = 14
WRITE = st.tuples(st.integers(0, len(WRITES) - 1), st.integers(0, 12), st.integers(0, 12))


def write(steps: list[tuple[int, int, int]]) -> None:
    """Do some writes; one that the database refuses is left out."""
    for which, n, m in steps:
        try:
            with transaction.atomic():
                WRITES[which](n, m)
        except (ValidationError, IntegrityError):
            continue


@contextmanager
def taken_back() -> Iterator[None]:
    """Let nothing stay of what is done meanwhile."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def told(undone: Undone) -> tuple:
    """Return what an undo says, in no order."""
    said = [(each.kind, each.record_id, each.action, str(each.columns), str(each.reason)) for each in undone.reversals]
    return undone.put_back, undone.left_alone, Counter(said), undone.refusal


def versions() -> list[list[tuple]]:
    """Return how often each record was changed."""
    counting = (Customer, Contact, Location, Service, Equipment, Plan, Ticket)
    return [list(model._base_manager.order_by("pk").values_list("pk", "version")) for model in counting]


def written(change_set: ChangeSet | None) -> Counter:
    """Return what a change set holds, in no order."""
    columns = ("kind", "record_id", "action", "version", "before", "after")
    return Counter(change_set.changes.values_list(*columns) if change_set else ())


def attempt(change_set: ChangeSet, *, force_all: bool) -> tuple:
    """Undo, and undo that again; return all that came of it, and leave nothing."""
    with taken_back():
        try:
            undone = undo(change_set, force_all=force_all)
        except ValidationError as refused:
            return (refused.messages,)
        kept = told(undone), stored_tables(), versions(), written(undone.change_set)
        others = list(DuplicatePair.objects.order_by("pk").values_list("first", "second"))
        again = told(undo(undone.change_set)) if undone.change_set else ()
        return *kept, others, again, stored_tables()


def both_ways(
    change_set: ChangeSet, monkeypatch: pytest.MonkeyPatch, *, force_all: bool
) -> tuple[tuple, tuple, tuple, tuple]:
    """Return what undo does and what the plan says: by walking alone, then with statements."""
    results = []
    for least in (10**9, 1):
        monkeypatch.setattr(wholesale, "AT_LEAST", least)
        results.append(attempt(change_set, force_all=force_all))
        results.append(told(plan_undo(change_set, force_all=force_all)))
    return tuple(results)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    before=st.lists(WRITE, max_size=6),
    act=st.lists(WRITE, min_size=3, max_size=14),
    since=st.lists(WRITE, max_size=2),
    force_all=st.booleans(),
)
def test_statements_put_back_exactly_what_the_walk_does(
    monkeypatch: pytest.MonkeyPatch, before: list, act: list, since: list, force_all: bool
):
    with taken_back():
        write([(which, which, which) for which in range(CREATIONS)] * 2)
        write(before)
        with recording("Act") as record:
            write(act)
        for step in since:
            with recording("Since"):
                write([step])
        if record.change_set is None:
            return
        count = Change.objects.count()
        walked, plan, stated, stated_plan = both_ways(record.change_set, monkeypatch, force_all=force_all)
        assert stated == walked
        assert stated_plan == plan
        assert Change.objects.count() == count
