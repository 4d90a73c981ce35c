"""The reader of workbooks: what Excel and others write, and what nobody should."""

import io
import struct
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from customerflow.loads import zips
from customerflow.loads.reading import open_table
from customerflow.loads.refusals import FileRefusedError
from customerflow.loads.sheet import _date, number_text
from customerflow.loads.sources import AS_FOUND, Row, Shape
from customerflow.loads.tests.torture import RELATION, RELATIONS, WORKBOOK, workbook


@pytest.fixture
def read(tmp_path):
    def read(content: bytes, shape: Shape = AS_FOUND) -> tuple[list[str], list[Row]]:
        path = tmp_path / "any.xlsx"
        path.write_bytes(content)
        with open_table(path, shape) as table:
            return table.headings, list(table)

    return read


def sheet(rows: str) -> str:
    return f"<worksheet><sheetData>{rows}</sheetData></worksheet>"


HEADINGS = '<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c></row>'


def cells_of(read, *cells: str, **parts: str) -> list[str]:
    """Return how the cells of one row are read, under a heading each."""
    headings = "".join('<c t="inlineStr"><is><t>x</t></is></c>' for _cell in cells)
    content = workbook(sheet=sheet(f"<row>{headings}</row><row>{''.join(cells)}</row>"), **parts)
    _headings, rows = read(content)
    assert not rows[0].problem
    return rows[0].cells


def test_a_sheet_is_read_with_its_rows(read):
    assert read(workbook()) == (["ID", "Name"], [Row(2, ["1", "2025-12-09 12:00:00"], ["1", "2025-12-09 12:00:00"])])


def test_text_is_taken_as_it_is_without_how_it_is_pronounced(read):
    assert cells_of(
        read,
        '<c t="s"><v>0</v></c>',
        '<c t="inlineStr"><is><r><t>A</t></r><r><t xml:space="preserve"> B</t></r><rPh><t>C</t></rPh></is></c>',
        '<c t="str"><f>1+1</f><v>_x0041__x005F_x0041_</v></c>',
        '<c t="inlineStr"><is><t>007</t></is></c>',
        texts="<sst><si><r><t>one</t></r><r><t>&amp;two</t></r><rPh><t>no</t></rPh></si></sst>",
    ) == ["one&two", "A B", "A_x0041_", "007"]


@pytest.mark.parametrize(
    ("written", "text"),
    [
        *(("12", "12"), ("1.0", "1"), ("1234.50", "1234.5"), ("5.55E+11", "555000000000"), ("1e-7", "0.0000001")),
        *(("19.989999999999998", "19.99"), ("0.30000000000000004", "0.3"), ("-0.5", "-0.5"), ("0.05", "0.05")),
        *(("12345678901234567890", "12345678901234567890"), ("1E300", "1" + "0" * 300)),
    ],
)
def test_numbers_have_no_exponent_and_no_needless_zeros(read, written, text):
    assert cells_of(read, f"<c><v>{written}</v></c>") == [text]


@given(st.decimals(min_value=-(10**9), max_value=10**9, places=3))
def test_a_number_of_few_digits_is_the_one_that_was_typed(number):
    assert float(number_text(repr(float(number)))) == float(number)
    assert "E" not in number_text(repr(float(number))).upper()


@pytest.mark.parametrize(
    ("serial", "text"),
    [
        *((0, "00:00:00"), (0.5, "12:00:00"), (1, "1900-01-01"), (59, "1900-02-28"), (60, "60"), (61, "1900-03-01")),
        *(
            (46053, "2026-01-31"),
            (46053.25, "2026-01-31 06:00:00"),
            (46052.9999999, "2026-01-31"),
            (2958465, "9999-12-31"),
        ),
        *((2958466, "2958466"), (-1, "-1"), (1.5, "1900-01-01 12:00:00")),
    ],
)
def test_days_and_times_are_those_that_excel_shows(serial, text):
    assert _date(serial, is_1904=False) == text


def test_the_days_of_a_workbook_from_1904_begin_there(read):
    book = WORKBOOK.replace("<sheets>", '<workbookPr date1904="1"/><sheets>')
    assert cells_of(read, '<c s="1"><v>0</v></c>', '<c s="1"><v>44591</v></c>', book=book) == [
        "1904-01-01",
        "2026-01-31",
    ]


@pytest.mark.parametrize(
    ("number_format", "text"),
    [
        ("dd/mm/yyyy", "2026-01-31"),
        ("[$-409]d\\-mmm;@", "2026-01-31"),
        ("General", "46053"),
        ('0 "days"', "46053"),
        ("[Red]0.00", "46053"),
        ("[h]:mm", "46053"),
        ("#,##0\\ \\d", "46053"),
        ("0.00%", "46053"),
    ],
)
def test_a_number_is_a_date_where_its_format_shows_one(read, number_format, text):
    formats = f"<numFmts><numFmt numFmtId='200' formatCode='{number_format}'/></numFmts>"
    styles = f"<styleSheet>{formats}<cellStyleXfs><xf numFmtId='14'/></cellStyleXfs>"
    styles += "<cellXfs><xf numFmtId='0'/><xf numFmtId='200'/></cellXfs></styleSheet>"
    assert cells_of(read, '<c s="1"><v>46053</v></c>', styles=styles) == [text]


def test_truth_is_yes_or_no_and_a_day_may_be_written_out(read):
    cells = '<c t="b"><v>1</v></c>', '<c t="b"><v>0</v></c>', '<c t="d"><v>2026-01-31T00:00:00</v></c>'
    assert cells_of(read, *cells) == ["yes", "no", "2026-01-31"]


@pytest.mark.parametrize(
    "cell",
    [
        *('t="e"><v>#N/A</v>', 't="s"><v>2</v>', 't="s"><v>-1</v>', 't="s"><v>x</v>', 't="b"><v>2</v>'),
        *("><v>x</v>", "><v>nan</v>", "><v>1E999</v>", 's="1"><v>1_0</v>', 's="1"><v>x</v>', 't="?"><v>1</v>'),
    ],
)
def test_a_cell_without_a_value_is_named(read, cell):
    _headings, rows = read(
        workbook(sheet=sheet(f'{HEADINGS}<row r="7"><c r="A7"><v>1</v></c><c r="B7" {cell}</c></row>'))
    )
    assert rows[0].line == 7
    assert "B7" in rows[0].problem
    assert rows[0].written[0] == "1"


def test_rows_and_cells_may_be_missing_and_without_their_place(read):
    rows = (
        '<row r="4"><c r="B4"><v>1</v></c></row><row/><row><c/><c><v>2</v></c></row><row><c r="C7"><v>3</v></c></row>'
    )
    _headings, found = read(workbook(sheet=sheet(HEADINGS + rows)))
    assert [(row.line, row.cells, bool(row.problem)) for row in found] == [
        (4, ["", "1"], False),
        (6, ["", "2"], False),
        (7, ["", "", "3"], True),
    ]


def test_the_sheet_is_the_first_with_something_in_it_or_the_one_that_is_named(read, tmp_path):
    path = tmp_path / "sheets.xlsx"
    names = ["Blank", "Customers", "Plans"]
    sheets = "".join(f'<x:sheet name="{name}" y:id="r{number}"/>' for number, name in enumerate(names))
    cell = '<row r="3"><c t="inlineStr"><is><t>{}</t></is></c></row>'
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("_rels/.rels", RELATIONS.format(RELATION.format("a", "officeDocument", "/b/book.xml")))
        archive.writestr(
            "b/book.xml", f"<x:workbook xmlns:x='x' xmlns:y='y'><x:sheets>{sheets}</x:sheets></x:workbook>"
        )
        relations = (RELATION.format(f"r{number}", "worksheet", f"../s/{number}.xml") for number in range(3))
        archive.writestr("b/_rels/book.xml.rels", RELATIONS.format("".join(relations)))
        for number, name in enumerate(names):
            archive.writestr(f"s/{number}.xml", sheet(cell.format(name) if number else ""))
    with open_table(path) as table:
        assert (table.shape, table.headings) == (Shape("xlsx", sheet="Customers", header_line=3), ["Customers"])
        assert table.sheets == names
    with open_table(path, Shape(sheet="Plans")) as table:
        assert table.headings == ["Plans"]
    for name, reason in {"Blank": "no headings", "Other": "Blank, Customers, Plans"}.items():
        with pytest.raises(FileRefusedError, match=reason), open_table(path, Shape(sheet=name)):
            pass


@pytest.mark.parametrize(
    ("parts", "reason"),
    [
        ({"sheet": "<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>"}, "document type"),
        ({"sheet": "<a>"}, "no element|not well|unclosed|damaged"),
        ({"sheet": ""}, "damaged"),
        ({"sheet": sheet(f'<row><c t="str"><v>{"x" * 100_001}</v></c></row>')}, "100000"),
        ({"sheet": f'<a b="{"x" * 2_000_000}"/>'}, "too long"),
        ({"texts": f"<sst><si><t>{'x' * 100_001}</t></si></sst>"}, "100000"),
        ({"sheet": sheet('<row><c r="XFD1"><v>1</v></c></row>')}, "column XFD"),
        ({"book": "<workbook/>"}, "no sheets"),
        ({"styles": "<a>" * 200}, "too deep"),
    ],
)
def test_what_is_no_sheet_is_refused_in_words(read, parts, reason):
    with pytest.raises(FileRefusedError, match=reason):
        read(workbook(**parts))


def test_a_row_in_the_farthest_corner_takes_no_memory_for_what_is_before_it(read):
    corner = '<row r="1048576"><c r="A1048576"><v>1</v></c><c r="XFD1048576" s="1"/></row>'
    _headings, rows = read(workbook(sheet=sheet(HEADINGS + corner)))
    assert rows == [Row(1_048_576, ["1", ""], ["1", ""])]


def zipped(name: str, method: int = zipfile.ZIP_STORED, comment: bytes = b"") -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", method) as archive:
        archive.writestr(name, "x" * 99)
        archive.comment = comment
    return content.getvalue()


def with_flag(content: bytes, flag: int) -> bytes:
    """Return an archive whose only file has a flag set, in both places where flags are."""
    listed = content.rindex(b"PK\x01\x02") + 8
    flags = struct.pack("<H", flag)
    return content[:6] + flags + content[8:listed] + flags + content[listed + 2 :]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (zipped("a.txt"), "_rels/.rels is missing"),
        (zipped("_rels/.rels"), "no XLSX workbook"),
        (zipped("_rels/.rels", zipfile.ZIP_LZMA), "packed in a way"),
        (with_flag(zipped("_rels/.rels"), 1), "password"),
        (zipped("_rels/.rels").replace(b"xxx", b"xyx"), "CRC"),
        (workbook()[:-30], "end is missing"),
        (workbook()[500:], "no ZIP|text"),
        (b"PK\x05\x06" + b"\0" * 18, "missing"),
    ],
)
def test_an_archive_that_is_no_workbook_is_refused_in_words(read, content, reason):
    with pytest.raises(FileRefusedError, match=reason):
        read(content)


def test_an_archive_that_lists_very_much_is_refused_before_the_list_is_read(read, monkeypatch):
    monkeypatch.setattr(zips, "LARGEST_LIST", 200)
    with pytest.raises(FileRefusedError, match="too many files"):
        read(workbook())


def test_a_workbook_may_be_packed_and_have_a_comment(read):
    with pytest.raises(FileRefusedError, match="missing"):
        read(zipped("a.txt", comment=b"PK\x05\x06 more"))
