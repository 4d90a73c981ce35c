"""Monthly recurring revenue: what each service brings, as the billing engine prices it, and how it moves."""

from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from billing.engine.stretches import Discount as EngineDiscount
from billing.engine.stretches import Pause as EnginePause
from billing.engine.stretches import Price, spans, stretches
from billing.models import Discount
from customers.models import Pause, PriceChange, Service
from customers.tests.factories import make_customer, make_location, make_service
from reports.months import Month, months
from reports.recurring import Movement, RecurringRows, moved_in, total_on

pytestmark = pytest.mark.django_db
BEGIN, TODAY = date(2026, 1, 1), date(2026, 6, 15)
CENTS = st.integers(0, 20_000).map(lambda cents: Decimal(cents) / 100)
DAYS = st.integers(-40, 190).map(lambda count: BEGIN + timedelta(days=count))


@st.composite
def spells(draw) -> dict[str, date | None]:
    first = draw(DAYS)
    last = draw(st.one_of(st.none(), st.integers(0, 90).map(lambda count: first + timedelta(days=count))))
    return {"first_day": first, "last_day": last}


SERVICES = st.fixed_dictionaries(
    {
        "stay": spells(),
        "months": st.sampled_from([1, 3, 6, 12]),
        "cost": CENTS,
        "prices": st.lists(st.tuples(DAYS, CENTS), max_size=2, unique_by=lambda price: price[0]),
        "pauses": st.lists(st.tuples(spells(), st.booleans()), max_size=1),
        "discounts": st.lists(st.tuples(spells(), st.integers(1, 100_000), CENTS, st.sampled_from("pac")), max_size=2),
    }
)


def make(facts: dict) -> Service:
    """Store a service as it is told, past the acts: they would refuse days that are over."""
    location = make_location(customer=make_customer())
    stay = facts["stay"]
    service = make_service(
        location=location,
        cost=facts["cost"],
        billing_interval=facts["months"],
        starts_on=stay["first_day"],
        ends_on=stay["last_day"],
    )
    PriceChange.objects.filter(service=service).delete()
    for day, cost in [(None, facts["cost"]), *facts["prices"]]:
        PriceChange.objects.create(service=service, cost=cost, effective_on=day)
    for spell, is_charged in facts["pauses"]:
        Pause.objects.create(service=service, is_charged=is_charged, **spell)
    for spell, percent, amount, kind in facts["discounts"]:
        about = {"percent": Decimal(percent) / 1000} if kind != "a" or not amount else {"amount": amount}
        whose = None if kind == "c" and "percent" in about else service
        Discount.objects.create(customer=location.customer, service=whose, **about, **spell)
    return service


def brings(service: Service, on: date) -> Decimal | None:
    """Return what a service brings in a month on a day, by the engine that bills it."""
    stay = spans([(service.starts_on, service.ends_on)], None)
    prices = [Price(each.cost, each.effective_on, each.pk) for each in service.price_changes.all()]
    prices.sort(key=lambda price: price.from_day or date.min)
    pauses = [EnginePause(each.first_day, each.last_day, each.is_charged) for each in service.pauses.all()]
    discounts = [
        EngineDiscount(each.first_day, each.last_day, each.percent, each.amount, each.pk)
        for each in Discount.objects.filter(customer=service.location.customer)
    ]
    day = on.toordinal()
    for stretch in stretches(stay, prices, pauses, discounts):
        if stretch.first <= day <= stretch.last:
            months = service.billing_interval
            return (stretch.rate.cost / months).quantize(Decimal("0.01"), ROUND_HALF_UP)
    return None


@settings(max_examples=15, deadline=None)
@given(st.lists(SERVICES, min_size=1, max_size=4))
def test_the_movements_lead_from_start_to_end_and_every_sum_opens_its_rows(told):
    Service.objects.update(starts_on=date(2030, 1, 1), ends_on=None)
    services = [make(facts) for facts in told]
    for month in months(BEGIN, TODAY, TODAY):
        start, end, moved = total_on(month.before), total_on(month.last), moved_in(month)
        expected = {service.pk: brings(service, month.last) for service in services}
        assert end.amount == sum(filter(None, expected.values()))
        assert start.amount + sum(each.amount for each in moved.values()) == end.amount
        rows = RecurringRows(month.last)
        assert {row.service.pk: row.later for row in rows.iterator()} == {
            key: amount for key, amount in expected.items() if amount is not None
        }
        assert rows.totals() == (end.count, 0, end.amount)
        for movement in Movement:
            found = RecurringRows(month.last, month, movement.value)
            listed, sums = list(found.iterator()), moved.get(movement)
            assert listed == found[0:100]
            assert (len(listed), sum(row.difference for row in listed)) == (tuple(sums) if sums else (0, 0))


def test_a_service_moves_as_it_is_told_in_words():
    make_service(cost=Decimal("120.00"), billing_interval=12, starts_on=date(2026, 1, 10), ends_on=date(2026, 4, 30))
    paused = make_service(cost=Decimal("30.00"), starts_on=date(2025, 1, 1))
    Pause.objects.create(service=paused, first_day=date(2026, 1, 20), last_day=date(2026, 2, 20))
    found = {
        month.name: {k.value: v.amount for k, v in moved_in(month).items()} for month in months(BEGIN, TODAY, TODAY)
    }
    assert found == {
        "2026-01": {"new": Decimal("10.00"), "lost": Decimal("-30.00")},
        "2026-02": {"returned": Decimal("30.00")},
        "2026-03": {},
        # Its last day is that of the month: on that day it still brings something.
        "2026-04": {},
        "2026-05": {"lost": Decimal("-10.00")},
        "2026-06": {},
    }


def test_a_month_that_goes_on_ends_today():
    assert Month.of(TODAY, TODAY) == Month(date(2026, 6, 1), TODAY)
    assert months(BEGIN, TODAY, TODAY)[0] == Month(BEGIN, date(2026, 1, 31))
