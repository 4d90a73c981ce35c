"""What every file must bear: any bytes are rows or a refusal in words, never another exception, and never too much."""

import io
import zipfile
from itertools import islice
from pathlib import Path

from customerflow.loads.looking import ROWS_SHOWN, look
from customerflow.loads.reading import open_table
from customerflow.loads.refusals import CannotRunError, FileRefusedError
from customerflow.loads.sources import AS_FOUND, Shape

# The last ones say what a file is whatever it looks like.
NAMES = ["any", "any.csv", "any.json", "any.xlsx", "any.csv.gz"]
SHAPES = [
    *(Shape(format="csv"), Shape(format="json"), Shape(format="xlsx")),
    *(Shape("csv", encoding, header_line=2) for encoding in ("utf-16-le", "cp1252", "utf-7", "punycode")),
]
MOST_ROWS = 10_000
LONGEST_REASON = 2_000


RELATIONS = """<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{}</Relationships>"""
RELATION = (
    '<Relationship Id="{}" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/{}" Target="{}"/>'
)
WORKBOOK = """<workbook xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">
<sheets><sheet name="Sheet1" sheetId="1" r:id="r1"/></sheets></workbook>"""
STYLES = '<styleSheet><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs></styleSheet>'
TEXTS = "<sst><si><t>ID</t></si><si><t>Name</t></si></sst>"
SHEET = """<worksheet><sheetData><row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c></row>
<row r="2"><c r="A2"><v>1</v></c><c r="B2" s="1"><v>46000.5</v></c></row></sheetData></worksheet>"""


def workbook(**parts: str | bytes) -> bytes:
    """Return a workbook of one sheet; `sheet`, `texts`, `styles` and `book` replace the XML of its parts."""
    kinds = {"r1": ("worksheet", "sheet.xml"), "r2": ("sharedStrings", "texts.xml"), "r3": ("styles", "styles.xml")}
    relations = "".join(RELATION.format(name, *words) for name, words in kinds.items())
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, part in {
            "_rels/.rels": RELATIONS.format(RELATION.format("r1", "officeDocument", "xl/workbook.xml")),
            "xl/_rels/workbook.xml.rels": RELATIONS.format(relations),
            "xl/workbook.xml": parts.get("book", WORKBOOK),
            "xl/texts.xml": parts.get("texts", TEXTS),
            "xl/styles.xml": parts.get("styles", STYLES),
            "xl/sheet.xml": parts.get("sheet", SHEET),
        }.items():
            archive.writestr(zipfile.ZipInfo(name), part)
    return content.getvalue()


def torture(folder: Path, content: bytes) -> None:
    """Read `content` under every name and in every shape. Raises `AssertionError` where that is more than a refusal."""
    for name in NAMES:
        _read(folder / name, content, AS_FOUND)
    for shape in SHAPES:
        _read(folder / "any", content, shape)
    for part in ("book", "texts", "styles", "sheet"):
        _read(folder / "any.xlsx", workbook(**{part: content}), AS_FOUND)


def _read(path: Path, content: bytes, shape: Shape) -> None:
    path.write_bytes(content)
    seen = look(path, shape)
    assert len(seen.problem) <= LONGEST_REASON
    assert len(seen.rows) <= ROWS_SHOWN
    reason = ""
    try:
        with open_table(path, shape) as table:
            rows = []
            for row in islice(table, MOST_ROWS):
                assert row.problem or len(row.cells) == len(table.headings)
                assert all(isinstance(cell, str) for cell in (*row.cells, *row.written))
                rows.append((row.written, row.problem))
            for line in table.rejects(rows):
                line.encode("utf-8", "replace")
            assert len(table.measured.sha256) == 64
    except (FileRefusedError, CannotRunError) as error:
        reason = str(error)
    assert len(reason) <= LONGEST_REASON
