"""Documents of another system, which came by a load, are taken back all or none; our own never are."""

from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import connection

from billing import immutable
from billing.invoices import void_invoice
from billing.models import Allocation, Invoice, InvoiceLine, Payment
from billing.payments import reverse_payment
from billing.tests.factories import ISSUED_ON, TODAY, make_invoice, make_payment
from customerflow.changes import wholesale
from customerflow.changes.models import ChangeSet
from customerflow.changes.recording import recording
from customerflow.changes.tests.tables import stored_tables
from customerflow.changes.undoing import plan_undo, undo
from customers.models import Customer
from customers.tests.factories import make_customer

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True, params=[1, 500], ids=["by statements", "by walking"])
def _of_other_systems(db, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """Any column that our own documents here leave empty can name the other system."""
    # The triggers know only the column that names the system in fact.
    immutable.drop(connection)
    monkeypatch.setattr(wholesale, "AT_LEAST", request.param)
    for model in (Invoice, InvoiceLine, Payment, Allocation):
        monkeypatch.setattr(model, "undone_whole", True, raising=False)
    monkeypatch.setattr(Invoice, "origin_column", "customer_address", raising=False)
    monkeypatch.setattr(Payment, "origin_column", "reference", raising=False)


def load(*customers: Customer) -> ChangeSet:
    """Write an invoice of 60 with two lines for each customer, and a payment that settles a half of it."""
    with recording("Load") as record:
        for number, customer in enumerate(customers):
            half = Decimal("30.00")
            invoice = Invoice.objects.create(
                customer=customer,
                number=f"OLD-{number}",
                status="issued",
                issued_on=ISSUED_ON,
                posted_on=TODAY,
                due_on=ISSUED_ON,
                customer_address="old",
                total=2 * half,
                settled=half,
            )
            for _line in range(2):
                InvoiceLine.objects.create(invoice=invoice, description="Fibre", unit_price=half, amount=half)
            payment = Payment.objects.create(
                customer=customer, amount=half, allocated=half, received_on=TODAY, posted_on=TODAY, reference="old"
            )
            Allocation.objects.create(payment=payment, invoice=invoice, amount=half, posted_on=TODAY)
    return record.change_set


def test_an_untouched_load_of_documents_is_undone_and_that_again():
    customers = [make_customer(), make_customer()]
    before = stored_tables()
    loaded = load(*customers)
    after = stored_tables()
    assert plan_undo(loaded).put_back == 10
    undone = undo(loaded)
    assert (undone.put_back, undone.left_alone) == (10, 0)
    assert stored_tables() == before
    undo(undone.change_set)
    assert stored_tables() == after


def test_documents_of_customers_who_came_by_the_same_load_go_with_them():
    before = stored_tables()
    with recording("Load") as record:
        load(make_customer(), make_customer())
    undo(record.change_set)
    assert stored_tables() == before


def pay(customer: Customer) -> None:
    make_payment("5.00", customer=customer)


def void(customer: Customer) -> None:
    Allocation.objects.all().delete()
    Payment.objects.update(allocated=0)
    Invoice.objects.update(settled=0)
    void_invoice(invoice=customer.invoices.get(), reason="Wrong", on=TODAY)


def take_back(customer: Customer) -> None:
    reverse_payment(payment=customer.payments.get(), reason="Bounced", on=TODAY)


@pytest.mark.parametrize("touch", [pay, void, take_back])
def test_none_is_taken_back_once_one_was_touched_not_even_by_force(touch):
    customers = [make_customer(), make_customer()]
    loaded = load(*customers)
    touch(customers[0])
    before, sets = stored_tables(), ChangeSet.objects.count()
    refusal = plan_undo(loaded, force_all=True).refusal
    assert "all or none" in refusal
    with pytest.raises(ValidationError, match="all or none"):
        undo(loaded, force_all=True)
    assert (stored_tables(), ChangeSet.objects.count()) == (before, sets)


def test_the_refusal_names_the_documents_and_who_touched_them():
    customer = make_customer()
    loaded = load(customer)
    take_back(customer)
    refusal = plan_undo(loaded).refusal
    assert "payment" in refusal
    assert "Payment reversed (Direct access)" in refusal


def test_what_staff_do_to_such_a_document_is_not_undone():
    customer = make_customer()
    load(customer)
    take_back(customer)
    assert "reversing" in plan_undo(ChangeSet.objects.latest("pk")).refusal


def test_our_own_documents_are_not_undone():
    make_invoice()
    issued = ChangeSet.objects.filter(counts__kind="billing.invoice").latest("pk")
    assert "voiding" in plan_undo(issued).refusal


def test_a_load_that_settles_one_of_our_invoices_is_not_undone():
    ours = make_invoice("30.00")
    with recording("Load") as record:
        payment = Payment.objects.create(
            customer=ours.customer, amount=30, allocated=30, received_on=TODAY, posted_on=TODAY, reference="old"
        )
        Allocation.objects.create(payment=payment, invoice=ours, amount=30, posted_on=TODAY)
        Invoice.objects.filter(pk=ours.pk).update(settled=30)
    assert "reversing" in plan_undo(record.change_set).refusal
