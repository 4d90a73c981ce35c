"""Where units are and were: a stay is open exactly while a unit is installed, and no day is in two of one unit."""

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError
from django.db.models import ProtectedError
from django.http import QueryDict
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from customerflow.bulk.selection import check, choose, confirm
from customerflow.changes.recording import recording
from customerflow.changes.undoing import undo
from customerflow.loads.tests.loading import load
from customerflow.staff.tests.factories import make_user
from customers.bulk_acts import ChangeEquipment
from customers.equipment_moves import add_equipment, change_equipment, install, return_to_stock, set_aside
from customers.merging import merge_customers
from customers.models import Customer, Equipment, Installation, Location
from customers.registration import close_customer, remove_customer
from customers.tests.agreeing import overlapping_stays, units_out_of_place
from customers.tests.factories import make_customer, make_equipment, make_installation, make_location

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
TODAY = date(2026, 11, 20)
RENTED = {"terms": Equipment.Terms.RENTED, "monthly_rent": Decimal("4.99")}


def stays(unit: Equipment) -> list[tuple]:
    return list(unit.installations.order_by("first_day", "pk").values_list("location", "first_day", "last_day"))


def in_order() -> bool:
    return not units_out_of_place().exists() and not overlapping_stays().exists()


def rented(**fields) -> Equipment:
    return add_equipment(unit=Equipment(name="Router", **RENTED, **fields), on=TODAY)


def test_a_unit_that_is_added_at_a_location_stays_there_from_that_day_for_its_rent():
    stay = rented(location=make_location()).installations.get()
    assert (stay.first_day, stay.last_day, stay.monthly_rent) == (TODAY, None, Decimal("4.99"))


@pytest.mark.parametrize("terms", [Equipment.Terms.SOLD, Equipment.Terms.LENT])
def test_what_is_not_rented_costs_nothing_where_it_stays(terms):
    unit = Equipment(name="Router", location=make_location(), terms=terms, monthly_rent=Decimal("4.99"))
    assert add_equipment(unit=unit, on=TODAY).installations.get().monthly_rent == 0


@pytest.mark.parametrize("days", [0, 1, 40])
def test_the_day_of_return_is_the_last_of_a_stay_that_of_the_arrival_too(days):
    place = make_location()
    unit = rented(location=place)
    return_to_stock(unit=unit, on=TODAY + days * DAY)
    assert stays(unit) == [(place.pk, TODAY, TODAY + days * DAY)]
    assert in_order()


def test_a_unit_does_not_leave_before_it_came():
    unit = rented(location=make_location())
    with pytest.raises(ValidationError, match="since 2026-11-20 only"):
        set_aside(unit=unit, status=Equipment.Status.LOST, on=TODAY - DAY)
    assert in_order()


def test_the_day_of_a_move_belongs_to_the_new_place():
    first, second, third = make_location(), make_location(), make_location()
    unit = rented(location=first)
    for place, day in ((second, TODAY + 5 * DAY), (third, TODAY + 5 * DAY)):
        return_to_stock(unit=unit, on=day)
        install(unit=unit, location=place, on=day)
    assert stays(unit) == [(first.pk, TODAY, TODAY + 4 * DAY), (third.pk, TODAY + 5 * DAY, None)]
    assert in_order()


def test_a_unit_is_not_installed_on_a_day_before_it_left_another_place():
    unit = rented(location=make_location())
    return_to_stock(unit=unit, on=TODAY + DAY)
    with pytest.raises(ValidationError, match="until 2026-11-21"):
        install(unit=unit, location=make_location(), on=TODAY)


@pytest.mark.parametrize("act", [return_to_stock, lambda **said: set_aside(status=Equipment.Status.LOST, **said)])
def test_a_unit_left_on_the_day_that_is_said_today_or_before(act):
    place = make_location()
    unit = rented(location=place)
    for day, said in ((TODAY + 9 * DAY, "still to come"), (TODAY - DAY, "since 2026-11-20 only")):
        with pytest.raises(ValidationError, match=said) as refused:
            act(unit=unit, day=day, on=TODAY + 8 * DAY)
        assert list(refused.value.message_dict) == ["day"]
    act(unit=unit, day=TODAY + 2 * DAY, on=TODAY + 8 * DAY)
    assert stays(unit) == [(place.pk, TODAY, TODAY + 2 * DAY)]
    assert in_order()


def test_a_unit_came_on_the_day_that_is_said_not_before_it_left_another_place():
    first, second = make_location(), make_location()
    unit = rented(location=first)
    return_to_stock(unit=unit, day=TODAY + 2 * DAY, on=TODAY + 8 * DAY)
    for day, said in ((TODAY + DAY, "until 2026-11-22"), (TODAY + 9 * DAY, "still to come")):
        with pytest.raises(ValidationError, match=said) as refused:
            install(unit=unit, location=second, day=day, on=TODAY + 8 * DAY)
        assert list(refused.value.message_dict) == ["day"]
    install(unit=unit, location=second, day=TODAY + 3 * DAY, on=TODAY + 8 * DAY)
    added = add_equipment(unit=Equipment(name="Router", location=second, **RENTED), day=TODAY - DAY, on=TODAY)
    assert stays(unit) == [(first.pk, TODAY, TODAY + 2 * DAY), (second.pk, TODAY + 3 * DAY, None)]
    assert stays(added) == [(second.pk, TODAY - DAY, None)]
    assert in_order()


def test_a_unit_may_have_left_before_its_rent_changed():
    place = make_location()
    unit = rented(location=place)
    for day, rent in ((3, "5.99"), (5, "6.99")):
        unit.monthly_rent = Decimal(rent)
        change_equipment(unit=unit, on=TODAY + day * DAY)
    return_to_stock(unit=unit, day=TODAY + 2 * DAY, on=TODAY + 8 * DAY)
    assert stays(unit) == [(place.pk, TODAY, TODAY + 2 * DAY)]


def test_a_location_at_which_a_unit_ever_was_stays():
    place = make_location()
    unit = rented(location=place)
    return_to_stock(unit=unit, on=TODAY)
    with pytest.raises(ProtectedError):
        place.delete()
    assert stays(unit) == [(place.pk, TODAY, TODAY)]


def test_the_page_that_removes_a_location_says_that_a_unit_was_there(client):
    client.force_login(make_user(is_superuser=True))
    place = make_location()
    return_to_stock(unit=rented(location=place), on=TODAY)
    assert "1 installation" in client.get(f"/locations/{place.pk}/delete/").content.decode()
    client.post(f"/locations/{place.pk}/delete/")
    assert Location.objects.filter(pk=place.pk).exists()


def test_the_days_of_a_merge_on_which_one_account_was_closed_cost_nothing():
    survivor, duplicate = make_customer(), make_customer()
    unit = rented(location=make_location(customer=duplicate))
    close_customer(customer=duplicate, last_day=TODAY + 2 * DAY, on=TODAY + 2 * DAY)
    duplicate.refresh_from_db()
    merge_customers(survivor=survivor, duplicate=duplicate, values={}, on=TODAY + 9 * DAY)
    assert list(unit.installations.order_by("first_day").values_list("last_day", "monthly_rent")) == [
        (TODAY + 2 * DAY, Decimal("4.99")),
        (TODAY + 8 * DAY, 0),
        (None, Decimal("4.99")),
    ]


def test_what_was_not_given_back_at_a_closed_account_is_listed_for_collecting(client):
    client.force_login(make_user(is_superuser=True))
    left, kept = rented(location=make_location(), serial="LEFT-1"), rented(location=make_location(), serial="KEPT-1")
    sold = make_equipment(location=left.location, terms=Equipment.Terms.SOLD, serial="SOLD-1")
    close_customer(customer=left.location.customer, last_day=TODAY, on=TODAY)
    assert "/equipment/?left=closed" in client.get("/").content.decode()
    page = client.get("/equipment/?left=closed").content.decode()
    assert [unit.serial in page for unit in (left, kept, sold)] == [True, False, False]


def test_another_rent_ends_the_stay_yesterday_and_begins_one_today():
    unit = rented(location=make_location())
    for day, rent in ((3, "5.99"), (3, "6.99"), (4, "6.99")):
        unit.monthly_rent = Decimal(rent)
        change_equipment(unit=unit, on=TODAY + day * DAY)
    found = list(unit.installations.order_by("first_day").values_list("first_day", "last_day", "monthly_rent"))
    assert found == [
        (TODAY, TODAY + 2 * DAY, Decimal("4.99")),
        (TODAY + 3 * DAY, None, Decimal("6.99")),
    ]


def test_other_terms_in_a_bulk_edit_are_those_of_the_stay():
    unit = make_equipment(location=make_location())
    stock = make_equipment()
    by = make_user(is_superuser=True)
    job = choose(ChangeEquipment, Equipment.objects.all(), by=by, back="/")
    check(job, QueryDict("terms=rented&monthly_rent=3.00"))
    job.refresh_from_db()
    confirm(job, turn=str(job.turn), number="", why="")
    assert unit.installations.get(last_day=None).monthly_rent == Decimal("3.00")
    assert not stock.installations.exists()
    assert in_order()


def test_the_forms_of_a_unit_keep_its_stay(client):
    client.force_login(make_user(is_superuser=True))
    unit = make_equipment(location=make_location())
    typed = {"name": "Router", "cost": "89.00", "terms": "rented", "monthly_rent": "2.50", "version": unit.version}
    assert client.post(f"/equipment/{unit.pk}/edit/", typed).status_code == 302
    assert unit.installations.get(last_day=None).monthly_rent == Decimal("2.50")
    day = timezone.localdate() - DAY
    client.post(f"/equipment/{unit.pk}/return/", {"day": day})
    assert unit.installations.get().last_day == day
    assert "2.50" in client.get(f"/equipment/{unit.pk}/").content.decode()
    assert in_order()


def test_a_customer_is_removed_with_the_stays_of_units_that_go_back_to_stock():
    customer = make_customer()
    unit = rented(location=make_location(customer=customer))
    remove_customer(customer=customer)
    unit.refresh_from_db()
    assert (unit.status, Installation.objects.count()) == ("in_stock", 0)


def test_a_departure_is_undone_after_what_was_removed_with_the_place_came_back():
    customer = make_customer()
    unit = rented(location=make_location(customer=customer))
    with recording("Returned") as returned:
        return_to_stock(unit=unit, on=TODAY)
    with recording("Removed") as removed:
        remove_customer(customer=customer)
    for record in (removed, returned):
        assert undo(record.change_set).left_alone == 0
    assert (unit.installations.get().last_day, in_order()) == (None, True)


def test_units_and_stays_that_contradict_each_other_are_found():
    right, moved, gone = (make_equipment(location=make_location()) for _number in range(3))
    alone = make_equipment(location=make_location())
    alone.installations.all().delete()
    Installation.objects.filter(unit=moved).update(location=make_location())
    Equipment.objects.filter(pk=gone.pk).update(location=None, status=Equipment.Status.LOST)
    assert set(units_out_of_place()) == {moved, gone, alone}
    begun = right.installations.get().first_day
    twice = make_installation(unit=right, first_day=begun - DAY, last_day=begun)
    assert [stay.unit for stay in overlapping_stays()] == [right]
    twice.delete()
    make_installation(unit=right, first_day=begun - 2 * DAY, last_day=begun - DAY)
    assert not overlapping_stays().exists()


LOADED = st.lists(
    st.tuples(
        st.integers(0, 2),
        st.sampled_from(["", "Home", "Shop"]),
        st.sampled_from(["Rented", "Lent"]),
        st.sampled_from(["1.00", "2.00"]),
        st.integers(0, 3),
    ),
    min_size=1,
    max_size=6,
)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(steps=LOADED)
def test_files_of_equipment_begin_and_end_stays_as_the_acts_do(tmp_path: Path, steps):
    Customer.objects.filter(number="A-1").exists() or make_places()
    Installation.objects.all().delete()
    Equipment.objects.all().delete()
    for number, place, terms, rent, back in steps:
        status = "" if place else "In stock"
        row = f"S-{number},Router,A-1,{place},{terms},{rent},{status}"
        load(tmp_path, equipment=f"Serial,Name,Customer,Location,Terms,Monthly Rent,Status\n{row}\n")
        assert in_order()
        unit = Equipment.objects.get(serial=f"S-{number}")
        running = unit.installations.filter(last_day=None).first()
        assert (running and running.monthly_rent) == (Decimal(rent) * (terms == "Rented") if place else None)
        # Time passes: what is on record moves into the past.
        for stay in Installation.objects.all():
            stay.first_day -= back * DAY
            stay.last_day = stay.last_day and stay.last_day - back * DAY
            stay.save()


def make_places() -> None:
    customer = make_customer(number="A-1")
    for label in ("Home", "Shop"):
        make_location(customer=customer, label=label)
