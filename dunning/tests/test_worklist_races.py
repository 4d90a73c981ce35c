"""Two people at one customer of the worklist at the same moment: nothing that either did is lost."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError

from billing.tests.factories import make_invoice
from customerflow.staff.tests.factories import make_user
from customerflow.tests.threads import at_once
from dunning.collecting import assign, record_contact
from dunning.models import Assignment, ContactAttempt, NextAction, Promise
from dunning.promises import promise_to_pay
from dunning.tests.factories import TODAY

pytestmark = pytest.mark.django_db(transaction=True)
TOMORROW = TODAY + timedelta(days=1)


def test_contacts_recorded_at_once_are_all_there_and_one_form_makes_one():
    customer = make_invoice().customer

    def record(number: int) -> None:
        key = f"form-{number // 2}"
        about = {"way": "call", "is_reached": True, "note": key, "next_on": TOMORROW, "key": key}
        record_contact(customer=customer, on=TODAY, **about)

    at_once(record, 8)
    assert sorted(ContactAttempt.objects.values_list("note", flat=True)) == [f"form-{number}" for number in range(4)]
    assert NextAction.objects.waiting().count() == 4


def test_of_owners_assigned_at_once_one_holds_and_all_are_on_record():
    customers = [make_invoice().customer for _ in range(3)]
    users = [make_user() for _ in range(6)]
    at_once(lambda number: assign(customers=customers[:: 1 if number % 2 else -1], owner=users[number], on=TODAY), 6)
    assert Assignment.objects.current().count() == 3
    assert Assignment.objects.filter(ended_on=None).count() == 3
    assert Assignment.objects.count() == 18


def test_of_promises_made_at_once_one_is():
    customer = make_invoice().customer

    def promise(number: int) -> bool:
        try:
            promise_to_pay(customer=customer, due_on=TOMORROW, on=TODAY, key=f"form-{number}")
        except ValidationError:
            return False
        return True

    assert sum(at_once(promise, 6)) == 1
    assert Promise.objects.count() == 1
