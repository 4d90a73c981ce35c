"""Loaded documents are taken back with their load: all of them, while nothing of ours touches them."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from billing.invoices import void_invoice
from billing.models import Invoice, Payment
from billing.payments import record_payment, reverse_payment
from billing.periods.closing import close_period
from billing.tests.factories import TODAY
from billing.tests.loading import INVOICES, PAYMENTS
from customerflow.changes.tests.tables import stored_tables
from customerflow.changes.undoing import refusal, undo
from customerflow.loads.models import Load
from customers.tests.factories import make_customer

pytestmark = pytest.mark.django_db


def documents(load) -> Load:
    """Load an invoice and a payment of another system."""
    load(
        invoices=f"{INVOICES}1,7,2025-03-01,,30\n2,7,2025-03-02,,5\n",
        payments=f"{PAYMENTS}P1,7,12,2025-03-05,1\n",
    )
    return Load.objects.get()


def without_staff(tables: dict) -> dict:
    return {kind: rows for kind, rows in tables.items() if not kind.startswith("staff")}


def test_untouched_documents_are_taken_back_with_their_load(load):
    make_customer(number="7")
    before = without_staff(stored_tables())
    undo(documents(load).change_set)
    assert without_staff(stored_tables()) == before


@pytest.mark.parametrize(
    "touch",
    [
        lambda customer: void_invoice(invoice=Invoice.objects.get(number="2"), reason="Wrong", on=TODAY),
        lambda customer: reverse_payment(payment=Payment.objects.get(), reason="Bounced", on=timezone.localdate()),
        lambda customer: record_payment(
            customer=customer, amount=Decimal(1), received_on=TODAY, on=TODAY, method="cash"
        ),
    ],
)
def test_once_an_act_of_ours_touched_one_of_them_none_is_taken_back(load, touch):
    customer = make_customer(number="7")
    loaded = documents(load)
    touch(customer)
    before = stored_tables()
    with pytest.raises(ValidationError, match="all or none"):
        undo(loaded.change_set)
    assert stored_tables() == before


def test_in_a_closed_period_none_is_taken_back_and_it_says_so(load):
    make_customer(number="7")
    loaded, today = documents(load), timezone.localdate()
    close_period(last_day=today, on=today + timedelta(days=1))
    assert "closed up to" in refusal(loaded.change_set)
    with pytest.raises(ValidationError, match="what was posted by then stays"):
        undo(loaded.change_set)
    assert (Invoice.objects.count(), Payment.objects.count()) == (2, 1)
