"""Two customers become one: what moves, what stays, what is refused, and that all of it can be taken back."""

from datetime import date
from decimal import Decimal

import pytest
from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import models
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from billing.balances import balance_of
from billing.models import Allocation, Invoice
from billing.tests.factories import TODAY, make_invoice, make_payment
from customerflow.changes.models import ChangeSet
from customerflow.changes.tracked import tracked_models
from customerflow.changes.undoing import undo
from customerflow.staff.roles import MANAGER
from customerflow.staff.tests.factories import make_user
from customers.merging import PAIRS, merge_customers, moved_relations
from customers.models import Contact, Customer, DistinctPair, Equipment, FormerNumber, Location, Service
from customers.registration import close_customer
from customers.tests.factories import (
    make_contact,
    make_customer,
    make_distinct_pair,
    make_duplicate_pair,
    make_equipment,
    make_location,
    make_service,
)
from tickets.models import Ticket
from tickets.tests.factories import make_ticket

ON = date(2026, 4, 1)


def merge(survivor: Customer, duplicate: Customer, **values: object) -> Customer:
    return merge_customers(survivor=survivor, duplicate=duplicate, values=values, by=None, on=ON)


def make_whole_customer(**fields) -> Customer:
    """Make a customer with something of every kind that points at one."""
    customer = make_customer(**fields)
    make_contact(customer=customer)
    location = make_location(customer=customer)
    make_equipment(location=location)
    make_ticket(customer=customer, service=make_service(location=location))
    make_invoice("100.00", customer=customer)
    make_payment("30.00", customer=customer)
    return customer


def everything() -> dict:
    """Return all rows of ours that are on record, but for what only ever grows."""
    return {
        model._meta.label: sorted(
            (
                {field: value for field, value in row.items() if field not in ("version", "updated_at")}
                for row in model._base_manager.values()
            ),
            key=lambda row: row["id"],
        )
        for model in tracked_models()
    }


@pytest.mark.django_db
def test_everything_that_points_at_the_duplicate_moves():
    survivor, duplicate = make_whole_customer(), make_whole_customer()
    merge(survivor, duplicate)
    assert not Customer.objects.filter(pk=duplicate.pk).exists()
    for kind in (Contact, Location, Invoice, Ticket):
        assert list(kind.objects.values_list("customer", flat=True)) == [survivor.pk] * 2
    for kind in (Service, Equipment):
        assert list(kind.objects.values_list("location__customer", flat=True)) == [survivor.pk] * 2
    assert survivor.payments.count() == 2


@pytest.mark.django_db
def test_what_moves_counts_a_version_and_what_stays_does_not():
    survivor, duplicate = make_whole_customer(), make_whole_customer()
    (staying,), (moving,) = survivor.locations.all(), duplicate.locations.all()
    merge(survivor, duplicate)
    assert Location.objects.get(pk=staying.pk).version == staying.version
    moved = Location.objects.get(pk=moving.pk)
    assert moved.version == moving.version + 1
    assert moved.updated_at > moving.updated_at
    assert Customer.objects.get().version == survivor.version + 1


@pytest.mark.django_db
def test_an_issued_invoice_keeps_the_name_that_it_was_issued_with():
    survivor, duplicate = make_customer(name="Ann Lee"), make_customer(name="Anne Lee")
    invoice = make_invoice(customer=duplicate)
    merge(survivor, duplicate)
    invoice.refresh_from_db()
    assert (invoice.customer, invoice.customer_name) == (survivor, "Anne Lee")


@pytest.mark.django_db
def test_what_a_payment_settled_is_settled_after_the_merge():
    survivor, duplicate = make_whole_customer(), make_whole_customer()
    before = list(Allocation.objects.values())
    merge(survivor, duplicate)
    assert list(Allocation.objects.values()) == before
    allocations = Allocation.objects.select_related("payment", "invoice")
    assert all(each.payment.customer_id == each.invoice.customer_id == survivor.pk for each in allocations)


class BalancesAddUp(TestCase):
    amounts = st.lists(st.decimals(Decimal("0.01"), 1000, places=2), max_size=3)

    @given(owed=amounts, paid=amounts, owed_too=amounts, paid_too=amounts)
    def test_the_balances_of_two_add_up_to_that_of_the_one(self, owed, paid, owed_too, paid_too):
        survivor, duplicate = make_customer(), make_customer()
        for customer, invoices, payments in ((survivor, owed, paid), (duplicate, owed_too, paid_too)):
            for amount in invoices:
                make_invoice(str(amount), customer=customer, due_on=TODAY)
            for amount in payments:
                make_payment(str(amount), customer=customer)
        one, other = balance_of(survivor, TODAY), balance_of(duplicate, TODAY)
        merge(survivor, duplicate)
        together = balance_of(survivor, TODAY)
        assert together.total == one.total + other.total
        assert together.due_now == one.due_now + other.due_now
        assert together.credit == one.credit + other.credit


@pytest.mark.django_db
def test_the_survivor_takes_on_the_chosen_values_and_is_found_by_them():
    survivor = make_customer(name="A. Lee", phone="555-1234")
    duplicate = make_customer(name="Ann Lee", email="ann@example.com", phone="555-9876", note="Rings twice")
    merged = merge(survivor, duplicate, name="Ann Lee", email="ann@example.com", note="Rings twice")
    merged.refresh_from_db()
    assert (merged.number, merged.name, merged.phone) == (survivor.number, "Ann Lee", "555-1234")
    assert (merged.email, merged.note) == ("ann@example.com", "Rings twice")
    assert list(Customer.objects.search("ann@example.com")) == [merged]


@pytest.mark.django_db
def test_a_value_that_is_not_allowed_is_refused_at_its_field():
    survivor, duplicate = make_customer(), make_customer()
    with pytest.raises(ValidationError) as refusal:
        merge(survivor, duplicate, email="nonsense")
    assert list(refusal.value.error_dict) == ["email"]
    assert Customer.objects.count() == 2


@pytest.mark.django_db
def test_the_number_is_not_chosen():
    survivor, duplicate = make_customer(), make_customer()
    with pytest.raises(ValueError, match="number"):
        merge(survivor, duplicate, number="1")


@pytest.mark.django_db
def test_a_customer_is_not_merged_with_itself():
    customer = make_customer()
    with pytest.raises(ValidationError) as refusal:
        merge(customer, customer)
    assert list(refusal.value.error_dict) == ["other"]


@pytest.mark.django_db
@pytest.mark.parametrize(("gone", "field"), [(0, "survivor"), (1, "other")])
def test_a_customer_who_was_removed_meanwhile_is_refused(gone, field):
    pair = make_customer(), make_customer()
    Customer.objects.filter(pk=pair[gone].pk).delete()
    with pytest.raises(ValidationError) as refusal:
        merge(*pair)
    assert list(refusal.value.error_dict) == [field]


@pytest.mark.django_db
@pytest.mark.parametrize(("changed", "field"), [(0, "survivor"), (1, "other")])
def test_a_customer_who_was_changed_meanwhile_is_refused(changed, field):
    pair = make_customer(), make_customer()
    Customer.objects.filter(pk=pair[changed].pk).update(version=2)
    with pytest.raises(ValidationError) as refusal:
        merge(*pair)
    assert list(refusal.value.error_dict) == [field]
    assert Customer.objects.count() == 2


@pytest.mark.django_db
def test_an_open_account_is_not_merged_into_a_closed_one():
    closed = close_customer(customer=make_customer(), last_day=TODAY, on=TODAY)
    with pytest.raises(ValidationError) as refusal:
        merge(closed, make_customer())
    assert list(refusal.value.error_dict) == ["survivor"]


@pytest.mark.django_db
def test_a_closed_account_is_merged_into_an_open_one_which_stays_open():
    closed = close_customer(customer=make_customer(), last_day=TODAY, on=TODAY)
    merged = merge(make_customer(), closed)
    assert (merged.status, merged.closed_on) == (Customer.Status.ACTIVE, None)


@pytest.mark.django_db
def test_of_two_closed_accounts_the_later_closing_day_stays():
    first = close_customer(customer=make_customer(), last_day=date(2026, 2, 1), on=TODAY)
    second = close_customer(customer=make_customer(), last_day=date(2026, 3, 1), on=TODAY)
    assert merge(first, second).closed_on == date(2026, 3, 1)


@pytest.mark.django_db
def test_a_merge_does_not_close_an_account():
    with pytest.raises(ValidationError) as refusal:
        merge(make_customer(), make_customer(), status="closed")
    assert list(refusal.value.error_dict) == ["status"]


@pytest.mark.django_db
def test_former_numbers_move_along_a_chain_of_merges():
    first, second, third = make_customer(number="A"), make_customer(number="B"), make_customer(number="C")
    merge(merge(second, third), Customer.objects.get(pk=first.pk))
    last = make_customer(number="D")
    merge(last, Customer.objects.get(number="B"))
    found = FormerNumber.objects.order_by("number").values_list("number", "former_pk", "customer", "merged_on")
    assert list(found) == [
        ("A", first.pk, last.pk, ON),
        ("B", second.pk, last.pk, ON),
        ("C", third.pk, last.pk, ON),
    ]


@pytest.mark.django_db
def test_pairs_of_the_duplicate_go_and_what_was_said_of_it_holds_for_the_survivor():
    survivor, duplicate, third, fourth = (make_customer() for _ in range(4))
    make_duplicate_pair(first=survivor, second=duplicate)
    make_distinct_pair(first=survivor, second=third)
    make_distinct_pair(first=duplicate, second=third)
    make_distinct_pair(first=duplicate, second=fourth)
    merge(survivor, duplicate)
    said = DistinctPair.objects.order_by("second").values_list("first", "second")
    assert list(said) == [(survivor.pk, third.pk), (survivor.pk, fourth.pk)]


def test_every_kind_that_points_at_a_customer_moves_or_is_about_two():
    pointing = {
        (model, field.name)
        for model in apps.get_models()
        for field in model._meta.local_concrete_fields
        if field.is_relation and field.related_model is Customer
    }
    moved = {(relation.related_model, relation.field.name) for relation in moved_relations()}
    assert pointing - moved == {(model, name) for model in PAIRS for name in ("first", "second")}
    assert len(moved) >= 6


def test_no_kind_that_moves_may_be_there_once_for_a_customer():
    """A row of each of the two could not both be the survivor's."""
    once = [
        constraint
        for relation in moved_relations()
        for constraint in relation.related_model._meta.constraints
        if isinstance(constraint, models.UniqueConstraint) and relation.field.name in constraint.fields
    ]
    assert once == []
    assert not any(relation.field.unique for relation in moved_relations())


@pytest.mark.django_db
def test_a_merge_is_one_change_set_and_asks_few_questions_however_much_moves(django_assert_max_num_queries):
    survivor, duplicate = make_customer(), make_customer()
    for _ in range(50):
        make_contact(customer=duplicate)
        make_location(customer=duplicate)
    before = ChangeSet.objects.count()
    with django_assert_max_num_queries(60):
        merge(survivor, duplicate)
    assert ChangeSet.objects.count() == before + 1
    assert ChangeSet.objects.latest("pk").act == "Customers merged"


@pytest.mark.django_db
def test_undoing_a_merge_restores_everything():
    survivor, duplicate = make_whole_customer(name="Ann Lee"), make_whole_customer(name="Anne Lee")
    third = make_customer()
    merge(duplicate, third)
    make_distinct_pair(first=survivor, second=make_customer())
    manager = make_user(MANAGER)
    before = everything()
    duplicate.refresh_from_db()
    merge_customers(survivor=survivor, duplicate=duplicate, values={"name": "Anne Lee"}, by=manager, on=ON)
    assert everything() != before
    undone = undo(ChangeSet.objects.latest("pk"), by=manager)
    assert (undone.refusal, undone.left_alone) == ("", 0)
    assert everything() == before
    assert Customer.objects.get(pk=duplicate.pk).number == duplicate.number


@pytest.mark.django_db
def test_an_undone_merge_can_be_made_again():
    survivor, duplicate, manager = make_whole_customer(), make_whole_customer(), make_user(MANAGER)
    merge(survivor, duplicate)
    merged = everything()
    undo(ChangeSet.objects.latest("pk"), by=manager)
    merge(Customer.objects.get(pk=survivor.pk), Customer.objects.get(pk=duplicate.pk))
    again = everything()
    for rows in (merged, again):
        for row in rows["customers.FormerNumber"]:
            del row["id"]
    assert again == merged


@pytest.mark.django_db
def test_what_came_after_a_merge_to_something_that_moved_keeps_it_where_it_is():
    survivor, duplicate = make_customer(), make_customer()
    place = make_location(customer=duplicate)
    invoice = make_invoice("50.00", customer=duplicate)
    duplicate = close_customer(customer=duplicate, last_day=ON, on=ON)
    merge(survivor, duplicate)
    merged = ChangeSet.objects.latest("pk")
    place.refresh_from_db()
    make_service(location=place)
    ticket = make_ticket(customer=survivor, location=place)
    make_payment("50.00", customer=survivor)
    for is_forced in (False, True):
        undo(merged, force_all=is_forced)
        allocation = Allocation.objects.get()
        assert allocation.payment.customer_id == allocation.invoice.customer_id == survivor.pk
        place.refresh_from_db()
        assert place.customer_id == survivor.pk
        Ticket.objects.get(pk=ticket.pk).clean()
        numbers = {*Customer.objects.values_list("number", flat=True)}
        assert duplicate.number in numbers | {*FormerNumber.objects.values_list("number", flat=True)}
    assert Invoice.objects.get(pk=invoice.pk).settled == Decimal("50.00")
