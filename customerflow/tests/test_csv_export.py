import csv
from datetime import date
from decimal import Decimal

import pytest

from customerflow.csv_export import cell, stream


@pytest.mark.parametrize("text", ["=1+1", "+43 1", "-x", "@a", "'=1", "''+1", "\tx", "\rx"])
def test_text_that_a_spreadsheet_would_run_gets_an_apostrophe(text):
    assert cell(text) == f"'{text}"


@pytest.mark.parametrize("text", ["O'Brien", "'quoted'", "a=b", "555-1234", ""])
def test_other_text_stays_as_it_is(text):
    assert cell(text) == text


def test_numbers_that_we_made_stay_numbers():
    assert cell(Decimal("-5.00")) == Decimal("-5.00")
    assert cell(None) == ""


def test_what_is_streamed_is_a_csv_file_with_its_mark():
    rows = [["Name", "Since"], ['Ann "Lee"\n,', date(2026, 1, 2)]]
    text = b"".join(stream(rows)).decode("utf-8-sig")
    assert list(csv.reader(text.splitlines(keepends=True))) == [["Name", "Since"], ['Ann "Lee"\n,', "2026-01-02"]]
