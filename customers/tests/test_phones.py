import pytest
from django.core.exceptions import ValidationError

from customers.models import Customer
from customers.phones import digits_of, e164_of, validate_phone
from customers.tests.factories import make_customer


@pytest.mark.parametrize(
    ("phone", "e164"),
    [
        ("555-1234", ""),
        ("(202) 555-0143", "+12025550143"),
        ("+44 20 7946 0958", "+442079460958"),
        ("+55 (12) 3923-5555", "+551239235555"),
        ("202.555.0143 x12", "+12025550143"),
        ("112", ""),
        ("", ""),
    ],
)
def test_a_number_that_can_be_dialled_from_anywhere_has_an_e164_form(phone, e164):
    if phone:
        validate_phone(phone)
    assert e164_of(phone) == e164


@pytest.mark.parametrize(
    "phone", ["12", "1234567890123456", "call me", "555-1234 or 5678", "٥٥٥١٢٣٤", "+", "555\n1234"]
)
def test_what_nobody_could_dial_is_refused(phone):
    with pytest.raises(ValidationError, match="3 to 15 digits"):
        validate_phone(phone)


@pytest.mark.django_db
def test_a_local_number_is_kept_as_given_marked_and_found_by_its_digits():
    customer = make_customer(name="John Doe", phone="555-1234")
    assert (customer.phone, customer.is_phone_dialable) == ("555-1234", False)
    assert list(Customer.objects.search("5551234")) == [customer]


def test_an_extension_is_no_part_of_the_digits():
    assert digits_of("202-555-0143 ext. 77") == "2025550143"
