"""Another price of a plan: who is affected, what it does to revenue, and that all of it can be undone until the day."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from customerflow.bulk.models import BulkItem
from customerflow.changes.recording import recording
from customerflow.changes.tests.tables import stored_tables
from customerflow.changes.undoing import undo
from customerflow.jobs.models import Job
from customerflow.money import round_money
from customerflow.staff.roles import SUPPORT
from customerflow.staff.tests.factories import make_user
from customers.house_moves import take_over
from customers.models import Plan, PlanPriceChange, PriceChange, Service
from customers.plan_prices import affected, cancel_plan_price, change_to_plan_price, changed_since, effect
from customers.price_changes import apply_due_prices, cancel_price_change, change_cost
from customers.tests.factories import make_location, make_plan, make_plan_price_change, make_service

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
TODAY = date(2026, 11, 20)
LATER = TODAY + 60 * DAY
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
OLD, NEW = Decimal("20.00"), Decimal("23.00")


def of_plan(plan, months: int = 1, cost: str | None = None, **fields) -> Service:
    price = OLD * months if cost is None else Decimal(cost)
    return make_service(plan=plan, cost=price, billing_interval=months, **fields)


def to_new_price(plan: Plan, on: date = LATER, **fields) -> PlanPriceChange:
    fields = {"price": NEW, "old_price": OLD, "notice_on": TODAY, "announced_at": NOON, **fields}
    return PlanPriceChange(plan=plan, effective_on=on, **fields)


def cost_on(service: Service, day: date) -> Decimal:
    return service.price_changes.in_force(day).values_list("cost", flat=True)[0]


def test_who_is_affected_and_by_how_much_is_told_apart():
    plan = make_plan(price=OLD)
    of_plan(plan)
    of_plan(plan, 12)
    of_plan(plan, cost="18.00")
    of_plan(plan, contract_ends_on=LATER)
    of_plan(plan, contract_ends_on=LATER - DAY)
    of_plan(plan, ends_on=LATER - DAY)
    make_service(cost=OLD)
    change = to_new_price(plan)
    found = effect(change)
    assert [found.plain.number, found.own_prices.number, found.contracts.number] == [3, 1, 1]
    assert [found.plain.monthly, found.own_prices.monthly, found.contracts.monthly] == [9, 5, 3]
    assert found.chosen(change).number == 3
    assert found.chosen(to_new_price(plan, with_own_prices=True, with_contracts=True)).monthly == 17


def test_what_counts_is_the_price_in_force_on_that_day():
    plan = make_plan(price=OLD)
    service = of_plan(plan)
    change_cost(service=service, cost=Decimal(21), on=TODAY, effective_on=LATER)
    assert effect(to_new_price(plan)).own_prices.number == 1
    assert effect(to_new_price(plan, LATER - DAY)).plain.number == 1


SERVICES = st.lists(
    st.tuples(st.sampled_from(Service.Interval.values), st.integers(-1, 1), st.sampled_from([None, -1, 0, 1])),
    max_size=6,
)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(services=SERVICES, own=st.booleans(), bound=st.booleans())
def test_the_effect_is_what_the_changes_do(services, own, bound):
    plan = make_plan(price=OLD)
    for months, extra, days in services:
        contract = None if days is None else LATER + days * DAY
        of_plan(plan, months, str(OLD * months + extra), contract_ends_on=contract)
    change = to_new_price(plan, with_own_prices=own, with_contracts=bound)
    promised = effect(change).chosen(change)
    number, monthly = 0, Decimal(0)
    for service in affected(change):
        before = service.cost
        try:
            made = change_to_plan_price(service=service, change=change, on=TODAY)
        except ValidationError:
            continue
        number += 1
        monthly += (made.cost - before) / service.billing_interval
    assert promised.number == number
    assert abs(promised.monthly - round_money(monthly)) <= Decimal("0.03")


def test_it_is_shown_confirmed_cancelled_and_leaves_out_who_is_ticked(client):
    client.force_login(make_user(is_superuser=True))
    plan = make_plan(price=OLD)
    plain, ticked, own = of_plan(plan), of_plan(plan), of_plan(plan, cost="18.00")
    day = timezone.localdate() + 30 * DAY
    page = f"{plan.get_absolute_url()}price/"
    assert 'value="20.00"' in client.get(page).content.decode()
    typed = {"price": "23", "old_price": "20.00", "effective_on": day, "notice_on": day - 14 * DAY}
    shown = client.post(page, {**typed, "reason": "Costs"}).content.decode()
    assert "6.00" in shown
    assert shown.count("a price of its own") == shown.count("checked disabled") == 1
    answer = client.post(page, {**typed, "reason": "Costs", "go": "1", "left_out": [ticked.pk]})
    job = Job.objects.get()
    assert answer["Location"] == job.get_absolute_url()
    outcomes = dict(BulkItem.objects.values_list("record_id", "outcome"))
    assert outcomes == {plain.pk: "ready", own.pk: "refused"}
    assert "It has a price of its own." in client.get(job.get_absolute_url()).content.decode()
    client.post(reverse("bulk:confirm", args=[job.pk]), {"turn": job.turn})
    made = PriceChange.objects.get(effective_on=day)
    assert (made.service, made.cost, made.reason, made.plan_change.notice_on) == (plain, NEW, "Costs", day - 14 * DAY)
    plan.refresh_from_db()
    assert plan.price == NEW
    told = f"price changes to 23.00 on {day}, notice given on {day - 14 * DAY}"
    for record in (plain, plain.location, plain.location.customer):
        assert told in client.get(record.get_absolute_url()).content.decode()
    page = made.plan_change.get_absolute_url()
    assert page in client.get(plan.get_absolute_url()).content.decode()
    assert page in client.get("/price-changes-of-plans/?state=announced").content.decode()
    assert "Cancel the price change" in client.get(page).content.decode()
    client.post(f"{page}cancel/")
    plan.refresh_from_db()
    assert (plan.price, cost_on(plain, day)) == (OLD, OLD)
    assert "Cancel the price change" not in client.get(page).content.decode()
    assert page in client.get("/price-changes-of-plans/?state=cancelled").content.decode()
    assert told not in client.get(plain.get_absolute_url()).content.decode()


def test_the_bulk_edit_that_did_it_is_undone(client):
    client.force_login(make_user(is_superuser=True))
    plan = make_plan(price=OLD)
    service = of_plan(plan)
    day = timezone.localdate() + 30 * DAY
    typed = {"price": "23", "old_price": "20.00", "effective_on": day, "notice_on": day, "go": "1"}
    client.post(f"{plan.get_absolute_url()}price/", typed)
    job = Job.objects.get()
    client.post(reverse("bulk:confirm", args=[job.pk]), {"turn": job.turn})
    job.refresh_from_db()
    assert cost_on(service, day) == NEW
    assert undo(job.change_set).left_alone == 0
    plan.refresh_from_db()
    assert (plan.price, cost_on(service, day), PlanPriceChange.objects.count()) == (OLD, OLD, 0)


def test_it_is_cancelled_until_the_day_once_and_what_was_changed_by_hand_stays_and_is_named():
    plan = make_plan(price=OLD)
    plain, replaced, taken_back, later = (of_plan(plan) for _number in range(4))
    for service in (plain, replaced, taken_back, later):
        change_to_plan_price(service=service, change=to_new_price(plan), on=TODAY)
    change_cost(service=replaced, cost=Decimal(19), on=TODAY, effective_on=LATER)
    cancel_price_change(change=taken_back.price_changes.get(cost=NEW), on=TODAY)
    change_cost(service=later, cost=Decimal(30), on=TODAY, effective_on=LATER + DAY)
    change = PlanPriceChange.objects.get()
    for day in (LATER, LATER + DAY):
        with pytest.raises(ValidationError, match="in force already"):
            cancel_plan_price(change=change, on=day)
    cancelled = cancel_plan_price(change=change, on=LATER - DAY)
    assert cancel_plan_price(change=change, on=LATER - DAY).cancelled_at == cancelled.cancelled_at
    assert [cost_on(service, LATER) for service in (plain, replaced, taken_back, later)] == [OLD, 19, OLD, OLD]
    assert cost_on(later, LATER + DAY) == 30
    assert [price.service for price in changed_since(cancelled)] == [replaced, taken_back]
    plan.refresh_from_db()
    assert (plan.price, cancelled.status(LATER)) == (OLD, PlanPriceChange.Status.CANCELLED)


def test_a_price_of_that_day_that_made_way_comes_back_and_a_plan_with_another_price_keeps_it():
    plan = make_plan(price=OLD)
    service = of_plan(plan)
    change_cost(service=service, cost=Decimal(21), on=TODAY, effective_on=LATER)
    change_to_plan_price(service=service, change=to_new_price(plan, with_own_prices=True), on=TODAY)
    assert cost_on(service, LATER) == NEW
    Plan.objects.update(price=Decimal(25))
    cancel_plan_price(change=PlanPriceChange.objects.get(), on=TODAY)
    plan.refresh_from_db()
    assert (cost_on(service, LATER), plan.price) == (21, 25)


def test_announced_prices_of_a_plan_are_cancelled_the_newest_first():
    plan = make_plan(price=OLD)
    service = of_plan(plan)
    first = to_new_price(plan)
    change_to_plan_price(service=service, change=first, on=TODAY)
    second = to_new_price(plan, price=Decimal(25), old_price=NEW, announced_at=NOON + DAY)
    change_to_plan_price(service=service, change=second, on=TODAY)
    with pytest.raises(ValidationError, match="A newer price"):
        cancel_plan_price(change=first, on=TODAY)
    cancel_plan_price(change=second, on=TODAY)
    assert cost_on(service, LATER) == NEW
    cancel_plan_price(change=first, on=TODAY)
    plan.refresh_from_db()
    assert (cost_on(service, LATER), plan.price) == (OLD, OLD)


def test_the_next_tenant_does_not_pay_an_announced_price_that_is_cancelled():
    plan = make_plan(price=OLD)
    service = of_plan(plan)
    change_to_plan_price(service=service, change=to_new_price(plan), on=TODAY)
    target = make_location()
    take_over(origin=service.location, target=target, first_day=TODAY, on=TODAY)
    taken_over = target.services.get()
    assert cost_on(taken_over, LATER) == NEW
    cancel_plan_price(change=PlanPriceChange.objects.get(), on=TODAY)
    assert cost_on(taken_over, LATER) == OLD


def test_what_was_cancelled_is_not_gone_on_with():
    plan = make_plan(price=OLD)
    first, second = of_plan(plan), of_plan(plan)
    change_to_plan_price(service=first, change=to_new_price(plan), on=TODAY)
    cancel_plan_price(change=PlanPriceChange.objects.get(), on=TODAY)
    with pytest.raises(ValidationError, match="was cancelled"):
        change_to_plan_price(service=second, change=to_new_price(plan), on=TODAY)
    assert PlanPriceChange.objects.count() == 1


def test_cancelling_is_undone():
    plan = make_plan(price=OLD)
    service = of_plan(plan)
    change_cost(service=service, cost=Decimal(21), on=TODAY, effective_on=LATER)
    change_to_plan_price(service=service, change=to_new_price(plan, with_own_prices=True), on=TODAY)
    before = stored_tables()
    with recording("Cancelled") as record:
        cancel_plan_price(change=PlanPriceChange.objects.get(), on=TODAY)
    assert undo(record.change_set).left_alone == 0
    assert stored_tables() == before


def test_who_may_not_change_prices_may_not_cancel_them(client):
    client.force_login(make_user(SUPPORT))
    page = make_plan_price_change().get_absolute_url()
    assert client.get(page).status_code == 200
    assert client.get(f"{page}cancel/").status_code == 403


def test_from_the_day_on_it_is_in_force_and_stays():
    service = of_plan(make_plan(price=OLD))
    change_to_plan_price(service=service, change=to_new_price(service.plan), on=TODAY)
    apply_due_prices(on=LATER)
    service.refresh_from_db()
    assert service.cost == NEW


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"effective_on": "2020-01-01"}, "not in the past"),
        ({"notice_on": "2999-01-01"}, "before the price is in force"),
        ({"notice_on": ""}, "This field is required"),
        ({"price": "-1"}, "not negative"),
    ],
)
def test_what_makes_no_sense_is_refused_at_its_field(client, typed, said):
    client.force_login(make_user(is_superuser=True))
    plan = make_plan(price=OLD)
    whole = {"price": "23", "old_price": "20.00", "effective_on": timezone.localdate() + DAY}
    whole |= {"notice_on": timezone.localdate(), **typed}
    assert said in client.post(f"{plan.get_absolute_url()}price/", whole).content.decode()


def test_support_does_not_change_prices(client):
    client.force_login(make_user(SUPPORT))
    assert client.get(f"{make_plan().get_absolute_url()}price/").status_code == 403


def test_lists_do_not_offer_what_begins_on_the_page_of_the_plan(client):
    client.force_login(make_user(is_superuser=True))
    make_service()
    assert "Change the price of the plan" not in client.get("/services/").content.decode()


def test_the_page_of_a_plan_shows_the_price_in_force_and_cancels_the_newest_one_announced(admin_client, monkeypatch):
    monkeypatch.setattr(timezone, "localdate", lambda *_args: TODAY)
    plan = make_plan(price=OLD)
    first = make_plan_price_change(plan=plan, price=NEW, effective_on=LATER)
    page = admin_client.get(plan.get_absolute_url()).content.decode()
    assert f"{OLD:.2f} USD, from {LATER}: {NEW:.2f} USD" in page
    assert reverse("customers:planpricechange_cancel", args=[first.pk]) in page
    second = make_plan_price_change(plan=plan, price=NEW, effective_on=LATER + DAY)
    page = admin_client.get(plan.get_absolute_url()).content.decode()
    assert reverse("customers:planpricechange_cancel", args=[second.pk]) in page
    assert reverse("customers:planpricechange_cancel", args=[first.pk]) not in page
