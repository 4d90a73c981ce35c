"""Cells become values."""

import pytest
from django.core.exceptions import ValidationError

from customerflow.loads.cleaning import text, whole_number, yes_or_no


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("  Ann ", "Ann"),
        ("'=1", "=1"),
        ("U\u0308", "Ü"),
        ("O'Neill", "O'Neill"),
        ("a\u200db", "a\u200db"),
    ],
)
def test_text_is_composed_and_trimmed(cell, value):
    assert text(9)(cell) == value


@pytest.mark.parametrize("cell", ["a\x00", "\x1b[31m", "a\x7f", "a\x85b", "\ud800"])
def test_control_characters_are_refused(cell):
    with pytest.raises(ValidationError, match="control character"):
        text(9, several_lines=True)(cell)


def test_line_breaks_are_for_texts_of_several_lines():
    assert text(9, several_lines=True)("a\nb") == "a\nb"
    with pytest.raises(ValidationError, match="line break"):
        text(9)("a\nb")


def test_length_is_counted_after_trimming():
    assert text(3)(" abc ") == "abc"
    with pytest.raises(ValidationError, match="4 characters; 3 are allowed"):
        text(3)("abcd")


@pytest.mark.parametrize(("cell", "value"), [("1", 1), (" 31 ", 31), ("007", 7), ("", None)])
def test_whole_numbers(cell, value):
    assert whole_number(1, 31)(cell) == value


@pytest.mark.parametrize("cell", ["0", "32", "1.0", "1_0", "١٢", "-1", "+1", "²", "9" * 5_000, "x"])
def test_what_is_no_whole_number_in_range_is_refused(cell):
    with pytest.raises(ValidationError, match="from 1 to 31"):
        whole_number(1, 31)(cell)


@pytest.mark.parametrize(
    ("cell", "value"), [("Yes", True), ("TRUE", True), ("1", True), ("no", False), ("0", False), ("", None)]
)
def test_yes_and_no(cell, value):
    assert yes_or_no(cell) is value


def test_what_is_neither_is_refused():
    with pytest.raises(ValidationError):
        yes_or_no("perhaps")
