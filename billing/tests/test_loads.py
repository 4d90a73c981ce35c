"""Documents of another system: loaded whole, in a series of their own, and never changed by a second load."""

from datetime import date
from decimal import Decimal

import pytest

from billing.invoices import void_invoice
from billing.models import Invoice, InvoiceLine, Payment
from billing.payments import reverse_payment
from billing.tests.factories import TODAY, make_invoice, make_payment
from billing.tests.loading import INVOICES, LINES, PAYMENTS, exported, reasons
from customerflow.changes.tests.tables import stored_tables
from customers.models import Customer
from customers.tests.factories import make_customer, make_location

pytestmark = pytest.mark.django_db


def test_an_invoice_with_its_lines_and_payment_is_what_our_acts_would_have_made(load):
    customer = make_customer(number="7", name="Ann Lee", payment_terms=10)
    make_location(customer=customer, address="1 High St", city="Graz", postcode="8010")
    report = load(
        invoices=f"{INVOICES}1,7,2025-03-01,,30.00\n",
        invoice_lines=f"{LINES}1,Fibre,1,20.00\n1,Phone,2,5.00\n",
        payments=f"{PAYMENTS}P1,7,12.50,2025-03-05,\n",
    )
    assert report.is_accepted
    invoice = Invoice.objects.get()
    assert (invoice.number, invoice.origin, invoice.status) == ("1", "Old", "issued")
    assert (invoice.total, invoice.settled, invoice.due_on) == (Decimal(30), Decimal("12.50"), date(2025, 3, 11))
    assert (invoice.customer_name, invoice.customer_address) == ("Ann Lee", "1 High St, 8010 Graz")
    assert list(Invoice.objects.search("ann lee")) == [invoice]
    assert [(line.description, line.amount, line.live) for line in invoice.lines.all()] == [
        ("Fibre", Decimal(20), True),
        ("Phone", Decimal(10), True),
    ]
    payment = Payment.objects.get()
    assert (payment.number, payment.origin, payment.allocated) == ("P1", "Old", Decimal("12.50"))
    assert list(Payment.objects.search("P1")) == [payment]


def test_an_invoice_without_lines_gets_one_over_its_total(load):
    make_customer(number="7")
    load(invoices="Number,Customer,Issued On,Total,Description\n1,7,2025-03-01,30,Balance of 2024\n2,7,2025-03-01,0,\n")
    assert list(InvoiceLine.objects.values_list("description", "amount")) == [
        ("Balance of 2024", Decimal(30)),
        ("From another system", Decimal(0)),
    ]


def test_a_void_invoice_keeps_its_number_and_is_owed_by_nobody(load):
    make_customer(number="7")
    report = load(
        invoices="Number,Customer,Issued On,Total,Status\n1,7,2025-03-01,30,Void\n",
        payments=f"{PAYMENTS}P1,7,30,2025-03-05,\n",
    )
    assert report.is_accepted
    invoice = Invoice.objects.get()
    assert (invoice.status, invoice.void_reason, invoice.settled) == ("void", "Void in Old", 0)
    assert not invoice.lines.get().live
    assert Payment.objects.get().credit == 30


def test_the_lines_of_an_invoice_must_add_up_to_its_total(load):
    make_customer(number="7")
    report = load(
        invoices=f"{INVOICES}1,7,2025-03-01,,30.00\n2,7,2025-03-01,,5.00\n",
        invoice_lines=f"{LINES}1,Fibre,1,29.99\n2,Fibre,1,5.00\n",
    )
    assert "2 Total: Its lines add up to 29.99." in reasons(report)
    assert not Invoice.objects.exists()
    assert load(
        skip=True,
        invoices=f"{INVOICES}1,7,2025-03-01,,30.00\n2,7,2025-03-01,,5.00\n",
        invoice_lines=f"{LINES}1,Fibre,1,29.99\n2,Fibre,1,5.00\n",
    ).is_accepted
    assert list(Invoice.objects.values_list("number", flat=True)) == ["2"]
    assert InvoiceLine.objects.get().amount == 5


def test_a_refused_line_takes_its_invoice_with_it_and_the_payment_that_names_it(load):
    make_customer(number="7")
    report = load(
        skip=True,
        invoices=f"{INVOICES}1,7,2025-03-01,,30.00\n2,7,2025-03-01,,5.00\n",
        invoice_lines=f"{LINES}1,Fibre,1,20\n1,,1,10\n2,Fibre,1,5\n",
        payments=f"{PAYMENTS}P1,7,30,2025-03-05,1\nP2,7,5,2025-03-05,2\n",
    )
    found = reasons(report)
    assert "2 Number: One of its lines is refused, and there is no invoice by halves." in found
    assert "2 Invoice: This is refused in the same load." in found
    assert "2 Invoices: The customer has no such invoice of this system, or it is void." in found
    assert list(Invoice.objects.values_list("number", "settled")) == [("2", Decimal(5))]
    assert list(Payment.objects.values_list("number", flat=True)) == ["P2"]


@pytest.mark.parametrize(
    ("texts", "reason"),
    [
        ({"invoices": f"{INVOICES}1,7,2025-03-01,2025-02-01,5\n"}, "Due On: An invoice cannot be due before"),
        ({"invoices": f"{INVOICES}1,7,9999-12-31,,5\n"}, "Due On: Say when it is due"),
        ({"invoices": f"{INVOICES}1,8,2025-03-01,,5\n"}, "Customer: There are no customers"),
        ({"invoices": f"{INVOICES}1,7,2025-03-01,,-5\n"}, "Total: It must not be less than 0"),
        ({"invoices": f"{INVOICES}1,7,1.3.2025,,5\n"}, "Issued On: It must be a date like"),
        ({"payments": f"{PAYMENTS}P1,7,0,2025-03-05,\n"}, "Amount: It must not be less than"),
        ({"payments": f"{PAYMENTS}P1,7,5,2999-03-05,\n"}, "Received On: This day is still to come"),
        ({"payments": f"{PAYMENTS}P1,7,5,2025-03-05,99\n"}, "Invoices: The customer has no such invoice"),
        ({"payments": f"{PAYMENTS},7,5,2025-03-05,\n"}, "Nothing tells which record this is"),
        ({"invoices": f"{INVOICES}1,,2025-03-01,,5\n"}, "Customer: It is missing"),
        ({"payments": f"{PAYMENTS}P1,,5,2025-03-05,\n"}, "Customer: It is missing"),
        ({"invoice_lines": f"{LINES},Fibre,1,5\n"}, "Invoice: It is missing"),
        ({"invoice_lines": f"{LINES}1,Fibre,1,5\n"}, "Invoice: There are no invoices with this number"),
    ],
)
def test_what_is_wrong_is_said_by_column(load, texts, reason):
    make_customer(number="7")
    assert any(reason in found for found in reasons(load(**texts)))
    assert not Invoice.objects.exists()
    assert not Payment.objects.exists()


def test_lines_of_an_invoice_may_be_in_two_files(load):
    make_customer(number="7")
    texts = {
        "invoices": f"{INVOICES}1,7,2025-03-01,,5\n",
        "invoice_lines": f"{LINES}1,Fibre,1,2\n",
        "invoice_lines2": f"{LINES}1,Phone,1,3\n",
    }
    assert load(**texts).counts()["created"] == 3
    assert [line.description for line in InvoiceLine.objects.all()] == ["Fibre", "Phone"]
    assert load(**texts).counts() == {"created": 0, "changed": 0, "unchanged": 3, "refused": 0}


def test_lines_may_say_whose_invoice_it_is(load):
    make_customer(number="7")
    make_customer(number="8")
    invoices, lines = f"{INVOICES}1,7,2025-03-01,,5\n", f"Customer,{LINES}{{}},1,Fibre,1,5\n"
    found = reasons(load(invoices=invoices, invoice_lines=lines.format(8)))
    assert "2 Invoice: There are no invoices with this number." in found
    assert load(invoices=invoices, invoice_lines=lines.format(7)).is_accepted


def test_an_account_that_is_closed_may_have_old_documents(load):
    Customer.objects.filter(pk=make_customer(number="7").pk).update(status="closed", closed_on=date(2025, 6, 1))
    report = load(invoices=f"{INVOICES}1,7,2025-03-01,,5\n", payments=f"{PAYMENTS}P1,7,5,2025-03-05,1\n")
    assert reasons(report) == []
    assert Invoice.objects.get().settled == 5


def test_a_stored_document_is_never_changed_by_a_load(load):
    make_customer(number="7")
    make_customer(number="8")
    texts = {
        "invoices": f"{INVOICES}1,7,2025-03-01,2025-03-15,5\n",
        "invoice_lines": f"{LINES}1,Fibre,1,5\n",
        "payments": f"{PAYMENTS}P1,7,5,2025-03-05,\n",
    }
    assert load(**texts).is_accepted
    before = stored_tables()
    assert load(**texts).counts() == {"created": 0, "changed": 0, "unchanged": 3, "refused": 0}
    for change in (
        {"invoices": f"{INVOICES}1,8,2025-03-01,2025-03-15,5\n"},
        {"invoices": f"{INVOICES}1,7,2025-03-01,2025-03-15,6\n"},
        {"invoice_lines": f"{LINES}1,Fibre,1,6\n"},
        {"invoice_lines": f"{LINES}1,Fibre,1,5\n1,Phone,1,1\n"},
        {"payments": f"{PAYMENTS}P1,7,6,2025-03-05,\n"},
    ):
        assert "never changed by a load" in " ".join(reasons(load(**change)))
    assert stored_tables() == before


def test_what_is_exported_is_loaded_unchanged_ours_and_theirs(load):
    customer = make_customer(number="7")
    make_invoice("5", customer=customer)
    voided = make_invoice("6", customer=customer)
    void_invoice(invoice=voided, reason="Twice", on=TODAY)
    reverse_payment(payment=make_payment("3", customer=customer), reason="Bounced", on=TODAY)
    load(invoices=f"{INVOICES}1,7,2025-03-01,,5\n", payments=f"{PAYMENTS}P1,7,5,2025-03-05,\n")
    before = stored_tables()
    report = load("", **exported())
    assert reasons(report) == []
    assert report.counts() == {"created": 0, "changed": 0, "unchanged": 8, "refused": 0}
    assert stored_tables() == before
