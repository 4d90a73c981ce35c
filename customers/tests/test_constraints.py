"""What no program may write, whatever forms and acts say: the database refuses it, on SQLite and PostgreSQL alike."""

from datetime import date
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, transaction

from customers.models import Contact, Customer, Equipment, Location, Plan, PriceChange, Service
from customers.tests.factories import make_customer, make_location, make_service

pytestmark = pytest.mark.django_db

WRONG = [
    (Customer, {"name": ""}),
    (Customer, {"name": "x" * 201}),
    (Customer, {"number": ""}),
    (Customer, {"number": "x" * 33}),
    (Customer, {"status": "asleep"}),
    (Customer, {"status": "closed"}),
    (Customer, {"billing_day": 0}),
    (Customer, {"billing_day": 32}),
    (Customer, {"payment_terms": 366}),
    (Customer, {"note": "x" * 5_001}),
    (Contact, {"role": "cousin"}),
    (Location, {"address": ""}),
    (Location, {"region": "x" * 101}),
    (Location, {"country": "USA"}),
    (Location, {"access_notes": "x" * 2_001}),
    (Location, {"latitude": Decimal("90.5")}),
    (Plan, {"price": Decimal("-0.01")}),
    (Plan, {"kind": "gas"}),
    (Plan, {"download_mbps": -1}),
    (Plan, {"download_mbps": 1_000_001}),
    (Plan, {"upload_mbps": -1}),
    (Plan, {"upload_mbps": 1_000_001}),
    (Service, {"cost": Decimal("-1")}),
    (Service, {"billing_interval": 2}),
    (Service, {"ends_on": date(2025, 12, 31)}),
    (Service, {"login": "x" * 101}),
    (Service, {"login": ""}),
    (Service, {"port": "x" * 101}),
    (Service, {"port": ""}),
    (Equipment, {"model": "x" * 101}),
    (Equipment, {"mac": "x" * 18}),
    (Equipment, {"mac": ""}),
]


@pytest.mark.parametrize(("model", "fields"), WRONG, ids=lambda value: str(value)[:40])
def test_the_database_refuses_what_cannot_be_true(model, fields):
    make = {
        Customer: lambda: Customer(**{"number": "1", "name": "Ann", **fields}),
        Contact: lambda: Contact(**{"customer": make_customer(), "name": "Ann", **fields}),
        Equipment: lambda: Equipment(**{"name": "Router", **fields}),
        Location: lambda: Location(**{"customer": make_customer(), "address": "1 High St", **fields}),
        Plan: lambda: Plan(**{"name": "Fibre", "price": Decimal("1"), **fields}),
        Service: lambda: Service(
            **{"location": make_location(), "name": "F", "cost": Decimal("1"), "starts_on": date(2026, 1, 1), **fields}
        ),
    }
    record = make[model]()
    with pytest.raises(DatabaseError), transaction.atomic():
        model.objects.bulk_create([record])


@pytest.mark.parametrize("field", ["download_mbps", "upload_mbps"])
def test_a_speed_that_cannot_be_is_refused_at_its_field(field):
    for speed in (-1, 1_000_001):
        with pytest.raises(ValidationError) as caught:
            Plan(name="Fibre", price=Decimal("1"), **{field: speed}).full_clean()
        assert field in caught.value.message_dict
    Plan(name="Fibre", price=Decimal("1"), **{field: 1_000_000}).full_clean()


def test_a_service_has_one_live_price_a_day():
    service = make_service()
    PriceChange.objects.create(service=service, cost=Decimal("1"), effective_on=date(2026, 12, 1))
    with pytest.raises(DatabaseError), transaction.atomic():
        PriceChange.objects.create(service=service, cost=Decimal("2"), effective_on=date(2026, 12, 1))
    with pytest.raises(DatabaseError), transaction.atomic():
        PriceChange.objects.create(service=service, cost=Decimal("2"))
