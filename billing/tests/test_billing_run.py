"""The billing run: everything that is due, once, whatever happens on the way."""

from datetime import date, timedelta
from decimal import Decimal
from io import StringIO

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from billing.invoices import void_invoice
from billing.models import BillingRun, BillingRunItem, CreditNote, Invoice, InvoiceLine
from billing.runs.candidates import touched_since
from billing.runs.running import billing_start, open_run, start_billing, work_on, work_on_next
from billing.tests.factories import make_billing_start, make_charge, make_discount, make_invoice, make_payment
from customerflow.changes.models import ChangeSet
from customerflow.changes.recording import recording
from customers.models import Customer, PriceChange, Service
from customers.price_changes import change_cost
from customers.subscriptions import end_service
from customers.tests.factories import (
    make_customer,
    make_installation,
    make_location,
    make_pause,
    make_plan,
    make_service,
    make_tax_code,
)

pytestmark = pytest.mark.django_db

Outcome, Difference = BillingRunItem.Outcome, BillingRunItem.Difference
JANUARY = date(2026, 1, 1)


@pytest.fixture(autouse=True)
def _start():
    make_billing_start(JANUARY)


def bill(day: date, *, on: date | None = None, plan: bool = False) -> BillingRun:
    run, _goes_on = open_run(day=day, plan=plan, on=on or day)
    for now in work_on(run, on=on or day):
        run = now
    return run


def lines_of(customer: Customer) -> list[tuple]:
    lines = InvoiceLine.objects.filter(invoice__customer=customer, live=True).order_by("pk")
    return [(line.kind, str(line.first_day), str(line.last_day), str(line.amount)) for line in lines]


def customer_with_service(**fields) -> tuple[Customer, Service]:
    customer = make_customer(billing_day=fields.pop("billing_day", 1))
    service = make_service(location=make_location(customer=customer), **{"starts_on": JANUARY, **fields})
    return customer, service


def test_a_month_is_billed_in_advance_and_once():
    customer, _service = customer_with_service()
    bill(JANUARY)
    bill(JANUARY)
    bill(date(2026, 1, 20))
    assert lines_of(customer) == [("recurring", "2026-01-01", "2026-01-31", "59.99")]
    invoice = customer.invoices.get()
    assert (invoice.number, invoice.total, invoice.status) == ("2026-000001", Decimal("59.99"), "issued")
    assert (invoice.issued_on, invoice.due_on) == (JANUARY, date(2026, 1, 15))


def test_what_was_missed_is_caught_up_under_the_real_day():
    customer, _service = customer_with_service()
    bill(date(2026, 3, 10))
    assert [line[1:3] for line in lines_of(customer)] == [
        ("2026-01-01", "2026-01-31"),
        ("2026-02-01", "2026-02-28"),
        ("2026-03-01", "2026-03-31"),
    ]
    assert customer.invoices.get().issued_on == date(2026, 3, 10)


def test_an_earlier_day_is_billed_under_today():
    customer, _service = customer_with_service()
    bill(date(2026, 2, 5), on=date(2026, 2, 20))
    assert customer.invoices.get().issued_on == date(2026, 2, 20)


def test_a_day_still_to_come_is_previewed_and_not_billed():
    customer, _service = customer_with_service()
    with pytest.raises(ValidationError, match="still to come"):
        open_run(day=date(2026, 2, 1), plan=False, on=JANUARY)
    run = bill(date(2026, 2, 1), on=JANUARY, plan=True)
    assert [(item.outcome, item.total) for item in run.items.all()] == [(Outcome.PLANNED, Decimal("119.98"))]
    assert not Invoice.objects.exists()
    assert customer.invoices.count() == 0


def test_what_was_previewed_is_what_is_issued():
    customer_with_service()
    planned = bill(JANUARY, plan=True).items.get()
    done = bill(JANUARY).items.get()
    assert (planned.outcome, done.outcome) == (Outcome.PLANNED, Outcome.INVOICED)
    assert (done.digest, done.total, done.has_changed) == (planned.digest, planned.total, False)


def test_what_changed_since_the_preview_is_said():
    first, service = customer_with_service()
    second, gone = customer_with_service()
    bill(JANUARY, plan=True)
    PriceChange.objects.filter(service=service).update(cost=Decimal("10.00"))
    Service.objects.filter(pk=gone.pk).update(starts_on=date(2027, 1, 1))
    items = {item.customer: item for item in bill(JANUARY).items.all()}
    assert (items[first].outcome, items[first].total, items[first].has_changed) == (
        Outcome.INVOICED,
        Decimal("10.00"),
        True,
    )
    assert (items[second].outcome, items[second].has_changed) == (Outcome.NOTHING, True)


def test_who_was_parked_in_the_preview_is_parked_once_or_billed():
    still, service = customer_with_service()
    right, put_right = customer_with_service()
    PriceChange.objects.filter(service=service).delete()
    prices = list(PriceChange.objects.filter(service=put_right))
    PriceChange.objects.filter(service=put_right).delete()
    assert bill(JANUARY, plan=True).items.filter(outcome=Outcome.PARKED).count() == 2
    PriceChange.objects.bulk_create(prices)
    outcomes = bill(JANUARY).items.order_by("customer_id").values_list("customer", "outcome")
    assert list(outcomes) == [(still.pk, Outcome.PARKED), (right.pk, Outcome.INVOICED)]


def test_what_is_entered_after_the_run_is_billed_by_its_second_attempt():
    customer, _service = customer_with_service()
    assert bill(JANUARY).attempt == 1
    make_charge(customer=customer, charged_on=JANUARY, quantity=2)
    run = bill(JANUARY)
    assert (run.attempt, run.items.count()) == (2, 2)
    assert lines_of(customer)[1:] == [("one_off", "2026-01-01", "2026-01-01", "70.00")]
    assert bill(JANUARY).items.count() == 2


def test_days_before_the_start_of_billing_are_not_charged():
    customer, _service = customer_with_service(starts_on=date(2019, 5, 7), setup_fee=Decimal("30.00"), billing_day=15)
    bill(date(2026, 1, 20))
    assert lines_of(customer) == [
        ("part", "2026-01-01", "2026-01-14", "27.09"),
        ("recurring", "2026-01-15", "2026-02-14", "59.99"),
    ]


def test_a_service_that_another_system_charged_before_begins_later_and_has_no_set_up_fee():
    customer, _service = customer_with_service(charged_from=date(2026, 2, 10), setup_fee=Decimal("30.00"))
    bill(date(2026, 2, 9))
    assert lines_of(customer) == []
    bill(date(2026, 2, 10))
    assert lines_of(customer) == [("part", "2026-02-10", "2026-02-28", "40.71")]


def test_the_start_of_billing_is_fixed_by_the_first_bill():
    customer_with_service()
    start_billing(day=date(2026, 1, 15))
    assert billing_start() == date(2026, 1, 15)
    bill(date(2026, 1, 15))
    with pytest.raises(ValidationError, match="begun already"):
        start_billing(day=JANUARY)


def test_a_price_that_changes_within_a_cycle_is_settled_by_days():
    customer, service = customer_with_service(cost=Decimal("31.00"))
    bill(JANUARY)
    change_cost(service=service, cost=Decimal("62.00"), on=date(2026, 1, 11))
    bill(date(2026, 1, 11))
    assert lines_of(customer)[1:] == [("adjustment", "2026-01-01", "2026-01-31", "21.00")]
    # 10 of 31 days at 31.00 and 21 of 31 days at 62.00.
    assert sum(Decimal(line[3]) for line in lines_of(customer)) == Decimal("52.00")


def test_what_changes_after_the_first_of_all_runs_is_settled_by_its_second_attempt():
    _customer, service = customer_with_service(cost=Decimal("50.00"))
    bill(JANUARY)
    change_cost(service=service, cost=Decimal("60.00"), on=JANUARY)
    bill(JANUARY)
    assert sum(InvoiceLine.objects.filter(service=service).values_list("amount", flat=True)) == Decimal("60.00")


def test_an_end_after_its_days_were_billed_is_given_back_by_a_credit_note_that_settles_what_is_open():
    customer, service = customer_with_service(cost=Decimal("31.00"))
    bill(JANUARY)
    end_service(service=service, last_day=date(2026, 1, 10))
    run = bill(date(2026, 1, 10))
    note = CreditNote.objects.get()
    assert (note.number, note.total, note.customer) == ("C2026-000001", Decimal("21.00"), customer)
    assert run.items.get().credit_note == note
    assert customer.invoices.get().open_amount == Decimal("10.00")
    bill(date(2026, 1, 11))
    assert CreditNote.objects.count() == 1


def test_a_pause_that_is_recorded_late_and_taken_away_again_comes_out_even():
    customer, service = customer_with_service(cost=Decimal("31.00"))
    bill(JANUARY)
    pause = make_pause(service=service, first_day=date(2026, 1, 11), last_day=date(2026, 1, 20))
    bill(date(2026, 1, 20))
    assert CreditNote.objects.get().total == Decimal("10.00")
    pause.delete()
    bill(date(2026, 1, 21))
    assert lines_of(customer)[1:] == [("adjustment", "2026-01-01", "2026-01-31", "10.00")]


def test_what_was_voided_is_billed_again_or_never():
    again, _service = customer_with_service()
    never, _service = customer_with_service()
    bill(JANUARY)
    void_invoice(invoice=again.invoices.get(), reason="Wrong name", on=JANUARY)
    void_invoice(invoice=never.invoices.get(), reason="Promised", on=JANUARY, bill_again=False)
    bill(date(2026, 1, 2))
    assert [invoice.status for invoice in again.invoices.order_by("pk")] == ["void", "issued"]
    assert [invoice.status for invoice in never.invoices.all()] == ["void"]


def test_fees_are_charged_once_and_a_termination_that_is_taken_back_is_given_back():
    customer, service = customer_with_service(
        setup_fee=Decimal("30.00"), contract_ends_on=date(2026, 12, 31), early_termination_fee=Decimal("90.00")
    )
    bill(JANUARY)
    assert lines_of(customer)[1] == ("setup", "2026-01-01", "2026-01-01", "30.00")
    end_service(service=service, last_day=date(2026, 1, 31))
    bill(date(2026, 1, 31))
    assert lines_of(customer)[2:] == [("termination", "2026-01-31", "2026-01-31", "90.00")]
    end_service(service=service, last_day=date(2026, 12, 31))
    bill(date(2026, 2, 1))
    # What is charged is on an invoice and what is given back on a note: together they would be below zero.
    assert lines_of(customer)[3:] == [("recurring", "2026-02-01", "2026-02-28", "59.99")]
    note = CreditNote.objects.get()
    assert (note.total, note.allocated) == (Decimal("90.00"), Decimal("90.00"))
    assert bill(date(2026, 2, 2)).items.count() == 0


def test_rented_equipment_is_charged_by_the_days_that_it_is_there():
    customer = make_customer()
    stay = make_installation(location=make_location(customer=customer), monthly_rent=Decimal("3.10"))
    bill(JANUARY)
    assert lines_of(customer) == [("equipment", "2026-01-01", "2026-01-31", "3.10")]
    stay.last_day = date(2026, 1, 10)
    stay.save()
    bill(date(2026, 1, 10))
    assert CreditNote.objects.get().total == Decimal("2.10")


def test_discounts_are_taken_off_for_their_days():
    customer, service = customer_with_service(cost=Decimal("31.00"))
    make_discount(customer=customer, percent=Decimal(50), first_day=date(2026, 1, 11), last_day=date(2026, 1, 20))
    make_discount(customer=customer, service=service, amount=Decimal("1.00"), first_day=date(2026, 2, 1))
    bill(date(2026, 2, 1))
    assert [line[3] for line in lines_of(customer)] == ["10.00", "5.00", "11.00", "30.00"]


def test_tax_is_added_by_the_code_of_the_plan_or_the_default_one_and_not_for_who_is_exempt():
    reduced = make_tax_code("7", is_default=False)
    make_tax_code("20", is_default=True)
    standard, _service = customer_with_service(cost=Decimal("10.00"))
    other, _service = customer_with_service(cost=Decimal("10.00"), plan=make_plan(tax_code=reduced))
    exempt, _service = customer_with_service(cost=Decimal("10.00"))
    Customer.objects.filter(pk=exempt.pk).update(is_tax_exempt=True)
    bill(JANUARY)
    totals = [customer.invoices.get().total for customer in (standard, other, exempt)]
    assert totals == [Decimal("12.00"), Decimal("10.70"), Decimal("10.00")]


def test_who_cannot_be_billed_is_parked_with_the_reason_and_taken_by_the_next_attempt():
    good, _service = customer_with_service()
    bad, service = customer_with_service()
    prices = list(PriceChange.objects.filter(service=service))
    PriceChange.objects.filter(service=service).delete()
    run = bill(JANUARY)
    parked = run.items.get(outcome=Outcome.PARKED)
    assert (parked.customer, parked.reason) == (bad, "No price is in force on 2026-01-01.")
    assert good.invoices.count() == 1
    PriceChange.objects.bulk_create(prices)
    assert bill(JANUARY).items.filter(attempt=2).get().customer == bad
    assert bad.invoices.count() == 1


@pytest.mark.usefixtures("unguarded")
def test_what_the_database_refuses_of_one_customer_does_not_stop_the_others(monkeypatch):
    first, _service = customer_with_service()
    bad, service = customer_with_service()
    last, _service = customer_with_service()
    invoice = make_invoice(customer=bad)
    # Of no cycle, so that it does not count as billed; the index knows its first day all the same.
    InvoiceLine.objects.filter(invoice=invoice).update(service=service, kind="recurring", first_day=JANUARY)
    run = bill(JANUARY)
    assert [(item.customer, item.outcome) for item in run.items.order_by("customer_id")] == [
        (first, Outcome.INVOICED),
        (bad, Outcome.PARKED),
        (last, Outcome.INVOICED),
    ]
    numbers = Invoice.objects.filter(origin="").order_by("number").values_list("number", flat=True)
    assert list(numbers) == ["2026-000001", "2026-000002", "2026-000003"]


def test_credit_settles_the_new_invoice():
    customer, _service = customer_with_service()
    make_payment("20.00", customer=customer, received_on=JANUARY)
    bill(JANUARY)
    assert customer.invoices.get().open_amount == Decimal("39.99")


def test_the_preview_says_in_what_a_bill_is_another_than_the_last_one():
    same, _service = customer_with_service()
    dearer, service = customer_with_service(cost=Decimal("60.00"))
    more, _service = customer_with_service(cost=Decimal("60.00"))
    unusual, odd = customer_with_service(cost=Decimal("60.00"))
    new, _service = customer_with_service(starts_on=date(2026, 2, 1))
    bill(JANUARY)
    change_cost(service=service, cost=Decimal("65.00"), on=JANUARY, effective_on=date(2026, 2, 1))
    change_cost(service=odd, cost=Decimal("90.00"), on=JANUARY, effective_on=date(2026, 2, 1))
    make_service(location=more.locations.get(), cost=Decimal("5.00"), starts_on=date(2026, 2, 1))
    run = bill(date(2026, 2, 1), plan=True)
    found = {item.customer: (item.difference, item.before) for item in run.items.all()}
    assert found == {
        same: (Difference.SAME, Decimal("59.99")),
        dearer: (Difference.PRICE, Decimal("60.00")),
        more: (Difference.ADDED, Decimal("60.00")),
        unusual: (Difference.UNUSUAL, Decimal("60.00")),
        new: (Difference.NEW, None),
    }


def test_a_run_that_was_interrupted_goes_on_where_it_stopped(monkeypatch):
    monkeypatch.setattr("billing.runs.candidates.STRETCH", 2)
    customers = [customer_with_service()[0] for _number in range(5)]
    run, goes_on = open_run(day=JANUARY, plan=False, on=JANUARY)
    assert not goes_on
    assert work_on_next(run.pk, on=JANUARY)
    assert Invoice.objects.count() == 2
    run, goes_on = open_run(day=JANUARY, plan=False, on=JANUARY)
    assert goes_on
    assert [now.state for now in work_on(run, on=JANUARY)][-1] == BillingRun.State.DONE
    assert [customer.invoices.count() for customer in customers] == [1] * 5


def test_the_number_of_questions_does_not_grow_with_the_customers(django_assert_max_num_queries, monkeypatch):
    def count(customers: int) -> int:
        for _number in range(customers):
            customer_with_service()
        run, _goes_on = open_run(day=JANUARY, plan=False, on=JANUARY)
        before = len(connection.queries_log)
        connection.force_debug_cursor = True
        try:
            work_on_next(run.pk, on=JANUARY)
            return len(connection.queries_log) - before
        finally:
            connection.force_debug_cursor = False
            for _now in work_on(run, on=JANUARY):
                pass

    first, second = count(2), count(20)
    assert second <= first + 2


@pytest.mark.parametrize("most_acts", [0, 1_000])
def test_who_was_touched_since_is_found_after_few_acts_and_after_many(monkeypatch, most_acts):
    monkeypatch.setattr("billing.runs.candidates.MOST_ACTS", most_acts)
    changed, service = customer_with_service()
    paused, other = customer_with_service()
    untouched, _service = customer_with_service()
    before = ChangeSet.objects.order_by("pk").last().pk
    change_cost(service=service, cost=Decimal("62.00"), on=date(2026, 1, 11))
    with recording("Paused"):
        make_pause(service=other, first_day=date(2026, 1, 11), last_day=date(2026, 1, 20))
    stretch = (1, untouched.pk)
    assert touched_since(stretch, before + 1) == {changed.pk, paused.pk}
    assert touched_since((1, changed.pk), before + 1) == {changed.pk}
    assert touched_since(stretch, ChangeSet.objects.order_by("pk").last().pk + 1) == set()


def test_a_customer_whose_bill_nothing_concerns_is_not_looked_at(monkeypatch):
    customer_with_service()
    bill(JANUARY)
    # The record of what was changed since the last run is of yesterday and today: all of it is long past.
    BillingRun.objects.update(started_at=timezone.now() + timedelta(days=3))
    seen = []
    monkeypatch.setattr("billing.runs.running._bill", lambda run, batch, on: seen.append(batch))
    bill(date(2026, 1, 20))
    assert seen == []


def test_the_command_reports_what_it_did():
    customer_with_service()
    out = StringIO()
    call_command("run_billing", on="2026-01-05", stdout=out)
    assert "customers charged: 1 (59.99), given back to: 0 (0.00), that could not be billed: 0." in out.getvalue()
    with pytest.raises(CommandError, match="write a day"):
        call_command("run_billing", on="5.1.2026")


def test_the_command_says_who_could_not_be_billed_and_fails():
    _customer, service = customer_with_service()
    PriceChange.objects.filter(service=service).delete()
    err = StringIO()
    with pytest.raises(CommandError, match="1 could not be billed"):
        call_command("run_billing", on="2026-01-05", stdout=StringIO(), stderr=err)
    assert "No price is in force" in err.getvalue()
