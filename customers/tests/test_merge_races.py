"""Merges that begin at the same moment as something else."""

from datetime import date
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import connection

from billing.balances import balance_of
from billing.tests.factories import TODAY, make_invoice, make_payment
from customerflow.refusals import acting
from customerflow.tests.threads import at_once
from customers.duplicates import find_duplicates
from customers.merging import merge_customers
from customers.models import Contact, Customer, DuplicatePair, FormerNumber, Location
from customers.registration import register_customer
from customers.tests.factories import make_customer

pytestmark = pytest.mark.django_db(transaction=True)
ON = date(2026, 4, 1)
ROUNDS = 5


def attempt(act, *args, **kwargs) -> str:
    """Do it as a screen does, and say whether it was refused."""
    try:
        with acting():
            act(*args, **kwargs)
    except ValidationError:
        return "refused"
    return "done"


def merge(survivor: Customer, duplicate: Customer) -> str:
    return attempt(merge_customers, survivor=survivor, duplicate=duplicate, values={}, on=ON)


def test_two_merges_of_one_pair_at_once_are_one_merge():
    for _ in range(ROUNDS):
        pair = [make_customer(), make_customer()]
        # The one way round and the other.
        results = at_once(lambda index, pair=pair: merge(*(pair if index % 2 else pair[::-1])), 4)
        assert sorted(results) == ["done", "refused", "refused", "refused"]
        assert Customer.objects.filter(pk__in=[customer.pk for customer in pair]).count() == 1


def test_a_ring_of_merges_at_once_loses_nobody():
    for _ in range(ROUNDS):
        ring = [make_customer() for _ in range(3)]
        results = at_once(lambda index, ring=ring: merge(ring[index], ring[(index + 1) % 3]), 3)
        assert sorted(results) == ["done", "refused", "refused"]
        left = set(Customer.objects.values_list("pk", flat=True))
        gone = set(FormerNumber.objects.values_list("former_pk", flat=True))
        assert left | gone == {customer.pk for customer in ring}
        assert (len(left), len(gone)) == (2, 1)
        Customer.objects.all().delete()


def edit(customer: Customer) -> None:
    """Change the phone as the form does: locked, and not over a colleague's change."""
    stored = Customer.objects.select_for_update().get(pk=customer.pk)
    if stored.version != customer.version:
        raise ValidationError("stale")
    stored.phone, stored.version = "555-9999", stored.version + 1
    stored.save()


@pytest.mark.parametrize("edited", [0, 1])
def test_an_edit_at_the_same_moment_is_either_merged_or_refused_never_lost(edited):
    for _ in range(ROUNDS):
        pair = [make_customer(), make_customer()]

        def either(index, pair=pair):
            return attempt(edit, pair[edited]) if index else merge(*pair)

        assert sorted(at_once(either, 2)) == ["done", "refused"]
        left = Customer.objects.filter(pk__in=[customer.pk for customer in pair])
        assert left.count() == 1 + left.filter(phone="555-9999").count()


@pytest.mark.parametrize("kind", [Location, Contact])
def test_what_is_added_to_the_duplicate_at_the_same_moment_moves_or_is_refused(kind):
    for _ in range(ROUNDS):
        survivor, duplicate = make_customer(), make_customer()

        def either(index, survivor=survivor, duplicate=duplicate):
            text = {"address": "1 Quay"} if kind is Location else {"name": "Ann"}
            return attempt(kind.objects.create, customer=duplicate, **text) if index else merge(survivor, duplicate)

        merged, added = at_once(either, 2)
        assert merged == "done"
        assert kind.objects.filter(customer=survivor).count() == (added == "done")


def test_money_that_comes_in_at_the_same_moment_is_there_after_the_merge_or_refused():
    for _ in range(ROUNDS):
        survivor, duplicate = make_customer(), make_customer()
        make_invoice("100.00", customer=duplicate)

        def either(index, survivor=survivor, duplicate=duplicate):
            return attempt(make_payment, "10.00", customer=duplicate) if index else merge(survivor, duplicate)

        merged, *paid = at_once(either, 4)
        assert merged == "done"
        assert balance_of(survivor, TODAY).total == Decimal("100.00") - 10 * paid.count("done")


def test_nobody_takes_the_number_of_the_duplicate_while_it_is_given_up():
    for _ in range(ROUNDS):
        survivor, duplicate = make_customer(), make_customer()
        number = duplicate.number

        def either(index, survivor=survivor, duplicate=duplicate, number=number):
            if index:
                return attempt(register_customer, customer=Customer(name="Bo Berg", number=number))
            return merge(survivor, duplicate)

        assert at_once(either, 4) == ["done", "refused", "refused", "refused"]


def test_duplicates_are_looked_for_while_they_are_merged():
    for _ in range(ROUNDS):
        customers = [make_customer(email="ann@example.com") for _ in range(8)]

        def either(index, customers=customers):
            return merge(*customers[index * 2 - 2 : index * 2]) if index else find_duplicates()

        assert at_once(either, 5)[1:] == ["done"] * 4
        find_duplicates()
        assert DuplicatePair.objects.count() == 6
        Customer.objects.all().delete()


@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite has one writer at a time")
def test_two_searches_at_once_find_each_pair_once():
    for _ in range(6):
        make_customer(email="ann@example.com")
    assert [found.pairs for found in at_once(lambda _: find_duplicates(), 3)] == [15] * 3
