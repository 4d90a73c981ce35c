from datetime import date

import pytest
from django.core.exceptions import ValidationError
from django.db.models import ProtectedError

from billing.tests.factories import make_invoice
from customerflow.series.models import NumberSeries
from customers.equipment_moves import add_equipment, install
from customers.models import Customer, Equipment, Location, Service
from customers.registration import (
    close_customer,
    register_customer,
    remove_customer,
    reopen_customer,
)
from customers.subscriptions import end_service
from customers.tests.factories import make_customer, make_equipment, make_location, make_service

TODAY = date(2026, 11, 20)


@pytest.mark.django_db
def test_a_customer_without_a_number_gets_the_next_of_the_series():
    first = register_customer(customer=Customer(name="Ann Lee"))
    second = register_customer(customer=Customer(name="Bo Berg"))
    assert [first.number, second.number] == ["1", "2"]


@pytest.mark.django_db
def test_the_series_goes_on_behind_numbers_that_a_load_brought_in():
    Customer.objects.bulk_create(Customer(number=str(number), name="Loaded") for number in range(1, 1_001))
    customer = register_customer(customer=Customer(name="Ann Lee"))
    assert customer.number == "1001"
    assert NumberSeries.objects.get(name="customer").next_number == 1_002


@pytest.mark.django_db
def test_finding_a_free_number_behind_many_asks_few_questions(django_assert_max_num_queries):
    Customer.objects.bulk_create(Customer(number=str(number), name="Loaded") for number in range(1, 5_001))
    with django_assert_max_num_queries(80):
        assert register_customer(customer=Customer(name="Ann Lee")).number == "5001"


@pytest.mark.django_db
def test_a_number_that_is_taken_is_refused_at_its_field():
    make_customer(number="A-7")
    with pytest.raises(ValidationError) as refusal:
        register_customer(customer=Customer(name="Ann Lee", number="A-7"))
    assert list(refusal.value.error_dict) == ["number"]


@pytest.mark.django_db
def test_a_customer_without_a_name_is_refused_and_takes_no_number():
    with pytest.raises(ValidationError):
        register_customer(customer=Customer(name=""))
    assert register_customer(customer=Customer(name="Ann Lee")).number == "1"


@pytest.mark.django_db
def test_closing_ends_the_services_on_the_day_and_takes_back_those_to_come():
    location = make_location()
    running = make_service(location=location, starts_on=date(2026, 1, 1))
    ended = make_service(location=location, starts_on=date(2025, 1, 1), ends_on=date(2025, 12, 31))
    pending = make_service(location=location, starts_on=date(2026, 12, 1))
    customer = close_customer(customer=location.customer, last_day=TODAY, on=TODAY)
    assert (customer.status, customer.closed_on, customer.version) == ("closed", TODAY, 2)
    running.refresh_from_db()
    ended.refresh_from_db()
    assert running.ends_on == TODAY
    assert ended.ends_on == date(2025, 12, 31)
    assert not Service.objects.filter(pk=pending.pk).exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("last_day", "why"), [(date(2026, 3, 31), "began on 2026-04-01"), (date(2026, 11, 21), "still to come")]
)
def test_closing_takes_no_service_back_that_has_begun_and_ends_none_later(last_day, why):
    service = make_service(starts_on=date(2026, 4, 1))
    with pytest.raises(ValidationError, match=why) as refusal:
        close_customer(customer=service.location.customer, last_day=last_day, on=TODAY)
    assert list(refusal.value.error_dict) == ["last_day"]
    service.refresh_from_db()
    assert service.ends_on is None


@pytest.mark.django_db
def test_an_account_may_be_closed_with_a_day_that_is_past():
    service = make_service(starts_on=date(2026, 4, 1))
    customer = close_customer(customer=service.location.customer, last_day=date(2026, 10, 31), on=TODAY)
    service.refresh_from_db()
    assert (service.ends_on, customer.closed_on) == (date(2026, 10, 31), date(2026, 10, 31))


@pytest.mark.django_db
def test_a_closed_account_takes_up_nothing():
    service = make_service(starts_on=date(2026, 4, 1))
    location = service.location
    close_customer(customer=location.customer, last_day=TODAY, on=TODAY)
    refused = [
        lambda: add_equipment(unit=Equipment(name="Router", location=location), on=TODAY),
        lambda: install(unit=make_equipment(), location=location, on=TODAY),
        lambda: end_service(service=service, last_day=date(2030, 1, 1)),
    ]
    for act in refused:
        with pytest.raises(ValidationError, match="Reopen it first"):
            act()
    assert end_service(service=service, last_day=date(2026, 11, 1)).ends_on == date(2026, 11, 1)


@pytest.mark.django_db
def test_a_customer_is_closed_once():
    customer = close_customer(customer=make_customer(), last_day=TODAY, on=TODAY)
    with pytest.raises(ValidationError, match="closed already"):
        close_customer(customer=customer, last_day=TODAY, on=TODAY)


@pytest.mark.django_db
def test_a_reopened_customer_is_active_and_its_services_stay_ended():
    service = make_service()
    close_customer(customer=service.location.customer, last_day=TODAY, on=TODAY)
    customer = reopen_customer(customer=service.location.customer, on=TODAY)
    service.refresh_from_db()
    assert (customer.status, customer.closed_on) == ("active", None)
    assert service.ends_on == TODAY
    with pytest.raises(ValidationError, match="not closed"):
        reopen_customer(customer=customer, on=TODAY)


@pytest.mark.django_db
def test_removing_takes_everything_along_but_the_equipment():
    location = make_location()
    make_service(location=location)
    lent = make_equipment(location=location)
    sold = make_equipment(location=location, terms=Equipment.Terms.SOLD)
    remove_customer(customer=location.customer)
    assert not Customer.objects.exists()
    assert not Location.objects.exists()
    assert not Service.objects.exists()
    lent.refresh_from_db()
    sold.refresh_from_db()
    assert (lent.status, lent.location) == ("in_stock", None)
    assert (sold.status, sold.location) == ("sold", None)


@pytest.mark.django_db
def test_a_customer_with_an_invoice_stays_with_all_equipment_in_place():
    location = make_location()
    unit = make_equipment(location=location)
    make_invoice(customer=location.customer)
    with pytest.raises(ProtectedError):
        remove_customer(customer=location.customer)
    unit.refresh_from_db()
    assert unit.location == location
