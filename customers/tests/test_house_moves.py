"""Moving house keeps every service what it is; a takeover ends each for one customer and begins it for the next."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from customerflow.changes.models import ChangeSet
from customerflow.changes.recording import recording
from customerflow.changes.tests.tables import stored_tables
from customerflow.changes.undoing import undo
from customerflow.staff.roles import TECHNICIAN
from customerflow.staff.tests.factories import make_user
from customerflow.tests.threads import at_once
from customers.equipment_moves import return_to_stock
from customers.house_moves import cancel_move, do_due_moves, move_house, plan_move, take_over
from customers.models import Equipment, HouseMove, Location, PriceChange, Service
from customers.price_changes import apply_due_prices, change_cost
from customers.registration import close_customer
from customers.subscriptions import end_service
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
def test_a_house_move_happens_today_or_before_and_not_before_the_last_one(first_day, said):
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


@pytest.mark.parametrize("late", [0, 4])
@pytest.mark.parametrize("act", [move_house, take_over])
def test_what_is_planned_happens_by_itself_as_if_it_were_done_on_the_day(act, late):
    customer = make_customer()
    origins = [place(customer=customer)[0]]
    Service.objects.update(login="bob@isp")
    origins.append(place(customer=customer)[0])
    tenant = customer if act is move_house else make_customer()
    planned, by_hand = (make_location(customer=tenant) for _number in range(2))
    day = TODAY + 9 * DAY
    move = plan_move(origin=origins[0], target=planned, first_day=day, on=TODAY)
    assert do_due_moves(on=day - DAY) == (0, [])
    assert not planned.services.exists()
    assert do_due_moves(on=day + late * DAY) == (1, [])
    act(origin=origins[1], target=by_hand, first_day=day, on=day + late * DAY)
    assert do_due_moves(on=day + late * DAY) == (0, [])
    days = ("starts_on", "ends_on", "setup_fee", "cost")
    assert list(planned.services.values(*days)) == list(by_hand.services.values(*days)) != []
    assert list(origins[0].services.values(*days)) == list(origins[1].services.values(*days))
    assert spans(planned.equipment.get()) == [(origins[0].pk, BEGAN, day - DAY), (planned.pk, day, None)]
    assert planned.services.get().login == "bob@isp"
    assert HouseMove.objects.get(pk=move.pk).done_at
    assert in_order()


def test_a_move_is_planned_once_for_a_day_to_come_with_something_to_move():
    origin, _service, _unit = place()
    target = make_location(customer=origin.customer)
    for start, end, day, said in (
        (origin, target, TODAY, "has come"),
        (origin, origin, TODAY + DAY, "already"),
        (target, origin, TODAY + DAY, "neither"),
    ):
        with pytest.raises(ValidationError, match=said):
            plan_move(origin=start, target=end, first_day=day, on=TODAY)
    plan_move(origin=origin, target=target, first_day=TODAY + DAY, on=TODAY)
    with pytest.raises(ValidationError, match="planned already"):
        plan_move(origin=origin, target=target, first_day=TODAY + 2 * DAY, on=TODAY)


def test_a_planned_move_is_cancelled_or_undone_until_it_happens():
    origin, _service, _unit = place()
    before = stored_tables()
    for take_back in (lambda record: undo(record.change_set), lambda record: cancel_move(move=HouseMove.objects.get())):
        with recording("Planned") as record:
            target = Location(customer=origin.customer, address="2 New Street")
            plan_move(origin=origin, target=target, first_day=TODAY + DAY, on=TODAY)
        take_back(record)
        assert do_due_moves(on=TODAY + DAY) == (0, [])
        Location.objects.filter(address="2 New Street").delete()
        assert stored_tables() == before


def test_what_has_happened_is_undone_as_a_move_is_and_does_not_happen_again():
    origin, service, _unit = place()
    target = make_location(customer=origin.customer)
    move = plan_move(origin=origin, target=target, first_day=TODAY + DAY, on=TODAY)
    do_due_moves(on=TODAY + DAY)
    with pytest.raises(ValidationError, match="has happened"):
        cancel_move(move=move)
    undone = undo(ChangeSet.objects.get(act="Moved house"))
    service.refresh_from_db()
    assert (undone.left_alone, service.location) == (0, origin)
    assert do_due_moves(on=TODAY + 2 * DAY) == (0, [])


def test_what_cannot_happen_stays_planned_and_says_why():
    origin, service, unit = place()
    move = plan_move(origin=origin, target=make_location(), first_day=TODAY + 9 * DAY, on=TODAY)
    end_service(service=service, last_day=TODAY)
    return_to_stock(unit=unit, on=TODAY)
    done, refused = do_due_moves(on=TODAY + 9 * DAY)
    assert (done, [each for each, _why in refused]) == (0, [move])
    assert "neither a service nor equipment" in refused[0][1]
    assert not HouseMove.objects.get().done_at


def test_closing_an_account_takes_its_planned_moves_back():
    origin, _service, _unit = place()
    plan_move(origin=origin, target=make_location(), first_day=TODAY + DAY, on=TODAY)
    close_customer(customer=origin.customer, last_day=TODAY, on=TODAY)
    assert not HouseMove.objects.exists()


def test_a_move_to_come_is_planned_shown_and_cancelled_on_the_page_of_the_location(client):
    client.force_login(make_user(is_superuser=True))
    origin, _service, _unit = place()
    page, day = origin.get_absolute_url(), timezone.localdate() + 9 * DAY
    typed = {"first_day": day, "location": "", "address": "2 New Street", "city": ""}
    client.post(f"{page}move/", typed)
    target = origin.customer.locations.get(address="2 New Street")
    assert f"On {day} everything moves to" in client.get(page).content.decode()
    assert f"House move on {day}" in client.get(origin.customer.get_absolute_url()).content.decode()
    assert f"On {day} everything moves here" in client.get(target.get_absolute_url()).content.decode()
    client.post(f"/house-moves/{HouseMove.objects.get().pk}/cancel/")
    assert not HouseMove.objects.exists()
    client.post(f"{page}takeover/", {"customer": make_customer().number, "first_day": day, "location": ""})
    assert f"On {day} the next tenant takes over" in client.get(page).content.decode()


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


@pytest.mark.django_db(transaction=True)
def test_moves_that_come_due_while_the_accounts_are_closed_happen_or_are_taken_back():
    for _round in range(5):
        (origin, _service, _unit), target = place(), make_location()
        with recording("Planned"):
            plan_move(origin=origin, target=target, first_day=TODAY, on=MOVED)
        acts = [
            lambda: do_due_moves(on=TODAY),
            lambda customer=origin.customer: close_customer(customer=customer, last_day=TODAY, on=TODAY),
        ]
        at_once(lambda number, acts=acts: acts[number](), 2)
        assert not HouseMove.objects.waiting().exists()
        assert not Service.objects.filter(location__in=[origin, target], ends_on=None).exclude(location=target).exists()
        Service.objects.all().update(login=None)
