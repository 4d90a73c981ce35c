"""Records of what follows an invoice for tests."""

from datetime import date

from billing.tests.factories import make_invoice
from customerflow.staff.tests.factories import make_user
from customers.tests.factories import make_customer
from dunning.models import Assignment, ContactAttempt, NextAction, Promise
from dunning.promises import promise_to_pay

# An invoice of the factories is due two weeks before.
TODAY = date(2026, 3, 31)


def make_promise(*, on: date = TODAY, due_on: date = date(2026, 4, 7), **fields) -> Promise:
    if "customer" not in fields:
        fields["customer"] = make_invoice().customer
    return promise_to_pay(on=on, due_on=due_on, **fields)


def make_assignment(**fields) -> Assignment:
    fields["customer"] = fields.get("customer") or make_customer()
    fields["owner"] = fields.get("owner") or make_user()
    return Assignment.objects.create(**{"assigned_on": TODAY, **fields})


def make_contact_attempt(**fields) -> ContactAttempt:
    fields["customer"] = fields.get("customer") or make_customer()
    return ContactAttempt.objects.create(**{"made_on": TODAY, "note": "Will pay on Friday", **fields})


def make_next_action(**fields) -> NextAction:
    fields["customer"] = fields.get("customer") or make_customer()
    return NextAction.objects.create(**{"due_on": TODAY, "note": "Call again", **fields})
