"""Open invoices are collected once, by a file that the bank takes, and what it returns is open again."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from defusedxml.ElementTree import fromstring
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from bank.applying import accept_line, take_back
from bank.debits.collecting import collect_next
from bank.debits.collections import cancel_collection, confirm_collection, draw_up_collection
from bank.debits.mandates import restore_mandate, revoke_mandate
from bank.debits.pain008 import file_of, plain
from bank.forms import MandateForm
from bank.identifiers import clean_iban
from bank.matching import match_lines
from bank.models import Collection, CollectionItem, Mandate
from bank.tests.factories import PAYER, make_collection_item, make_line, make_mandate
from billing.models import Payment
from billing.tests.factories import ISSUED_ON, TODAY, make_invoice, make_payment
from customers.tests.factories import make_customer
from dunning.promises import promise_to_pay

pytestmark = pytest.mark.django_db
DAY = TODAY + timedelta(days=5)
NAMESPACE = {"p": "urn:iso:std:iso:20022:tech:xsd:pain.008.001.08"}


def owing(*amounts: str, **fields) -> Mandate:
    """Return the mandate of a customer with invoices of these amounts, due since long."""
    mandate = make_mandate(**fields)
    for amount in amounts:
        make_invoice(amount, customer=mandate.customer, on=ISSUED_ON)
    return mandate


def drawn_up() -> Collection:
    return draw_up_collection(collect_on=DAY, due_up_to=DAY, on=TODAY)


def confirmed() -> Collection:
    return confirm_collection(collection=drawn_up(), on=TODAY)


def collect(collection: Collection, on: date = DAY) -> None:
    while collect_next(collection=collection, on=on):
        pass


def test_what_is_open_and_due_of_customers_with_a_mandate_is_collected():
    mandate = owing("59.99", "10.00")
    make_invoice("5.00")
    make_invoice("7.00", customer=mandate.customer, on=DAY)
    revoke_mandate(mandate=owing("3.00"), reason="Asked for", on=TODAY)
    items = list(drawn_up().items.all())
    assert [(item.amount, item.sequence) for item in items] == [(Decimal("59.99"), "FRST"), (Decimal("10.00"), "RCUR")]
    assert {item.customer for item in items} == {mandate.customer}


def test_an_invoice_in_a_pending_collection_is_not_collected_twice():
    owing("59.99")
    first = drawn_up()
    with pytest.raises(ValidationError, match="Nothing is open"):
        drawn_up()
    item = first.items.get()
    with pytest.raises(IntegrityError), transaction.atomic():
        make_collection_item(invoice=item.invoice, mandate=item.mandate)
    cancel_collection(collection=first)
    assert drawn_up().items.count() == 1


def test_what_was_paid_since_the_preview_is_left_out():
    paid, partly, ended = owing("59.99"), owing("20.00"), owing("30.00")
    collection = drawn_up()
    make_payment("59.99", customer=paid.customer)
    make_payment("5.00", customer=partly.customer)
    revoke_mandate(mandate=ended, reason="Asked for", on=TODAY)
    collection = confirm_collection(collection=collection, on=TODAY)
    (item,) = collection.items.standing()
    assert (item.customer, item.amount) == (partly.customer, Decimal("15.00"))


def test_what_is_promised_to_be_paid_otherwise_is_not_collected_before_the_day_of_the_promise_is_over():
    promised, since, other = owing("59.99"), owing("20.00"), owing("30.00")
    promise_to_pay(customer=promised.customer, due_on=TODAY + timedelta(days=1), on=TODAY)
    collection = drawn_up()
    assert {item.customer for item in collection.items.all()} == {since.customer, other.customer}
    promise_to_pay(customer=since.customer, due_on=TODAY + timedelta(days=1), on=TODAY)
    collection = confirm_collection(collection=collection, on=TODAY)
    assert [item.customer for item in collection.items.standing()] == [other.customer]
    left_out = collection.items.get(customer=since.customer)
    assert (left_out.state, left_out.reason) == ("dropped", "It is promised to be paid otherwise.")
    later = draw_up_collection(collect_on=DAY, due_up_to=DAY, on=TODAY + timedelta(days=2))
    assert {item.customer for item in later.items.all()} == {promised.customer, since.customer}


def test_the_file_is_valid_says_what_was_confirmed_and_is_the_same_each_time():
    mandate = owing("59.99", "10.00", holder="Jörg Müller & Söhne", iban=PAYER)
    collection = confirmed()
    content = file_of(collection)
    assert file_of(collection) == content
    root = fromstring(content)
    header = root.find("p:CstmrDrctDbtInitn/p:GrpHdr", NAMESPACE)
    assert header.findtext("p:MsgId", None, NAMESPACE) == collection.reference
    assert header.findtext("p:CtrlSum", None, NAMESPACE) == "69.99"
    assert root.findtext(".//p:CdtrSchmeId//p:Othr/p:Id", None, NAMESPACE) == "AT61ZZZ01234567890"
    debits = root.findall(".//p:DrctDbtTxInf", NAMESPACE)
    assert [debit.findtext("p:InstdAmt", None, NAMESPACE) for debit in debits] == ["59.99", "10.00"]
    first = debits[0]
    assert first.findtext("p:Dbtr/p:Nm", None, NAMESPACE) == "Jorg Muller Sohne"
    assert first.findtext(".//p:DbtrAcct/p:Id/p:IBAN", None, NAMESPACE) == PAYER
    assert first.findtext(".//p:MndtId", None, NAMESPACE) == mandate.reference
    assert first.findtext(".//p:EndToEndId", None, NAMESPACE) == collection.items.first().end_to_end_id
    assert [each.text for each in root.iterfind(".//p:SeqTp", NAMESPACE)] == ["FRST", "RCUR"]
    assert {each.text for each in root.iterfind(".//p:ReqdColltnDt", NAMESPACE)} == {str(DAY)}


def test_on_its_day_each_debit_is_one_payment_that_settles_its_invoice():
    mandate = owing("59.99", "10.00")
    collection = confirmed()
    with pytest.raises(ValidationError, match="still to come"):
        collect_next(collection=collection, on=TODAY)
    collect(collection)
    collect(collection)
    payments = Payment.objects.order_by("pk")
    assert [(each.amount, each.method, each.received_on) for each in payments] == [
        (Decimal("59.99"), "debit", DAY),
        (Decimal("10.00"), "debit", DAY),
    ]
    assert not mandate.customer.invoices.open().exists()
    collection.refresh_from_db()
    mandate.refresh_from_db()
    assert (collection.state, mandate.sequence) == ("collected", "RCUR")


def test_the_line_of_the_bank_collects_once_whoever_was_first():
    owing("59.99", "10.00")
    collection = confirmed()
    line = make_line("69.99", text=f"SEPA-DD {collection.reference}", booked_on=DAY, value_on=DAY)
    match_lines([line])
    line.save()
    collect_next(collection=collection, on=DAY)
    line = accept_line(line=line, on=DAY)
    assert (line.state, Payment.objects.count()) == ("applied", 2)
    collection.refresh_from_db()
    assert (collection.credited_by, collection.state) == (line, "collected")
    line = take_back(line=line, reason="A mistake", on=DAY)
    assert (line.kind, line.level, Payment.objects.standing().count()) == ("collection", "sure", 2)


def test_a_returned_debit_is_open_again_shows_why_and_can_be_collected_again():
    owing("59.99")
    collection = confirmed()
    collect(collection)
    item = collection.items.get()
    line = make_line("-63.49", reference=item.end_to_end_id, return_code="AM04", original_amount=Decimal("59.99"))
    match_lines([line])
    line.save()
    accept_line(line=line, on=DAY)
    item.refresh_from_db()
    assert (item.state, item.returned_by, item.invoice.open_amount) == ("returned", line, Decimal("59.99"))
    assert item.reason == "Returned by the bank: AM04, there was not enough money on the account"
    again = draw_up_collection(collect_on=DAY + timedelta(days=9), due_up_to=DAY, on=DAY)
    assert again.items.get().sequence == "RCUR"


def test_a_mandate_that_was_set_aside_is_taken_up_and_a_revoked_one_is_not():
    mandate = make_mandate()
    with pytest.raises(ValidationError, match="not signed"):
        revoke_mandate(mandate=mandate, reason="x", on=date(2025, 12, 31))
    revoke_mandate(mandate=mandate, reason="Asked for", on=TODAY)
    with pytest.raises(ValidationError, match="new mandate"):
        restore_mandate(mandate=mandate)


@pytest.mark.parametrize("iban", ["AT611904300234573202", "AT61", "nonsense", "AT61 1904 3002 3457 32011"])
def test_an_iban_with_a_wrong_checksum_is_refused(iban):
    with pytest.raises(ValidationError, match="no IBAN"):
        clean_iban(iban)


@pytest.mark.parametrize(
    ("reference", "is_fit"), [("M-1", True), ("/M", False), ("M//1", False), ("Mü", False), ("x" * 36, False)]
)
def test_a_mandate_is_checked_as_it_is_typed(reference, is_fit):
    customer = make_customer()
    typed = {"customer": customer.number, "reference": reference, "holder": "Ann", "signed_on": "2026-01-02"}
    form = MandateForm({**typed, "iban": "de89 3704 0044 0532 0130 00"})
    assert form.is_valid() is is_fit
    if is_fit:
        assert form.save().iban == PAYER
        second = MandateForm({**typed, "reference": "M-2", "iban": PAYER})
        assert "customer" in second.errors


@pytest.mark.parametrize(
    ("name", "value"), [("OPERATOR_IBAN", ""), ("OPERATOR_CREDITOR_ID", "AT00ZZZ1"), ("OPERATOR_BIC", "?")]
)
def test_without_the_creditors_data_nothing_is_collected(settings, name, value):
    setattr(settings, name, value)
    owing("59.99")
    with pytest.raises(ValidationError, match=name):
        drawn_up()
    assert not CollectionItem.objects.exists()


def test_only_signs_that_every_bank_takes_are_in_the_file():
    assert plain("Zoë & Žižek <GmbH> #1") == "Zoe Zizek GmbH 1"
