"""Whose money a line is: sure, likely and why, or unknown; of two that are equally good, none."""

from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from stdnum import iso11649

from bank import lookups
from bank.applying import take_back
from bank.lookups import facts_of
from bank.matching import match_lines
from bank.models import StatementLine
from bank.tests.factories import (
    PAYER,
    make_collection,
    make_collection_item,
    make_known_payer,
    make_line,
    make_line_payment,
    make_mandate,
)
from bank.tokens import tokens_of
from billing.tests.factories import ISSUED_ON, TODAY, make_invoice, make_payment
from customers.tests.factories import make_customer, make_former_number

pytestmark = pytest.mark.django_db


def matched(amount: str = "59.99", **fields) -> StatementLine:
    line = make_line(amount, **fields)
    match_lines([line])
    return line


@pytest.mark.parametrize(
    "text",
    [
        "Invoice {}",
        "RE-{} danke",
        "inv{}.",
        "Rechnung {0}/Kd 7",
        "{plain}",
        "{torn}",
        "no. {} of 1.3.2026",
        "RE:{0},thanks",
    ],
)
def test_the_number_of_an_invoice_and_its_amount_make_sure(text):
    invoice = make_invoice("59.99")
    make_invoice("59.99")
    plain = invoice.number.replace("-", "")
    line = matched(text=text.format(invoice.number, plain=plain, torn=invoice.number.replace("-", " ")))
    assert (line.level, line.customer, line.offer) == ("sure", invoice.customer, {"invoices": [invoice.pk]})
    assert invoice.number in line.why


def test_a_structured_reference_names_an_invoice():
    invoice = make_invoice("59.99")
    plain = invoice.number.replace("-", "")
    check = next(f"RF{n:02d}{plain}" for n in range(2, 99) if iso11649.is_valid(f"RF{n:02d}{plain}"))
    assert matched(reference=check).customer == invoice.customer


def test_several_invoices_that_are_named_are_added_up():
    customer = make_customer()
    invoices = [make_invoice(amount, customer=customer) for amount in ("10.00", "20.00", "30.00")]
    line = matched("30.00", text=f"{invoices[0].number} and {invoices[1].number}")
    assert (line.level, line.offer) == ("sure", {"invoices": [invoices[0].pk, invoices[1].pk]})


def test_the_number_of_the_customer_and_all_that_is_open_make_sure():
    customer = make_customer(number="K-4711")
    invoices = [make_invoice(amount, customer=customer) for amount in ("10.00", "20.00")]
    line = matched("30.00", text="customer K-4711")
    assert (line.level, line.offer["invoices"]) == ("sure", [each.pk for each in invoices])
    assert matched("20.00", text="kd.nr.k-4711").level == "sure"


def test_a_number_that_may_be_a_year_is_only_likely():
    make_invoice("59.99", customer=make_customer(number="2026"))
    assert matched(text="Internet 03/2026").level == "likely"


def test_the_pieces_of_the_number_of_an_invoice_name_nobody():
    invoice = make_invoice("59.99")
    make_invoice("59.99", customer=make_customer(number=invoice.number.split("-")[1]))
    assert matched(text=invoice.number).customer == invoice.customer


def test_a_number_with_another_amount_is_likely_and_says_what_is_open():
    invoice = make_invoice("59.99")
    line = matched("50.00", text=invoice.number)
    assert (line.level, line.customer) == ("likely", invoice.customer)
    assert "59.99" in line.why
    make_payment("59.99", customer=invoice.customer)
    line = matched("59.99", text=invoice.number)
    assert (line.level, "nothing is open" in line.why) == ("likely", True)


def test_a_payer_whom_a_person_knew_is_sure_where_the_amount_fits():
    invoice = make_invoice("59.99")
    make_known_payer(customer=invoice.customer)
    assert matched(party_iban=PAYER).level == "sure"
    assert matched("1.00", party_iban=PAYER).level == "likely"
    make_known_payer()
    line = matched(party_iban=PAYER)
    assert (line.level, line.customer) == ("likely", invoice.customer)


def test_of_two_that_are_equally_good_none_is_taken():
    first, second = make_invoice("59.99"), make_invoice("59.99")
    line = matched(text=f"{first.customer.number} {second.customer.number}")
    assert (line.level, line.customer) == ("unknown", None)
    make_known_payer(customer=second.customer)
    line = matched(text=first.number, party_iban=PAYER)
    assert (line.level, line.customer) == ("unknown", None)


def test_a_like_name_is_likely_in_any_order_of_its_words():
    customer = make_customer(name="Jörg Müller")
    make_invoice("59.99", customer=customer)
    line = matched(party_name="MULLER, Herr JORG")
    assert (line.level, line.customer) == ("likely", customer)
    assert "name" in line.why
    make_customer(name="Jörg Müller")
    assert matched(party_name="Muller Jorg").customer == customer
    assert matched("1.00", party_name="Muller Jorg").level == "unknown"


def test_the_account_of_a_mandate_is_likely_and_a_former_number_is_found():
    mandate = make_mandate()
    assert matched(party_iban=PAYER).customer == mandate.customer
    former = make_former_number(number="OLD-17")
    make_invoice("59.99", customer=former.customer)
    assert matched(text="OLD-17").level == "sure"


def test_a_returned_debit_is_recognised_and_its_charges_are_left_out():
    item = make_collection_item(state="collected")
    line = matched("-63.49", reference=item.end_to_end_id, return_code="AM04", original_amount=Decimal("59.99"))
    assert (line.kind, line.level, line.offer) == ("return", "sure", {"debit": item.pk})
    assert "AM04" in line.why
    assert matched("-60.00", reference=item.end_to_end_id, return_code="AM04").level == "unknown"


def test_the_credit_of_a_collection_is_recognised():
    item = make_collection_item(collection=make_collection(state="confirmed"))
    line = matched("59.99", text=f"SEPA {item.collection.reference} 1 item")
    assert (line.kind, line.level) == ("collection", "sure")
    assert matched("59.98", text=item.collection.reference).level == "likely"


def test_a_batch_takes_as_many_queries_for_many_lines_as_for_one(django_assert_max_num_queries):
    lines = [make_line(text=make_invoice("59.99").number, party_iban=PAYER, party_name="Ann Gruber") for _ in range(12)]
    with django_assert_max_num_queries(10):
        match_lines(lines)
    assert {line.level for line in lines} == {"sure"}


def test_what_many_share_tells_nothing_and_no_more_of_them_are_read(monkeypatch):
    for name in ("MOST_NAMESAKES", "MOST_PAID_FOR", "MOST_OF_REFERENCE"):
        monkeypatch.setattr(lookups, name, 2)
    invoice = make_invoice("59.99", customer=make_customer(name="Ann Gruber"))
    make_known_payer(customer=invoice.customer)
    part = make_line_payment(customer=invoice.customer)
    StatementLine.objects.update(reference="internet")
    line = make_line(party_name="Gruber Ann", party_iban=PAYER)
    back = make_line("-59.99", reference="internet")
    assert [facts_of([line]).names["ann gruber"], facts_of([line]).payers[PAYER]] == [{invoice.customer_id}] * 2
    assert facts_of([back]).parts == {"internet": [part]}
    for _ in range(2):
        make_known_payer(customer=make_customer(name="Ann Gruber"))
        make_line(reference="internet")
    assert matched(party_name="Gruber Ann", party_iban=PAYER).level == "unknown"
    assert facts_of([back]).parts == {}


@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite plans by its own statistics")
def test_a_reference_is_looked_up_by_the_index_of_those_that_are_there():
    with connection.cursor() as cursor, CaptureQueriesContext(connection) as queries:
        facts_of([make_line("-1.00", reference="internet")])
        asked = next(q["sql"] for q in queries if "LATERAL" in q["sql"])
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN {asked}")
        assert "bankline_by_reference" in str(cursor.fetchall())


def test_a_line_taken_back_is_matched_anew():
    line = make_line(state="ignored", reason="Outgoing", text=make_invoice("59.99", on=ISSUED_ON).number)
    line = take_back(line=line, reason="A mistake", on=TODAY)
    assert (line.state, line.level) == ("open", "sure")


def test_short_words_and_words_without_a_digit_are_no_numbers():
    assert {token.text for token in tokens_of("am 3. an 12 der Anna A-17/b7")} >= {"A-17", "A-17/b7"}
    assert not {token.text for token in tokens_of("am 3. an 12 der Anna")}
