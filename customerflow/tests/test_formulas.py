"""Formulas: neutral in a spreadsheet, and unchanged after a round trip."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from customerflow.formulas import guard, unguard

risky = st.text(st.sampled_from("'=+-@\t\ra 1"), max_size=8)


@given(st.text() | risky)
def test_unguard_takes_off_what_guard_puts_on(text):
    assert unguard(guard(text)) == text


@given(st.text() | risky)
def test_guarded_text_never_begins_a_formula(text):
    assert guard(text)[:1] not in {"=", "+", "-", "@", "\t", "\r"}


@pytest.mark.parametrize("text", ["'quoted'", "O'Neill", "", "'", "''", "a=b"])
def test_other_text_stays_as_it_is(text):
    assert guard(text) == unguard(text) == text
