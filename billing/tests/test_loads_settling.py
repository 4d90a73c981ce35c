"""Loaded payments settle loaded invoices as our own acts would."""

from datetime import date
from decimal import Decimal

import pytest
from django.db.models import F
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from billing.allocations import settle
from billing.models import Allocation, Invoice, InvoiceLine, Payment
from billing.tests.factories import make_invoice
from billing.tests.loading import INVOICES, PAYMENTS, reasons
from customerflow.loads.refusals import CannotRunError
from customers.models import Customer
from customers.tests.factories import make_customer

pytestmark = pytest.mark.django_db


def test_open_invoices_of_ours_are_not_settled_by_loaded_payments(load):
    customer = make_customer(number="7")
    ours = make_invoice("5", customer=customer)
    load(payments=f"{PAYMENTS}P1,7,5,2025-03-05,\n")
    ours.refresh_from_db()
    assert (ours.settled, Payment.objects.get().credit) == (0, 5)


def test_many_payments_of_one_invoice_and_many_invoices_of_one_payment_are_settled_at_once(load):
    make_customer(number="7")
    numbers = range(2, 102)
    report = load(
        invoices=f"{INVOICES}1,7,2025-03-01,,60\n" + "".join(f"{number},7,2025-03-01,,1\n" for number in numbers),
        payments=f"{PAYMENTS}P1,7,70,2025-03-01,{' '.join(map(str, numbers))}\n"
        + "".join(f"P{number},7,1,2025-03-02,1\n" for number in numbers),
    )
    assert report.is_accepted
    invoice = Invoice.objects.get(number="1")
    # Issued, and changed once.
    assert (invoice.settled, invoice.version) == (60, 2)
    assert Allocation.objects.filter(payment__number="P1").count() == 70
    assert Payment.objects.get(number="P61").allocated == 1
    # What is left of the others goes to the oldest that are open.
    assert Invoice.objects.filter(settled=F("total")).count() == 101
    assert sum(payment.credit for payment in Payment.objects.all()) == 10


@pytest.mark.parametrize(("said", "is_found"), [("INV 5; INV 6", True), ("INV 5;", True), ("INV 5", False)])
def test_numbers_with_spaces_are_parted_by_signs(load, said, is_found):
    make_customer(number="7")
    report = load(
        invoices=f"{INVOICES}INV 5,7,2025-03-01,,5\nINV 6,7,2025-03-01,,5\n",
        payments=f"{PAYMENTS}1,7,5,2025-03-05,{said}\n",
    )
    assert (reasons(report) == []) == is_found


def test_more_money_than_a_database_can_add_up_is_refused_in_words(load):
    make_customer(number="7")
    invoices = "".join(f"{number},7,2025-03-01,,9999999999999.99\n" for number in range(9_300))
    with pytest.raises(CannotRunError, match="more than the database can count"):
        load(invoices=INVOICES + invoices, payments=f"{PAYMENTS}1,7,5,2025-03-05,\n")


days = st.dates(date(2025, 1, 1), date(2025, 1, 4))
cents = st.integers(1, 300)
customers = st.sampled_from(["7", "8"])


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    invoices=st.lists(st.tuples(customers, days, cents), max_size=8),
    payments=st.lists(
        st.tuples(customers, days, cents, st.lists(st.integers(0, 7), max_size=3, unique=True)), max_size=6
    ),
)
def test_money_is_allocated_as_by_settling_one_payment_after_the_other(load, invoices, payments):
    """All payments settle what they name, in their order; then, in the same order, what is the oldest."""
    Allocation.objects.all()._raw_delete(Allocation.objects.db)
    for model in (InvoiceLine, Invoice, Payment, Customer):
        model.objects.all().delete()
    for number in ("7", "8"):
        make_customer(number=number)
    owner = {str(number): customer for number, (customer, _day, _amount) in enumerate(invoices)}
    named = [[str(n) for n in names if owner.get(str(n)) == customer] for customer, _day, _amount, names in payments]
    report = load(
        invoices=INVOICES
        + "".join(f"{n},{c},{day},{day},{amount / 100:.2f}\n" for n, (c, day, amount) in enumerate(invoices)),
        payments=PAYMENTS
        + "".join(
            f"P{n},{c},{amount / 100:.2f},{day},{' '.join(named[n])}\n"
            for n, (c, day, amount, _names) in enumerate(payments)
        ),
    )
    assert report.is_accepted
    found = allocated()
    released = list(Payment.objects.order_by("received_on", "pk"))
    Allocation.objects.all()._raw_delete(Allocation.objects.db)
    Payment.objects.update(allocated=0)
    Invoice.objects.update(settled=0)
    for payment in released:
        numbers = named[int(payment.number[1:])]
        payment.refresh_from_db()
        settle([payment], [Invoice.objects.get(number=number) for number in numbers], date(2026, 3, 31))
    for payment in released:
        payment.refresh_from_db()
        settle([payment], payment.customer.invoices.open().order_by("due_on", "issued_on", "pk"), date(2026, 3, 31))
    assert found == allocated()
    assert not Invoice.objects.filter(settled__gt=F("total")).exists()


def allocated() -> dict[tuple[str, str], Decimal]:
    """Return what of each payment settles each invoice, and check that both know it."""
    found: dict[tuple[str, str], Decimal] = {}
    for payment, invoice, amount in Allocation.objects.values_list("payment__number", "invoice__number", "amount"):
        found[payment, invoice] = found.get((payment, invoice), Decimal(0)) + amount
    for model, place, field in ((Payment, 0, "allocated"), (Invoice, 1, "settled")):
        for number, kept in model.objects.values_list("number", field):
            assert kept == sum(amount for key, amount in found.items() if key[place] == number)
    return found
