"""Undo: what a change set did is taken back, and nothing else."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.test import Client

from billing.tests.factories import make_invoice
from customerflow.changes.models import Change, ChangeSet
from customerflow.changes.recording import open_parent, recording
from customerflow.changes.tests.tables import stored_tables
from customerflow.changes.undoing import may_force, may_undo, plan_undo, undo
from customerflow.staff.roles import MANAGER, SUPPORT, TECHNICIAN
from customerflow.staff.tests.factories import make_user
from customers.equipment_moves import add_equipment
from customers.models import Customer, Equipment, Service
from customers.price_changes import apply_due_prices, cancel_price_change, change_cost
from customers.registration import close_customer, register_customer, remove_customer, reopen_customer
from customers.subscriptions import add_service, end_service
from customers.tests.factories import make_customer, make_equipment, make_location, make_plan, make_service

pytestmark = pytest.mark.django_db

DAY = date(2026, 11, 20)


def newest() -> ChangeSet:
    return ChangeSet.objects.latest("pk")


def test_a_changed_record_gets_back_what_it_had():
    customer = make_customer(name="Ann Müller", note="ring twice")
    before = stored_tables()
    with recording("Customer changed"):
        customer.name, customer.note, customer.email = "安妮", "", "ann@example.com"
        customer.save()
    undone = undo(newest())
    assert (undone.put_back, undone.left_alone) == (1, 0)
    assert stored_tables() == before


def test_a_removed_customer_comes_back_with_all_that_was_theirs_and_the_same_keys():
    customer = make_customer()
    place = make_location(customer=customer, latitude=Decimal("48.208174"), longitude=Decimal("16.373819"))
    make_service(location=place, plan=make_plan(), ip_address="10.0.0.7", ends_on=date(2027, 1, 31))
    make_equipment(location=place, serial="S-1")
    before = stored_tables()
    remove_customer(customer=customer)
    assert not Customer.objects.exists()
    undo(newest())
    assert stored_tables() == before
    assert Customer.objects.search(customer.name).get().pk == customer.pk


def test_what_was_added_goes_and_nothing_else():
    place = make_location()
    before = stored_tables()
    add_service(service=Service(location=place, name="Fibre", cost=Decimal("10.00"), starts_on=DAY))
    undo(newest())
    assert stored_tables() == before


def test_an_undo_can_be_undone_and_that_again():
    customer = make_customer()
    make_service(location=make_location(customer=customer))
    before = stored_tables()
    close_customer(customer=customer, last_day=DAY, on=DAY)
    closed, act = stored_tables(), newest()
    undo(act)
    assert (newest().undoes, newest().act) == (act, "Undone: Account closed")
    undo(newest())
    assert newest().act == "Done again: Account closed"
    assert stored_tables() == closed
    undo(newest())
    assert stored_tables() == before


def test_a_record_that_was_changed_since_is_left_alone_with_who_and_what():
    customer = make_customer(name="Ann", phone="")
    with recording("Renamed"):
        Customer.objects.filter(pk=customer.pk).update(name="Bob")
    renamed, colleague = newest(), make_user()
    with recording("Phone noted", by=colleague):
        Customer.objects.filter(pk=customer.pk).update(phone="555-1234")
    undone = undo(renamed)
    assert (undone.put_back, undone.left_alone, undone.change_set) == (0, 1, None)
    (reversal,) = undone.reversals
    assert reversal.can_be_forced
    assert [(change.change_set.by, change.new) for change in reversal.since] == [(colleague, {"phone": "555-1234"})]
    assert Customer.objects.get().name == "Bob"


def test_a_forced_undo_touches_only_what_the_change_set_touched():
    customer = make_customer(name="Ann", phone="")
    with recording("Renamed"):
        customer.name = "Bob"
        customer.save()
    renamed = newest()
    with recording("Phone noted"):
        customer.phone = "555-1234"
        customer.save()
    assert undo(renamed, forced=[("customers.customer", customer.pk)]).put_back == 1
    stored = Customer.objects.get()
    assert (stored.name, stored.phone) == ("Ann", "555-1234")
    assert list(Customer.objects.search("ann 555")) == [stored]


def test_a_record_changed_and_changed_back_counts_as_untouched():
    customer = make_customer(name="Ann")
    for name in ("Bob", "Cyd", "Bob"):
        with recording(name):
            Customer.objects.filter(pk=customer.pk).update(name=name)
    first = ChangeSet.objects.get(act="Bob", pk__lt=newest().pk)
    assert undo(first).put_back == 1
    assert Customer.objects.get().name == "Ann"


def test_a_record_changed_twice_goes_back_although_it_went_and_came_back_since():
    customer = make_customer(name="Ann")
    with recording("Renamed twice") as twice:
        for name in ("Bea", "Cia"):
            Customer.objects.filter(pk=customer.pk).update(name=name)
    remove_customer(customer=Customer.objects.get())
    undo(newest())
    assert undo(twice.change_set).left_alone == 0
    assert Customer.objects.get().name == "Ann"


def test_what_something_newer_points_at_is_not_removed_even_by_force():
    customer = register_customer(customer=Customer(name="Ann"))
    act = newest()
    make_location(customer=customer)
    undone = undo(act, force_all=True)
    assert (undone.put_back, undone.left_alone) == (0, 1)
    assert "location 12 Harbour Road" in undone.reversals[0].reason
    assert not undone.reversals[0].can_be_forced


def test_a_number_that_another_took_meanwhile_stands_in_the_way():
    customer = make_customer(number="7")
    remove_customer(customer=customer)
    act = newest()
    other = make_customer(number="7")
    undone = undo(act)
    assert undone.left_alone == 1
    assert str(other) in undone.reversals[0].reason


def test_what_belongs_to_something_removed_since_is_left_alone():
    place = make_location()
    unit = make_equipment(location=place)
    with recording("Sent away"):
        unit.location, unit.status = None, Equipment.Status.IN_STOCK
        unit.save()
    act = newest()
    unit.installations.all().delete()
    place.delete()
    undone = undo(act)
    assert (undone.put_back, undone.reversals[0].reason) == (0, "Its location was removed.")


def test_a_plan_changes_nothing_and_says_what_undo_does():
    customer = make_customer()
    close_customer(customer=customer, last_day=DAY, on=DAY)
    before, count = stored_tables(), Change.objects.count()
    plan = plan_undo(newest())
    assert (plan.put_back, plan.reversals[0].columns["status"]) == (1, ("closed", "active"))
    assert (stored_tables(), Change.objects.count()) == (before, count)


def test_money_is_taken_back_by_its_own_documents():
    make_invoice()
    invoice = ChangeSet.objects.filter(counts__kind="billing.invoice").latest("pk")
    assert "voiding" in plan_undo(invoice).refusal
    with pytest.raises(ValidationError, match="voiding"):
        undo(invoice)


def test_an_undo_that_finds_everything_as_it_was_keeps_nothing():
    customer = make_customer(name="Ann")
    with recording("Renamed"):
        Customer.objects.filter(pk=customer.pk).update(name="Bob")
    act = newest()
    undo(act)
    count = ChangeSet.objects.count()
    assert undo(act).change_set is None
    assert ChangeSet.objects.count() == count


def test_a_change_of_cost_is_undone_with_its_history():
    service = make_service(cost=Decimal("10.00"))
    before = stored_tables()
    change_cost(service=service, cost=Decimal("12.00"), on=DAY)
    undo(newest())
    assert stored_tables() == before


def test_who_acted_may_undo_and_others_need_the_rights_to_do_the_opposite():
    agent, manager, technician = make_user(SUPPORT), make_user(MANAGER), make_user(TECHNICIAN)
    with recording("Added", by=agent):
        place = make_location()
        add_service(service=Service(location=place, name="Fibre", cost=Decimal("10.00"), starts_on=DAY))
    act = newest()
    assert may_undo(agent, act)
    assert may_undo(manager, act)
    assert not may_undo(technician, act)
    with recording("Added", by=technician):
        add_equipment(unit=Equipment(name="Router", cost=Decimal(1)), on=date(2026, 3, 1))
    assert may_undo(technician, newest())
    assert not may_undo(agent, newest())


def test_the_batches_of_a_long_job_are_undone_together():
    customers = [make_customer(note="a") for _ in range(4)]
    before = stored_tables()
    parent = open_parent("Notes changed")
    for pair in (customers[:2], customers[2:]):
        with recording("Notes changed", parent=parent):
            Customer.objects.filter(pk__in=[customer.pk for customer in pair]).update(note="b")
    undone = undo(parent)
    assert undone.put_back == 4
    assert undone.change_set.undoes == parent
    assert stored_tables() == before
    undo(undone.change_set)
    assert set(Customer.objects.values_list("note", flat=True)) == {"b"}


def test_an_end_is_not_undone_at_an_account_that_was_closed_since():
    service = make_service(starts_on=date(2026, 1, 1))
    end_service(service=service, last_day=DAY)
    ended = newest()
    close_customer(customer=service.location.customer, last_day=DAY, on=DAY)
    undone = undo(ended, force_all=True)
    assert (undone.put_back, undone.left_alone, undone.change_set) == (0, 1, None)
    assert "is closed" in undone.reversals[0].reason


def test_a_reopening_is_not_undone_while_a_new_service_goes_on():
    customer = make_customer()
    place = make_location(customer=customer)
    close_customer(customer=customer, last_day=DAY, on=DAY)
    reopen_customer(customer=customer, on=DAY)
    reopened = newest()
    make_service(location=place)
    undone = undo(reopened)
    assert (undone.put_back, undone.left_alone) == (0, 1)
    assert not Customer.objects.get().is_closed


def test_what_cannot_come_back_whole_does_not_come_back_half_way():
    unit = make_equipment(serial="S-1")
    with recording("Twice changed"):
        for serial in ("S-2", "S-3"):
            unit.serial = serial
            unit.save()
    act = newest()
    make_equipment(serial="S-1")
    undone = undo(act)
    assert (undone.put_back, undone.left_alone, undone.change_set) == (0, 1, None)
    unit.refresh_from_db()
    assert unit.serial == "S-3"


def test_who_is_in_which_group_is_changed_by_the_administration_alone():
    user = make_user()
    with recording("Promoted"):
        user.groups.add(Group.objects.get(name=MANAGER))
    assert "administration" in plan_undo(newest()).refusal


def test_a_service_that_stays_keeps_its_first_price():
    with recording("Added") as act:
        service = make_service(cost=Decimal("10.00"))
    change_cost(service=service, cost=Decimal("20.00"), on=DAY)
    undone = undo(act.change_set)
    assert service.price_changes.filter(effective_on=None).exists()
    assert (undone.put_back, undone.left_alone) == (0, 4)


def test_the_price_that_was_in_force_is_not_undone_behind_a_later_one():
    service = make_service(cost=Decimal("10.00"))
    change_cost(service=service, cost=Decimal("20.00"), on=DAY)
    first = newest()
    change_cost(service=service, cost=Decimal("30.00"), on=DAY + timedelta(days=30))
    before = stored_tables()
    assert undo(first).put_back == 0
    undo(first, force_all=True)
    assert stored_tables() == before


def test_a_price_that_has_begun_is_not_taken_from_under_the_cost():
    service = make_service(cost=Decimal("10.00"))
    later = DAY + timedelta(days=30)
    change_cost(service=service, cost=Decimal("20.00"), on=DAY, effective_on=later)
    scheduled = newest()
    apply_due_prices(on=later)
    undo(scheduled, force_all=True)
    service.refresh_from_db()
    assert service.cost == service.price_changes.in_force(later).first().cost


def test_who_may_not_change_prices_may_not_undo_their_change():
    service = make_service(cost=Decimal("10.00"))
    planned = change_cost(service=service, cost=Decimal("20.00"), on=DAY, effective_on=DAY + timedelta(days=30))
    cancel_price_change(change=planned, on=DAY)
    cancelled = newest()
    assert not may_undo(make_user(SUPPORT), cancelled)
    assert may_undo(make_user(MANAGER), cancelled)


def test_the_work_of_others_on_what_one_added_is_only_undone_with_the_right_to_remove_it(client: Client):
    agent = make_user(SUPPORT)
    with recording("Added", by=agent):
        customer = make_customer()
    added = newest()
    with recording("Noted", by=make_user()):
        Customer.objects.filter(pk=customer.pk).update(note="much work")
    assert may_undo(agent, added)
    assert not may_force(agent, added)
    client.force_login(agent)
    page = f"/changes/{added.pk}/undo/"
    assert "force" not in client.get(page).content.decode()
    client.post(page, {"force_all": "yes", "force": f"customers.customer:{customer.pk}"})
    assert Customer.objects.filter(pk=customer.pk).exists()


def test_renamed_services_are_put_back_in_few_queries(django_assert_max_num_queries):
    services = [make_service() for _ in range(30)]
    with recording("Renamed"):
        for service in services:
            Service.objects.filter(pk=service.pk).update(name="Copper")
    with django_assert_max_num_queries(30):
        assert undo(newest()).put_back == 30
