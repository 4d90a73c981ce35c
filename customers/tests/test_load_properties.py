"""Locations, services and equipment from files are what the acts of the forms save."""

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from customerflow.formulas import guard
from customerflow.loads.csv_text import csv_line
from customerflow.loads.tests.loading import load, refused
from customerflow.money import MoneyField, from_minor
from customers.equipment_moves import add_equipment
from customers.loads import EquipmentLoad, LocationLoad, ServiceLoad
from customers.models import Customer, Equipment, Location, Plan, PriceChange, Service
from customers.subscriptions import add_service
from customers.tests.factories import make_customer, make_location

pytestmark = pytest.mark.django_db

quickly = settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
words = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=20)
# Mostly what is accepted, so that most rows get through.
names = st.sampled_from(["Fibre 500", "Größe  Ä", "=1+1", "x" * 100, "x/1"]) | words
amounts = st.decimals(0, 1_000, places=2) | st.sampled_from(["", "12,5", "-0.01"])
fees = st.decimals(0, 90, places=2) | st.just("")
first_days = st.dates(date(2024, 1, 1), date(2025, 1, 1))
last_days = st.dates(date(2024, 12, 1), date(2027, 1, 1)) | st.just("")


def values(record: models.Model) -> dict[str, object]:
    """Return everything stored of a record but its identity and times."""
    fields = record._meta.local_concrete_fields
    left_out = {"id", "created_at", "updated_at", "applied_at", "service_id"}
    return {field.attname: getattr(record, field.attname) for field in fields if field.attname not in left_out}


def line_of(headings: list[str], row: dict[str, object]) -> str:
    return csv_line(headings) + csv_line(guard(str(row[heading])) for heading in headings)


def cleaned(declaration, row: dict[str, object]) -> dict[str, object]:
    """Return the fields of the model that a row says, as a form would have them."""
    said = {}
    for column in declaration.columns:
        if column.heading in row and declaration.is_of_model(column.field) and "_id" not in column.field:
            value, field = column.clean(guard(str(row[column.heading]))), declaration.field(column.field)
            if value is not None:
                is_money = isinstance(field, MoneyField)
                said[column.field] = from_minor(value) if is_money else field.to_python(value)
    return said


@quickly
@given(
    row=st.fixed_dictionaries({
        "Name": names, "Cost": amounts, "Starts On": first_days, "Ends On": last_days, "Setup Fee": fees,
        "Billing Interval": st.sampled_from(["", 1, 3, "yearly"]), "Login": names, "Port": names,
        "IP Address": st.ip_addresses() | st.just(""),
        "Plan": st.sampled_from(["", "Fibre"]),
    }),
    is_closed=st.booleans(),
)  # fmt: skip
def test_a_loaded_service_is_what_the_act_saves(tmp_path: Path, row, is_closed):
    Service.objects.all().delete()
    Customer.objects.all().delete()
    plan, _is_new = Plan.objects.get_or_create(name="Fibre", price=Decimal("49.90"))
    row = row | {"Location": "Home"}
    closed = {"status": "closed", "closed_on": date(2025, 12, 31)} if is_closed else {}
    place = make_location(customer=make_customer(**closed), label="Home")
    report = load(tmp_path, services=line_of(list(row), row))
    loaded, price = Service.objects.first(), PriceChange.objects.first()
    event("loaded" if loaded else "refused")
    if loaded is None:
        assert refused(report)
        return
    found = values(loaded), values(price)
    loaded.delete()
    if is_closed:
        # The history of somebody who has left: no form saves that, but all that it could see is right.
        assert loaded.ends_on <= date(2025, 12, 31)
        return
    service = Service(location=place, plan=plan if row["Plan"] else None, **{"cost": None, **cleaned(ServiceLoad, row)})
    add_service(service=service)
    service.refresh_from_db()
    assert (values(service), values(service.price_changes.get())) == found


@quickly
@given(
    row=st.fixed_dictionaries({
        "Name": names, "Model": names, "Serial": names, "Cost": amounts, "Monthly Rent": fees,
        "MAC": st.sampled_from(["", "00-1b-44-11-3a-b7", "001B44113AB7", "001b.4411.3ab7", "00:1B"]),
        "Terms": st.sampled_from(["", "sold", "Rented", "lost"]), "Location": st.sampled_from(["", "Home"]),
    }),
)  # fmt: skip
def test_a_loaded_unit_is_what_the_act_saves(tmp_path: Path, row):
    Equipment.objects.all().delete()
    Location.objects.all().delete()
    place = make_location(label="Home")
    report = load(tmp_path, equipment=line_of(list(row), row))
    loaded = Equipment.objects.first()
    event("loaded" if loaded else "refused")
    if loaded is None:
        assert refused(report)
        return
    found = values(loaded)
    loaded.delete()
    unit = Equipment(location=place if row["Location"] else None, **cleaned(EquipmentLoad, row))
    add_equipment(unit=unit, on=timezone.localdate())
    unit.refresh_from_db()
    assert values(unit) == found


@quickly
@given(
    row=st.fixed_dictionaries({
        "Label": names, "Address": names, "City": words, "Postcode": words,
        "Country": st.sampled_from(["", "at", "AT", "A1"]), "Longitude": st.decimals(-181, 181, places=5),
        "Latitude": st.decimals(-91, 91, places=6) | st.just(""),
        "Access Notes": words | st.just("two\nlines"),
    }),
)  # fmt: skip
def test_a_loaded_location_is_what_saving_it_gives(tmp_path: Path, row):
    Location.objects.all().delete()
    Customer.objects.all().delete()
    customer = make_customer(number="A-1")
    report = load(tmp_path, locations=line_of(["Customer", *row], row | {"Customer": "A-1"}))
    loaded = Location.objects.first()
    event("loaded" if loaded else "refused")
    if loaded is None:
        assert refused(report)
        return
    found = values(loaded)
    loaded.delete()
    saved = Location(customer=customer, **cleaned(LocationLoad, row))
    saved.full_clean()
    saved.save()
    saved.refresh_from_db()
    assert values(saved) == found


@pytest.mark.parametrize("is_ended", [True, False])
def test_what_a_closed_customer_had_is_loaded_as_history(tmp_path: Path, is_ended: bool):
    make_location(customer=make_customer(number="Z", status="closed", closed_on=date(2025, 12, 31)), label="Home")
    last = date(2025, 12, 31) + timedelta(0 if is_ended else 1)
    report = load(tmp_path, services=f"Customer,Name,Cost,Starts On,Ends On\nZ,TV,1,2024-01-01,{last}\n")
    assert bool(refused(report)) is not is_ended
    for service in Service.objects.all():
        service.full_clean()


def test_a_unit_moves_as_if_returned_and_installed_again(tmp_path: Path):
    customer = make_customer(number="A-1")
    home, shop = (make_location(customer=customer, label=label) for label in ("Home", "Shop"))
    add_equipment(unit=Equipment(name="Router", serial="S-1", location=home), on=timezone.localdate())
    load(tmp_path, equipment="Serial,Location\nS-1,Shop\n")
    unit = Equipment.objects.get()
    assert (unit.location, unit.status, unit.version) == (shop, "installed", 2)
    load(tmp_path, equipment="Serial,Status\nS-1,In repair\n")
    unit.refresh_from_db()
    assert (unit.location, unit.status) == (None, "in_repair")
    load(tmp_path, equipment="Serial,Customer,Location\nS-1,A-1,Home\n")
    unit.refresh_from_db()
    assert (unit.location, unit.status) == (home, "installed")


def test_an_address_that_a_form_refuses_is_refused(tmp_path: Path):
    make_location(label="Home")
    row = "Location,Name,Cost,Starts On,IP Address\nHome,TV,1,2026-01-01,10.0.0.256\n"
    with pytest.raises(ValidationError):
        Service._meta.get_field("ip_address").clean("10.0.0.256", None)
    assert refused(load(tmp_path, services=row))
