"""What a page shows of a file before anything is loaded."""

import gzip
import time

import pytest

from customerflow.loads.exporting import pieces
from customerflow.loads.looking import MOST_LOOKED_AT, look
from customerflow.loads.sources import AS_FOUND, Shape
from customerflow.loads.tests.torture import WORKBOOK, workbook
from customerflow.loads.writing import write_whole


@pytest.fixture
def seen(tmp_path):
    def seen(name: str, content: bytes, shape: Shape = AS_FOUND):
        (tmp_path / name).write_bytes(content)
        return look(tmp_path / name, shape)

    return seen


def test_a_small_file_is_seen_whole(seen):
    found = seen("id.csv", b"ID;Name\n1;A\n2;B;C\n")
    assert found.shape == Shape("csv", "utf-8", ";", header_line=1)
    assert (found.headings, found.row_count, found.is_whole, found.problem) == (["ID", "Name"], 2, True, "")
    assert [row.cells for row in found.rows] == [["1", "A"], ["2", "B", "C"]]
    assert found.rows[1].problem
    assert found.candidates == []


@pytest.mark.parametrize("name", ["id.csv", "id.csv.gz", "id.json", "id.json.gz", "id.xlsx"])
def test_of_a_large_file_the_beginning_is_seen_and_the_rows_are_guessed(tmp_path, name):
    path = tmp_path / name
    rows = ([f"{number:09}", "Name of customer", "x" * 150, "y" * 150] for number in range(30_000))
    write_whole(path, pieces(name, [["ID", "Name", "Email", "Note"], *rows]))
    found = look(path)
    assert not found.problem
    assert not found.is_whole
    assert len(found.rows) == 20
    assert 27_000 < found.row_count < 33_000


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("blank.csv", b"\n" * 2 * MOST_LOOKED_AT),
        ("blank-rows.csv", b"ID,Name\n" + b",\n" * MOST_LOOKED_AT),
        ("blank.csv.gz", gzip.compress(b"\n" * 100_000_000, 1)),
        ("blank.json", b"[" + b" " * 2 * MOST_LOOKED_AT),
        ("deep.json", b"[" * 2 * MOST_LOOKED_AT),
        ("blank.xlsx", workbook(sheet="<a>" + "<row/>" * MOST_LOOKED_AT)),
        ("texts.xlsx", workbook(texts="<sst>" + "<si/>" * MOST_LOOKED_AT, sheet="<a><c t='s'><v>4000000</v></c></a>")),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_however_little_is_in_a_large_file_a_look_is_short(seen, name, content):
    began = time.monotonic()
    seen(name, content)
    assert time.monotonic() - began < 15


def test_a_file_in_another_encoding_is_shown_in_those_that_it_may_have(seen):
    found = seen("id.csv", "ID,Name\n1,é\n2,Müller ž\n".encode("cp1250"))
    assert (found.shape.format, found.shape.encoding, found.headings) == ("csv", "utf-8", ["ID", "Name"])
    assert "UTF-8" in found.problem
    assert found.line == 2
    texts = {candidate.encoding: candidate.text for candidate in found.candidates}
    assert texts["cp1250"] == "1,é"
    assert texts["cp437"] == "1,Θ"
    assert "utf-8" not in texts
    assert {"cp1252", "iso-8859-15", "cp1251", "mac-roman"} <= texts.keys()
    again = seen("id.csv", "ID,Name\n1,é\n2,Müller ž\n".encode("cp1250"), Shape(encoding="cp1250"))
    assert [row.cells for row in again.rows] == [["1", "é"], ["2", "Müller ž"]]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
def test_a_byte_order_mark_leaves_no_doubt(seen, encoding):
    found = seen("id.csv", "ID,Name\n1,é\n".encode(encoding))
    assert (found.shape.encoding, found.candidates) == (encoding, [])
    assert [row.cells for row in found.rows] == [["1", "é"]]


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_wide_text_without_its_mark_is_recognised(seen, encoding):
    found = seen("id.csv", "ID,Name\n1,é\n".encode(encoding))
    assert "NUL" in found.problem
    assert [(candidate.encoding, candidate.text) for candidate in found.candidates] == [(encoding, "1,é")]
    again = seen("id.csv", "ID,Name\n1,é\n".encode(encoding), Shape(encoding=encoding))
    assert [row.cells for row in again.rows] == [["1", "é"]]


def test_the_sheets_of_a_workbook_are_named_even_where_one_has_nothing(seen):
    book = WORKBOOK.replace("</sheets>", '<sheet name="Other" r:id="r1"/></sheets>')
    found = seen("id.xlsx", workbook(book=book))
    assert (found.sheets, found.shape.sheet, found.row_count) == (["Sheet1", "Other"], "Sheet1", 1)
    found = seen("id.xlsx", workbook(book=book), Shape(sheet="none"))
    assert found.sheets == ["Sheet1", "Other"]
    assert "Other" in found.problem


@pytest.mark.parametrize(
    ("name", "content"),
    [("id.csv", b""), ("id.csv", b"%PDF-1.7"), ("id.xlsx", b"ID\n"), ("id.xlsx", b"PK\x03\x04"), ("id.json", b"{")],
)
def test_what_is_no_table_has_a_problem(seen, name, content):
    assert seen(name, content).problem
