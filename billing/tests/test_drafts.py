"""Invoices made by hand: drafts, and what becomes of them."""

from datetime import date
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import ProtectedError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from billing.balances import Balance, balance_of
from billing.drafts.drafting import add_draft, change_draft, discard_draft, issue_draft, outlook_of
from billing.invoices import void_invoice
from billing.ledger import entries_of
from billing.lines import Line
from billing.models import Invoice, InvoiceLine
from billing.tests.factories import TODAY, make_draft, make_payment
from customerflow.changes.models import ChangeSet
from customerflow.changes.undoing import undo
from customers.merging import merge_customers
from customers.registration import remove_customer
from customers.tests.factories import make_customer, make_service, make_tax_code

pytestmark = pytest.mark.django_db

NEXT_DAY = date(2026, 4, 1)


def work(price: str, **fields) -> Line:
    return Line(description=f"Work {price}", unit_price=Decimal(price), **fields)


def change(draft: Invoice, *lines: Line, **fields) -> Invoice:
    return change_draft(draft=draft, lines=lines or [work("5.00")], on=fields.pop("on", TODAY), **fields)


# --- Drafts


def test_a_draft_has_no_number_and_is_due_by_the_terms_of_its_customer_unless_a_day_is_named():
    customer = make_customer(payment_terms=10)
    draft = make_draft("30.00", customer=customer, note="As agreed")
    assert (draft.status, draft.number, draft.issued_on, draft.due_on) == ("draft", None, TODAY, date(2026, 4, 10))
    assert (draft.total, draft.note, draft.customer_name) == (Decimal("30.00"), "As agreed", "")
    assert make_draft(customer=customer, due_on=date(2026, 5, 1)).due_on == date(2026, 5, 1)
    assert [line.live for line in draft.lines.all()] == [False]


def test_a_draft_counts_in_nothing():
    draft = make_draft("30.00", on=date(2026, 1, 1))
    customer = draft.customer
    assert balance_of(customer, TODAY) == Balance()
    assert not Invoice.objects.open().exists()
    assert not Invoice.objects.overdue(TODAY).exists()
    assert list(entries_of(customer)) == []


def test_the_taxes_of_a_draft_are_those_of_its_planned_day_and_of_the_invoice_those_of_the_day_of_issue():
    code = make_tax_code("20")
    code.rates.create(percent=Decimal(25), valid_from=NEXT_DAY)
    draft = make_draft(customer=make_customer())
    change(draft, work("100.00", tax_code=code))
    draft.refresh_from_db()
    assert (outlook_of(draft, TODAY).total, draft.total) == (120, 120)
    assert not draft.taxes.exists()
    invoice = issue_draft(draft=draft, on=NEXT_DAY)
    assert (invoice.total, invoice.taxes.get().percent, invoice.issued_on) == (125, 25, NEXT_DAY)


def test_a_draft_with_a_tax_code_without_a_rate_on_its_day_is_refused_and_one_that_lost_it_says_so():
    code = make_tax_code("20")
    with pytest.raises(ValidationError, match="no rate yet"):
        change(make_draft(), work("1.00", tax_code=code), on=date(1990, 1, 1))
    draft = change(make_draft(), work("1.00", tax_code=code))
    code.rates.all().delete()
    assert "no rate yet" in outlook_of(draft, TODAY).refusal


def test_the_default_tax_code_is_that_of_the_day_of_issue():
    draft = make_draft("10.00")
    make_tax_code("20", is_default=True)
    assert draft.lines.get().tax_code is None
    assert issue_draft(draft=draft, on=TODAY).total == 12
    assert draft.lines.get().tax_code is not None


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ([], "one line at least"),
        ([work("5.00"), work("-5.01")], "less than zero: what is given back stands on a credit note"),
        ([work("5.00", first_day=TODAY, last_day=date(2026, 3, 1))], "the last day is before the first"),
        ([work("9999999999999.00", quantity=1_000_000)], "too large"),
        ([work("9999999999999.00")] * 2, "too large"),
    ],
)
def test_lines_that_cannot_be_are_refused(lines, words):
    with pytest.raises(ValidationError, match=words):
        add_draft(customer=make_customer(), lines=lines, on=TODAY)
    assert not Invoice.objects.exists()


def test_taxes_that_take_the_total_below_zero_are_refused():
    taxed, untaxed = make_tax_code("20"), make_tax_code("0")
    lines = [work("100.00", tax_code=untaxed), work("-100.00", tax_code=taxed)]
    with pytest.raises(ValidationError, match="less than zero"):
        add_draft(customer=make_customer(), lines=lines, on=TODAY)


def test_what_counts_is_the_total_with_taxes():
    taxed, untaxed = make_tax_code("20"), make_tax_code("0")
    draft = add_draft(
        customer=make_customer(),
        lines=[work("100.00", tax_code=taxed), work("-110.00", tax_code=untaxed)],
        on=TODAY,
    )
    assert issue_draft(draft=draft, on=TODAY).total == 10


def test_a_service_of_another_customer_is_refused_also_where_it_went_away_meanwhile():
    service = make_service()
    with pytest.raises(ValidationError, match="another customer"):
        change(make_draft(), work("5.00", service=service))
    draft = change(make_draft(customer=service.location.customer), work("5.00", service=service))
    service.location.customer = make_customer()
    service.location.save()
    with pytest.raises(ValidationError, match="another customer"):
        issue_draft(draft=draft, on=TODAY)


def test_a_day_before_the_planned_one_is_no_due_day():
    with pytest.raises(ValidationError) as refusal:
        make_draft(due_on=date(2026, 3, 30))
    assert list(refusal.value.error_dict) == ["due_on"]


# --- The same form, sent again


def test_a_form_that_is_sent_twice_makes_one_draft_also_where_it_was_issued_at_once():
    customer = make_customer()
    first = make_draft("30.00", customer=customer, key="form-1")
    assert make_draft("30.00", customer=customer, key="form-1") == first
    issue_draft(draft=first, on=TODAY)
    again = make_draft("30.00", customer=customer, key="form-1")
    assert issue_draft(draft=again, on=TODAY).number == "2026-000001"
    assert Invoice.objects.count() == 1


def test_a_form_that_is_sent_again_with_something_else_is_refused():
    customer = make_customer()
    make_draft("30.00", customer=customer, key="form-1")
    with pytest.raises(ValidationError, match="already sent once"):
        make_draft("31.00", customer=customer, key="form-1")
    with pytest.raises(ValidationError, match="already sent once"):
        make_draft("10.00", "20.00", customer=customer, key="form-1")
    with pytest.raises(ValidationError, match="already sent once"):
        make_draft("30.00", key="form-1")


# --- Changing


def test_a_change_keeps_the_rows_of_lines_in_their_places():
    draft = make_draft("1.00", "2.00", "3.00")
    kept = list(draft.lines.values_list("pk", flat=True))
    change(draft, work("1.00"), work("4.00"))
    assert list(draft.lines.values_list("pk", "unit_price")) == [(kept[0], 1), (kept[1], 4)]
    change(draft, work("1.00"), work("4.00"), work("5.00"))
    assert list(draft.lines.values_list("unit_price", flat=True)) == [1, 4, 5]
    draft.refresh_from_db()
    assert (draft.total, draft.version) == (10, 3)


def test_a_change_of_nothing_leaves_the_draft_as_it_is():
    draft = make_draft("1.00")
    sets = ChangeSet.objects.count()
    assert change(draft, work("1.00")).version == 1
    assert ChangeSet.objects.count() == sets


@pytest.mark.parametrize("act", [change, discard_draft, issue_draft])
def test_no_act_is_done_to_a_draft_of_which_only_a_line_was_changed_since(act):
    draft = make_draft("1.00")
    change(draft, Line(description="Other words", unit_price=Decimal("1.00")))
    said = {"on": TODAY} if act is issue_draft else {}
    with pytest.raises(ValidationError, match="A colleague changed this draft"):
        act(draft, seen=1) if act is change else act(draft=draft, seen=1, **said)
    assert draft.lines.get().description == "Other words"


def test_what_is_issued_is_neither_changed_nor_discarded():
    draft = make_draft()
    issue_draft(draft=draft, on=TODAY)
    for act in (change, lambda draft: discard_draft(draft=draft)):
        with pytest.raises(ValidationError, match="issued as 2026-000001, and stays as it is"):
            act(draft)


def test_a_draft_is_discarded_with_its_lines():
    draft = make_draft("1.00", "2.00")
    discard_draft(draft=draft)
    assert (Invoice.objects.count(), InvoiceLine.objects.count()) == (0, 0)


# --- Issuing


def test_issuing_takes_a_number_a_snapshot_and_the_credit_of_the_customer():
    customer = make_customer(name="Ann Smith", payment_terms=14)
    payment = make_payment("20.00", customer=customer)
    draft = make_draft("30.00", customer=customer, note="As agreed")
    invoice = issue_draft(draft=draft, on=NEXT_DAY)
    invoice.refresh_from_db()
    assert (invoice.pk, invoice.status, invoice.number) == (draft.pk, "issued", "2026-000001")
    assert (invoice.issued_on, invoice.posted_on, invoice.due_on) == (NEXT_DAY, NEXT_DAY, date(2026, 4, 15))
    assert (invoice.customer_name, invoice.note, invoice.total) == ("Ann Smith", "As agreed", 30)
    payment.refresh_from_db()
    assert (invoice.settled, payment.allocated) == (20, 20)
    assert [line.live for line in invoice.lines.all()] == [True]
    assert balance_of(customer, TODAY).total == 10


def test_issuing_a_second_time_does_nothing():
    draft = make_draft()
    first = issue_draft(draft=draft, on=TODAY)
    assert issue_draft(draft=draft, on=NEXT_DAY, seen=1) == first
    assert Invoice.objects.get().version == first.version


def test_what_was_issued_and_voided_is_not_issued_again():
    draft = make_draft()
    void_invoice(invoice=issue_draft(draft=draft, on=TODAY), reason="Mistake", on=TODAY)
    with pytest.raises(ValidationError, match="stays as it is"):
        issue_draft(draft=draft, on=TODAY)


AMOUNTS = st.decimals(min_value=Decimal("-500"), max_value=Decimal("5000"), places=2)
ROWS = st.lists(st.tuples(AMOUNTS, st.integers(1, 30), st.integers(0, 2)), min_size=1, max_size=6)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(rows=ROWS)
def test_whatever_its_lines_the_total_is_the_sum_of_lines_and_taxes_and_what_was_shown_is_issued(db, rows):
    with transaction.atomic():
        codes = [None, make_tax_code("20"), make_tax_code("5.5")]
        lines = [work(str(price), quantity=number, tax_code=codes[code]) for price, number, code in rows]
        net = sum(price * number for price, number, _code in rows)
        draft = refusal = None
        try:
            draft = add_draft(customer=make_customer(), lines=lines, on=TODAY)
        except ValidationError as error:
            refusal = str(error)
        if draft is None:
            assert "less than zero" in refusal
        else:
            outlook = outlook_of(draft, TODAY)
            invoice = issue_draft(draft=draft, on=TODAY)
            taxes = sum(tax.amount for tax in invoice.taxes.all())
            assert sum(line.amount for line in invoice.lines.all()) == net
            assert invoice.total == net + taxes == draft.total == outlook.total >= 0
        transaction.set_rollback(True)


# --- Undo


def last_act() -> ChangeSet:
    return ChangeSet.objects.latest("pk")


def test_what_was_done_to_a_draft_can_be_undone_step_by_step():
    draft = make_draft("1.00", "2.00")
    added = last_act()
    change(draft, work("9.00"))
    changed = last_act()
    discard_draft(draft=draft)
    undo(last_act())
    assert [line.unit_price for line in Invoice.objects.get().lines.all()] == [9]
    undo(changed)
    draft = Invoice.objects.get()
    assert ([line.unit_price for line in draft.lines.all()], draft.total) == ([1, 2], 3)
    undo(added)
    assert not Invoice.objects.exists()


def test_what_was_done_to_a_draft_cannot_be_undone_once_it_is_issued():
    draft = make_draft("1.00")
    added = last_act()
    change(draft, work("9.00"))
    changed = last_act()
    issue_draft(draft=draft, on=TODAY)
    for act in (added, changed, last_act()):
        with pytest.raises(ValidationError, match="taken back by voiding it"):
            undo(act)
    assert Invoice.objects.get().total == 9


def test_of_an_older_change_of_a_draft_nothing_is_undone_while_a_newer_stands_on_it():
    draft = make_draft("1.00", "2.00")
    change(draft, work("5.00"), work("2.00"))
    older = last_act()
    change(draft, work("5.00"), work("3.00"))
    with pytest.raises(ValidationError, match="all or none"):
        undo(older)
    assert Invoice.objects.get().total == 8


# --- Customers


def test_a_draft_follows_its_customer_in_a_merge_and_stands_in_the_way_of_removing_one():
    draft, survivor = make_draft(), make_customer()
    merge_customers(survivor=survivor, duplicate=draft.customer, values={}, on=TODAY)
    assert list(survivor.invoices.drafts()) == [draft]
    with pytest.raises(ProtectedError):
        remove_customer(customer=survivor)
