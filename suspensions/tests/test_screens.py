"""The pages of suspensions: the forecast, the trial, the rules, and what a customer's page says."""

import csv
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone

from billing.payments import record_payment
from customerflow.jobs.models import Job
from customerflow.staff.roles import BILLING, MANAGER, SUPPORT
from customerflow.staff.tests.factories import make_user
from customers.models import Customer
from dunning.promises import promise_to_pay
from dunning.tests.factories import make_contact_attempt
from suspensions.daily import act_on
from suspensions.forecast import to_be_suspended
from suspensions.models import Hold, Policy, Suspension
from suspensions.quiet_days import next_cutoff_day
from suspensions.tests.factories import (
    make_hold,
    make_late,
    make_parked_customer,
    make_policy,
    make_quiet_day,
    make_served,
    make_suspension,
)
from suspensions.trial import maybe_suspended, try_out

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def today() -> date:
    return timezone.localdate()


@pytest.fixture
def clerk(client):
    client.force_login(make_user(BILLING, username="clerk"))
    return client


def pay(customer: Customer, on: date) -> None:
    record_payment(customer=customer, amount=Decimal("59.99"), received_on=on, on=on, method="cash")


def text_of(response) -> str:
    return " ".join(response.content.decode().split())


def rows_of(client, page="forecast", **asked) -> list:
    return client.get(reverse(f"suspensions:{page}"), asked).context["page"].rows


def test_the_forecast_names_whom_the_next_day_with_cut_offs_will_hit_and_it_does(
    clerk, today, django_assert_max_num_queries
):
    policy = make_policy()
    day = next_cutoff_day(policy, today)
    due = today - 40 * DAY
    hit = [make_late(due_on=due) for _each in range(3)]
    held, promised, paid = (make_late(due_on=due) for _each in range(3))
    young = make_late(due_on=day - 15 * DAY)
    make_hold(customer=held, on=today, last_day=day)
    promise_to_pay(customer=promised, due_on=day, on=today)
    make_late(due_on=day - 14 * DAY)
    pay(paid, today)
    make_late(due_on=today)
    make_contact_attempt(customer=hit[0], made_on=today - DAY)
    clerk.get(reverse("suspensions:forecast"))
    with django_assert_max_num_queries(40):
        rows = rows_of(clerk)
    expected = {*hit, young}
    assert {case.customer for case in rows} == expected == set(to_be_suspended(policy, day))
    assert {case.contacted_on for case in rows} == {today - DAY, None}
    assert act_on(on=day).suspended == len(expected)
    assert {each.customer for each in Suspension.objects.all()} == expected
    assert rows_of(clerk) == []


def test_a_day_without_cut_offs_says_so_and_leads_to_the_next_and_a_past_one_is_refused(clerk, today):
    policy = make_policy()
    quiet = next_cutoff_day(policy, today)
    make_quiet_day(quiet, name="Founders' day")
    make_late(due_on=today - 40 * DAY)
    page = clerk.get(reverse("suspensions:forecast"), {"on": quiet})
    assert page.context["page"].rows == []
    assert f"?on={next_cutoff_day(policy, quiet)}" in text_of(page)
    assert "Name today or a day within a year" in text_of(
        clerk.get(reverse("suspensions:forecast"), {"on": today - DAY})
    )


def test_those_of_the_forecast_are_held_all_at_once(clerk, today):
    make_policy()
    for _each in range(3):
        make_late(due_on=today - 40 * DAY)
    kept = make_late(due_on=today - 40 * DAY)
    chosen = [case.pk for case in rows_of(clerk) if case.customer != kept]
    answer = clerk.post(reverse("suspensions:forecast"), {"act": "HoldCustomers", "chosen": chosen})
    job = Job.objects.get()
    assert answer.url == job.get_absolute_url()
    # Its page asks for the day and the reason, tries it, and does it.
    address = reverse("suspensions:hold", args=[kept.pk])
    assert "Held until" in text_of(clerk.get(job.get_absolute_url()))
    assert clerk.post(address, {"last_day": today + DAY, "reason": "Cash", "version": kept.version}).status_code == 302
    assert {case.pk for case in rows_of(clerk, on=today)} <= set(chosen)
    assert Hold.objects.get().made_by.username == "clerk"


def test_the_forecast_is_exported_with_what_it_shows(clerk, today):
    make_policy(quiet_weekdays="")
    customer = make_late("59.99", due_on=today - 40 * DAY)
    answer = clerk.get(reverse("suspensions:forecast"), {"on": today, "export": "csv"})
    rows = list(csv.reader(b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()))
    assert rows[1][:5] == [
        customer.number,
        customer.name,
        "59.99",
        str(today - 40 * DAY),
        customer.invoices.get().number,
    ]


def test_the_trial_names_the_first_day_of_the_last_thirty_on_which_somebody_would_have_been_suspended(clerk, today):
    policy = make_policy(is_on=False, quiet_weekdays="")
    late = make_late(due_on=today - 25 * DAY)
    settled = make_late(due_on=today - 40 * DAY)
    pay(settled, today - 5 * DAY)
    early, small = make_late(due_on=today - 20 * DAY), make_late("0.50", due_on=today - 60 * DAY)
    pay(early, today - 8 * DAY)
    make_served()
    found = {tried.customer: tried for tried in try_out(maybe_suspended(policy, today), policy=policy, today=today)}
    assert {customer: tried.hit and tried.hit.on for customer, tried in found.items()} == {
        late: today - 10 * DAY,
        settled: today - 25 * DAY,
        small: None,
    }
    assert "least amount" in found[small].why_not
    assert len(rows_of(clerk, "trial")) == 3


def test_a_manager_changes_the_rules_and_others_only_see_them(client, today):
    client.force_login(make_user(MANAGER))
    page = client.get(reverse("suspensions:policy"))
    assert "Nobody is suspended by itself" in text_of(page)
    values = {"grace_days": 10, "least_amount": "2.50", "quiet_weekdays": ["5", "6", "7"], "is_on": "on"}
    assert client.post(page.context["change_url"], values).status_code == 302
    policy = Policy.objects.get()
    assert (policy.grace_days, policy.quiet_weekdays, policy.is_on, policy.pk) == (10, "567", True, 1)
    page = client.get(reverse("suspensions:policy"))
    form = client.get(page.context["change_url"])
    assert form.context["form"]["quiet_weekdays"].value() == ["5", "6", "7"]
    sent = {**values, "grace_days": 12, "version": policy.version, "seen": form.context["form"]["seen"].value()}
    assert client.post(page.context["change_url"], sent).status_code == 302
    assert "12 days after the due day" in text_of(client.get(reverse("suspensions:policy")))
    client.force_login(make_user(SUPPORT))
    page = client.get(reverse("suspensions:policy"))
    assert page.context["change_url"] is None
    assert client.post(reverse("suspensions:policy_update", args=[1]), sent).status_code == 403


def test_the_page_of_a_customer_says_why_and_offers_what_may_be_done(clerk, today):
    make_policy(quiet_weekdays="")
    customer = make_late(due_on=today - 12 * DAY)
    page = reverse("customers:customer_detail", args=[customer.pk])
    first = today + 3 * DAY
    assert f"Overdue 59.99 since 12 days; grace 14 days: from {first}." in text_of(clerk.get(page))
    make_late(due_on=today - 40 * DAY, customer=customer)
    assert f"By the rules the services are turned off on {today}." in text_of(clerk.get(page))
    suspend = reverse("suspensions:suspend", args=[customer.pk])
    assert suspend in text_of(clerk.get(page))
    customer.refresh_from_db()
    assert clerk.post(suspend, {"version": customer.version}).status_code == 302
    suspension = Suspension.objects.get()
    assert suspension.by.username == "clerk"
    assert "The services come back when this is settled" in text_of(clerk.get(page))
    assert "59.99" in text_of(clerk.get(suspension.get_absolute_url()))
    again = clerk.post(suspend, {"version": customer.version})
    assert f"Suspended since {today}." in text_of(again)
    turn_on = reverse("suspensions:turn_on", args=[customer.pk])
    values = {"last_day": today + DAY, "reason": "Cash on Monday", "version": customer.version}
    assert clerk.post(turn_on, values).status_code == 302
    assert "Held until" in text_of(clerk.get(page))
    end = reverse("suspensions:hold_end", args=[customer.pk])
    assert clerk.post(end, {"version": customer.version}).status_code == 302
    assert not Hold.objects.exists()


def test_home_shows_the_cut_offs_to_come_and_who_is_suspended(clerk, today):
    assert "cut-offs" not in text_of(clerk.get(reverse("home"))).partition("Figures")[2].partition("Quick actions")[0]
    policy = make_policy()
    make_late(due_on=today - 40 * DAY)
    day = next_cutoff_day(policy, today)
    label = "Tomorrow&#x27;s cut-offs" if day == today + DAY else f"Cut-offs on {day}"
    assert label in text_of(clerk.get(reverse("home")))


def test_what_is_off_can_be_asked_for(capsys):
    make_suspension()
    call_command("suspended_services", "--on", "2026-04-16")
    call_command("suspended_services", "--json", "--on", "2026-04-16")
    plain, as_json = capsys.readouterr().out.splitlines()
    assert plain.split("\t")[-1] == "2026-04-16"
    assert '"reason": "non_payment"' in as_json
    call_command("suspended_services", "--on", "2026-04-15")
    assert capsys.readouterr().out == ""


def test_who_was_parked_is_on_a_page_on_home_on_the_customer_and_in_what_the_daily_step_says(clerk, today, capsys):
    make_policy(quiet_weekdays="")
    customer = make_late(due_on=today - 5 * DAY)
    for page in ("suspension_list", "forecast"):
        assert "because of an error" not in text_of(clerk.get(reverse(f"suspensions:{page}")))
    make_parked_customer(customer=customer, on=today)
    for page in ("suspension_list", "forecast"):
        assert "1 customer was left as they were because of an error." in text_of(
            clerk.get(reverse(f"suspensions:{page}"))
        )
    [row] = rows_of(clerk, "parkedcustomer_list", q=customer.number)
    assert (row.customer, row.reason) == (customer, "The database refused it")
    assert rows_of(clerk, "parkedcustomer_list", step="return") == []
    assert "Parked by the daily step" in text_of(clerk.get(reverse("home")))
    page = text_of(clerk.get(customer.get_absolute_url()))
    assert f"The daily step of {today} left this customer as they were: The database refused it" in page
    make_policy(is_on=False)
    call_command("daily")
    assert f"{customer}: The database refused it" in capsys.readouterr().err
