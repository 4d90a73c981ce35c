"""A sheet of an XLSX workbook as a table."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import chain

from django.utils.translation import gettext as _

from customerflow.loads.opening import OpenFile
from customerflow.loads.refusals import CannotRunError, FileRefusedError, shorten
from customerflow.loads.sheet import SheetReader, SheetRow
from customerflow.loads.sources import Row, Shape, Table
from customerflow.loads.workbook import SharedTexts, Workbook
from customerflow.loads.zips import open_zip


class MeasuredSheet:
    """How far a sheet is read: bytes of the unpacked sheet, and the SHA-256 of the whole file."""

    def __init__(self, file: OpenFile, reader: SheetReader) -> None:
        self._file, self._reader = file, reader

    @property
    def position(self) -> int:
        return self._reader.position

    @property
    def size(self) -> int:
        return self._reader.size

    @property
    def sha256(self) -> str:
        return self._file.measured.sha256


class XlsxTable(Table):
    """A sheet with headings. `sheets` are the names of all sheets of the workbook."""

    def __init__(self, file: OpenFile, shape: Shape, workbook: Workbook, texts: SharedTexts) -> None:
        self.sheets = list(workbook.sheets)
        if shape.sheet and shape.sheet not in workbook.sheets:
            names = ", ".join(map(shorten, self.sheets[:20]))
            raise FileRefusedError(_("there is no sheet of that name; there are: %(names)s.") % {"names": names})
        for name in [shape.sheet] if shape.sheet else self.sheets:
            reader = SheetReader(workbook, workbook.sheets[name], texts)
            rows = (row for row in reader if row.number >= shape.header_line)
            first = next(rows, None)
            if first:
                break
        else:
            raise FileRefusedError(_("there are no headings in the file."))
        # The headings are blank where it is told that they stand in a line in which nothing is.
        headings = first if shape.header_line in {0, first.number} else SheetRow(shape.header_line, {}, "")
        self._rows = rows if headings is first else chain([first], rows)
        width = 1 + max(headings.cells, default=-1)
        found = replace(shape, format="xlsx", sheet=name, header_line=headings.number)
        super().__init__(found, _cells(headings, width), MeasuredSheet(file, reader))

    def __iter__(self) -> Iterator[Row]:
        width = len(self.headings)
        for row in self._rows:
            found = 1 + max(row.cells)
            cells = _cells(row, max(width, found))
            problem = row.problem
            if found > width:
                problem = _("The row has %(found)d cells, the headings are %(width)d.") % {
                    "found": found,
                    "width": width,
                }
            yield Row(row.number, cells, cells, problem)


def _cells(row: SheetRow, width: int) -> list[str]:
    cells = [""] * width
    for column, text in row.cells.items():
        cells[column] = text
    return cells


@contextmanager
def xlsx_table(file: OpenFile, shape: Shape) -> Iterator[XlsxTable]:
    """Open the table of a workbook. Raises as `open_table` does."""
    if not file.path.is_file():
        raise CannotRunError(_("%(path)s: this cannot be read from a pipe. Save it as a file.") % {"path": file.path})
    with file.seekable() as content, open_zip(content) as archive:
        workbook = Workbook(archive, file.most)
        with workbook.texts() as texts:
            yield XlsxTable(file, shape, workbook, texts)
