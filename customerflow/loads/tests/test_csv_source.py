"""The CSV reader: what others agree on, and where it is stricter than they are."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from customerflow.loads.cleaning import text
from customerflow.loads.csv_source import CsvSource, csv_line, opening_quote, parse
from customerflow.loads.declaration import Column
from customerflow.loads.opening import TextFile
from customerflow.loads.refusals import CannotRunError, FileRefusedError

DATA = Path(__file__).parent / "data"
COLUMNS = (Column("ID", "id", text(9)), Column("Name", "name", text(99)), Column("Note", "note", text(99)))
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
    with TextFile(path) as file:
        headings, *rows = [cells for _line, cells in parse(file.lines())]
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


@given(st.lists(st.lists(cells, min_size=3, max_size=3), max_size=8), st.sampled_from(",;\t"), ENCODINGS)
def test_whatever_is_written_is_read_back(tmp_path_factory, rows, delimiter, encoding):
    path = tmp_path_factory.getbasetemp() / "round-trip.csv"
    content = "".join(csv_line(row, delimiter) for row in [["ID", "Name", "Note"], *rows])
    path.write_bytes(content.encode(encoding))
    with TextFile(path) as file:
        source = CsvSource(file, COLUMNS)
        assert [row.cells for row in source] == [row for row in rows if any(row)]


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused_and_nothing_else(tmp_path_factory, content):
    path = tmp_path_factory.getbasetemp() / "any.csv"
    path.write_bytes(b"ID,Name,Note\n" + content)
    for whole in (b"ID,Name,Note\n" + content, content):
        path.write_bytes(whole)
        try:
            with TextFile(path) as file:
                for row in CsvSource(file, COLUMNS):
                    assert row.problem or len(row.cells) == 3
        except (FileRefusedError, CannotRunError):
            pass


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_the_delimiter_is_the_one_that_gives_known_headings(tmp_path, delimiter):
    path = tmp_path / "id.csv"
    path.write_text(delimiter.join(["id", "NAME", "note", "a", "b,c;d\te"]) + "\n")
    with TextFile(path) as file:
        source = CsvSource(file, COLUMNS, ["a", *"b,c;d\te".split(delimiter)])
    assert (source.delimiter, source.columns[:3]) == (delimiter, list(COLUMNS))


def test_a_row_of_too_many_lines_is_refused():
    with pytest.raises(FileRefusedError, match="10000 lines"):
        list(parse(['"\n', *['","\n'] * 20_000]))
