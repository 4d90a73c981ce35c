"""The journal: balanced, and the same as the account, the ageing and the documents that it is derived from."""

from contextlib import suppress
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given, settings
from hypothesis import strategies as st

from billing.ageing import AgeingRows
from billing.invoices import issue_invoice, void_invoice
from billing.journal.chart import Chart
from billing.journal.postings import Postings
from billing.journal.sides import CREDIT, RECEIVABLE, Kind
from billing.ledger import totals_of
from billing.lines import Line
from billing.models import Invoice, InvoiceLine, LedgerAccount, Payment
from billing.tests.acts import EVENTS, act
from billing.tests.factories import TODAY, make_invoice, make_payment
from customerflow.changes.recording import recording
from customers.models import Customer
from customers.tests.factories import make_customer, make_plan, make_service, make_tax_code

pytestmark = pytest.mark.django_db
DAYS = st.integers(min_value=0, max_value=40)
BEGIN, END = date(2026, 1, 1), date(2030, 1, 1)
MARCH = (date(2026, 3, 1), TODAY)


def balances(postings: Postings) -> dict[str, Decimal]:
    found: dict[str, Decimal] = {}
    for each in postings.sums():
        found[each.place] = found.get(each.place, Decimal(0)) + each.debit - each.credit
    return {place: balance for place, balance in found.items() if balance}


def test_an_invoice_is_owed_and_is_revenue_by_plan_and_tax_by_rate():
    plan, code = make_plan(), make_tax_code("19")
    service = make_service(plan=plan)
    recurring = {"kind": InvoiceLine.Kind.RECURRING, "service": service, "tax_code": code}
    setup = {"kind": InvoiceLine.Kind.SETUP, "service": service, "tax_code": code}
    lines = [
        Line(description="March", unit_price=Decimal("100.00"), first_day=MARCH[0], last_day=TODAY, **recurring),
        Line(description="Set-up", unit_price=Decimal("20.00"), **setup),
    ]
    issue_invoice(customer=service.location.customer, lines=lines, on=MARCH[0])
    assert balances(Postings(*MARCH)) == {
        RECEIVABLE: Decimal("142.80"),
        f"revenue:plan:{plan.pk}": Decimal("-100.00"),
        "revenue:setup": Decimal("-20.00"),
        f"tax:{code.pk}:19000": Decimal("-22.80"),
    }


def test_a_line_stays_with_the_plan_that_its_service_had():
    service = make_service(plan=make_plan())
    line = Line(description="March", unit_price=Decimal(5), kind=InvoiceLine.Kind.RECURRING, service=service)
    issue_invoice(customer=service.location.customer, lines=[line], on=TODAY)
    before = balances(Postings(*MARCH))
    service.plan = make_plan(name="Another")
    service.save()
    assert balances(Postings(*MARCH)) == before


def test_what_another_system_booked_is_booked_against_what_was_taken_over():
    customer = make_customer()
    with recording("Load"):
        Invoice.objects.create(
            customer=customer,
            origin="Old",
            number="7",
            total=Decimal(10),
            status="issued",
            issued_on=date(2020, 1, 1),
            due_on=date(2020, 1, 1),
            posted_on=TODAY,
        ).lines.create(description="Old", unit_price=Decimal(10), amount=Decimal(10))
    Payment.objects.create(
        customer=customer,
        origin="Old",
        number="8",
        amount=Decimal(3),
        method="cash",
        received_on=date(2020, 1, 1),
        posted_on=TODAY,
    )
    found = balances(Postings(*MARCH))
    assert found == {RECEIVABLE: Decimal(10), "opening": Decimal(-7), CREDIT: Decimal(-3)}


def test_what_is_taken_back_is_posted_on_its_own_day():
    invoice = make_invoice("10.00", on=MARCH[0])
    void_invoice(invoice=invoice, reason="Mistake", on=date(2026, 4, 1))
    assert balances(Postings(*MARCH))[RECEIVABLE] == Decimal("10.00")
    assert balances(Postings(date(2026, 4, 1), date(2026, 4, 1)))[RECEIVABLE] == Decimal("-10.00")
    assert balances(Postings(None, date(2026, 4, 1))) == {}


def test_each_page_follows_the_other_in_both_directions():
    for number in range(7):
        make_payment(f"{number + 1}.00", customer=make_invoice("5.00").customer)
    postings = Postings(None, TODAY)
    everything = list(postings.iterator())
    assert len({each.key for each in everything}) == len(everything) > 30
    forth, page = [], postings.page(size=4)
    while True:
        forth += page.rows
        if not page.following:
            break
        page = postings.page(size=4, after=page.following)
    back, page = [], postings.page(size=4, last=True)
    while True:
        back = page.rows + back
        if not page.previous:
            break
        page = postings.page(size=4, before=page.previous)
    assert forth == back == everything
    assert postings.page(size=4).count == len(everything)


def test_an_account_has_its_number_from_a_day_on():
    LedgerAccount.objects.filter(place="receivable").delete()
    LedgerAccount.objects.create(place="receivable", number="1400", name="Debtors", from_day=date(2026, 3, 15))
    chart = Chart()
    assert chart.account("receivable", date(2026, 3, 14)).number == "1200"
    assert chart.account("receivable", date(2026, 3, 15)).number == "1400"
    make_invoice("1.00", on=date(2026, 3, 14))
    make_invoice("2.00", on=date(2026, 3, 15))
    debits = {number: Postings(*MARCH, account=number).sums()[0].debit for number in ("1200", "1400")}
    assert debits == {"1200": Decimal("1.00"), "1400": Decimal("2.00")}


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(DAYS, EVENTS), max_size=14), st.integers(0, 200), st.integers(0, 200))
def test_the_journal_is_balanced_and_agrees_with_the_account_and_the_ageing(events, start, length):
    customer, on = make_customer(), BEGIN
    for days, event in events:
        on += timedelta(days=days)
        with suppress(ValidationError):
            act(customer, *event, on=on)
    first = BEGIN + timedelta(days=start)
    last = first + timedelta(days=length)
    found = Postings(first, last)
    documents: dict[tuple, Decimal] = {}
    for each in found.iterator():
        key = (each.key.day, each.key.kind, each.key.document)
        documents[key] = documents.get(key, Decimal(0)) + each.value
    assert not any(documents.values())
    moved = balances(found)
    # Of the customers of all examples: they are on the same books.
    owed = [sum(totals_of(Customer.objects.all(), day).values()) for day in (first - timedelta(days=1), last)]
    assert moved.get(RECEIVABLE, 0) + moved.get(CREDIT, 0) == owed[1] - owed[0]
    aged, until = AgeingRows(last, END).totals()[1], balances(Postings(None, last))
    assert until.get(RECEIVABLE, 0) == aged.total + aged.credit
    assert -until.get(CREDIT, 0) == aged.credit


@settings(max_examples=6, deadline=None)
@given(st.lists(st.tuples(DAYS, EVENTS), min_size=1, max_size=14))
def test_each_account_and_kind_opens_the_postings_that_it_adds_up(events):
    customer, on = make_customer(), date(2026, 1, 1)
    for days, event in events:
        on += timedelta(days=days)
        with suppress(ValidationError):
            act(customer, *event, on=on)
    chart, last = Chart(), on
    sums: dict[str, Decimal] = {}
    for each in Postings(None, last).sums():
        number = chart.account(each.place, each.day).number
        sums[number] = sums.get(number, Decimal(0)) + each.debit - each.credit
        rows = Postings(each.day, each.day, frozenset({each.kind}), (each.place,)).iterator()
        assert sum(row.value for row in rows) == each.debit - each.credit
    for number, balance in sums.items():
        assert sum(row.value for row in Postings(None, last, account=number).iterator()) == balance
    assert {each.kind for each in Postings(None, last).sums()} <= set(Kind)
