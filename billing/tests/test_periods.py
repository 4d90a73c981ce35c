"""Closing the books up to a day: what the acts refuse, what the database refuses, and what can never change."""

from contextlib import suppress
from datetime import date, timedelta
from threading import Barrier

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from billing.books.check import CHECKS
from billing.journal.postings import Postings
from billing.models import Allocation, Invoice, LedgerAccount, Payment, PeriodClosing
from billing.periods import closing as closing_acts
from billing.periods.closing import close_period, journal_of, reopen_period, seal_period
from billing.tests.acts import EVENTS, act
from billing.tests.factories import TODAY, make_invoice, make_payment
from customerflow.changes.recording import recording
from customerflow.changes.triggers import all_missing_triggers
from customerflow.tests.threads import at_once
from customers.tests.factories import make_customer

pytestmark = pytest.mark.django_db
BEGIN = date(2026, 1, 1)
DAYS = st.integers(min_value=0, max_value=20)
NEXT_DAY = TODAY + timedelta(days=1)


def closed(last_day: date, on: date | None = None) -> PeriodClosing:
    return seal_period(closing=close_period(last_day=last_day, on=on or last_day + timedelta(days=1)))


def changed_periods() -> list:
    return list(CHECKS["closed-periods"].violations(date(2030, 1, 1)))


def test_nothing_is_posted_on_a_closed_day_any_more():
    invoice = make_invoice("10.00")
    closed(TODAY)
    with pytest.raises(ValidationError, match="closed up to 2026-03-31"):
        make_payment("10.00", customer=invoice.customer)
    invoice.refresh_from_db()
    assert (invoice.settled, Payment.objects.count()) == (0, 0)


@pytest.mark.parametrize("day", [TODAY, TODAY - timedelta(days=400)])
def test_the_database_refuses_what_no_act_asks_for(day):
    invoice, payment = make_invoice("10.00"), make_payment("3.00")
    foreign = {"customer": invoice.customer, "origin": "Old", "total": 5, "status": "issued", "issued_on": BEGIN}
    foreign |= {"due_on": BEGIN, "posted_on": day}
    kept = Invoice.objects.create(**foreign, number="7")
    closed(TODAY)
    refused = [
        lambda: Invoice.objects.create(**foreign, number="8"),
        lambda: Allocation.objects.create(invoice=invoice, payment=payment, amount=1, posted_on=day),
        lambda: Payment.objects.filter(pk=payment.pk).update(reversed_on=day, reversal_reason="x"),
        lambda: Invoice.objects.filter(pk=invoice.pk).update(status="void", voided_on=day, void_reason="x"),
        lambda: Invoice.objects.filter(pk=kept.pk).delete(),
        lambda: LedgerAccount.objects.filter(place="credit").update(number="1"),
        lambda: LedgerAccount.objects.create(place="money:card", number="1", name="Card", from_day=day),
        lambda: PeriodClosing.objects.all().delete(),
        lambda: PeriodClosing.objects.update(digest="0" * 64),
        lambda: PeriodClosing.objects.update(last_day=BEGIN),
    ]
    for attempt in refused:
        with pytest.raises(IntegrityError), transaction.atomic(), recording("Test"):
            attempt()
    with recording("Test"):
        Payment.objects.filter(pk=payment.pk).update(reversed_on=NEXT_DAY, reversal_reason="x")
        LedgerAccount.objects.create(place="money:card", number="1", name="Card", from_day=NEXT_DAY)


def test_a_draft_is_written_and_discarded_whatever_is_closed_and_issued_only_later():
    draft = {"customer": make_customer(), "issued_on": BEGIN, "posted_on": BEGIN, "due_on": BEGIN, "total": 0}
    draft = Invoice.objects.create(**draft)
    closed(TODAY)
    with pytest.raises(IntegrityError, match="closed"), transaction.atomic():
        Invoice.objects.filter(pk=draft.pk).update(status="issued", number="1")
    draft.delete()


def test_an_account_of_a_closed_period_is_refused_in_words():
    closed(TODAY)
    account = LedgerAccount.objects.get_or_create(place="credit", defaults={"number": "1700", "name": "Credit"})[0]
    account.number = "1701"
    with pytest.raises(ValidationError, match="add an account from a later day on"):
        account.full_clean()
    LedgerAccount(place="credit", number="1701", name="Credit", from_day=NEXT_DAY).full_clean()


def test_a_period_that_is_not_over_or_closed_already_is_refused():
    with pytest.raises(ValidationError, match="not over"):
        close_period(last_day=TODAY, on=TODAY)
    assert closed(TODAY).first_day is None
    with pytest.raises(ValidationError, match="already"):
        close_period(last_day=TODAY - timedelta(days=3), on=NEXT_DAY)
    later = closed(TODAY + timedelta(days=30))
    assert later.first_day == NEXT_DAY


def test_periods_are_reopened_the_last_one_first_and_with_a_reason():
    first, second = closed(TODAY), closed(NEXT_DAY)
    with pytest.raises(ValidationError, match="reopen that first"):
        reopen_period(closing=first, reason="Forgotten", on=TODAY)
    with pytest.raises(ValidationError, match="Say why"):
        reopen_period(closing=second, reason=" ", on=TODAY)
    for closing in (second, first):
        reopen_period(closing=closing, reason="Forgotten", on=TODAY)
    make_payment("1.00")
    assert closed(TODAY).postings == 2
    assert [each.is_reopened for each in PeriodClosing.objects.order_by("pk")] == [True, True, False]


def test_a_journal_that_changed_is_found_and_so_is_a_period_without_a_digest():
    make_invoice("10.00")
    closing = closed(TODAY)
    assert changed_periods() == []
    PeriodClosing.objects.bulk_create([PeriodClosing(last_day=NEXT_DAY, closed_on=NEXT_DAY, digest="1" * 64)])
    unsealed = close_period(last_day=NEXT_DAY + timedelta(days=1), on=date(2026, 5, 1))
    assert {key for key, *_said in changed_periods()} == {closing.pk + 1, unsealed.pk}


def test_the_triggers_of_closed_periods_are_asked_for_by_the_readiness():
    assert all_missing_triggers(connection) == []
    with connection.cursor() as cursor:
        of_table = "" if connection.vendor == "sqlite" else " ON billing_payment"
        cursor.execute(f"DROP TRIGGER billing_payment_insert_not_in_a_closed_period{of_table}")
    assert all_missing_triggers(connection) == ["billing_payment_insert_not_in_a_closed_period"]


@settings(max_examples=12, deadline=None)
@given(st.lists(st.tuples(DAYS, EVENTS), min_size=1, max_size=10), st.lists(st.tuples(DAYS, EVENTS), max_size=10))
def test_the_journal_of_a_closed_period_never_changes_whatever_is_done(before, after):
    with transaction.atomic():
        customer, on = make_customer(), BEGIN
        for days, event in before:
            on += timedelta(days=days)
            with suppress(ValidationError):
                act(customer, *event, on=on)
        closing = closed(on)
        journal = list(Postings(None, on).iterator())
        for days, event in after:
            # Also on days that are closed.
            day = on + timedelta(days=days - 10)
            with suppress(ValidationError):
                act(customer, *event, on=day)
        assert list(Postings(None, on).iterator()) == journal
        assert journal_of(closing) == (closing.digest, closing.postings, closing.debit)
        assert changed_periods() == []
        transaction.set_rollback(True)


@pytest.mark.django_db(transaction=True)
def test_a_payment_that_is_posted_while_the_period_is_closed_is_in_its_journal_or_refused():
    customer = make_customer()

    def do(index: int) -> object:
        try:
            return make_payment("1.00", customer=customer) if index else closed(TODAY)
        except (ValidationError, IntegrityError):
            return None

    for _attempt in range(10):
        closing = at_once(do, 4)[0]
        assert journal_of(closing) == (closing.digest, closing.postings, closing.debit)
        assert closing.postings == 2 * Payment.objects.count()
        reopen_period(closing=closing, reason="Next", on=NEXT_DAY)


@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite has one writer at a time, lock or no lock")
@pytest.mark.django_db(transaction=True)
def test_without_the_lock_a_payment_comes_into_a_journal_that_is_closed(monkeypatch):
    monkeypatch.setattr(closing_acts, "close_alone", lambda: None)
    customer, is_posted, is_closed = make_customer(), Barrier(2), Barrier(2)

    def do(index: int) -> object:
        if index:
            with transaction.atomic():
                make_payment("1.00", customer=customer)
                is_posted.wait(timeout=30)
                is_closed.wait(timeout=30)
            return None
        is_posted.wait(timeout=30)
        closing = closed(TODAY)
        is_closed.wait(timeout=30)
        return closing

    closing = at_once(do, 2)[0]
    assert (closing.postings, journal_of(closing)[1]) == (0, 2)
