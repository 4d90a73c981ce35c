"""The minutes that an outage takes from a service, and what they are worth."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.engine.cycles import cycle_in_step, cycle_of
from billing.engine.stretches import Discount, Pause, Price, spans, stretches
from incidents.lost_minutes import lost, midnight, minute_of, together, without
from incidents.tests.slow import slow_lost

ZONES = [
    ZoneInfo(name)
    for name in ("UTC", "Europe/Berlin", "America/New_York", "Asia/Beirut", "America/Havana", "Australia/Lord_Howe")
]
DAY = timedelta(days=1)
# The clocks of these zones are changed on days of March, and cycles end in it.
FIRST, LAST = date(2026, 2, 20), date(2026, 4, 10)


def days() -> st.SearchStrategy[date]:
    return st.dates(FIRST, LAST)


def amounts() -> st.SearchStrategy[Decimal]:
    return st.decimals(0, 200, places=2)


@st.composite
def outages(draw, zone: ZoneInfo) -> tuple[int, int]:
    begin = midnight(draw(days()), zone) + draw(st.integers(-90, 1_440))
    return begin, begin + draw(st.integers(1, 3 * 1_440))


@st.composite
def services(draw) -> dict[str, object]:
    zone = draw(st.sampled_from(ZONES))
    first = draw(st.dates(date(2025, 12, 1), LAST))
    pauses = [Pause(day, day + draw(st.integers(0, 5)) * DAY) for day in draw(st.lists(days(), max_size=2))]
    changes = sorted(set(draw(st.lists(days(), max_size=2))))
    return {
        "zone": zone,
        "stay": (first, draw(st.none() | st.dates(first, LAST + DAY))),
        "prices": [Price(draw(amounts()), day) for day in [None, *changes]],
        "pauses": pauses,
        "discounts": [Discount(draw(days()), None, Decimal(draw(st.integers(0, 100))))],
        "billing_day": draw(st.integers(1, 31)),
        "months": draw(st.sampled_from([1, 3])),
        "outage": draw(outages(zone)),
        "given": draw(st.lists(outages(zone), max_size=3)),
    }


def charged_of(service: dict[str, object]) -> list:
    there = spans([service["stay"]], None)
    return stretches(there, service["prices"], service["pauses"], service["discounts"])


def price_by_day(service: dict[str, object]) -> dict[date, Decimal]:
    found, day = {}, FIRST - 3 * DAY
    while day <= LAST + 10 * DAY:
        for stretch in charged_of(service):
            if stretch.first <= day.toordinal() <= stretch.last and stretch.rate:
                found[day] = stretch.rate.cost
        day += DAY
    return found


def cycles_of(service: dict[str, object]):
    step = {"first_day": date(2025, 12, 1), "billing_day": service["billing_day"], "months": service["months"]}
    return lambda day: cycle_in_step(day, **step)


def found_for(service: dict[str, object], window: tuple[int, int], before: list):
    return lost(window, charged=charged_of(service), given=before, cycle_at=cycles_of(service), zone=service["zone"])


@given(services())
def test_it_is_what_counting_minute_by_minute_comes_to(service):
    found = found_for(service, service["outage"], service["given"])
    minutes, amount = slow_lost(
        service["outage"],
        prices=price_by_day(service),
        given=service["given"],
        cycle_at=cycles_of(service),
        zone=service["zone"],
    )
    assert {minute for span in found.spans for minute in range(*span)} == minutes
    assert found.minutes == len(minutes)
    assert found.amount == amount
    assert sum(part["minutes"] for part in found.parts) == found.minutes


@given(services(), st.randoms())
def test_overlapping_outages_give_each_minute_once_in_whatever_order_they_are_credited(service, random):
    outages_of_it = [service["outage"], *service["given"]]
    random.shuffle(outages_of_it)
    before, counted = [], []
    for outage in outages_of_it:
        found = found_for(service, outage, before)
        counted += [minute for span in found.spans for minute in range(*span)]
        before += found.spans
    assert len(counted) == len(set(counted))
    alone = [span for outage in outages_of_it for span in found_for(service, outage, []).spans]
    assert set(counted) == {minute for span in alone for minute in range(*span)}


@given(services())
def test_a_whole_cycle_is_worth_its_price_however_the_clock_is_changed_in_it(service):
    cycle = cycle_of(date(2026, 3, 20), service["billing_day"], 1)
    window = midnight(cycle.first, service["zone"]), midnight(cycle.last + DAY, service["zone"])
    plain = service | {"stay": (date(2025, 1, 1), None), "pauses": [], "discounts": [], "months": 1}
    plain["prices"] = [Price(Decimal("59.99"), None)]
    assert found_for(plain, window, []).amount == Decimal("59.99")


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50))), st.tuples(st.integers(0, 50), st.integers(0, 50)))
def test_spans_together_and_without_are_sets_of_minutes(some, span):
    joined = together(some)
    minutes = {minute for begin, end in some for minute in range(begin, end)}
    assert [minute for begin, end in joined for minute in range(begin, end)] == sorted(minutes)
    assert all(one[1] < other[0] for one, other in pairwise(joined))
    left = [minute for begin, end in without(span, joined) for minute in range(begin, end)]
    assert left == [minute for minute in range(*span) if minute not in minutes]


@pytest.mark.parametrize(("day", "hours"), [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25), (date(2026, 3, 28), 24)])
def test_a_day_on_which_the_clock_is_changed_is_shorter_or_longer(day, hours):
    zone = ZoneInfo("Europe/Berlin")
    assert midnight(day + DAY, zone) - midnight(day, zone) == hours * 60


def test_six_hours_of_a_month_of_31_days():
    zone = ZoneInfo("UTC")
    begin = minute_of(datetime(2026, 1, 10, 8, 0, tzinfo=UTC))
    charged = stretches(spans([(date(2026, 1, 1), None)], None), [Price(Decimal("62.00"), None)], [], [])
    found = lost((begin, begin + 360), charged=charged, given=[], cycle_at=lambda day: cycle_of(day, 1, 1), zone=zone)
    # 62.00 x 360 / 44,640.
    assert found.amount == Decimal("0.50")
    assert found.parts == [
        {
            "cycle_first": "2026-01-01",
            "cycle_last": "2026-01-31",
            "cycle_minutes": 44_640,
            "minutes": 360,
            "price": "62.00",
        }
    ]
