"""Moving house keeps every service what it is; a takeover ends each for one customer and begins it for the next."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from customerflow.changes.recording import recording
from customerflow.changes.tests.tables import stored_tables
from customerflow.changes.undoing import undo
from customerflow.staff.roles import TECHNICIAN
from customerflow.staff.tests.factories import make_user
from customers.house_moves import move_house, take_over
from customers.models import Equipment, Location, PriceChange, Service
from customers.price_changes import apply_due_prices, change_cost
from customers.registration import close_customer
from customers.tests.agreeing import overlapping_stays, units_out_of_place
from customers.tests.factories import make_customer, make_equipment, make_location, make_service

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
BEGAN = date(2026, 1, 1)
TODAY = date(2026, 11, 20)
MOVED = TODAY - 3 * DAY


def place(**fields) -> tuple[Location, Service, Equipment]:
    """Return a location with a service that goes on and a rented unit."""
    location = make_location(**fields)
    service = make_service(
        location=location, starts_on=BEGAN, login="ann@isp", setup_fee=Decimal(50), early_termination_fee=Decimal(99)
    )
    return location, service, make_equipment(location=location, terms="rented", monthly_rent=Decimal(3))


def in_order() -> bool:
    return not units_out_of_place().exists() and not overlapping_stays().exists()


def spans(unit: Equipment) -> list[tuple]:
    return list(unit.installations.order_by("first_day").values_list("location", "first_day", "last_day"))


def test_a_house_move_takes_services_and_equipment_along_from_the_day_on():
    origin, service, unit = place()
    ended = make_service(location=origin, starts_on=BEGAN, ends_on=MOVED - DAY)
    target = Location(customer=origin.customer, address="2 New Street")
    move_house(origin=origin, target=target, first_day=MOVED, on=TODAY)
    service.refresh_from_db()
    ended.refresh_from_db()
    assert (service.location, service.starts_on, service.ends_on) == (target, BEGAN, None)
    assert ended.location == origin
    assert spans(unit) == [(origin.pk, BEGAN, MOVED - DAY), (target.pk, MOVED, None)]
    assert in_order()


@pytest.mark.parametrize(
    ("first_day", "said"), [(TODAY + DAY, "still to come"), (BEGAN - DAY, "since 2026-01-01 only")]
)
def test_a_house_move_is_today_or_before_and_not_before_the_last_one(first_day, said):
    origin, _service, _unit = place()
    target = make_location(customer=origin.customer)
    with pytest.raises(ValidationError, match=said):
        move_house(origin=origin, target=target, first_day=first_day, on=TODAY)
    assert in_order()


def test_a_house_move_goes_to_another_location_of_the_same_customer_and_moves_something():
    origin, _service, _unit = place()
    empty = make_location(customer=origin.customer)
    for start, target, said in (
        (origin, make_location(), "takeover"),
        (origin, origin, "already"),
        (empty, origin, "neither"),
    ):
        with pytest.raises(ValidationError, match=said):
            move_house(origin=start, target=target, first_day=TODAY, on=TODAY)


def test_a_takeover_ends_the_day_before_and_begins_on_the_same_terms_without_a_set_up_fee():
    origin, old, unit = place()
    target = make_location()
    take_over(origin=origin, target=target, first_day=MOVED, on=TODAY)
    new = target.services.get()
    old.refresh_from_db()
    assert (old.ends_on, old.login, old.early_termination_fee) == (MOVED - DAY, None, 0)
    assert (new.starts_on, new.ends_on, new.login, new.setup_fee) == (MOVED, None, "ann@isp", 0)
    assert (new.name, new.cost, new.early_termination_fee) == (old.name, old.cost, Decimal(99))
    assert spans(unit) == [(origin.pk, BEGAN, MOVED - DAY), (target.pk, MOVED, None)]
    assert in_order()


def test_a_takeover_takes_prices_along_that_begin_later():
    origin, old, _unit = place()
    first = old.cost
    for day, cost in ((MOVED - 9 * DAY, 61), (TODAY, 62), (TODAY + 9 * DAY, 63)):
        change_cost(service=old, cost=Decimal(cost), on=min(day, TODAY), effective_on=day)
    target = make_location()
    take_over(origin=origin, target=target, first_day=MOVED, on=TODAY)
    new = target.services.get()
    assert [price.cost for price in new.price_changes.in_force(TODAY + 9 * DAY)] == [63, 62, 61]
    assert new.cost == 62
    assert [price.cost for price in old.price_changes.in_force(TODAY + 9 * DAY)] == [62, 61, first]
    apply_due_prices(on=TODAY + 9 * DAY)
    new.refresh_from_db()
    old.refresh_from_db()
    assert (new.cost, old.cost) == (63, 62)
    new.full_clean()


def test_a_takeover_is_by_another_customer_whose_account_is_open():
    origin, service, _unit = place()
    with pytest.raises(ValidationError, match="house move"):
        take_over(origin=origin, target=make_location(customer=origin.customer), first_day=TODAY, on=TODAY)
    with pytest.raises(ValidationError, match="begins on 2026-01-01 only"):
        take_over(origin=origin, target=make_location(), first_day=service.starts_on, on=TODAY)
    gone = make_customer()
    close_customer(customer=gone, last_day=TODAY, on=TODAY)
    with pytest.raises(ValidationError, match="closed"):
        take_over(origin=origin, target=make_location(customer=gone), first_day=TODAY, on=TODAY)


@pytest.mark.parametrize("act", [move_house, take_over])
def test_both_are_undone_and_done_again(act):
    origin, service, _unit = place()
    change_cost(service=service, cost=Decimal(63), on=TODAY, effective_on=TODAY + 9 * DAY)
    customer = origin.customer if act is move_house else make_customer()
    before = stored_tables()
    with recording("Act") as done:
        act(origin=origin, target=Location(customer=customer, address="2 New Street"), first_day=MOVED, on=TODAY)
    after = stored_tables()
    undone = undo(done.change_set)
    assert (undone.left_alone, stored_tables()) == (0, before)
    assert (undo(undone.change_set).left_alone, stored_tables()) == (0, after)


def test_both_are_done_from_the_page_of_the_location(client):
    client.force_login(make_user(is_superuser=True))
    origin, service, _unit = place()
    today = timezone.localdate()
    page = origin.get_absolute_url()
    assert "Move house" in client.get(page).content.decode()
    typed = {"first_day": today, "location": "", "address": ""}
    assert "one of the two" in client.post(f"{page}move/", typed).content.decode()
    answer = client.post(f"{page}move/", {**typed, "address": "2 New Street", "city": "Springfield"})
    service.refresh_from_db()
    page = service.location.get_absolute_url()
    assert answer["Location"] == page
    tenant = make_customer()
    answer = client.post(f"{page}takeover/", {"customer": tenant.number, "first_day": today, "location": ""})
    assert answer["Location"] == tenant.locations.get().get_absolute_url()
    assert tenant.locations.get().address == "2 New Street"
    assert Service.objects.get(location__customer=tenant).starts_on == today
    assert PriceChange.objects.count() == 2
    assert in_order()


def test_a_technician_moves_nobody(client):
    client.force_login(make_user(TECHNICIAN))
    page = make_location().get_absolute_url()
    assert "Move house" not in client.get(page).content.decode()
    assert client.get(f"{page}move/").status_code == client.get(f"{page}takeover/").status_code == 403
