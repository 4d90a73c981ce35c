"""What several people do to the bank's lines at the same moment."""

from contextlib import suppress
from datetime import timedelta
from decimal import Decimal
from threading import Barrier, get_ident

import pytest
from django.core.exceptions import ValidationError
from django.db import connection

from bank import applying
from bank.applying import Part, apply_line, take_back
from bank.debits.collecting import collect_next
from bank.models import StatementLine
from bank.tests.factories import make_bank_account, make_collection, make_collection_item, make_line
from bank.tests.statements import load, said
from billing import payments
from billing.models import Payment
from billing.tests.factories import TODAY, make_invoice
from customerflow.idempotency import made_before, save_once
from customerflow.tests.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)


def accept(line: StatementLine, *customers) -> None:
    """Apply a line as one of two would who chose otherwise; who comes late is refused."""
    with suppress(ValidationError):
        apply_line(line=line, parts=[Part(each, line.amount / len(customers)) for each in customers], on=TODAY)


def test_a_line_that_many_accept_at_once_for_several_customers_is_applied_once():
    invoices = [make_invoice("60.00") for _ in range(4)]
    line = make_line("60.00")
    at_once(lambda index: accept(line, invoices[index % 4].customer), 8)
    assert Payment.objects.get().amount == Decimal("60.00")
    line.refresh_from_db()
    assert (line.state, line.parts.count()) == ("applied", 1)


@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite has one writer at a time, lock or no lock")
def test_without_the_lock_and_the_key_a_line_is_applied_twice(monkeypatch):
    customer = make_invoice("60.00").customer
    line = make_line("60.00")
    both_have_asked = Barrier(2)

    def ask_and_save(record, *, said):
        first = made_before(record, said=said)
        both_have_asked.wait(timeout=30)
        record.idempotency_key += f"/{get_ident()}"
        return first or save_once(record, said=said)

    def read(line, states=None):
        found = StatementLine.objects.get(pk=line.pk)
        found.attempt = get_ident() % 30_000
        return found

    monkeypatch.setattr(payments, "save_once", ask_and_save)
    monkeypatch.setattr(payments, "lock_books", lambda customer: customer)
    monkeypatch.setattr(applying, "lock_books", lambda customer: customer)
    monkeypatch.setattr(applying, "lock_line", read)
    at_once(lambda _: apply_line(line=line, parts=[Part(customer, line.amount)], on=TODAY), 2)
    assert Payment.objects.count() == 2


def test_a_line_that_is_taken_back_and_accepted_at_once_has_its_payments_once():
    customer = make_invoice("60.00").customer
    line = make_line("60.00")
    accept(line, customer)

    def act(index: int) -> None:
        with suppress(ValidationError):
            if index % 2:
                take_back(line=line, reason="Back", on=TODAY)
            else:
                apply_line(line=line, parts=[Part(customer, line.amount)], on=TODAY)

    at_once(act, 8)
    line.refresh_from_db()
    assert Payment.objects.standing().count() == (1 if line.state == "applied" else 0)


def test_a_file_that_several_load_at_once_is_loaded_once():
    account = make_bank_account()
    lines = [said(f"{number}.00", bank_reference=f"R{number}") for number in range(1, 6)]
    at_once(lambda index: load(account, lines, name=f"file-{index % 2}"), 6)
    assert account.lines.count() == 5
    assert account.statements.count() == 2


def test_debits_that_two_collect_at_once_are_collected_once():
    collection = make_collection(state="confirmed", collect_on=TODAY - timedelta(days=1))
    for _ in range(5):
        make_collection_item(collection=collection)
    at_once(lambda _: collect_next(collection=collection, on=TODAY), 4)
    assert Payment.objects.count() == 5
