"""What is charged for a service, in examples worked by hand."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError

from billing.engine import charging
from billing.engine.charging import Billed, Charge, Subject, charges
from billing.engine.cycles import Cycle, cycle_of
from billing.engine.stretches import Discount, Pause, Price

MAY = Cycle(date(2026, 5, 1), date(2026, 5, 31))
JUNE = Cycle(date(2026, 6, 1), date(2026, 6, 30))


def service(first: str = "2026-05-01", last: str | None = None, cost: str = "59.99", **facts) -> Subject:
    stay = date.fromisoformat(first), date.fromisoformat(last) if last else None
    return Subject(**{"stays": (stay,), "months": 1, "prices": (Price(Decimal(cost), None, 1),), **facts})


def bill(subject: Subject, on: str, billing_day: int = 1) -> list[tuple[str, str, str, str]]:
    """Return the kind, first day, last day and amount of each line."""
    return [
        (line.kind, line.first_day.isoformat(), line.last_day.isoformat(), str(line.amount))
        for line in charges(subject, billing_day=billing_day, on=date.fromisoformat(on))
    ]


def after_billing(subject: Subject, on: str, billing_day: int = 1) -> Subject:
    """Return `subject` as it is when what is due on the day `on` was billed."""
    due = charges(subject, billing_day=billing_day, on=date.fromisoformat(on))
    return replace(subject, billed=subject.billed + tuple(Billed(line.cycle, line.amount) for line in due))


def test_a_cycle_is_charged_in_advance_on_its_first_day():
    assert bill(service(), "2026-04-30") == []
    assert bill(service(), "2026-05-01") == [("recurring", "2026-05-01", "2026-05-31", "59.99")]


def test_what_was_charged_is_not_charged_again():
    assert bill(after_billing(service(), "2026-05-01"), "2026-05-31") == []


def test_a_late_run_makes_what_is_missing():
    subject = after_billing(service(), "2026-05-01")
    assert [first for _, first, _, _ in bill(subject, "2026-08-20")] == ["2026-06-01", "2026-07-01", "2026-08-01"]


def test_a_start_inside_a_cycle_is_charged_by_days_of_the_full_cycle_from_the_day_of_the_start():
    assert bill(service("2026-05-12"), "2026-05-11") == []
    assert bill(service("2026-05-12"), "2026-05-12") == [("part", "2026-05-12", "2026-05-31", "38.70")]


def test_an_end_inside_a_cycle_is_charged_up_to_the_last_day():
    assert bill(service(last="2026-05-11"), "2026-05-01") == [("part", "2026-05-01", "2026-05-11", "21.29")]


def test_a_price_that_changes_inside_a_cycle_is_charged_by_days_and_the_parts_add_up():
    prices = Price(Decimal("59.99"), None, 1), Price(Decimal("59.99"), date(2026, 5, 12), 2)
    assert bill(service(prices=prices), "2026-05-01") == [
        ("part", "2026-05-01", "2026-05-11", "21.29"),
        ("part", "2026-05-12", "2026-05-31", "38.70"),
    ]
    dearer = Price(Decimal("59.99"), None), Price(Decimal("69.99"), date(2026, 5, 12))
    assert [line[3] for line in bill(service(prices=dearer), "2026-05-01")] == ["21.29", "45.15"]


def test_the_remainder_of_a_price_that_cannot_be_divided_is_spread_over_its_parts():
    prices = tuple(Price(Decimal("10.00"), date(2026, 4, first)) for first in range(1, 31))
    amounts = [Decimal(line[3]) for line in bill(service("2026-04-01", prices=prices), "2026-04-01")]
    assert amounts == [Decimal("0.33"), Decimal("0.34"), Decimal("0.33")] * 10
    assert sum(amounts) == Decimal("10.00")


def test_halves_of_a_cent_are_rounded_away_from_zero():
    assert bill(service("2026-06-16", cost="0.01"), "2026-06-16")[0][3] == "0.01"
    assert bill(service("2026-06-17", cost="0.01"), "2026-06-17")[0][3] == "0.00"


def test_an_uncharged_pause_is_left_out_and_a_charged_one_is_not():
    pause = Pause(date(2026, 5, 10), date(2026, 5, 19))
    assert bill(service(pauses=(pause,)), "2026-05-01") == [
        ("part", "2026-05-01", "2026-05-09", "17.42"),
        ("part", "2026-05-20", "2026-05-31", "23.22"),
    ]
    assert bill(service(pauses=(replace(pause, is_charged=True),)), "2026-05-01")[0][0] == "recurring"


def test_a_day_under_two_pauses_is_charged_only_if_both_are():
    charged = Pause(date(2026, 5, 1), None, is_charged=True)
    uncharged = Pause(date(2026, 5, 11), None)
    assert bill(service(pauses=(charged, uncharged)), "2026-05-01") == [("part", "2026-05-01", "2026-05-10", "19.35")]


def test_a_cycle_that_is_paused_as_a_whole_has_no_line_and_the_next_one_is_charged():
    subject = service(pauses=(Pause(date(2026, 4, 20), date(2026, 5, 31)),))
    assert bill(subject, "2026-06-01") == [("recurring", "2026-06-01", "2026-06-30", "59.99")]


def test_percentages_come_off_first_and_together_and_amounts_then():
    discounts = (
        Discount(date(2026, 5, 1), None, amount=Decimal("5.00")),
        Discount(date(2026, 5, 1), None, percent=Decimal(10)),
        Discount(date(2026, 1, 1), date(2026, 5, 31), percent=Decimal("2.5")),
    )
    (line,) = charges(service(discounts=discounts), billing_day=1, on=date(2026, 5, 1))
    assert line.unit_price == line.amount == Decimal("47.49")


def test_discounts_never_make_a_price_negative():
    discounts = (
        Discount(date(2026, 5, 1), date(2026, 5, 31), percent=Decimal(60)),
        Discount(date(2026, 5, 1), date(2026, 5, 31), percent=Decimal(60)),
        Discount(date(2026, 6, 1), date(2026, 6, 30), amount=Decimal(100)),
    )
    assert [line[3] for line in bill(service(discounts=discounts), "2026-06-01")] == ["0.00", "0.00"]


def test_a_discount_that_ends_inside_a_cycle_is_given_by_days():
    discount = Discount(date(2026, 5, 1), date(2026, 5, 11), percent=Decimal(50))
    assert bill(service(discounts=(discount,)), "2026-05-01") == [
        ("part", "2026-05-01", "2026-05-11", "10.65"),
        ("part", "2026-05-12", "2026-05-31", "38.70"),
    ]


def test_facts_that_end_before_they_begin_change_nothing():
    discount = Discount(date(2026, 5, 9), date(2026, 5, 8), percent=Decimal(50))
    pause = Pause(date(2026, 5, 9), date(2026, 5, 1))
    assert bill(service(discounts=(discount,), pauses=(pause,)), "2026-05-01") == bill(service(), "2026-05-01")


def test_a_service_for_nothing_has_a_line_so_that_its_days_are_billed():
    assert bill(service(cost="0.00"), "2026-05-01") == [("recurring", "2026-05-01", "2026-05-31", "0.00")]
    assert bill(after_billing(service(cost="0.00"), "2026-05-01"), "2026-05-31") == []


def test_nothing_before_the_day_that_it_is_charged_from_is_charged():
    subject = service("2020-01-01", charged_from=date(2026, 5, 12))
    assert bill(subject, "2026-05-11") == []
    assert bill(subject, "2026-05-12") == [("part", "2026-05-12", "2026-05-31", "38.70")]


def test_two_stays_in_one_cycle_are_two_runs_and_adjoining_ones_are_one():
    apart = (date(2026, 5, 1), date(2026, 5, 10)), (date(2026, 5, 21), None)
    assert [line[1] for line in bill(service(stays=apart), "2026-05-01")] == ["2026-05-01", "2026-05-21"]
    adjoining = (date(2026, 5, 1), date(2026, 5, 10)), (date(2026, 5, 11), None)
    assert bill(service(stays=adjoining), "2026-05-01") == [("recurring", "2026-05-01", "2026-05-31", "59.99")]


def test_a_service_that_comes_back_inside_of_a_cycle_is_due_on_the_day_that_it_is_back():
    stays = (date(2026, 5, 1), date(2026, 5, 31)), (date(2026, 7, 12), None)
    subject = after_billing(service(stays=stays), "2026-05-01")
    assert bill(subject, "2026-07-11") == []
    assert bill(subject, "2026-07-12") == [("part", "2026-07-12", "2026-07-31", "38.70")]


def test_an_end_recorded_after_its_cycle_was_billed_gives_the_rest_back():
    subject = after_billing(service(), "2026-05-01")
    ended = replace(subject, stays=((date(2026, 5, 1), date(2026, 5, 11)),))
    assert bill(ended, "2026-05-15") == [("adjustment", "2026-05-01", "2026-05-31", "-38.70")]
    assert bill(after_billing(ended, "2026-05-15"), "2026-06-15") == []


def test_a_service_that_never_was_gets_all_of_it_back():
    subject = replace(after_billing(service(), "2026-06-01"), stays=())
    assert [line[3] for line in bill(subject, "2026-06-02")] == ["-59.99", "-59.99"]


def test_a_start_moved_into_earlier_cycles_is_charged_for_them_too():
    subject = after_billing(service("2026-05-12"), "2026-06-01")
    earlier = replace(subject, stays=((date(2026, 3, 20), None),))
    assert bill(earlier, "2026-06-02") == [
        ("part", "2026-03-20", "2026-03-31", "23.22"),
        ("recurring", "2026-04-01", "2026-04-30", "59.99"),
        ("adjustment", "2026-05-01", "2026-05-31", "21.29"),
    ]


def test_a_start_moved_to_after_all_that_was_billed_decides_anew_when_the_cycles_begin():
    subject = after_billing(service("2026-01-01", months=3), "2026-01-01")
    later = replace(subject, stays=((date(2026, 5, 20), None),))
    assert bill(later, "2026-05-20") == [
        ("adjustment", "2026-01-01", "2026-03-31", "-59.99"),
        ("part", "2026-05-20", "2026-07-31", "47.60"),
    ]
    only_its_end = replace(later, billed=(), charged_from=date(2026, 4, 1))
    assert bill(only_its_end, "2026-05-20") == bill(later, "2026-05-20")[1:]


def test_a_stay_recorded_late_between_billed_cycles_is_charged_as_what_it_is():
    stays = (date(2026, 1, 1), date(2026, 1, 31)), (date(2026, 6, 1), None)
    subject = after_billing(service(stays=stays), "2026-06-01")
    late = replace(subject, stays=(stays[0], (date(2026, 3, 10), date(2026, 4, 30)), stays[1]))
    assert bill(late, "2026-06-02") == [
        ("part", "2026-03-10", "2026-03-31", "42.57"),
        ("recurring", "2026-04-01", "2026-04-30", "59.99"),
    ]
    assert bill(after_billing(late, "2026-06-02"), "2026-06-03") == []


def test_the_days_up_to_a_new_billing_day_are_a_part_of_the_full_cycle_that_has_them():
    subject = after_billing(service(), "2026-05-01")
    assert bill(subject, "2026-06-15", billing_day=15) == [
        ("part", "2026-06-01", "2026-06-14", "27.09"),
        ("recurring", "2026-06-15", "2026-07-14", "59.99"),
    ]
    (part, _) = charges(subject, billing_day=15, on=date(2026, 6, 15))
    assert part.cycle == Cycle(date(2026, 5, 15), date(2026, 6, 14))


def test_a_start_moved_to_before_the_first_cycle_keeps_the_billing_day_that_it_had():
    subject = after_billing(service(), "2026-05-01")
    earlier = replace(subject, stays=((date(2026, 4, 20), None),))
    assert bill(earlier, "2026-05-02", billing_day=15) == [("part", "2026-04-20", "2026-04-30", "22.00")]
    assert bill(after_billing(earlier, "2026-05-02", billing_day=15), "2026-05-31", billing_day=15) == []


def test_a_new_interval_begins_after_what_was_billed():
    subject = replace(after_billing(service(), "2026-05-01"), months=3, prices=(Price(Decimal("150.00"), None),))
    subject = replace(subject, billed=(Billed(MAY, Decimal("150.00")),))
    assert bill(subject, "2026-06-01") == [("recurring", "2026-06-01", "2026-08-31", "150.00")]


def test_a_cycle_whose_lines_come_to_nothing_counts_as_billed():
    credited = Billed(MAY, Decimal("59.99")), Billed(MAY, Decimal("-59.99"))
    assert bill(service(billed=credited), "2026-05-02") == [("adjustment", "2026-05-01", "2026-05-31", "59.99")]


def test_a_cycle_whose_days_others_have_is_given_back_as_a_whole():
    year = cycle_of(date(2026, 1, 1), 1, 12)
    billed = Billed(year, Decimal("600.00")), Billed(MAY, Decimal("59.99"))
    subject = service(billed=billed, prices=(Price(Decimal("600.00"), None),))
    assert bill(subject, "2026-05-02")[1] == ("adjustment", "2026-05-01", "2026-05-31", "-59.99")


def test_days_without_a_price_are_refused_by_name():
    prices = (Price(Decimal("59.99"), date(2026, 5, 10)),)
    with pytest.raises(ValidationError, match="No price is in force on 2026-05-01"):
        bill(service(prices=prices), "2026-05-01")
    assert bill(service("2026-05-10", prices=prices), "2026-05-10")[0][0] == "part"


def test_no_cycle_is_looked_at_after_the_end_or_after_the_day(monkeypatch):
    looked_at = []
    monkeypatch.setattr(charging, "cycle_of", lambda day, *terms: looked_at.append(day) or cycle_of(day, *terms))
    bill(service(last="2026-06-10"), "2999-01-01")
    bill(service(), "2026-06-10")
    bill(service(stays=()), "2999-01-01")
    assert looked_at == [date(2026, 5, 1), date(2026, 6, 1)] * 2


def test_a_line_keeps_what_made_its_amount():
    price = Price(Decimal("59.99"), date(2026, 5, 1), 7)
    discount = Discount(date(2026, 5, 1), None, Decimal("10.00"), Decimal("0.00"), 3)
    (line,) = charges(
        service("2026-05-12", prices=(price,), discounts=(discount,)), billing_day=1, on=date(2026, 5, 12)
    )
    assert line == Charge(
        "part", MAY, date(2026, 5, 12), date(2026, 5, 31), Decimal("53.99"), Decimal("34.83"), line.inputs
    )
    assert line.inputs == {
        "kind": "part",
        "cycle_first": "2026-05-01",
        "cycle_last": "2026-05-31",
        "cycle_days": 31,
        "first_day": "2026-05-12",
        "last_day": "2026-05-31",
        "days_before": 0,
        "days_after": 20,
        "price": "59.99",
        "price_key": 7,
        "price_from": "2026-05-01",
        "discounts": [{"key": 3, "percent": "10.00", "amount": "0.00"}],
        "unit_price": "53.99",
        "amount": "34.83",
    }
