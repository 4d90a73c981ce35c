"""The CSV reader: what others agree on, and where it is stricter than they are."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from customerflow.loads.csv_text import csv_line, opening_quote, parse
from customerflow.loads.opening import OpenFile, TextFile
from customerflow.loads.reading import open_table
from customerflow.loads.refusals import CannotRunError, FileRefusedError
from customerflow.loads.sources import Shape

DATA = Path(__file__).parent / "data"
KNOWN = {"id", "name", "note"}
SPECTRUM = sorted((DATA / "csv-spectrum" / "csvs").glob("*.csv"))
CASES = json.loads((DATA / "csv-cases" / "cpython_csv_cases.json").read_text())["cases"]
# Cases that CPython reads and we refuse: a quote that is not closed, and text after a closing quote.
STRICTER = {
    "TestDialectExcel.test_quote_and_quote",
    "TestDialectExcel.test_quotes_and_more",
    ("test_read_eof", 394),
    ("test_read_eof", 395),
}
# A NUL is refused by the file that hands out the lines, before any row is read: see test_opening.
NUL = {("test_read_nul", line) for line in (403, 404, 405, 407)}


def read_text(content: str) -> list[list[str]]:
    """Return the rows of CSV text, blank ones too."""
    return [cells for _line, cells in parse(content.splitlines(keepends=True))]


@pytest.mark.parametrize("path", SPECTRUM, ids=lambda path: path.stem)
def test_csv_spectrum_is_read_as_its_authors_expect(path):
    with OpenFile(path) as file:
        headings, *rows = [cells for _line, cells in parse(TextFile(file).lines())]
    expected = json.loads((DATA / "csv-spectrum" / "json" / f"{path.stem}.json").read_bytes())
    assert [dict(zip(headings, row, strict=True)) for row in rows] == expected


DIALECT = [case for case in CASES if case.get("dialect") == "excel"]
READ = [case for case in CASES if case["kind"] == "read" and not case["kwargs"] and "bigfield" not in case["test"]]


@pytest.mark.parametrize("case", DIALECT, ids=lambda case: case["test"])
def test_the_default_dialect_is_read_as_cpython_reads_it(case):
    content, expected = case["args"]
    if case["test"] in STRICTER:
        with pytest.raises(FileRefusedError):
            read_text(content)
    else:
        assert read_text(content) == expected


@pytest.mark.parametrize("case", READ, ids=lambda case: f"{case['test']}-{case['line']}")
def test_lines_are_read_as_cpython_reads_them(case):
    lines, expected = case["args"]
    if (case["test"], case["line"]) in STRICTER:
        with pytest.raises(FileRefusedError):
            list(parse(lines))
    else:
        assert [cells for _line, cells in parse(lines)] == expected


def test_every_case_that_differs_is_among_the_cases():
    names = {case["test"] for case in DIALECT} | {(case["test"], case["line"]) for case in READ}
    assert names >= STRICTER | NUL


def test_a_row_has_the_line_that_it_begins_on():
    rows = parse(['ID,"Na\n', 'me"\n', "\n", '1,"a\n', "b\n", 'c"\r\n', "2,d"])
    assert [line for line, _cells in rows] == [1, 3, 4, 7]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (['1,"a\n', 'b"\n'], None),
        (['1,"a ""b""\n', '""c""",d\n'], None),
        (['1,"a ""b\n', "2,c\n"], 0),
        (["1,a\n", '2,"b\n', '3,"c"\n'], 1),
        (['1,"a""\n', '","b\n', "c\n"], 1),
        (['1,a"b\n'], None),
        (['"a"b,"c\n'], 0),
    ],
)
def test_the_quote_that_is_not_closed_is_found(lines, expected):
    assert opening_quote(lines, ",") == expected


cells = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)
ENCODINGS = st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-32"])


@given(st.lists(st.lists(cells, min_size=3, max_size=3), max_size=8), st.sampled_from(",;\t|"), ENCODINGS)
def test_whatever_is_written_is_read_back(tmp_path_factory, rows, delimiter, encoding):
    path = tmp_path_factory.getbasetemp() / "round-trip.csv"
    content = "".join(csv_line(row, delimiter) for row in [["ID", "Name", "Note"], *rows])
    path.write_bytes(content.encode(encoding))
    with open_table(path, known=KNOWN) as table:
        assert [row.cells for row in table] == [row for row in rows if any(row)]
    assert table.shape == Shape("csv", encoding, delimiter, header_line=1)


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused_and_nothing_else(tmp_path_factory, content):
    path = tmp_path_factory.getbasetemp() / "any.csv"
    for whole in (b"ID,Name,Note\n" + content, content):
        path.write_bytes(whole)
        try:
            with open_table(path) as table:
                for row in table:
                    assert row.problem or len(row.cells) == len(table.headings)
        except (FileRefusedError, CannotRunError):
            pass


def delimiter_in(tmp_path, content: str, known=()) -> str:
    path = tmp_path / "id.csv"
    path.write_text(content)
    with open_table(path, known=known) as table:
        return table.shape.delimiter


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_the_one_that_gives_known_headings(tmp_path, delimiter):
    heading = delimiter.join(["id", "NAME", "note", "a", "b,c;d\te,f|;\t"]) + "\n"
    assert delimiter_in(tmp_path, heading, KNOWN) == delimiter


@pytest.mark.parametrize(
    ("content", "delimiter"),
    [
        ("a\n1\n", ","),
        ("a;b\n1,5;2,5\n", ";"),
        ("a, x;b, y;c\n1, 5;2, 5;3\n", ";"),
        ("Name, first|City, postcode\nRossi, Mario|Palermo, 1\n", "|"),
        ("a;b,c\n" + "1;2\n" * 5, ";"),
        ('a,"b;c;d"\n1,"2;3;4\n;;"\n', ","),
        ("sep=|\na,b|c,d\n", "|"),
        ("a;b;c\n1;2;3\n1;2;3\n1,1\n", ";"),
        ("a, b, c; d\n1, 2, 3\n", ","),
    ],
)
def test_the_delimiter_is_told_from_the_first_rows(tmp_path, content, delimiter):
    assert delimiter_in(tmp_path, content) == delimiter


def test_the_delimiter_is_told_from_a_sample_that_ends_in_a_quoted_cell(tmp_path):
    assert delimiter_in(tmp_path, "a;b;c, d\n" + '1;2;"' + "x,\n" * 9_000 + '"\n') == ";"


def test_the_headings_stand_where_people_say(tmp_path):
    path = tmp_path / "titled.csv"
    path.write_text('Our "customers\n\nID;Name\n\n1;"A\nB"\n2;C\n')
    with open_table(path, Shape(header_line=3)) as table:
        assert table.headings == ["ID", "Name"]
        assert [(row.line, row.cells) for row in table] == [(5, ["1", "A\nB"]), (7, ["2", "C"])]
    with pytest.raises(FileRefusedError, match="7 lines"), open_table(path, Shape(header_line=8)):
        pass


def test_what_cannot_be_a_delimiter_is_not_taken(tmp_path):
    path = tmp_path / "id.csv"
    path.write_text("ID,Name\n")
    with pytest.raises(CannotRunError, match="delimiter"), open_table(path, Shape(delimiter="xx")):
        pass


def test_headings_that_are_none_are_refused(tmp_path):
    path = tmp_path / "id.csv"
    for content, reason in (
        (" \n\n", "no headings"),
        (",,\n", "no headings"),
        ("a" * 301, "300"),
        ("a," * 1_000, "1000"),
    ):
        path.write_text(content)
        with pytest.raises(FileRefusedError, match=reason), open_table(path):
            pass


def test_a_rejects_file_has_the_reason_first_and_loads_again(tmp_path):
    path = tmp_path / "id.csv"
    path.write_text("ID;why;Name\n1;old;A\n2;;B;C\n")
    with open_table(path) as table:
        rejected = [(row.written, row.problem or "no") for row in table]
        assert list(table.rejects(rejected)) == [
            "why;ID;Name\n",
            "no;1;A\n",
            "The row has 4 cells, the headings are 3.;2;;B;C\n",
        ]


def test_a_row_of_too_many_lines_is_refused():
    with pytest.raises(FileRefusedError, match="10000 lines"):
        list(parse(['"\n', *['","\n'] * 20_000]))
