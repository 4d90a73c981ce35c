"""Documents of several systems beside each other: each system has numbers of its own."""

from datetime import date
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.urls import reverse

from billing.models import Invoice, Payment
from billing.tests.factories import ISSUED_ON, TODAY, make_invoice
from customerflow.lookup import find
from customers.tests.factories import make_customer

pytestmark = pytest.mark.django_db


def make_old_payment(number: str = "P1", origin: str = "Old") -> Payment:
    return Payment.objects.create(
        customer=make_customer(), amount=Decimal(5), received_on=TODAY, posted_on=TODAY, number=number, origin=origin
    )


def test_a_number_is_taken_once_in_each_origin():
    ours, theirs = make_invoice(number="5"), make_invoice(number="5", origin="Old")
    assert (ours.origin, theirs.origin) == ("", "Old")
    for origin in ("", "Old"):
        with pytest.raises(ValidationError, match="There is an invoice with this number already"):
            make_invoice(number="5", origin=origin)
    make_old_payment()
    make_old_payment(origin="Older")
    with pytest.raises(IntegrityError), transaction.atomic():
        make_old_payment()


def test_a_document_of_another_system_has_the_number_that_it_has_there():
    with pytest.raises(ValidationError, match="keeps the number that it has there") as refused:
        make_invoice(origin="Old")
    assert list(refused.value.message_dict) == ["number"]
    assert not Invoice.objects.exists()
    with pytest.raises(IntegrityError), transaction.atomic():
        make_old_payment(number=None)


def test_our_series_passes_over_our_own_numbers_and_not_those_of_others():
    make_invoice(number="2026-000001", origin="Old")
    assert make_invoice(on=ISSUED_ON).number == "2026-000001"
    make_invoice(number="2026-000002")
    assert make_invoice(on=ISSUED_ON).number == "2026-000003"


def test_of_two_documents_with_one_number_ours_is_meant_and_between_two_others_nobody_guesses(clerk):
    old, ours = make_invoice(number="5", origin="Old"), make_invoice(number="5")
    assert find(Invoice.objects.all(), "5") == ours
    answer = clerk.get(reverse("billing:invoice_lookup"), {"q": "5"}).json()["results"]
    assert [found["detail"].startswith("Old · ") for found in answer] == [False, True]
    make_invoice(number="6", origin="Old"), make_invoice(number="6", origin="Older")
    assert find(Invoice.objects.all(), "6") is None
    assert set(Invoice.objects.search("5")) == {old, ours}


def test_the_pages_of_documents_say_where_they_come_from(clerk):
    invoice, payment = make_invoice(number="5", origin="Old billing"), make_old_payment("P-77", "Old billing")
    assert "<dt>Origin</dt><dd>Old billing</dd>" in clerk.get(invoice.get_absolute_url()).content.decode()
    assert "<dt>Origin</dt><dd>Old billing, P-77</dd>" in clerk.get(payment.get_absolute_url()).content.decode()
    assert "<dt>Origin</dt>" not in clerk.get(make_invoice().get_absolute_url()).content.decode()


@pytest.mark.parametrize(
    "make",
    [lambda origin: make_invoice(number="9", origin=origin), lambda origin: make_old_payment(origin=origin)],
    ids=["invoice", "payment"],
)
def test_lists_show_the_origin_and_are_filtered_by_it(clerk, make):
    old, _older = make("Old"), make("Older")
    address = reverse(f"billing:{old._meta.model_name}_list")
    page = clerk.get(address, {"origin": "Old"})
    assert list(page.context["page"].rows) == [old]
    assert '<td data-label="Origin">Old' in page.content.decode()


def test_an_old_number_finds_a_payment():
    payment = make_old_payment("P-2025/77")
    assert list(Payment.objects.search("P-2025/77")) == [payment]
    assert payment.received_on == date(2026, 3, 31)
