"""Acts on one draft that begin at the same moment."""

from decimal import Decimal
from threading import Barrier

import pytest
from django.core.exceptions import ValidationError
from django.db import connection

from billing.drafts import drafting
from billing.drafts.drafting import change_draft, discard_draft, issue_draft
from billing.lines import Line
from billing.models import Invoice, InvoiceTax
from billing.tests.factories import TODAY, make_draft, make_payment
from customerflow.tests.threads import at_once
from customers.tests.factories import make_customer, make_tax_code

pytestmark = pytest.mark.django_db(transaction=True)


def taxed_draft() -> Invoice:
    lines = [Line(description="Work", unit_price=Decimal(100), tax_code=make_tax_code("20"))]
    return change_draft(draft=make_draft(), lines=lines, on=TODAY)


def test_a_draft_that_is_issued_10_times_at_once_is_one_invoice():
    draft = taxed_draft()
    payment = make_payment("50.00", customer=draft.customer)
    results = at_once(lambda _: issue_draft(draft=draft, on=TODAY), 10)
    assert {result.number for result in results} == {"2026-000001"}
    invoice = Invoice.objects.get()
    payment.refresh_from_db()
    assert (invoice.total, invoice.settled, payment.allocated) == (120, 50, 50)
    assert (invoice.taxes.count(), invoice.allocations.count(), invoice.version) == (1, 1, 4)


@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite has one writer at a time, lock or no lock")
def test_without_the_lock_one_draft_takes_two_numbers(monkeypatch):
    draft, both_have_looked = make_draft(), Barrier(2)
    make_out, taken = drafting.make_out, []

    def wait_and_make_out(*args, **fields):
        both_have_looked.wait(timeout=30)
        taxes = make_out(*args, **fields)
        taken.append(args[0].number)
        return taxes

    monkeypatch.setattr(drafting, "make_out", wait_and_make_out)
    monkeypatch.setattr(drafting, "lock_books", lambda customer: customer)

    def issue(_):
        try:
            return issue_draft(draft=draft, on=TODAY)
        except Exception as error:
            return error

    at_once(issue, 2)
    assert sorted(taken) == ["2026-000001", "2026-000002"]


def test_of_editors_of_one_version_at_once_one_is_heard_and_the_others_are_told():
    draft = make_draft("10.00")

    def edit(number: int) -> bool:
        line = Line(description=f"Words of {number}", unit_price=Decimal("10.00"))
        try:
            return bool(change_draft(draft=draft, lines=[line], on=TODAY, seen=1))
        except ValidationError:
            return False

    assert sorted(at_once(edit, 6)) == [False] * 5 + [True]
    assert Invoice.objects.get().version == 2


def test_a_draft_that_is_issued_changed_and_discarded_at_once_becomes_one_of_them_whole():
    draft = make_draft("10.00")
    line = Line(description="Other", unit_price=Decimal("99.00"))
    acts = [
        lambda: issue_draft(draft=draft, on=TODAY, seen=1),
        lambda: change_draft(draft=draft, lines=[line], on=TODAY, seen=1),
        lambda: discard_draft(draft=draft, seen=1),
    ]

    def act(number: int) -> bool:
        try:
            acts[number]()
        except (ValidationError, Invoice.DoesNotExist):
            return False
        return True

    assert sorted(at_once(act, 3)) == [False, False, True]
    for invoice in Invoice.objects.all():
        assert invoice.total == sum(each.amount for each in invoice.lines.all())
        assert invoice.lines.get().live == (invoice.status == "issued")


def test_the_same_form_sent_10_times_at_once_is_one_draft():
    customer = make_customer()
    results = at_once(lambda _: make_draft("30.00", customer=customer, key="form-1"), 10)
    assert len(set(results)) == Invoice.objects.count() == 1
    assert not InvoiceTax.objects.exists()
