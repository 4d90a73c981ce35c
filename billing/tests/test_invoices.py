from datetime import date
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError

from billing.invoices import Line, apply_credit, issue_invoice, void_invoice
from billing.models import Invoice, InvoiceLine
from billing.payments import reverse_payment
from billing.tests.factories import ISSUED_ON, TODAY, make_invoice, make_payment
from customers.tests.factories import make_customer, make_equipment, make_location, make_service

pytestmark = pytest.mark.django_db
FIBRE = Line(description="Fibre 500", unit_price=Decimal("59.99"))


def issue(customer=None, lines=(FIBRE,), **fields):
    return issue_invoice(customer=customer or make_customer(), lines=lines, on=fields.pop("on", ISSUED_ON), **fields)


def month_of(service, first_day=date(2026, 3, 1), **fields):
    return Line(
        kind=InvoiceLine.Kind.RECURRING,
        description=service.name,
        unit_price=service.cost,
        service=service,
        first_day=first_day,
        **fields,
    )


def test_an_invoice_is_the_sum_of_its_lines():
    service = make_service(cost=Decimal("59.99"))
    unit = make_equipment(location=service.location)
    lines = [
        month_of(service, last_day=date(2026, 3, 31)),
        Line(description="Cable, per metre", unit_price=Decimal("1.10"), quantity=12),
        Line(
            kind="part",
            description="Router, 10 of 31 days",
            unit_price=Decimal("3.10"),
            amount=Decimal("1.00"),
            equipment=unit,
        ),
        Line(kind="adjustment", description="Outage", unit_price=Decimal("-5.00")),
    ]
    invoice = issue(service.location.customer, lines)
    # 59.99 + 12 x 1.10 + 1.00 - 5.00
    assert invoice.total == Decimal("69.19")
    assert [line.amount for line in invoice.lines.all()] == list(map(Decimal, ["59.99", "13.20", "1.00", "-5.00"]))
    saved = invoice.lines.first()
    assert (saved.service, saved.first_day, saved.last_day) == (service, date(2026, 3, 1), date(2026, 3, 31))
    assert saved.live


def test_an_invoice_is_due_by_the_terms_of_the_customer():
    assert issue(make_customer(payment_terms=30)).due_on == date(2026, 3, 31)
    assert issue(make_customer(payment_terms=0)).due_on == ISSUED_ON
    assert issue(make_customer(payment_terms=30), due_on=date(2026, 3, 5)).due_on == date(2026, 3, 5)


def test_an_invoice_keeps_the_name_and_address_of_its_day():
    customer = make_customer(name="Ana Sá")
    location = make_location(customer=customer, address="Rua A 1", postcode="1000-001", city="Lisboa", country="PT")
    make_location(customer=customer, address="Rua B 2")
    invoice = issue(customer)
    customer.name, location.address = "Ana Silva", "Rua C 3"
    customer.save()
    location.save()
    invoice.refresh_from_db()
    assert invoice.customer_name == "Ana Sá"
    assert invoice.customer_address == "Rua A 1, 1000-001 Lisboa, PT"


def test_the_longest_address_fits_on_an_invoice():
    customer = make_customer()
    parts = {"address": "a" * 300, "city": "c" * 100, "region": "r" * 100, "postcode": "p" * 20, "country": "PT"}
    location = make_location(customer=customer, **parts)
    invoice = issue(customer)
    invoice.refresh_from_db()
    assert invoice.customer_address == location.one_line


def test_numbers_follow_one_another_in_each_year():
    assert [issue().number for _ in range(2)] == ["2026-000001", "2026-000002"]
    assert issue(on=date(2027, 1, 1)).number == "2027-000001"
    assert issue().number == "2026-000003"


def test_a_refused_invoice_takes_no_number():
    issue()
    with pytest.raises(ValidationError):
        issue(due_on=date(2026, 2, 28))
    assert issue().number == "2026-000002"


def test_a_document_of_another_system_keeps_its_number_and_ours_go_round_it():
    assert issue(number="2026-000002").number == "2026-000002"
    assert issue(number="RE/17").number == "RE/17"
    assert [issue().number for _ in range(2)] == ["2026-000001", "2026-000003"]


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("lines", {"lines": []}),
        ("lines", {"lines": [Line(description="Less than nothing", unit_price=Decimal("-0.01"))]}),
        ("lines", {"lines": [Line(description="", unit_price=Decimal("1.00"))]}),
        ("lines", {"lines": [Line(description="x" * 301, unit_price=Decimal("1.00"))]}),
        ("lines", {"lines": [Line(description="Too exact", unit_price=Decimal("0.005"))]}),
        ("lines", {"lines": [Line(description="A float", unit_price=0.5)]}),
        ("lines", {"lines": [Line(description="Unknown", kind="tip", unit_price=Decimal("1.00"))]}),
        (
            "lines",
            {"lines": [Line(description="Backwards", unit_price=Decimal(1), first_day=TODAY, last_day=ISSUED_ON)]},
        ),
        ("due_on", {"due_on": date(2026, 2, 28)}),
        ("number", {"number": "x" * 33}),
    ],
)
def test_what_cannot_be_issued_is_refused_by_field(field, wrong):
    with pytest.raises(ValidationError) as refusal:
        issue(**wrong)
    assert list(refusal.value.message_dict) == [field]
    assert not Invoice.objects.exists()


def test_a_number_is_used_once():
    issue(number="RE/17")
    with pytest.raises(ValidationError) as refusal:
        issue(number="RE/17")
    assert list(refusal.value.message_dict) == ["number"]


def test_a_service_of_another_customer_is_refused():
    with pytest.raises(ValidationError) as refusal:
        issue(make_customer(), [month_of(make_service())])
    assert refusal.value.message_dict == {"lines": ["A service belongs to another customer."]}


def test_a_service_is_charged_once_for_a_day():
    service = make_service()
    customer = service.location.customer
    issue(customer, [month_of(service)])
    issue(customer, [month_of(service, date(2026, 4, 1))])
    for lines in [[month_of(service)], [month_of(service, date(2026, 5, 1))] * 2]:
        with pytest.raises(ValidationError) as refusal:
            issue(customer, lines)
        assert refusal.value.message_dict == {"lines": ["A service is charged for the same days already."]}


def test_credit_settles_a_new_invoice_the_oldest_payment_first():
    customer = make_customer()
    younger = make_payment("50.00", customer=customer, received_on=date(2026, 2, 20))
    older = make_payment("20.00", customer=customer, received_on=date(2026, 2, 10))
    invoice = make_invoice("59.99", customer=customer)
    assert [(each.payment, each.amount) for each in invoice.allocations.all()] == [
        (older, Decimal("20.00")),
        (younger, Decimal("39.99")),
    ]
    younger.refresh_from_db()
    assert (invoice.open_amount, younger.credit) == (0, Decimal("10.01"))


def test_credit_that_is_there_settles_no_other_open_invoice():
    customer = make_customer()
    disputed, paid = make_invoice("40.00", customer=customer), make_invoice("10.00", customer=customer)
    make_payment("30.00", customer=customer, invoices=[paid])
    newest = make_invoice("15.00", customer=customer)
    disputed.refresh_from_db()
    assert (disputed.settled, newest.settled) == (0, Decimal("15.00"))


def test_staff_apply_credit_to_an_open_invoice():
    customer = make_customer()
    first, second = make_invoice("40.00", customer=customer), make_invoice("10.00", customer=customer)
    make_payment("35.00", customer=customer, invoices=[second])
    assert apply_credit(invoice=first, on=TODAY).open_amount == Decimal("15.00")
    with pytest.raises(ValidationError, match="no credit"):
        apply_credit(invoice=first, on=TODAY)


def test_a_voided_invoice_keeps_its_number_and_is_owed_no_more(django_user_model):
    clerk = django_user_model.objects.create(username="clerk")
    service = make_service()
    invoice = issue(service.location.customer, [month_of(service)])
    voided = void_invoice(invoice=invoice, reason=" Wrong customer ", on=TODAY, by=clerk)
    voided.refresh_from_db()
    assert (voided.status, voided.number, voided.open_amount) == ("void", invoice.number, 0)
    assert (voided.void_reason, voided.voided_on, voided.voided_by) == ("Wrong customer", TODAY, clerk)
    assert voided.version == invoice.version + 1
    assert not voided.lines.filter(live=True).exists()
    # What it charged may be charged again.
    assert issue(service.location.customer, [month_of(service)]).total == service.cost


def test_an_invoice_that_something_is_paid_on_is_not_voided():
    invoice = make_invoice("59.99")
    payment = make_payment("0.01", customer=invoice.customer)
    with pytest.raises(ValidationError, match="reverse the payment first"):
        void_invoice(invoice=invoice, reason="Mistake", on=TODAY)
    reverse_payment(payment=payment, reason="Mistake", on=TODAY)
    assert void_invoice(invoice=invoice, reason="Mistake", on=TODAY).status == "void"


@pytest.mark.parametrize(
    ("field", "wrong"),
    [("reason", {"reason": "  "}), ("reason", {"reason": "x" * 201}), ("on", {"on": date(2026, 2, 28)})],
)
def test_voiding_needs_a_reason_and_a_possible_day(field, wrong):
    invoice = make_invoice()
    with pytest.raises(ValidationError) as refusal:
        void_invoice(**{"invoice": invoice, "reason": "Mistake", "on": TODAY, **wrong})
    assert list(refusal.value.message_dict) == [field]
    invoice.refresh_from_db()
    assert invoice.status == "issued"


def test_an_invoice_is_voided_once():
    invoice = make_invoice()
    void_invoice(invoice=invoice, reason="Mistake", on=TODAY)
    with pytest.raises(ValidationError, match="not issued"):
        void_invoice(invoice=invoice, reason="Mistake", on=TODAY)


def test_a_customer_who_was_removed_meanwhile_is_refused():
    customer = make_customer()
    type(customer).objects.filter(pk=customer.pk).delete()
    with pytest.raises(ValidationError) as refusal:
        issue(customer)
    assert list(refusal.value.message_dict) == ["customer"]
