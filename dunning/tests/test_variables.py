"""The variables of texts: a closed set, and nothing that is evaluated."""

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from customerflow.variables import around, fill, pieces
from dunning.reminders.texts import VALUES
from dunning.variables import VARIABLES, check_text


def filled(text: str) -> str:
    return fill(pieces(text), lambda name: f"<{name}>")


def test_every_variable_has_a_value_and_every_value_a_variable():
    assert set(VALUES) == set(VARIABLES)


def test_variables_are_filled_in_and_doubled_braces_are_braces():
    assert filled("Dear {customer}, {{not}} {total}.") == "Dear <customer>, {not} <total>."


@pytest.mark.parametrize(
    "text",
    ["{custmer}", "{}", "{0}", "{customer.email}", "{customer[0]}", "{customer!r}", "{total:>500000000}", "{ }"],
)
def test_an_unknown_variable_is_named_with_those_that_there_are(text):
    with pytest.raises(ValidationError) as refusal:
        check_text(f"Dear {text},")
    assert text.strip("{}").strip() in refusal.value.messages[0]
    assert "{customer}, {number}, {invoices}" in refusal.value.messages[0]


@pytest.mark.parametrize("text", ["{customer", "customer}", "{cust{omer}", "{"])
def test_a_lone_brace_is_refused(text):
    with pytest.raises(ValidationError, match="brace"):
        check_text(text)


@given(st.text(alphabet="ab{}!:.[] customer", max_size=30))
def test_whatever_is_typed_is_refused_or_can_be_filled_in(text):
    try:
        check_text(text)
    except ValidationError:
        return
    assert isinstance(filled(text), str)


@given(st.lists(st.sampled_from(["a{customer}", "{invoices}", "b", "{{invoices}}"]), max_size=6).map("".join))
def test_what_stands_around_the_table_is_all_that_is_said(text):
    before, behind = (fill(part, lambda name: f"<{name}>") for part in around(text, "invoices"))
    assert filled(text).replace("<invoices>", "", 1) == before + behind
