"""Many records are inserted as one by one, whatever their values are."""

from datetime import UTC, date
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from billing.models import Charge, Invoice, InvoiceLine
from billing.tests.factories import make_invoice
from customerflow.changes.recording import recorded
from customerflow.inserting import give_keys, insert_all
from customerflow.keys import among, keys_by_text
from customers.models import Customer
from customers.tests.factories import make_customer

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), min_size=1, max_size=80)
MOMENTS = st.datetimes(timezones=st.just(UTC))
MONEY = st.integers(0, 10**14).map(lambda minor: Decimal(minor) / 100)


class InsertAll(TestCase):
    @given(st.lists(st.tuples(TEXT, MONEY, st.dates(date(1900, 1, 1)), st.none() | MOMENTS)))
    def test_what_is_inserted_is_read_back_as_it_was(self, drawn):
        customer = make_customer()
        charges = [
            Charge(customer=customer, description=text, unit_price=money, charged_on=day, cancelled_at=cancelled)
            for text, money, day, cancelled in drawn
        ]
        insert_all(Charge, charges)
        read = list(Charge.objects.order_by("pk"))
        assert [(each.description, each.unit_price, each.charged_on, each.cancelled_at) for each in read] == drawn
        assert all(each.created_at and each.updated_at and each.version == 1 for each in read)


@pytest.mark.django_db
@recorded("Inserted")
def test_json_and_derived_columns_are_written_and_keys_go_on_where_others_ended():
    before = make_invoice().pk
    customer = make_customer(name="Škoda & Söhne")
    facts = {"customer": customer, "status": Invoice.Status.ISSUED, "issued_on": date(2026, 1, 1)}
    facts |= {"due_on": date(2026, 1, 15), "posted_on": date(2026, 1, 1), "customer_name": customer.name}
    invoices = [Invoice(number=f"N-{number}", **facts) for number in range(3)]
    give_keys(invoices)
    insert_all(Invoice, invoices)
    assert [invoice.pk for invoice in invoices] == sorted({invoice.pk for invoice in invoices})
    assert invoices[0].pk > before
    assert Invoice.objects.get(number="N-1").search_text == "n-1 skoda & sohne"
    inputs = {"kind": "part", "parts": [{"price": "1.00", "on": None}], "quote": "'\"\\\n"}
    line = {"description": "x", "unit_price": Decimal(0), "amount": Decimal(0), "inputs": inputs}
    insert_all(InvoiceLine, [InvoiceLine(invoice=invoices[0], **line)])
    assert InvoiceLine.objects.get(invoice=invoices[0]).inputs == inputs
    assert make_invoice().pk > invoices[-1].pk


@pytest.mark.django_db
def test_what_the_database_refuses_is_refused_as_a_whole():
    customer = make_customer()
    charges = [
        Charge(customer=customer, description="x", unit_price=1, quantity=quantity, charged_on=date(2026, 1, 1))
        for quantity in (1, 0)
    ]
    with pytest.raises(IntegrityError), transaction.atomic():
        insert_all(Charge, charges)
    assert not Charge.objects.exists()


@pytest.mark.django_db
def test_any_number_of_keys_is_one_parameter():
    some = [make_customer().pk for _number in range(3)]
    assert set(Customer.objects.filter(pk__in=among(some[:2])).values_list("pk", flat=True)) == set(some[:2])
    assert Customer.objects.filter(pk__in=among(range(100_000_000, 100_400_000))).count() == 0
    assert not Customer.objects.filter(pk__in=among([])).exists()


@pytest.mark.django_db
def test_keys_are_found_by_text_but_for_texts_that_too_many_have():
    keys = {name: {make_customer(name=name).pk for _ in range(count)} for name, count in (("Ann", 2), ("Eve", 3))}
    found = keys_by_text(Customer, "name_key", ["ann", "eve", "", "it's {no} 'one\\'"], most=2)
    assert found == {"ann": keys["Ann"]}
    assert found["eve"] == set()
    assert keys_by_text(Customer, "name_key", [""], most=2) == {}
