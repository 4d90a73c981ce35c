"""E-mail addresses: the quick way says what Django's validator says."""

import pytest
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from hypothesis import given
from hypothesis import strategies as st

from customers.emails import MAX_LENGTH, USUAL, clean_email, normalise_email

labels = st.text(st.sampled_from("abzAZ09-_.+'\"ü "), max_size=12)
addresses = st.builds("{}@{}.{}".format, labels, labels, labels) | st.emails() | st.from_regex(USUAL, fullmatch=True)


@given(addresses | st.text(max_size=20))
def test_an_address_is_accepted_exactly_when_the_validator_accepts_it(address):
    stored = normalise_email(address)
    try:
        validate_email(stored)
        is_good = len(stored) <= MAX_LENGTH
    except ValidationError:
        is_good = stored == ""
    try:
        assert clean_email(address) == stored
        assert is_good
    except ValidationError:
        assert not is_good


@given(addresses)
def test_the_stored_form_stays_as_it_is(address):
    assert normalise_email(normalise_email(address)) == normalise_email(address)


@pytest.mark.parametrize(
    ("given_as", "stored"),
    [(" Ann.Lee@EXAMPLE.com ", "Ann.Lee@example.com"), ("a@BÜRO.example", "a@büro.example"), ("", ""), ("x", "x")],
)
def test_the_domain_is_in_small_letters_and_the_name_as_given(given_as, stored):
    assert normalise_email(given_as) == stored
