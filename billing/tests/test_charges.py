"""One-off charges and discounts: who may be charged what, and what can still be taken back."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django.asserts import assertContains

from billing.charges import add_charge, cancel_charge
from billing.discounts import add_discount, end_discount
from billing.invoices import Line, issue_invoice, void_invoice
from billing.models import Charge, Discount
from billing.tests.factories import TODAY, make_charge, make_discount, make_invoice
from customerflow.staff.roles import BILLING, MANAGER, SUPPORT, TECHNICIAN
from customerflow.staff.tests.factories import make_user
from customers.registration import close_customer
from customers.tests.factories import make_customer, make_location, make_service

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


def bill(charge: Charge):
    line = Line(description=charge.description, unit_price=charge.amount, kind="one_off", charge=charge)
    return issue_invoice(customer=charge.customer, lines=[line], on=TODAY)


def new_charge(**fields) -> Charge:
    return Charge(**{"description": "Visit", "unit_price": Decimal("35.00"), "charged_on": TODAY, **fields})


def new_discount(**fields) -> Discount:
    return Discount(**{"percent": Decimal(10), "first_day": TODAY, **fields})


def test_a_charge_waits_until_it_is_on_an_invoice_that_counts():
    charge = add_charge(charge=new_charge(customer=make_customer(), quantity=3))
    assert charge.amount == Decimal("105.00")
    assert list(Charge.objects.waiting()) == [charge]
    invoice = bill(charge)
    assert not Charge.objects.waiting().exists()
    with pytest.raises(ValidationError, match="It is on invoice"):
        cancel_charge(charge=charge)
    void_invoice(invoice=invoice, reason="Wrong", on=TODAY, bill_again=True)
    assert list(Charge.objects.waiting()) == [charge]
    cancel_charge(charge=charge)
    assert not Charge.objects.waiting().exists()
    with pytest.raises(ValidationError, match="cancelled already"):
        cancel_charge(charge=charge)


def test_who_has_left_is_charged_for_what_did_not_come_back_but_gets_no_discount():
    customer = make_customer()
    close_customer(customer=customer, last_day=TODAY, on=TODAY)
    add_charge(charge=new_charge(customer=customer))
    with pytest.raises(ValidationError, match="closed"):
        add_discount(discount=new_discount(customer=customer))


@pytest.mark.parametrize(
    ("act", "name", "make"), [(add_charge, "charge", new_charge), (add_discount, "discount", new_discount)]
)
def test_nobody_pays_or_saves_for_the_service_of_another(act, name, make):
    customer = make_customer()
    with pytest.raises(ValidationError, match="another customer"):
        act(**{name: make(customer=customer, service=make_service())})
    own = make_service(location=make_location(customer=customer))
    assert act(**{name: make(customer=customer, service=own)}).service == own


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"percent": Decimal(0)}, "percentage or an amount"),
        ({"amount": Decimal(1)}, "percentage or an amount"),
        ({"percent": Decimal(0), "amount": Decimal(1)}, "choose it"),
        ({"percent": Decimal(101)}, "100"),
        ({"last_day": TODAY - DAY}, "must not be before"),
    ],
)
def test_a_discount_is_a_percentage_or_an_amount_off_one_service(fields, said):
    with pytest.raises(ValidationError, match=said):
        add_discount(discount=new_discount(customer=make_customer(), **fields))


def test_a_discount_ends_on_its_first_day_at_the_earliest():
    discount = make_discount(first_day=TODAY)
    assert end_discount(discount=discount, last_day=TODAY).last_day == TODAY
    assert list(Discount.objects.not_over(TODAY)) == [discount]
    assert not Discount.objects.not_over(TODAY + DAY).exists()
    with pytest.raises(ValidationError, match="Remove it"):
        end_discount(discount=discount, last_day=TODAY - DAY)


def test_a_charge_and_a_discount_are_added_and_taken_back_from_the_page_of_the_customer(client):
    client.force_login(make_user(BILLING))
    customer = make_customer()
    page = customer.get_absolute_url()
    assert "Nothing waits to be billed" in client.get(page).content.decode()
    form = client.get(f"/charges/new/?customer={customer.number}").content.decode()
    assert timezone.localdate().isoformat() in form
    typed = {"customer": customer.number, "description": "Lost router", "unit_price": "89", "quantity": "1"}
    assert client.post("/charges/new/", {**typed, "charged_on": "2026-11-20"})["Location"] == page
    typed = {"customer": customer.number, "percent": "12.5", "amount": "", "first_day": "2026-11-01"}
    assert client.post("/discounts/new/", {**typed, "reason": "Loyal"})["Location"] == page
    shown = client.get(page).content.decode()
    for text in ("Lost router", "89.00", "−12.5 %", "Loyal"):
        assert text in shown
    client.post(f"/charges/{Charge.objects.get().pk}/cancel/")
    last_day = timezone.localdate() - DAY
    client.post(f"/discounts/{Discount.objects.get().pk}/end/", {"last_day": max(last_day, date(2026, 11, 1))})
    assert Charge.objects.get().cancelled_at
    assert "Nothing waits to be billed" in client.get(page).content.decode()


def test_a_discount_is_removed_by_a_manager_and_leads_back_to_the_customer(client):
    discount = make_discount()
    for group, status in ((BILLING, 403), (MANAGER, 302)):
        client.force_login(make_user(group))
        assert client.post(f"/discounts/{discount.pk}/remove/").status_code == status
    assert not Discount.objects.exists()


def test_a_form_says_what_is_wrong_with_a_service_and_keeps_what_was_typed(client):
    client.force_login(make_user(BILLING))
    typed = {"customer": make_customer().number, "service": make_service().pk, "amount": "5", "first_day": "2026-11-01"}
    shown = client.post("/discounts/new/", typed).content.decode()
    assert "This service belongs to another customer." in shown
    assert 'value="5"' in shown


def test_more_charges_than_are_shown_are_counted(client):
    client.force_login(make_user(BILLING))
    customer = make_customer()
    for number in range(13):
        make_charge(customer=customer, description=f"Visit {number}")
    assert "and 3 more" in client.get(customer.get_absolute_url()).content.decode()


@pytest.mark.parametrize(("group", "status"), [(SUPPORT, 403), (TECHNICIAN, 403), (BILLING, 200)])
def test_only_the_billing_clerks_charge(client, group, status):
    client.force_login(make_user(group))
    assert client.get("/charges/new/").status_code == status
    assert client.get(f"/charges/{make_charge().pk}/cancel/").status_code == status
    assert client.get(f"/discounts/{make_discount().pk}/end/").status_code == status


def test_the_form_of_a_charge_leads_back_to_its_customer(client: Client):
    customer = make_customer()
    client.force_login(make_user(BILLING))
    page = client.get(reverse("billing:charge_create"), {"customer": customer.number})
    assertContains(page, f'<a class="btn btn-link" href="{customer.get_absolute_url()}">Cancel</a>', html=True)


def test_a_late_fee_is_waived_with_its_invoice_also_where_it_was_on_one_that_is_voided_later():
    late, kept = make_invoice(), make_invoice()
    waiting, billed = make_charge(customer=late.customer, late_fee_of=late), make_charge(customer=late.customer)
    other = make_charge(customer=kept.customer, late_fee_of=kept)
    void_invoice(invoice=late, reason="Wrong", on=TODAY)
    assert set(Charge.objects.waiting()) == {billed, other}
    waiting.refresh_from_db()
    assert waiting.cancel_reason == f"Invoice {late.number} was voided."
    second = make_invoice(customer=late.customer)
    fee = make_charge(customer=late.customer, late_fee_of=second)
    carrier = bill(fee)
    void_invoice(invoice=second, reason="Wrong", on=TODAY)
    assert not Charge.objects.get(pk=fee.pk).cancelled_at
    # It is charged no more, and would wait again.
    void_invoice(invoice=carrier, reason="Wrong", on=TODAY)
    assert set(Charge.objects.waiting()) == {billed, other}
    assert second.number in Charge.objects.get(pk=fee.pk).cancel_reason
