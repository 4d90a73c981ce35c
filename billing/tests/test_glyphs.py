"""Letters of many scripts are in our fonts, and of the others it is known which they are."""

from datetime import date
from io import BytesIO

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pypdf import PdfReader
from typst import TypstError

from billing.documents.content import column, letter, row
from billing.documents.glyphs import missing_letters
from billing.documents.rendering import ARCHIVE, render


def archived(text: str) -> bytes:
    """Return a letter with a text in it as an archive, which must show all letters."""
    columns = [column("Description", grows=True), column("Amount", number=True)]
    parts = {"facts": [], "columns": columns, "rows": [row(text, "1.00")], "sums": [], "total": ("Total", "1.00")}
    content = {**letter(title="Invoice 1", day=date(2026, 3, 31), name="Ann", address=""), **parts, "closing": []}
    return render(content, standard=ARCHIVE)


@pytest.mark.parametrize("name", ["王小明", "東京タロウはなこ", "홍길동", "ŁódźΕλλάδαКиїв₹"])
def test_a_name_is_there_in_its_own_letters(name):
    assert missing_letters(name) == ""
    assert name in PdfReader(BytesIO(archived(name))).pages[0].extract_text()


@settings(max_examples=15)
@example("สวัสดี")
@example("𠀀😀")
@given(text=st.text("aÄŁΩЖ中あカ한ก😀अ܀ꦲ가々〆ー①€→𠀀", min_size=1, max_size=6))
def test_the_letters_that_are_missing_are_those_for_which_no_archive_is_made(text):
    try:
        archived(text)
        is_whole = True
    except TypstError:
        is_whole = False
    assert (missing_letters(text) == "") == is_whole


def test_each_missing_letter_is_named_once_and_what_is_no_letter_never():
    assert missing_letters("สวัสดี Ann\u200b\t\x00") == "สวัดี"
