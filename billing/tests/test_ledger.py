"""The customer's account, its statement and what was open as of a day, all derived from the same rows."""

from contextlib import suppress
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given, settings
from hypothesis import strategies as st

from billing.ageing import NAMES, Aged, AgeingRows
from billing.as_of import open_invoices
from billing.balances import balances_of
from billing.credits.write_offs import take_back_write_off, write_off
from billing.invoices import void_invoice
from billing.ledger import Kind, entries_of, totals_of
from billing.models import Invoice
from billing.overdue import LateCustomers
from billing.payments import reverse_payment
from billing.statement import as_rows, statement_of
from billing.tests.acts import EVENTS, act
from billing.tests.factories import TODAY, make_credit_note, make_invoice, make_payment
from customers.models import Customer
from customers.tests.factories import make_customer

pytestmark = pytest.mark.django_db
DAYS = st.integers(min_value=0, max_value=40)


def entries(customer: Customer) -> list[tuple[date, Kind, Decimal]]:
    return [(entry.posted_on, entry.kind, entry.amount) for entry in entries_of(customer)]


def ageing(on: date, today: date) -> dict[Customer, Aged]:
    return {row.customer: row.aged for row in AgeingRows(on, today).iterator()}


def test_a_draft_is_no_entry():
    customer = make_customer()
    Invoice.objects.create(customer=customer, issued_on=TODAY, posted_on=TODAY, due_on=TODAY, total=Decimal("7.00"))
    assert entries(customer) == []


def test_what_is_taken_back_is_an_entry_of_its_own_day():
    invoice = make_invoice("10.00", on=date(2026, 3, 1))
    payment = make_payment("4.00", customer=invoice.customer)
    reverse_payment(payment=payment, reason="Bounced", on=date(2026, 4, 1))
    given_up = write_off(invoice=invoice, reason="Bankrupt", on=date(2026, 4, 2))
    take_back_write_off(write_off=given_up, on=date(2026, 4, 3))
    void_invoice(invoice=invoice, reason="Mistake", on=date(2026, 4, 4))
    assert entries(invoice.customer) == [
        (date(2026, 3, 1), Kind.INVOICE, Decimal("10.00")),
        (TODAY, Kind.PAYMENT, Decimal("-4.00")),
        (date(2026, 4, 1), Kind.PAYMENT_REVERSED, Decimal("4.00")),
        (date(2026, 4, 2), Kind.WRITE_OFF, Decimal("-10.00")),
        (date(2026, 4, 3), Kind.WRITE_OFF_TAKEN_BACK, Decimal("10.00")),
        (date(2026, 4, 4), Kind.INVOICE_VOIDED, Decimal("-10.00")),
    ]


def test_a_document_that_came_void_from_another_system_never_counts():
    there = date(2020, 1, 1)
    invoice = Invoice.objects.create(
        customer=make_customer(),
        origin="Old",
        number="7",
        total=Decimal("10.00"),
        status="void",
        issued_on=there,
        due_on=there,
        voided_on=there,
        void_reason="Void in Old",
        posted_on=TODAY,
    )
    assert totals_of([invoice.customer], TODAY)[invoice.customer.pk] == 0
    assert totals_of([invoice.customer], date(2025, 1, 1))[invoice.customer.pk] == 0
    assert ageing(date(2025, 1, 1), TODAY) == ageing(TODAY - timedelta(days=1), TODAY) == ageing(TODAY, TODAY) == {}


def test_the_entries_and_the_totals_take_one_query_each(django_assert_num_queries):
    customer = make_invoice("10.00").customer
    with django_assert_num_queries(1):
        assert len(list(entries_of(customer, TODAY - timedelta(days=90), TODAY))) == 1
    with django_assert_num_queries(1):
        totals_of([customer], TODAY)


def test_a_statement_goes_from_its_opening_to_its_closing_balance():
    customer = make_invoice("10.00", on=date(2026, 2, 27)).customer
    make_invoice("5.00", customer=customer, on=date(2026, 3, 1))
    make_payment("12.00", customer=customer)
    make_invoice("1.00", customer=customer, on=date(2026, 4, 1))
    statement = statement_of(customer, date(2026, 3, 1), TODAY, today=TODAY)
    assert (statement.opening, statement.closing) == (Decimal("10.00"), Decimal("3.00"))
    assert [line.balance for line in statement.lines] == [Decimal("15.00"), Decimal("3.00")]
    assert [row[-1] for row in as_rows(statement)][1:] == [Decimal(each) for each in ("10.00", "15.00", "3.00", "3.00")]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(DAYS, EVENTS), max_size=14))
def test_balance_ageing_statement_and_overdue_list_agree_after_any_acts(events):
    customer, on = make_customer(), date(2026, 1, 1)
    for days, event in events:
        on += timedelta(days=days)
        with suppress(ValidationError):
            act(customer, *event, on=on)
    balance = balances_of([customer], on)[customer.pk]
    aged = ageing(on, on).get(customer, Aged())
    late = sum((getattr(aged, name) for name in NAMES if name != "not_due"), Decimal(0))
    due_today = sum(each.open_amount for each in customer.invoices.open().filter(due_on=on))
    listed = LateCustomers(on, Customer.objects.filter(pk=customer.pk)).totals()[1]
    assert balance.total == aged.total == totals_of([customer], on)[customer.pk]
    assert balance.total == statement_of(customer, on - timedelta(days=30), on, today=on).closing
    assert balance.credit == aged.credit
    assert balance.due_now + balance.not_yet_due == late + aged.not_due
    assert balance.due_now == late + due_today
    assert late == listed


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(DAYS, EVENTS), max_size=14))
def test_what_was_shown_on_a_day_is_shown_of_it_for_ever(events):
    customer, on, shown = make_customer(), date(2026, 1, 1), {}
    for days, event in events:
        on += timedelta(days=days)
        with suppress(ValidationError):
            act(customer, *event, on=on)
        found = {each.pk: each.open_then for each in open_invoices(customer.invoices.all(), on, today=on)}
        shown[on] = ageing(on, on).get(customer, Aged()), found, totals_of([customer], on)[customer.pk]
    today = on + timedelta(days=1)
    for day, (aged, found, total) in shown.items():
        assert ageing(day, today).get(customer, Aged()) == aged
        then = open_invoices(customer.invoices.all(), day, today=today)
        assert {each.pk: each.open_then for each in then} == found
        assert totals_of([customer], day)[customer.pk] == total == aged.total


def test_ages_begin_the_day_after_the_due_day():
    customer = make_customer()
    late = {0: "1.00", 1: "2.00", 30: "4.00", 31: "8.00", 60: "16.00", 61: "32.00", 90: "64.00", 91: "128.00"}
    for days, amount in late.items():
        day = TODAY - timedelta(days=days)
        make_invoice(amount, customer=customer, on=min(day, date(2026, 1, 1)), due_on=day)
    assert ageing(TODAY, TODAY) == {customer: Aged(*map(Decimal, ("1.00", "6.00", "24.00", "96.00", "128.00")))}


@pytest.mark.parametrize("descending", ["", "-"])
def test_a_page_by_name_has_the_rows_of_the_whole_report(descending):
    for name, amount in (("Zoe", "1.00"), ("Abe", "2.00"), ("Kim", "3.00")):
        make_invoice(amount, customer=make_customer(name=name))
    make_payment("4.00", customer=make_customer(name="Pat"))
    make_credit_note("5.00", customer=make_customer(name="Mia"))
    make_customer(name="Nobody")
    rows = AgeingRows(TODAY, TODAY).order_by(f"{descending}name_key", f"{descending}pk")
    whole = list(rows.iterator())
    assert [row.customer.name for row in whole] == sorted(["Abe", "Kim", "Mia", "Pat", "Zoe"], reverse=bool(descending))
    assert rows[0:2] + rows[2:4] + rows[4:6] == whole
    assert rows[5:7] == []


def test_the_totals_are_the_sums_of_the_rows_and_take_one_query(django_assert_num_queries):
    for amount in ("10.00", "20.00"):
        make_payment("5.00", customer=make_invoice(amount).customer)
    make_payment("7.00")
    rows = AgeingRows(TODAY, TODAY)
    with django_assert_num_queries(1):
        count, totals = rows.totals()
    every = [row.aged for row in rows[0:100]]
    assert count == len(every) == 3
    assert totals.total == sum(aged.total for aged in every) == Decimal("13.00")
    assert totals.credit == Decimal("7.00")
