"""What is exported is read back as it was, in every format, and runs nowhere as a formula."""

import gzip
import re
import zipfile
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from customerflow.formulas import unguard
from customerflow.loads.exporting import as_xlsx, pieces
from customerflow.loads.reading import open_table
from customerflow.loads.refusals import CannotRunError
from customerflow.loads.writing import write_whole

NAMES = ["id.csv", "id.csv.gz", "id.json", "id.json.gz", "id.xlsx"]
# XML has no other control characters, and reads \r as \n; such text cannot be stored anyway.
texts = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]) | st.sampled_from("=+-@'\n\t_x0041"))


def read_back(path, rows) -> tuple[list[str], list[list[str]]]:
    write_whole(path, pieces(path.name, rows))
    with open_table(path) as table:
        return table.headings, [[unguard(cell) for cell in row.cells] for row in table]


@pytest.mark.parametrize("name", NAMES)
@given(rows=st.lists(st.tuples(texts, texts), max_size=5))
@example(rows=[("=1+1", "'=1"), ("''=1", "'a"), ("007", "_x0041_"), ("_x", "https://example.com"), ("\u3000", "é")])
@settings(max_examples=30)
def test_text_is_read_back_as_it_was(tmp_path_factory, name, rows):
    path = tmp_path_factory.getbasetemp() / name
    rows = [("1", *row) for row in rows]
    # An object that no row is of has no names.
    if rows or not name.startswith("id.json"):
        assert read_back(path, [("ID", "Name", "Note"), *rows]) == (["ID", "Name", "Note"], [list(row) for row in rows])


@pytest.mark.parametrize("name", NAMES)
def test_values_are_read_back_as_the_text_that_a_load_understands(tmp_path, name):
    moment = datetime(2026, 1, 31, 12, 30, tzinfo=UTC)
    row = [1, Decimal("12.5"), Decimal("0.000001"), date(2026, 1, 31), True, False, None, moment, 10**20, Decimal(-3)]
    row += [date(1899, 5, 1), Decimal("12345678901234.56")]
    headings = [f"column {number}" for number in range(len(row))]
    assert read_back(tmp_path / name, [headings, row])[1] == [
        [
            *("1", "12.5", "0.000001", "2026-01-31", "yes", "no", "", "2026-01-31 12:30:00+00:00", str(10**20), "-3"),
            *("1899-05-01", "12345678901234.56"),
        ]
    ]


def test_nothing_in_a_workbook_is_a_formula_or_a_link(tmp_path):
    path = tmp_path / "id.xlsx"
    write_whole(path, as_xlsx([["ID"], ["=1+1"], ["http://example.com"], ["0012"]]))
    with zipfile.ZipFile(path) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml").decode()
        assert not re.search(r"<f>|<f |hyperlink", sheet)
        assert sheet.count('t="inlineStr"') == 4


@pytest.mark.parametrize("row", [["x" * 32_768], ["x"] * 16_385])
def test_what_a_workbook_cannot_hold_is_refused_and_leaves_no_file(tmp_path, row):
    with pytest.raises(CannotRunError, match="CSV"):
        write_whole(tmp_path / "id.xlsx", as_xlsx([row]))
    assert not list(tmp_path.iterdir())


def test_a_packed_file_is_the_same_every_time(tmp_path):
    for name in ("a.csv.gz", "b.csv.gz"):
        write_whole(tmp_path / name, iter(["ID\n", b"1\n"]))
    assert (tmp_path / "a.csv.gz").read_bytes() == (tmp_path / "b.csv.gz").read_bytes()
    assert gzip.decompress((tmp_path / "a.csv.gz").read_bytes()) == b"ID\n1\n"
