"""Who is suspended, who is not, and why."""

from datetime import date
from decimal import Decimal

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.utils import timezone

from billing.credits.write_offs import take_back_write_off, write_off
from billing.invoices import void_invoice
from billing.payments import record_payment, reverse_payment
from billing.tests.factories import make_invoice
from customers.house_moves import take_over
from customers.models import Pause, Service
from customers.pauses import end_pause, pause_service, remove_pause
from customers.registration import close_customer
from customers.subscriptions import add_service
from customers.tests.factories import make_customer
from suspensions import returning, suspending
from suspensions.cases import cases_of
from suspensions.daily import act_on
from suspensions.explaining import refusals, sentences
from suspensions.holds import end_hold, hold
from suspensions.models import ParkedCustomer, Policy, SuspendedService, Suspension
from suspensions.models.policy import current_policy
from suspensions.parking import park
from suspensions.quiet_days import next_cutoff_day, public_holidays, why_quiet
from suspensions.returning import turn_on
from suspensions.suspending import suspend
from suspensions.tests.factories import (
    DAY,
    DUE_ON,
    TODAY,
    make_hold,
    make_late,
    make_policy,
    make_quiet_day,
    make_served,
)

pytestmark = pytest.mark.django_db


def pay(customer, amount="59.99", on=TODAY):
    return record_payment(customer=customer, amount=Decimal(amount), received_on=on, on=on, method="cash")


def is_off(customer, on=TODAY) -> bool:
    return Service.objects.paused(on).filter(location__customer=customer).exists()


def case_of(customer, on=TODAY):
    return cases_of([customer], on=on, policy=current_policy())[0]


def why_not(customer, on=TODAY) -> list[str]:
    with pytest.raises(ValidationError) as refused:
        suspend(customer=customer, on=on)
    return refused.value.message_dict["customer"]


def test_who_is_late_past_the_grace_is_suspended_with_what_was_open_and_their_days_stay_charged():
    make_policy()
    customer = make_late()
    pay(customer, "9.99")
    suspension = suspend(customer=customer, on=TODAY)
    cause, off = suspension.causes.get(), suspension.services.get()
    assert (suspension.amount, cause.amount, cause.invoice) == (
        Decimal("50.00"),
        Decimal("50.00"),
        customer.invoices.get(),
    )
    assert (off.pause.first_day, off.pause.last_day, off.pause.reason) == (TODAY, None, "non_payment")
    assert off.pause.is_charged
    assert is_off(customer)
    assert why_not(customer)[0] == f"Suspended since {TODAY}."


@pytest.mark.parametrize(("days_late", "is_suspended"), [(14, False), (15, True)])
def test_the_first_day_of_a_suspension_is_the_one_after_the_grace(days_late, is_suspended):
    make_policy(quiet_weekdays="")
    customer = make_late()
    assert (
        bool(act_on(on=DUE_ON + days_late * DAY).suspended)
        == is_suspended
        == is_off(customer, DUE_ON + days_late * DAY)
    )


def test_remainders_below_the_least_amount_and_nothing_at_all_suspend_nobody():
    make_policy(least_amount=Decimal(5))
    customer, nobody = make_late("4.99"), make_served().location.customer
    assert act_on(on=TODAY).suspended == 0
    assert why_not(nobody) == ["Nothing is overdue."]
    assert why_not(customer) == [
        "Overdue 4.99 since 27 days; grace 14 days: from 2026-04-04. "
        "Of it 4.99 is past the grace, less than the least amount of 5.00."
    ]
    make_policy(least_amount=Decimal(0))
    assert why_not(nobody) == ["Nothing is overdue."]
    assert act_on(on=TODAY).suspended == 1


def test_the_rules_are_off_until_somebody_switches_them_on():
    customer = make_late()
    acted = act_on(on=TODAY)
    assert (acted.suspended, acted.is_on, Policy.objects.count()) == (0, False, 0)
    assert not is_off(customer)


def test_days_of_the_week_holidays_and_days_of_our_own_have_no_cut_offs():
    policy = make_policy(keeps_holidays=True)
    make_quiet_day(date(2026, 5, 4))
    make_quiet_day(date(2020, 6, 10), name="Founders' day", is_yearly=True)
    days = [date(2026, 4, 18), date(2026, 5, 25), date(2026, 5, 4), date(2026, 6, 10), TODAY]
    assert [why_quiet(policy, day) for day in days] == ["Saturday", "Memorial Day", "Firm outing", "Founders' day", ""]
    # Friday, then a weekend, then a Monday of our own.
    assert next_cutoff_day(policy, date(2026, 5, 1)) == date(2026, 5, 5)
    customer = make_late()
    assert act_on(on=date(2026, 4, 18)).quiet == "Saturday"
    assert why_not(customer, date(2026, 4, 18)) == ["2026-04-18 is a day without cut-offs: Saturday."]
    assert act_on(on=date(2026, 4, 20)).suspended == 1


def test_holidays_of_a_province_count_where_it_is_named_and_one_that_nobody_knows_is_refused(settings):
    settings.OPERATOR_COUNTRY = "DE"
    epiphany = date(2026, 1, 6)
    assert why_quiet(Policy(subdivision="BY"), epiphany) == "Epiphany"
    assert why_quiet(Policy(), epiphany) == why_quiet(Policy(subdivision="BE"), epiphany) == ""
    with pytest.raises(ValidationError, match="There are: BB, BE"):
        Policy(subdivision="Bavaria").full_clean()


@pytest.mark.parametrize(
    ("language", "name"),
    [
        ("en", "Epiphany"),
        ("en-gb", "Epiphany"),
        ("de", "Heilige Drei Könige"),
        ("de-at", "Heilige Drei Könige"),
        ("fr", "Heilige Drei Könige"),
    ],
)
@pytest.mark.parametrize("environment", ["de", "th", "C"])
def test_holidays_have_names_in_our_language_or_in_the_country_s_whatever_the_process_speaks(
    language, name, environment, settings, monkeypatch
):
    monkeypatch.setenv("LANGUAGE", environment)
    public_holidays.cache_clear()
    settings.OPERATOR_COUNTRY, settings.LANGUAGE_CODE = "DE", language
    assert why_quiet(Policy(subdivision="BY"), date(2026, 1, 6)) == name


def test_a_hold_holds_through_its_last_day_and_no_longer():
    make_policy(quiet_weekdays="")
    customer = make_late()
    hold(customer=customer, on=TODAY, last_day=TODAY + 2 * DAY, reason="Pays in cash")
    assert why_not(customer, TODAY + 2 * DAY) == [f"Held until {TODAY + 2 * DAY}: Pays in cash"]
    assert [act_on(on=TODAY + days * DAY).suspended for days in range(4)] == [0, 0, 0, 1]


def test_a_hold_that_is_ended_holds_no_more_and_one_in_the_past_is_refused():
    make_policy()
    customer = make_late()
    make_hold(customer=customer, on=TODAY - DAY)
    end_hold(customer=customer, on=TODAY)
    assert act_on(on=TODAY).suspended == 1
    with pytest.raises(ValidationError, match="This day is over"):
        hold(customer=customer, on=TODAY, last_day=TODAY - DAY, reason="Late")


def test_whoever_takes_the_money_the_services_come_back_at_once():
    make_policy()
    for settle in (
        lambda customer: pay(customer),
        lambda customer: write_off(invoice=customer.invoices.get(), reason="Bankrupt", on=TODAY + DAY),
        lambda customer: void_invoice(invoice=customer.invoices.get(), reason="Mistake", on=TODAY + DAY),
    ):
        customer = make_late()
        suspension = suspend(customer=customer, on=TODAY)
        settle(customer)
        suspension.refresh_from_db()
        assert (suspension.end, is_off(customer, TODAY + DAY)) == ("settled", False)


def test_a_part_that_leaves_enough_does_not_bring_them_back_and_one_that_leaves_what_is_young_does():
    make_policy()
    customer = make_late()
    make_late("80.00", customer=customer, due_on=TODAY - DAY)
    suspend(customer=customer, on=TODAY)
    pay(customer, "30.00")
    assert is_off(customer)
    pay(customer, "29.99")
    assert not is_off(customer)


def test_off_and_on_and_off_again_on_one_day_leaves_one_pause():
    make_policy()
    customer = make_late()
    for _round in range(2):
        suspend(customer=customer, on=TODAY)
        payment = pay(customer)
        assert not Pause.objects.exists()
        reverse_payment(payment=payment, reason="Returned", on=TODAY)
    assert act_on(on=TODAY).suspended == 1
    assert Pause.objects.get().first_day == TODAY
    assert Suspension.objects.filter(ended_on=TODAY).count() == 2
    assert SuspendedService.objects.off().count() == 1


def test_the_last_day_off_is_the_one_before_they_came_back():
    make_policy()
    customer = make_late()
    suspend(customer=customer, on=TODAY)
    pay(customer, on=TODAY + 3 * DAY)
    assert Pause.objects.get().last_day == TODAY + 2 * DAY
    assert [is_off(customer, TODAY + days * DAY) for days in range(4)] == [True, True, True, False]


def test_a_write_off_taken_back_counts_again():
    make_policy()
    customer = make_late()
    given_up = write_off(invoice=customer.invoices.get(), reason="Bankrupt", on=TODAY)
    assert act_on(on=TODAY).suspended == 0
    take_back_write_off(write_off=given_up, on=TODAY)
    assert act_on(on=TODAY).suspended == 1


def test_a_vacation_stays_apart_from_it():
    make_policy()
    customer = make_late()
    service = Service.objects.get()
    vacation = pause_service(service=service, on=TODAY, reason="vacation", last_day=TODAY + 30 * DAY)
    suspend(customer=customer, on=TODAY)
    assert Pause.objects.count() == 2
    pay(customer)
    assert list(Pause.objects.all()) == [vacation]
    assert is_off(customer)


def test_a_pause_for_non_payment_by_hand_is_left_alone_and_one_to_come_ends_ours():
    make_policy()
    by_hand = pause_service(service=make_served(), on=TODAY - DAY, reason="non_payment")
    late = make_late(customer=by_hand.service.location.customer)
    assert why_not(late) == ["No service is on."]
    other = make_late()
    service = Service.objects.get(location__customer=other)
    planned = pause_service(service=service, on=TODAY, reason="non_payment", first_day=TODAY + 9 * DAY)
    assert act_on(on=TODAY).suspended == 1
    assert Pause.objects.get(service=service, first_day=TODAY).last_day == TODAY + 8 * DAY
    pay(other)
    assert set(Pause.objects.all()) == {by_hand, planned}


def test_somebody_turns_the_services_on_and_they_are_held_until_the_day_that_was_said():
    make_policy(quiet_weekdays="")
    customer = make_late()
    suspension = suspend(customer=customer, on=TODAY)
    turn_on(customer=customer, on=TODAY + DAY, until=TODAY + 5 * DAY, reason="Cash on Monday")
    suspension.refresh_from_db()
    assert (suspension.end, is_off(customer, TODAY + DAY)) == ("by_hand", False)
    assert act_on(on=TODAY + 5 * DAY).suspended == 0
    assert act_on(on=TODAY + 6 * DAY).suspended == 1


@pytest.mark.parametrize("how", ["ended", "removed"])
def test_a_pause_that_was_ended_by_hand_ends_the_suspension_by_the_next_day(how):
    make_policy(is_on=False)
    suspension = suspend(customer=make_late(), on=TODAY)
    pause = Pause.objects.get()
    end_pause(pause=pause, last_day=TODAY) if how == "ended" else remove_pause(pause=pause)
    act_on(on=TODAY + DAY)
    suspension.refresh_from_db()
    assert (suspension.ended_on, suspension.end) == (TODAY + DAY, "by_hand")


def test_a_closed_account_is_suspended_no_more():
    make_policy()
    customer = make_late()
    suspension = suspend(customer=customer, on=TODAY)
    close_customer(customer=customer, last_day=TODAY + DAY, on=TODAY + DAY)
    act_on(on=TODAY + 5 * DAY)
    suspension.refresh_from_db()
    assert suspension.end == "ended"
    assert act_on(on=TODAY + 6 * DAY).suspended == 0


def test_rules_that_became_milder_bring_services_back_with_the_daily_step():
    make_policy()
    customer = make_late()
    suspend(customer=customer, on=TODAY)
    make_policy(grace_days=60)
    assert act_on(on=TODAY).returned == 1
    assert not is_off(customer)


def test_days_that_were_missed_are_missed_and_a_second_step_does_nothing(django_assert_max_num_queries):
    make_policy()
    customers = [make_late() for _each in range(5)]
    make_late(due_on=TODAY)
    with django_assert_max_num_queries(60):
        assert act_on(on=TODAY).suspended == 5
    assert all(map(is_off, customers))
    with django_assert_max_num_queries(50):
        acted = act_on(on=TODAY)
    assert (acted.suspended, acted.returned, Suspension.objects.count()) == (0, 0, 5)


def test_the_page_says_of_each_rule_how_it_is():
    make_policy()
    customer = make_late(due_on=TODAY - 12 * DAY)
    make_hold(customer=customer)
    assert sentences(case_of(customer)) == [
        (False, "Overdue 59.99 since 12 days; grace 14 days: from 2026-04-19."),
        (False, "Held until 2026-04-23: Pays in cash on Monday"),
        (True, "1 service is on."),
    ]
    assert refusals(case_of(make_customer())) == ["Nothing is overdue.", "No service is on."]


def test_what_is_open_of_others_does_not_count():
    make_policy()
    make_invoice("100.00", on=DUE_ON, due_on=DUE_ON)
    assert act_on(on=TODAY).suspended == 0


def test_a_service_that_begins_while_its_customer_is_suspended_is_off_with_the_others_and_comes_back_with_them():
    make_policy(quiet_weekdays="")
    customer = make_late()
    suspension = suspend(customer=customer, on=TODAY)
    with time_machine.travel(TODAY, tick=False):
        later = make_served(customer=customer, starts_on=TODAY + 2 * DAY)
    make_quiet_day(TODAY + 2 * DAY)
    act_on(on=TODAY + DAY)
    assert suspension.services.count() == 1
    # Nobody is cut off by it who was not before.
    act_on(on=TODAY + 2 * DAY)
    act_on(on=TODAY + 3 * DAY)
    off = suspension.services.get(service=later)
    assert (off.pause.first_day, off.pause.reason, Pause.objects.count()) == (TODAY + 2 * DAY, "non_payment", 2)
    pay(customer, on=TODAY + 4 * DAY)
    assert not is_off(customer, TODAY + 4 * DAY)
    assert not SuspendedService.objects.off().exists()


def test_a_service_that_is_added_to_a_suspended_customer_is_off_in_that_act(django_assert_max_num_queries):
    on = timezone.localdate()
    make_policy(quiet_weekdays="")
    customer = make_late(due_on=on - 30 * DAY)
    suspension = suspend(customer=customer, on=on)
    location = Service.objects.get().location
    added = add_service(service=Service(location=location, name="Telephone", cost=Decimal(5), starts_on=on))
    to_come = add_service(service=Service(location=location, name="TV", cost=Decimal(5), starts_on=on + DAY))
    assert suspension.services.filter(service=added).exists()
    assert set(Service.objects.paused(on)) == set(Service.objects.exclude(pk=to_come.pk))
    pay(customer, on=on)
    assert not Service.objects.paused(on).exists()
    free = Service(location=make_served().location, name="TV", cost=Decimal(5), starts_on=on)
    with django_assert_max_num_queries(30):
        add_service(service=free)
    assert not Service.objects.paused(on).exists()


def test_what_somebody_turned_on_by_hand_stays_on_while_the_rest_is_off():
    make_policy(quiet_weekdays="")
    service = make_served()
    customer = make_late(customer=service.location.customer)
    make_served(customer=customer)
    suspend(customer=customer, on=TODAY)
    end_pause(pause=Pause.objects.get(service=service), last_day=TODAY)
    for days in (1, 2):
        act_on(on=TODAY + days * DAY)
        assert list(Service.objects.active(TODAY + days * DAY).exclude(pk=service.pk)) == list(
            Service.objects.paused(TODAY + days * DAY)
        )


def test_a_service_that_the_next_tenant_takes_over_is_off_where_that_one_is_suspended():
    on = timezone.localdate()
    make_policy(quiet_weekdays="")
    tenant = make_late(due_on=on - 30 * DAY)
    suspend(customer=tenant, on=on)
    old = make_served(login="ann@isp")
    target = tenant.locations.get()
    take_over(origin=old.location, target=target, first_day=on, on=on)
    new = Service.objects.get(login="ann@isp")
    assert new in Service.objects.paused(on)


def break_the_record_of(customer, monkeypatch) -> None:
    """Let the database refuse every pause of a customer's services."""
    keys = set(Service.objects.filter(location__customer=customer).values_list("pk", flat=True))
    pauses_for = suspending._pauses_for

    def with_a_wrong_day(services, on):
        pauses = pauses_for(services, on)
        for key in keys & set(pauses):
            pauses[key].last_day = pauses[key].first_day - DAY
        return pauses

    monkeypatch.setattr(suspending, "_pauses_for", with_a_wrong_day)


def test_a_customer_whom_the_database_refuses_is_parked_with_the_reason_and_the_others_are_suspended(monkeypatch):
    make_policy(quiet_weekdays="")
    customers = [make_late() for _each in range(5)]
    broken = customers[2]
    with monkeypatch.context() as patch:
        break_the_record_of(broken, patch)
        acted = act_on(on=TODAY)
        assert (acted.suspended, acted.parked, [parked.customer for parked in acted.first_parked]) == (4, 1, [broken])
        assert [customer for customer in customers if not is_off(customer)] == [broken]
        assert not broken.suspensions.exists()
        act_on(on=TODAY + DAY)
    parked = ParkedCustomer.objects.get()
    assert (parked.customer, parked.step, parked.day) == (broken, "suspend", TODAY + DAY)
    assert "IntegrityError" in parked.reason
    acted = act_on(on=TODAY + 2 * DAY)
    assert (acted.suspended, acted.parked, is_off(broken, TODAY + 2 * DAY)) == (1, 0, True)
    assert not ParkedCustomer.objects.exists()


def test_a_customer_who_cannot_come_back_is_parked_and_the_others_come_back(monkeypatch):
    make_policy()
    customers = [make_late() for _each in range(3)]
    act_on(on=TODAY)
    make_policy(grace_days=60)
    ending = returning._end_of

    def refuse(case):
        if case.customer == customers[0]:
            raise ValueError("An invoice without a due day")
        return ending(case)

    with monkeypatch.context() as patch:
        patch.setattr(returning, "_end_of", refuse)
        acted = act_on(on=TODAY)
    assert (acted.returned, acted.parked, list(map(is_off, customers))) == (2, 1, [True, False, False])
    assert ParkedCustomer.objects.get().reason == "ValueError: An invoice without a due day"
    # A day without cut-offs forgets only what was tried again.
    park(customers[1].pk, step=ParkedCustomer.Step.SUSPEND, on=TODAY, reason="?")
    assert act_on(on=date(2026, 4, 18)).returned == 1
    assert [parked.customer for parked in ParkedCustomer.objects.all()] == [customers[1]]
