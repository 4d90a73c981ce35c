"""What of files decides what is charged: tax codes, the first day charged, and the rent of units."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from django.utils import timezone

from customerflow.loads.declaration import KINDS
from customerflow.loads.records import rows_of
from customerflow.loads.tests.loading import load, refused
from customers.models import Installation, Plan, Service
from customers.tests.factories import make_customer, make_location, make_tax_code

pytestmark = pytest.mark.django_db


def test_a_file_names_the_tax_code_of_a_plan_and_the_first_day_that_is_charged_of_a_service(tmp_path: Path):
    code = make_tax_code(name="VAT reduced")
    make_location(customer=make_customer(number="A-1"), address="Home")
    report = load(
        tmp_path,
        plans="Name,Price,Tax Code\nFibre,20,VAT reduced\nOther,20,\n",
        services="Customer,Location,Plan,Starts On,Charged From\nA-1,Home,Fibre,2020-01-01,2026-12-01\n",
    )
    assert refused(report) == []
    assert list(Plan.objects.order_by("name").values_list("tax_code", flat=True)) == [code.pk, None]
    assert Service.objects.get().charged_from == date(2026, 12, 1)
    for kind, said in (("plans", "VAT reduced"), ("services", date(2026, 12, 1))):
        _headings, first, *_more = rows_of(KINDS[kind])
        assert said in first
    assert refused(load(tmp_path, plans="Name,Price,Tax Code\nThird,20,Nothing\n"))


def test_a_unit_that_is_loaded_is_there_from_the_day_of_the_load_on(tmp_path: Path):
    make_location(customer=make_customer(number="A-1"), address="Home")
    load(tmp_path, equipment="Name,Serial,Customer,Location,Terms,Monthly Rent\nRouter,S-1,A-1,Home,rented,4.99\n")
    stay = Installation.objects.get()
    assert (stay.first_day, stay.last_day, stay.monthly_rent) == (timezone.localdate(), None, Decimal("4.99"))
