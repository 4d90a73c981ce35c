"""Tests of areas: who is in one, how many get one at once, and what keeps it."""

import pytest
from django.urls import reverse

from customerflow.loads.tests.loading import load, refused
from customers.models import Area, Location
from customers.tests.factories import make_area, make_customer, make_location, make_service
from customers.tests.test_bulk_acts import do

LOCATIONS = reverse("customers:location_list")


def test_the_list_of_locations_and_that_of_services_are_narrowed_to_an_area(admin_client):
    north = make_area(name="North Mast")
    inside = make_service(location=make_location(area=north))
    make_service(location=make_location())
    places = admin_client.get(LOCATIONS, {"area": north.pk}).context["page"].rows
    services = admin_client.get(reverse("customers:service_list"), {"area": north.pk}).context["page"].rows
    assert [row.pk for row in places] == [inside.location_id]
    assert [row.pk for row in services] == [inside.pk]


def test_an_area_in_use_is_not_removed(admin_client):
    north = make_location(area=make_area()).area
    admin_client.post(reverse("customers:area_delete", args=[north.pk]), {"version": north.version})
    assert Area.objects.get() == north


def test_the_page_of_a_location_leads_to_its_area(admin_client):
    location = make_location(area=make_area(name="North Mast"))
    page = admin_client.get(location.get_absolute_url())
    assert f'<a href="{location.area.get_absolute_url()}">North Mast</a>' in page.content.decode()


def test_many_locations_are_given_an_area_in_one_act(admin_client):
    north, places = make_area(), [make_location(), make_location()]
    do(admin_client, LOCATIONS, "ChangeLocations", places, area=str(north.pk))
    assert {place.area for place in Location.objects.all()} == {north}


@pytest.mark.django_db
def test_a_file_of_locations_names_their_areas_and_is_refused_one_that_is_not_there(tmp_path):
    make_customer(number="C-1")
    north = make_area(name="North Mast")
    (refusal,) = refused(load(tmp_path, locations="Customer,Address,Area\nC-1,2 Mast Lane,South Mast\n"))
    assert "no areas with this name" in refusal[-1]
    assert refused(load(tmp_path, locations="Customer,Address,Area\nC-1,1 Mast Lane,north mast\n")) == []
    assert [(place.address, place.area) for place in Location.objects.all()] == [("1 Mast Lane", north)]
