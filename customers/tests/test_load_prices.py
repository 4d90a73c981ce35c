"""Prices from files: what the act of changing a cost writes, and the past never rewritten."""

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from django.utils import timezone

from customerflow.loads.tests.loading import load, refused
from customers.models import PriceChange, Service
from customers.price_changes import change_cost
from customers.tests.factories import make_location, make_plan, make_service

pytestmark = pytest.mark.django_db

ROW = tuple[Decimal, date | None, bool, bool]


def today() -> date:
    return timezone.localdate()


def history(service: Service) -> list[ROW]:
    """Return the prices of a service: cost, day, whether it is applied and whether it is cancelled."""
    rows = service.price_changes.order_by("effective_on", "pk")
    return sorted(
        (row.cost, row.effective_on or date.min, bool(row.applied_at), bool(row.cancelled_at)) for row in rows
    )


@pytest.mark.parametrize("before", [[], ["50"], ["50", "40"]])
def test_a_new_cost_writes_what_the_act_writes(before: list[str], tmp_path: Path):
    acted, loaded = make_service(login="a"), make_service(login="b")
    for service in (acted, loaded):
        change_cost(service=service, cost=Decimal(70), on=today(), effective_on=date(2099, 1, 1))
        for cost in before:
            change_cost(service=service, cost=Decimal(cost), on=today())
    change_cost(service=acted, cost=Decimal(45), on=today())
    assert refused(load(tmp_path, services="Login,Cost\nb,45\n")) == []
    acted.refresh_from_db()
    loaded.refresh_from_db()
    assert history(loaded) == history(acted)
    assert (loaded.cost, loaded.version) == (acted.cost, acted.version)
    loaded.full_clean()


def test_a_cost_that_goes_back_within_a_day_is_a_price_again(tmp_path: Path):
    service = make_service(login="a", cost=Decimal(50))
    change_cost(service=service, cost=Decimal(60), on=today())
    load(tmp_path, services="Login,Cost\na,50\n")
    assert history(service) == sorted([
        (50, date.min, True, False), (60, today(), True, True), (50, today(), True, False),
    ])  # fmt: skip


def test_another_column_leaves_the_prices_alone(tmp_path: Path):
    service = make_service(login="a")
    load(tmp_path, services=f"Login,Cost,Port\na,{service.cost},p-1\n")
    assert PriceChange.objects.count() == 1


def test_a_price_of_today_is_the_cost_at_once_and_one_to_come_is_not(tmp_path: Path):
    service = make_service(login="a", cost=Decimal(50))
    rows = f"Service,Effective On,Cost,Reason\na,{today()},60,index\na,{today() + timedelta(1)},65,\na,,50,\n"
    report = load(tmp_path, prices=rows)
    assert (refused(report), report.counts()["unchanged"]) == ([], 1)
    service.refresh_from_db()
    assert (service.cost, service.version) == (60, 2)
    assert [cost for cost, _day, applied, _cancelled in history(service) if not applied] == [65]
    service.full_clean()


def test_a_plan_gives_the_cost_of_a_whole_billing_cycle(tmp_path: Path):
    make_location(label="Home")
    make_plan(name="Fibre", price=Decimal("49.90"))
    rows = "Location,Plan,Starts On,Billing Interval\nHome,Fibre,2026-01-01,Yearly\n"
    load(tmp_path, services=rows)
    service = Service.objects.get()
    assert (service.name, service.cost) == ("Fibre", Decimal("598.80"))
    assert history(service) == [(Decimal("598.80"), date.min, True, False)]
    assert not load(tmp_path, services=rows).writes


SERVICE = "Location,Name,Cost,Starts On,Login\nHome,TV,{cost},2025-01-15,tv\n"


def load_history(folder: Path, prices: str, cost: str = "50") -> list[tuple[str, int, str, str]]:
    make_location(label="Home")
    make_plan(name="TV", price=Decimal(50))
    services = SERVICE.format(cost=cost) if cost else "Location,Plan,Starts On,Login\nHome,TV,2025-01-15,tv\n"
    return refused(load(folder, services=services, prices=f"Service,Effective On,Cost\n{prices}"))


def test_a_history_that_begins_later_than_its_service_is_refused(tmp_path: Path):
    (refusal,) = load_history(tmp_path, "tv,2025-02-01,40\ntv,2025-03-01,50\n")
    assert refusal[1:3] == (2, "Effective On")
    assert "from its first day on" in refusal[3]


def test_a_history_that_begins_with_its_service_gives_the_first_price(tmp_path: Path):
    assert load_history(tmp_path, "tv,2025-01-15,40\ntv,2025-03-01,50\n") == []
    assert [row[:2] for row in history(Service.objects.get())] == [
        (40, date.min), (40, date(2025, 1, 15)), (50, date(2025, 3, 1)),
    ]  # fmt: skip


def test_a_history_that_ends_with_another_price_than_the_cost_is_refused(tmp_path: Path):
    (refusal,) = load_history(tmp_path, "tv,,40\ntv,2025-03-01,45\ntv,2099-01-01,50\n")
    assert (refusal[1], refusal[2]) == (3, "Cost")
    assert "another cost in the same load" in refusal[3]


def test_where_no_cost_is_given_the_history_has_the_last_word(tmp_path: Path):
    assert load_history(tmp_path, "tv,,40\ntv,2025-03-01,45\n", cost="") == []
    service = Service.objects.get()
    assert service.cost == 45
    service.full_clean()


def test_a_price_and_a_cost_of_today_that_differ_are_refused(tmp_path: Path):
    make_service(login="a", cost=Decimal(50))
    files = {"services": "Login,Cost\na,60\n", "prices": f"Service,Effective On,Cost\na,{today()},70\n"}
    (refusal,) = refused(load(tmp_path, **files))
    assert "another cost in the same load" in refusal[3]
    files["prices"] = files["prices"].replace("70", "60")
    assert refused(load(tmp_path, **files)) == []
    service = Service.objects.get()
    assert (service.cost, service.price_changes.live().count()) == (60, 2)
