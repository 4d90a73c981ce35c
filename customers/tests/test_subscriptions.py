from datetime import date
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from customerflow.staff.tests.factories import make_user
from customers.equipment_moves import add_equipment, install, return_to_stock
from customers.models import Equipment, Service
from customers.models.equipment import normalise_mac
from customers.registration import close_customer
from customers.subscriptions import add_service, early_termination_fee, end_service
from customers.tests.factories import make_equipment, make_location, make_plan, make_service

TODAY = date(2026, 11, 20)


@pytest.mark.django_db
def test_a_plan_gives_name_and_price_for_the_whole_cycle():
    plan = make_plan(name="Fibre 1000", price=Decimal("79.90"))
    service = add_service(
        service=Service(location=make_location(), plan=plan, starts_on=TODAY, billing_interval=3, cost=None)
    )
    assert (service.name, service.cost) == ("Fibre 1000", Decimal("239.70"))


@pytest.mark.django_db
def test_a_closed_customer_takes_up_no_service():
    location = make_location()
    close_customer(customer=location.customer, last_day=TODAY, on=TODAY)
    location.refresh_from_db()
    with pytest.raises(ValidationError, match="Reopen it first"):
        add_service(service=Service(location=location, name="Fibre", cost=Decimal("10"), starts_on=TODAY))


@pytest.mark.django_db
def test_a_service_is_active_on_its_first_and_on_its_last_day():
    service = make_service(starts_on=date(2026, 2, 1), ends_on=date(2026, 2, 28))
    by_day = {
        date(2026, 1, 31): "pending",
        date(2026, 2, 1): "active",
        date(2026, 2, 28): "active",
        date(2026, 3, 1): "ended",
    }
    for day, status in by_day.items():
        assert service.status(day) == status
        for each in Service.Status.values:
            assert getattr(Service.objects, each)(day).exists() is (each == status)


@pytest.mark.django_db
def test_a_service_does_not_end_before_it_begins():
    service = make_service(starts_on=date(2026, 2, 1))
    with pytest.raises(ValidationError) as refusal:
        end_service(service=service, last_day=date(2026, 1, 31))
    assert list(refusal.value.error_dict) == ["last_day"]
    assert end_service(service=service, last_day=date(2026, 2, 1)).ends_on == date(2026, 2, 1)


@pytest.mark.django_db
def test_equipment_with_a_location_is_installed_and_without_one_in_stock():
    assert add_equipment(unit=Equipment(name="Router", location=make_location()), on=TODAY).status == "installed"
    assert add_equipment(unit=Equipment(name="Router"), on=TODAY).status == "in_stock"


@pytest.mark.django_db
def test_equipment_is_in_one_place_at_a_time():
    unit, place = make_equipment(), make_location()
    unit = install(unit=unit, location=place, on=TODAY)
    with pytest.raises(ValidationError, match="Return it first"):
        install(unit=unit, location=make_location(), on=TODAY)
    unit = return_to_stock(unit=unit, on=TODAY)
    assert (unit.status, unit.location) == ("in_stock", None)
    with pytest.raises(ValidationError, match="not installed"):
        return_to_stock(unit=unit, on=TODAY)


@pytest.mark.django_db
def test_the_database_refuses_an_installed_unit_without_a_location():
    with pytest.raises(IntegrityError), transaction.atomic():
        Equipment.objects.create(name="Router", status=Equipment.Status.INSTALLED)


@pytest.mark.parametrize("typed", ["00:1b:44:11:3a:b7", "00-1B-44-11-3A-B7", "001b.4411.3ab7", "001B44113AB7"])
def test_a_mac_address_has_one_stored_form(typed):
    assert normalise_mac(typed) == "00:1B:44:11:3A:B7"


@pytest.mark.parametrize("typed", ["00:1B:44:11:3A", "00:1B:44:11:3A:G7", "router"])
def test_what_is_no_mac_address_is_refused(typed):
    with pytest.raises(ValidationError):
        normalise_mac(typed)


@pytest.mark.django_db
def test_ending_a_service_before_its_contract_says_what_it_causes(client):
    client.force_login(make_user(is_superuser=True))
    fields = {"contract_ends_on": date(2030, 1, 31), "early_termination_fee": Decimal("99.00")}
    bound, free = make_service(**fields), make_service()
    assert early_termination_fee(bound, date(2030, 1, 30)) == 99
    assert early_termination_fee(bound, date(2030, 1, 31)) == early_termination_fee(free, date(2026, 2, 1)) == 0
    page = f"/services/{bound.pk}/end/"
    shown = client.get(page).content.decode()
    assert "2030-01-31" in shown
    assert "99.00" in shown
    answer = client.post(page, {"last_day": "2030-01-30", "version": bound.version}, follow=True)
    assert "It causes an early termination fee of 99.00." in answer.content.decode()
    assert "early termination" not in client.get(f"/services/{free.pk}/end/").content.decode()
