"""What no program may write, whatever forms and acts say: the database refuses it, on SQLite and PostgreSQL alike."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import DatabaseError, transaction

from customers.models import Customer, Location, Plan, PriceChange, Service
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
    (Location, {"address": ""}),
    (Location, {"latitude": Decimal("90.5")}),
    (Plan, {"price": Decimal("-0.01")}),
    (Plan, {"kind": "gas"}),
    (Service, {"cost": Decimal("-1")}),
    (Service, {"billing_interval": 2}),
    (Service, {"ends_on": date(2025, 12, 31)}),
]


@pytest.mark.parametrize(("model", "fields"), WRONG, ids=lambda value: str(value)[:40])
def test_the_database_refuses_what_cannot_be_true(model, fields):
    make = {
        Customer: lambda: Customer(**{"number": "1", "name": "Ann", **fields}),
        Location: lambda: Location(**{"customer": make_customer(), "address": "1 High St", **fields}),
        Plan: lambda: Plan(**{"name": "Fibre", "price": Decimal("1"), **fields}),
        Service: lambda: Service(
            **{"location": make_location(), "name": "F", "cost": Decimal("1"), "starts_on": date(2026, 1, 1), **fields}
        ),
    }
    record = make[model]()
    with pytest.raises(DatabaseError), transaction.atomic():
        model.objects.bulk_create([record])


def test_a_service_has_one_live_price_a_day():
    service = make_service()
    PriceChange.objects.create(service=service, cost=Decimal("1"), effective_on=date(2026, 12, 1))
    with pytest.raises(DatabaseError), transaction.atomic():
        PriceChange.objects.create(service=service, cost=Decimal("2"), effective_on=date(2026, 12, 1))
    with pytest.raises(DatabaseError), transaction.atomic():
        PriceChange.objects.create(service=service, cost=Decimal("2"))
