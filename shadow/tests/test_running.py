"""Shadow billing: what another system billed beside what would be billed here, nothing issued."""

from datetime import date
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from billing.models import BillingRunItem, BillingStart, Invoice
from billing.runs.running import open_run, work_on
from billing.tests.factories import make_charge, make_discount, make_invoice, make_payment
from customers.models import Customer, Service
from customers.tests.factories import (
    make_customer,
    make_installation,
    make_location,
    make_pause,
    make_service,
    make_tax_code,
)
from shadow import running
from shadow.models import ShadowItem, ShadowRun
from shadow.running import accept, figures_of, go_live, open_shadow, why_not_live, work_on_next
from shadow.tests.factories import make_opening_balance

pytestmark = pytest.mark.django_db

FIRST, LAST = date(2026, 4, 1), date(2026, 4, 30)
LONG_AGO = date(2024, 6, 10)


def subscriber(cost: str = "30.00", *, there: str = "", billing_day: int = 1, on: date = FIRST, **fields) -> Customer:
    """Return a customer with a service; `there` is what the other system billed on the day `on`, if anything."""
    customer = make_customer(billing_day=billing_day)
    made = {"name": "Fibre 500", "starts_on": LONG_AGO, "cost": Decimal(cost), **fields}
    make_service(location=make_location(customer=customer), **made)
    if there:
        invoice_there(customer, there, on=on)
    return customer


def invoice_there(customer: Customer, amount: str, *, on: date = FIRST) -> Invoice:
    """Return an invoice that was loaded from the other system; its line is called Fibre 500."""
    return make_invoice(amount, customer=customer, on=on, origin="Old", number=f"{customer.pk}/{on}")


def compare(first: date = FIRST, last: date = LAST) -> ShadowRun:
    days = {"first_day": first, "last_day": last, "issued_from": first, "issued_to": last}
    run = open_shadow(run=ShadowRun.objects.filter(first_day=first).first() or ShadowRun(origin="Old", **days))
    for now in running.work_on(run):
        run = now
    return run


def found(customer: Customer, run: ShadowRun | None = None) -> tuple:
    item = (run or compare()).items.get(customer=customer)
    return item.outcome, str(item.there), str(item.here), item.reasons


def test_who_is_billed_the_same_is_equal_and_nothing_is_issued():
    customer = subscriber(there="30.00")
    assert found(customer) == ("equal", "30.00", "30.00", [])
    assert Invoice.objects.filter(origin="").count() == BillingRunItem.objects.count() == 0


def test_another_price_is_said_with_both_amounts_and_why():
    customer = subscriber("35.00", there="30.00")
    outcome, there, here, (reason,) = found(customer)
    assert (outcome, there, here) == ("differs", "30.00", "35.00")
    assert reason.startswith("Fibre 500: 30.00 there, 35.00 here: Full period (2026-04-01 to 2026-04-30)")


def test_a_cycle_that_began_before_is_not_compared_again():
    # The other system billed 15 March to 14 April in March, and 15 April to 14 May in April.
    customer = subscriber(there="30.00", billing_day=15, on=date(2026, 4, 15))
    assert found(customer)[:3] == ("equal", "30.00", "30.00")


def test_a_service_that_begins_in_these_days_is_charged_by_days():
    customer = subscriber(there="10.00", billing_day=15, on=date(2026, 4, 5), starts_on=date(2026, 4, 5))
    invoice_there(customer, "30.00", on=date(2026, 4, 15))
    # 10 of the 31 days from 15 March to 14 April at 30.00.
    assert found(customer)[:3] == ("differs", "40.00", "39.68")


@pytest.mark.parametrize(("starts_on", "here"), [(date(2023, 4, 10), "360.00"), (date(2023, 11, 10), "0.00")])
def test_a_yearly_service_is_compared_in_the_month_in_which_its_year_begins(starts_on, here):
    customer = subscriber("360.00", there="360.00", starts_on=starts_on, billing_interval=12)
    assert found(customer)[2] == here


def test_who_is_billed_on_one_side_only_is_told_with_the_reason():
    closed = subscriber(there="30.00", ends_on=date(2026, 2, 1))
    new = subscriber()
    no_service = make_customer()
    invoice_there(no_service, "5.00")
    yearly = subscriber(there="360.00", starts_on=date(2023, 11, 10), billing_interval=12)
    paused = subscriber(there="30.00")
    make_pause(service=paused.locations.get().services.get(), first_day=FIRST, last_day=LAST)
    run = compare()
    assert found(closed, run)[0::3] == ("only_there", ["All services had ended by 2026-02-01."])
    assert found(no_service, run)[0::3] == ("only_there", ["The customer has no service here."])
    assert "for 12 months at once" in found(yearly, run)[3][0]
    assert "pauses" in found(paused, run)[3][0]
    outcome, _there, _here, (reason,) = found(new, run)
    assert outcome == "only_here"
    assert reason.startswith("Fibre 500, 30.00: only here: Full period")


def test_taxes_discounts_rent_and_charges_are_in_what_would_be_billed():
    make_tax_code(percent=Decimal(20), valid_from=LONG_AGO, is_default=True)
    customer = subscriber("100.00", there="120.00")
    discounted = subscriber("100.00", there="120.00")
    make_discount(customer=discounted, percent=Decimal(10), first_day=LONG_AGO)
    renting = subscriber("100.00", there="120.00")
    make_installation(location=renting.locations.get(), first_day=LONG_AGO, monthly_rent=Decimal(5))
    charged = subscriber("100.00", there="120.00")
    make_charge(customer=charged, charged_on=date(2026, 4, 9), unit_price=Decimal(10), description="Visit")
    run = compare()
    assert found(customer, run)[0] == "equal"
    assert found(discounted, run)[2] == "108.00"
    assert found(renting, run)[2] == "126.00"
    assert found(charged, run)[3] == ["Visit, 12.00: only here: Charged once: 1 at 10.00."]


def test_another_tax_is_what_differs_where_the_lines_are_the_same():
    make_tax_code(percent=Decimal(20), valid_from=LONG_AGO, is_default=True, name="VAT")
    customer = subscriber("100.00", there="100.00")
    assert found(customer)[3] == ["VAT 20 %, 20.00: only here."]


def test_who_cannot_be_billed_is_told_and_the_others_are_compared():
    customer, other = subscriber(there="30.00"), subscriber(there="30.00")
    customer.locations.get().services.get().price_changes.update(effective_on=date(2026, 4, 20))
    run = compare()
    outcome, _there, _here, (reason,) = found(customer, run)
    assert (outcome, reason) == ("not_billable", "No price is in force on 2026-04-01.")
    assert found(other, run)[0] == "equal"


def test_who_is_billed_by_us_already_is_left_out():
    customer = subscriber(there="30.00")
    make_invoice(customer=customer)
    assert not compare().items.exists()


def test_what_is_owed_is_compared_to_the_cent():
    customer, other = subscriber(there="30.00"), subscriber(there="30.00")
    make_payment("10.00", customer=customer)
    make_opening_balance("20.00", customer=customer)
    make_opening_balance("30.01", customer=other)
    run = compare()
    assert [item.is_in_the_way for item in run.items.order_by("customer")] == [False, True]
    assert run.items.in_the_way().get().balance_here == Decimal("30.00")
    assert figures_of(run)["balances"] == 1


def test_what_is_accepted_stays_so_until_a_side_says_something_else():
    customer = subscriber("35.00", there="30.00")
    make_opening_balance("30.00", customer=customer)
    run = compare()
    at = timezone.now()
    assert accept(run=run, because="Agreed rise", at=at) == 1
    run = compare()
    assert run.items.get().accepted_because == "Agreed rise"
    Service.objects.update(cost=Decimal(36))
    customer.locations.get().services.get().price_changes.update(cost=Decimal(36))
    assert compare().items.get().is_in_the_way


def test_only_what_was_chosen_is_accepted():
    small, large, gone = subscriber("30.10", there="30.00"), subscriber("40.00", there="30.00"), subscriber()
    for customer in (small, large):
        make_opening_balance("30.00", customer=customer)
    run, at = compare(), timezone.now()
    assert accept(run=run, because="Rounded", at=at, most=Decimal("0.10")) == 1
    assert run.items.get(customer=small).accepted_at
    assert accept(run=run, because="New", at=at, outcomes=["only_here"]) == 1
    assert run.items.in_the_way().get().customer == large
    for refused in ({"because": " "}, {"because": "Again", "outcomes": ["only_there"]}):
        with pytest.raises(ValidationError):
            accept(run=run, at=at, **refused)
    assert run.items.get(customer=gone).accepted_because == "New"


def test_it_goes_live_only_when_nothing_is_in_the_way():
    customer = subscriber("35.00", there="30.00")
    run = compare()
    assert len(why_not_live(run)) == 2
    with pytest.raises(ValidationError):
        go_live(run=run)
    make_opening_balance("30.00", customer=customer)
    run = compare()
    accept(run=run, because="Agreed rise", at=timezone.now())
    assert why_not_live(run) == []


def test_gone_live_every_day_is_billed_by_one_of_the_two_systems():
    first, middle = subscriber(there="30.00"), subscriber(there="30.00", billing_day=15, on=date(2026, 4, 15))
    yearly = subscriber("360.00", starts_on=date(2023, 11, 1), billing_interval=12)
    for customer in (first, middle):
        make_opening_balance("30.00", customer=customer)
    run = compare()
    go_live(run=run)
    for now in running.work_on(run):
        run = now
    assert run.state == ShadowRun.State.LIVE
    assert BillingStart.objects.get().day == date(2026, 5, 1)
    days = {customer: customer.locations.get().services.get().charged_from for customer in (first, middle, yearly)}
    assert days == {first: None, middle: date(2026, 5, 15), yearly: date(2026, 11, 1)}
    billing, _goes_on = open_run(day=date(2026, 12, 31), plan=False, on=date(2026, 12, 31))
    list(work_on(billing, on=date(2026, 12, 31)))
    begun = {
        customer: sorted(customer.invoices.filter(origin="").values_list("lines__cycle_first", flat=True))
        for customer in days
    }
    assert begun[first] == [date(2026, month, 1) for month in range(5, 13)]
    assert begun[middle] == [date(2026, month, 15) for month in range(5, 13)]
    assert begun[yearly] == [date(2026, 11, 1)]
    with pytest.raises(ValidationError):
        open_shadow(run=run)


def test_who_was_never_billed_there_is_charged_from_the_day_it_goes_live():
    forgotten, billed = subscriber(billing_day=15), subscriber(there="30.00", billing_day=15, on=date(2026, 4, 15))
    make_opening_balance("30.00", customer=billed)
    run = compare()
    accept(run=run, because="Forgotten there", at=timezone.now())
    go_live(run=run)
    list(running.work_on(run))
    assert forgotten.locations.get().services.get().charged_from is None


def test_broken_off_it_goes_on_where_it_stopped(monkeypatch):
    monkeypatch.setattr("billing.runs.candidates.STRETCH", 2)
    customers = [subscriber(there="30.00") for _each in range(5)]
    days = {"first_day": FIRST, "last_day": LAST, "issued_from": FIRST, "issued_to": LAST}
    run = open_shadow(run=ShadowRun(origin="Old", **days))
    assert work_on_next(run.pk)
    assert run.items.count() == 2
    with pytest.raises(ValidationError):
        open_shadow(run=run)
    list(running.work_on(run))
    assert sorted(run.items.values_list("customer", flat=True)) == [customer.pk for customer in customers]
    list(running.work_on(open_shadow(run=run)))
    assert ShadowItem.objects.count() == 5


def test_the_number_of_questions_does_not_grow_with_the_customers(django_assert_max_num_queries):
    for _each in range(12):
        subscriber("35.00", there="30.00")
    days = {"first_day": FIRST, "last_day": LAST, "issued_from": FIRST, "issued_to": LAST}
    run = open_shadow(run=ShadowRun(origin="Old", **days))
    with django_assert_max_num_queries(32):
        work_on_next(run.pk)
