"""Credit notes: what they give back, what they settle, and how they are taken back."""

from datetime import date
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given, settings
from hypothesis import strategies as st

from billing.balances import balance_of
from billing.credits.credit_notes import issue_credit_note, left_to_give_back, void_credit_note
from billing.credits.refunds import refund, reverse_refund
from billing.invoices import Line, issue_invoice, reissue_invoice, void_invoice
from billing.lines import CreditLine
from billing.models import CreditNote
from billing.overdue import LateCustomers
from billing.tests.factories import ISSUED_ON, TODAY, make_invoice, make_payment
from customers.models import TaxRate
from customers.tests.factories import make_customer, make_location, make_service, make_tax_code

pytestmark = pytest.mark.django_db
FIVE = CreditLine(description="Outage", amount=Decimal("5.00"))


def give_back(*amounts, customer=None, invoice=None, on=TODAY, **fields) -> CreditNote:
    lines = [CreditLine(description="Outage", amount=Decimal(amount), **fields) for amount in amounts]
    customer = customer or (invoice.customer if invoice else make_customer())
    return issue_credit_note(customer=customer, lines=lines, reason="Outage", on=on, invoice=invoice)


def test_a_note_has_a_number_of_its_own_series_and_the_name_and_address_of_its_day():
    customer = make_location(address="Rua A 1", customer=make_customer(name="Ana Sá")).customer
    notes = [give_back("5.00", customer=customer), give_back("5.00"), give_back("5.00", on=date(2027, 1, 1))]
    assert [note.number for note in notes] == ["C2026-000001", "C2026-000002", "C2027-000001"]
    assert (notes[0].customer_name, notes[0].customer_address) == ("Ana Sá", "Rua A 1, Springfield")
    assert make_invoice().number == "2026-000001"


def test_a_refused_note_takes_no_number():
    with pytest.raises(ValidationError):
        give_back("0.00")
    assert give_back("5.00").number == "C2026-000001"


def test_a_note_gives_back_the_tax_of_its_day():
    code = make_tax_code("20")
    note = give_back("10.00", "0.05", tax_code=code)
    tax = note.taxes.get()
    # 20 % of 10.05
    assert (tax.base, tax.percent, tax.amount) == (Decimal("10.05"), 20, Decimal("2.01"))
    assert note.total == note.credit == Decimal("12.06")


def test_an_exempt_customer_is_given_back_no_tax():
    assert give_back("10.00", customer=make_customer(is_tax_exempt=True), tax_code=make_tax_code()).total == 10


def test_a_note_without_an_invoice_is_credit():
    customer = make_invoice("59.99").customer
    note = give_back("5.00", customer=customer)
    assert (note.credit, note.allocated) == (Decimal("5.00"), 0)
    balance = balance_of(customer, TODAY)
    assert (balance.credit, balance.total) == (Decimal("5.00"), Decimal("54.99"))


def test_a_note_settles_the_invoice_that_it_corrects_and_the_rest_is_credit():
    invoice = make_invoice("59.99")
    make_payment("50.00", customer=invoice.customer)
    other = make_invoice("30.00", customer=invoice.customer)
    note = give_back("20.00", invoice=invoice)
    invoice.refresh_from_db()
    other.refresh_from_db()
    assert (invoice.open_amount, note.allocated, note.credit) == (0, Decimal("9.99"), Decimal("10.01"))
    assert other.open_amount == Decimal("30.00")


def test_credit_of_a_note_settles_the_next_invoice():
    customer = make_customer()
    give_back("5.00", customer=customer)
    assert make_invoice("59.99", customer=customer).open_amount == Decimal("54.99")


def test_the_notes_on_an_invoice_give_back_no_more_than_it_charged():
    invoice = make_invoice("59.99")
    first = give_back("40.00", invoice=invoice)
    assert left_to_give_back(invoice) == Decimal("19.99")
    with pytest.raises(ValidationError) as refusal:
        give_back("20.00", invoice=invoice)
    assert list(refusal.value.message_dict) == ["lines"]
    void_credit_note(note=first, reason="Mistake", on=TODAY)
    assert give_back("59.99", invoice=invoice).total == Decimal("59.99")


def test_no_more_is_given_back_with_a_tax_code_than_was_charged_with_it():
    full, reduced = make_tax_code("20"), make_tax_code("5")
    lines = [Line(description="Fibre", unit_price=Decimal(10), tax_code=code) for code in (full, reduced)]
    invoice = issue_invoice(customer=make_customer(), lines=lines, on=ISSUED_ON)
    with pytest.raises(ValidationError) as refusal:
        give_back("10.01", invoice=invoice, tax_code=full)
    assert list(refusal.value.message_dict) == ["lines"]
    assert give_back("10.00", invoice=invoice, tax_code=full).total == Decimal("12.00")


def test_a_note_on_an_invoice_gives_back_the_tax_that_was_charged_there():
    code = make_tax_code("20")
    customer = make_customer()
    line = Line(description="Fibre", unit_price=Decimal("10.00"), tax_code=code)
    invoice = issue_invoice(customer=customer, lines=[line], on=ISSUED_ON)
    TaxRate.objects.create(code=code, percent=Decimal(25), valid_from=TODAY)
    customer.is_tax_exempt = True
    customer.save()
    assert give_back("10.00", invoice=invoice, tax_code=code).total == Decimal("12.00")
    assert give_back("10.00", tax_code=code).total == Decimal("12.50")


@settings(max_examples=20)
@given(st.lists(st.integers(1, 400), min_size=1, max_size=8), st.sampled_from(["19", "20", "7.7", "5.5"]))
def test_notes_on_all_parts_of_an_invoice_give_it_back_to_the_cent(cents, percent):
    code = make_tax_code(percent)
    amounts = [Decimal(each) / 100 for each in cents]
    line = Line(description="Fibre", unit_price=sum(amounts), tax_code=code)
    invoice = issue_invoice(customer=make_customer(), lines=[line], on=ISSUED_ON)
    notes = [give_back(amount, invoice=invoice, tax_code=code) for amount in amounts]
    assert sum(note.total for note in notes) == invoice.total
    assert left_to_give_back(invoice) == 0


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"lines": []}, "lines"),
        ({"lines": [CreditLine(description="Nothing", amount=Decimal(0))]}, "lines"),
        ({"lines": [CreditLine(description="A float", amount=0.5)]}, "lines"),
        ({"lines": [CreditLine(description="", amount=Decimal(1))]}, "lines"),
        ({"lines": [FIVE, CreditLine(description="More", amount=Decimal(-6))]}, "lines"),
        ({"lines": [CreditLine(description="?", amount=Decimal(1), first_day=TODAY, last_day=ISSUED_ON)]}, "lines"),
        ({"reason": " "}, "reason"),
        ({"reason": "x" * 201}, "reason"),
    ],
)
def test_what_cannot_be_given_back_is_refused_by_field(wrong, field):
    with pytest.raises(ValidationError) as refusal:
        issue_credit_note(**{"customer": make_customer(), "lines": [FIVE], "reason": "Outage", "on": TODAY, **wrong})
    assert list(refusal.value.message_dict) == [field]
    assert not CreditNote.objects.exists()


def test_a_note_corrects_an_issued_invoice_of_its_own_customer_only():
    void = void_invoice(invoice=make_invoice(), reason="Mistake", on=TODAY)
    for invoice, customer in ((make_invoice(), make_customer()), (void, void.customer)):
        with pytest.raises(ValidationError) as refusal:
            give_back("5.00", invoice=invoice, customer=customer)
        assert list(refusal.value.message_dict) == ["invoice"]
    with pytest.raises(ValidationError) as refusal:
        give_back("5.00", invoice=make_invoice(), on=date(2026, 2, 28))
    assert list(refusal.value.message_dict) == ["on"]


def test_a_service_of_another_customer_is_not_named_on_a_note():
    with pytest.raises(ValidationError) as refusal:
        give_back("5.00", service=make_service())
    assert refusal.value.message_dict == {"lines": ["A service belongs to another customer."]}


def test_voiding_a_note_opens_what_it_settled():
    invoice = make_invoice("59.99")
    note = give_back("20.00", invoice=invoice)
    void = void_credit_note(note=note, reason="Mistake", on=TODAY)
    invoice.refresh_from_db()
    assert (void.voided_on, void.void_reason, void.allocated, void.credit) == (TODAY, "Mistake", 0, 0)
    assert (invoice.open_amount, invoice.allocations.get().released_on) == (Decimal("59.99"), TODAY)
    assert not void.lines.get().live
    assert LateCustomers(TODAY).totals() == (1, Decimal("59.99"))
    with pytest.raises(ValidationError):
        void_credit_note(note=note, reason="Mistake", on=TODAY)


def test_a_note_that_was_paid_back_is_not_voided_before_the_refund_is_reversed():
    note = give_back("20.00")
    paid = refund(source=note, amount=Decimal(5), paid_on=TODAY, on=TODAY, method="cash", reason="Left")
    with pytest.raises(ValidationError) as refusal:
        void_credit_note(note=note, reason="Mistake", on=TODAY)
    assert list(refusal.value.message_dict) == ["credit_note"]
    reverse_refund(refund=paid, reason="Not collected", on=TODAY)
    assert void_credit_note(note=note, reason="Mistake", on=TODAY).is_void


def test_an_invoice_that_a_note_settles_is_not_voided():
    invoice = make_invoice()
    note = give_back("20.00", invoice=invoice)
    with pytest.raises(ValidationError, match="take that back first"):
        void_invoice(invoice=invoice, reason="Mistake", on=TODAY)
    void_credit_note(note=note, reason="Mistake", on=TODAY)
    assert void_invoice(invoice=invoice, reason="Mistake", on=TODAY).status == "void"


def test_an_invoice_is_issued_anew_with_the_name_of_the_day_and_the_same_charges():
    service = make_service()
    customer = service.location.customer
    line = Line(
        kind="recurring",
        description="Fibre 500",
        unit_price=Decimal("59.99"),
        service=service,
        first_day=ISSUED_ON,
        last_day=TODAY,
        tax_code=make_tax_code(),
    )
    wrong = issue_invoice(customer=customer, lines=[line], on=ISSUED_ON)
    customer.name = "Ana Silva"
    customer.save()
    right = reissue_invoice(invoice=wrong, reason="Wrong name", on=TODAY)
    wrong.refresh_from_db()
    assert (wrong.status, wrong.void_reason, wrong.is_waived) == ("void", "Wrong name", False)
    assert (right.customer_name, right.total, right.issued_on) == ("Ana Silva", wrong.total, TODAY)
    old, new = wrong.lines.get(), right.lines.get()
    assert (old.live, new.live, new.service, new.cycle_first) == (False, True, service, old.cycle_first)
    assert balance_of(customer, TODAY).total == right.total


def test_nothing_of_a_reissue_that_is_refused_is_done():
    invoice = make_invoice()
    with pytest.raises(ValidationError):
        reissue_invoice(invoice=invoice, reason="Wrong", on=TODAY, lines=[])
    invoice.refresh_from_db()
    assert invoice.status == "issued"
