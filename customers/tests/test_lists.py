"""What the lists of this app are sorted and narrowed by."""

import pytest
from django.db import connection
from django.urls import reverse

from customers.models import Contact, Equipment, Plan, Service
from customers.tests.factories import make_location

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("rows", "order", "index"),
    [
        (Service.objects.all(), "cost", "service_by_cost"),
        (Equipment.objects.all(), "cost", "equipment_by_cost"),
        (Plan.objects.all(), "price", "plan_by_price"),
        (Contact.objects.all(), "name_key", "contact_by_name"),
    ],
    ids=["services", "equipment", "plans", "contacts"],
)
def test_sorting_goes_by_an_index(rows, order, index):
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            # So few rows are sorted, unless it is forbidden.
            cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off")
    assert index in rows.order_by(order, "pk")[:50].explain()


def test_an_address_that_filters_locations_by_city_is_told_that_the_search_does(admin_client):
    location = make_location(city="Springfield")
    assert admin_client.get(reverse("customers:location_list"), {"city": "springfield"}).context["problems"]
    found = admin_client.get(reverse("customers:location_list"), {"q": "springfield"}).context["page"].rows
    assert found == [location]
