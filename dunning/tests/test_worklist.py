"""The worklist of collections, and what is recorded from it."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import connection

from billing.ageing import BUCKETS, AgeingRows
from billing.models import Invoice
from billing.tests.factories import make_invoice, make_payment
from customerflow.staff.tests.factories import make_user
from customers.models import Customer
from dunning.collecting import assign, finish_action, plan_action, record_contact
from dunning.models import Assignment, ContactAttempt, NextAction
from dunning.tests.factories import TODAY, make_call_task, make_promise
from dunning.worklist import Worklist, owned_by, with_action_due, with_promise, without_action, without_owner

pytestmark = pytest.mark.django_db
TOMORROW = TODAY + timedelta(days=1)


def make_late(amount: str, days: int, customer: Customer | None = None) -> Customer:
    due_on = TODAY - timedelta(days=days)
    return make_invoice(amount, customer=customer, on=date(2025, 1, 1), due_on=due_on).customer


def rows(*conditions, **about) -> list:
    return Worklist(TODAY, conditions=conditions, **about)[:50]


def customers(*conditions) -> set[Customer]:
    return {row.customer for row in rows(*conditions)}


def test_the_most_money_that_is_late_the_longest_comes_first():
    much, old, little = make_late("100.00", 10), make_late("30.00", 50), make_late("10.00", 5)
    make_late("20.00", 40, customer=little)
    make_late("500.00", 0)
    found = rows()
    assert [(row.customer, row.weight) for row in found] == [
        (old, Decimal("1500.00")),
        (much, Decimal("1000.00")),
        (little, Decimal("850.00")),
    ]
    assert [(row.overdue_amount, row.days_late) for row in found] == [
        (Decimal("30.00"), 50),
        (Decimal("100.00"), 10),
        (Decimal("30.00"), 40),
    ]


def test_who_pays_leaves_the_list_and_who_is_late_again_comes_back():
    customer = make_late("10.00", 5)
    payment = make_payment("10.00", customer=customer)
    assert rows() == []
    make_late("1.00", 1, customer=customer)
    assert customers() == {customer}
    assert payment.credit == 0


def test_of_every_age_the_rows_are_those_of_the_ageing_report_and_add_up_to_it():
    for days in (0, 1, 30, 31, 60, 61, 90, 91, 400):
        customer = make_late(f"{days + 1}.00", days)
        make_late("0.50", 45, customer=customer)
    aged = AgeingRows(TODAY, TODAY)
    _count, sums = aged.totals()
    for bucket in BUCKETS[1:]:
        count, amount = Worklist(TODAY, bucket=bucket).totals()
        found = rows(bucket=bucket)
        assert (amount, count) == (getattr(sums, bucket.name), len(found))
        assert sum(row.overdue_amount for row in found) == amount
        behind = {row.customer: getattr(row.aged, bucket.name) for row in aged[:50]}
        assert {row.customer: row.overdue_amount for row in found} == {k: v for k, v in behind.items() if v}


def test_a_row_says_who_looks_after_it_and_what_comes_next():
    customer, owner = make_late("59.99", 10), make_user()
    assign(customers=[customer], owner=owner, on=TODAY)
    record_contact(customer=customer, way="visit", is_reached=False, on=TODAY - timedelta(days=2))
    record_contact(customer=customer, way="call", is_reached=True, note="Friday", next_on=TOMORROW, on=TODAY, by=owner)
    promise = make_promise(customer=customer)
    (row,) = rows()
    assert (row.owner, row.promise, row.promise.state) == (owner, promise, "open")
    assert (row.last_contact.way, row.last_contact.note) == ("call", "Friday")
    assert (row.next_action.due_on, row.next_action.way) == (TOMORROW, "call")


def test_the_questions_do_not_grow_with_the_rows(django_assert_num_queries):
    for days in range(1, 12):
        customer = make_late("10.00", days)
        assign(customers=[customer], owner=make_user(), on=TODAY)
        record_contact(customer=customer, way="call", is_reached=True, next_on=TOMORROW, on=TODAY)
        make_promise(customer=customer)
    with django_assert_num_queries(7):
        assert len(rows()) == 11


def test_what_is_sorted_by_is_added_up_out_of_an_index_alone():
    make_late("10.00", 9)
    for order in ("-weight", "overdue_amount", "oldest_due_on"):
        for bucket in (None, BUCKETS[2]):
            plan = Worklist(TODAY, bucket=bucket).order_by(order, "pk")._sums()[:50].explain()
            if connection.vendor == "sqlite":
                assert "COVERING INDEX invoice_open_by" in plan
            else:
                assert "invoice_open_by" in plan or "Seq Scan" in plan


def test_rows_are_chosen_by_owner_next_action_and_promise():
    mine, theirs, nobodys = (make_late("10.00", days) for days in (9, 8, 7))
    me, colleague = make_user(), make_user()
    assign(customers=[mine], owner=me, on=TODAY)
    assign(customers=[theirs], owner=colleague, on=TODAY)
    assert (customers(owned_by(me)), customers(without_owner())) == ({mine}, {nobodys})
    plan_action(customer=mine, way="call", due_on=TODAY, on=TODAY)
    plan_action(customer=theirs, way="call", due_on=TOMORROW, on=TODAY)
    assert (customers(with_action_due(TODAY)), customers(without_action())) == ({mine}, {nobodys})
    make_promise(customer=mine)
    make_promise(customer=theirs, on=TODAY - timedelta(days=5), due_on=TODAY - timedelta(days=1))
    assert (customers(with_promise("open", TODAY)), customers(with_promise("broken", TODAY))) == ({mine}, {theirs})
    make_promise(customer=theirs)
    assert customers(with_promise("broken", TODAY)) == set()


def test_what_was_planned_before_a_debt_fell_due_is_not_about_it():
    customer = make_late("10.00", 20)
    plan_action(customer=customer, way="call", due_on=TODAY - timedelta(days=10), on=TODAY - timedelta(days=15))
    assert rows()[0].next_action
    make_payment("10.00", customer=customer)
    make_late("10.00", 3, customer=customer)
    assert rows()[0].next_action is None
    assert rows(with_action_due(TODAY)) == []


def test_who_looks_after_a_customer_already_stays_and_another_takes_over():
    one, other = make_late("10.00", 2), make_late("10.00", 3)
    me, colleague = make_user(), make_user()
    assert assign(customers=[one], owner=me, on=TODAY) == 1
    assert assign(customers=[one, other], owner=me, on=TODAY) == 1
    assert assign(customers=[one], owner=colleague, on=TOMORROW) == 1
    assert customers(owned_by(me)) == {other}
    assert assign(customers=[one, other], owner=None, on=TOMORROW) == 2
    assert not Assignment.objects.current().exists()
    assert Assignment.objects.count() == 3


def test_a_contact_is_recorded_once_and_does_what_was_due():
    customer = make_late("10.00", 20)
    due = plan_action(customer=customer, way="letter", due_on=TODAY, on=TODAY, key="rule-1")
    assert plan_action(customer=customer, way="letter", due_on=TODAY, on=TODAY, key="rule-1") == due
    later = plan_action(customer=customer, way="visit", due_on=TOMORROW + timedelta(days=9), on=TODAY)
    for _ in range(2):
        record_contact(customer=customer, way="call", is_reached=False, next_on=TOMORROW, on=TODAY, key="form-1")
    assert ContactAttempt.objects.count() == 1
    waiting = NextAction.objects.waiting()
    assert [(each.way, each.due_on) for each in waiting] == [("call", TOMORROW), ("visit", later.due_on)]
    finish_action(action=later, on=TODAY)
    with pytest.raises(ValidationError):
        finish_action(action=later, on=TODAY)
    with pytest.raises(ValidationError) as refusal:
        record_contact(customer=customer, way="call", is_reached=True, next_on=TODAY - timedelta(days=1), on=TODAY)
    assert list(refusal.value.message_dict) == ["next_on"]
    assert ContactAttempt.objects.count() == 1
    assert Invoice.objects.open().count() == 1


def test_a_call_that_a_rule_asked_for_is_the_next_action_until_somebody_was_called():
    customer = make_late("10.00", 20)
    call = make_call_task(customer=customer, due_on=TODAY)
    plan_action(customer=customer, way="visit", due_on=TOMORROW, on=TODAY)
    (row,) = rows(with_action_due(TODAY))
    assert row.next_action == call
    record_contact(customer=customer, way="call", is_reached=False, on=TODAY)
    call.refresh_from_db()
    assert call.result == "not_reached"
    assert rows(with_action_due(TODAY)) == []
    assert rows()[0].next_action.way == "visit"
