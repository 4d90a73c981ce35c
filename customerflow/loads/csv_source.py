"""
Reading CSV strictly: a quote that is never closed is an error and does not swallow the rest of the file.

Comma, semicolon or tab, whichever the headings are parted by; any line end; line breaks inside quotes.
"""

import csv
import io
from collections.abc import Iterable, Iterator

from django.utils.translation import gettext as _

from customerflow.loads.declaration import Column
from customerflow.loads.headings import WHY, accepted, match, plain
from customerflow.loads.opening import TextFile
from customerflow.loads.refusals import FileRefusedError
from customerflow.loads.sources import Row

DELIMITERS = ",;\t"
LONGEST_CELL = 100_000
MOST_LINES_A_ROW = 10_000


def parse(lines: Iterable[str], delimiter: str = ",") -> Iterator[tuple[int, list[str]]]:
    """Yield the rows of CSV text and the lines they begin on. Raises `FileRefusedError`."""
    csv.field_size_limit(LONGEST_CELL)
    current: list[str] = []

    def remembered() -> Iterator[str]:
        for line in lines:
            current.append(line)
            if len(current) > MOST_LINES_A_ROW:
                raise csv.Error
            yield line

    reader = csv.reader(remembered(), delimiter=delimiter, strict=True)
    first = 1
    try:
        for cells in reader:
            yield first, cells
            current.clear()
            first = reader.line_num + 1
    except csv.Error as error:
        raise _malformed(current, first, delimiter) from error


def _malformed(lines: list[str], first: int, delimiter: str) -> FileRefusedError:
    opened = opening_quote(lines, delimiter)
    limits = {"cell": LONGEST_CELL, "row": MOST_LINES_A_ROW}
    if opened is None:
        reason = _("a cell has more than %(cell)d characters.")
        return FileRefusedError(reason % limits, line=first)
    reason = _(
        "the quote that opens a cell here is not closed before the next cell, the end of the file, or the most that "
        "is allowed (%(cell)d characters, %(row)d lines). Close it; inside a quoted cell a quote is written twice."
    )
    return FileRefusedError(reason % limits, line=first + opened)


def opening_quote(lines: list[str], delimiter: str) -> int | None:
    """Return the index of the line on which the quote opens that is not closed properly, None if there is none."""
    ends = {delimiter, "\n", "\r"}
    opened, state = 0, "start"
    for index, line in enumerate(lines):
        for char in line:
            if state == "quoted":
                state = "closed" if char == '"' else "quoted"
            elif char == '"' and state in {"start", "closed"}:
                opened = index if state == "start" else opened
                state = "quoted"
            elif char in ends:
                state = "start"
            elif state == "closed":
                return opened
            else:
                state = "bare"
    return opened if state == "quoted" else None


class CsvSource:
    """A CSV file with headings. `ignore` names the columns that are not wanted."""

    def __init__(self, file: TextFile, columns: tuple[Column, ...], ignore: Iterable[str] = ()) -> None:
        lines = file.lines()
        head, first = [], ""
        for first in lines:
            head.append(first)
            if first.strip():
                break
        self.delimiter = _delimiter_of(first, columns)
        self._rows = parse(_chained(head, lines), self.delimiter)
        self.header_line, self.headings = next(((line, cells) for line, cells in self._rows if any(cells)), (1, []))
        self.columns = match(self.headings, columns, ignore, line=self.header_line)

    def __iter__(self) -> Iterator[Row]:
        width = len(self.headings)
        for line, cells in self._rows:
            # Blank lines, and the rows of bare delimiters that spreadsheets leave at the end, say nothing.
            if not any(cells) or (len(cells) == 1 and not cells[0].strip()):
                continue
            if len(cells) == width:
                yield Row(line, cells, cells)
            else:
                problem = _("The row has %(found)d cells, the headings are %(width)d.")
                yield Row(line, cells, cells, problem % {"found": len(cells), "width": width})

    def rejects(self, rows: Iterator[tuple[list[str], str]]) -> Iterator[str]:
        """Yield a CSV file of `rows`: the reason first, so that a row with too many cells stays as it was."""
        kept = [place for place, heading in enumerate(self.headings) if plain(heading) != WHY]
        yield csv_line([WHY, *(self.headings[place] for place in kept)], self.delimiter)
        for cells, why in rows:
            whole = len(cells) == len(self.headings)
            yield csv_line([why, *([cells[place] for place in kept] if whole else cells)], self.delimiter)


def csv_line(cells: Iterable[object], delimiter: str = ",") -> str:
    """Return `cells` as one line of CSV."""
    line = io.StringIO(newline="")
    # The writer quotes a cell for the characters of its own line end only: \r must be one of them.
    csv.writer(line, delimiter=delimiter, lineterminator="\r\n").writerow(cells)
    row = line.getvalue().removesuffix("\r\n")
    return f"{row}\n"


def _chained(head: list[str], lines: Iterator[str]) -> Iterator[str]:
    yield from head
    yield from lines


def _delimiter_of(header: str, columns: tuple[Column, ...]) -> str:
    """Return the delimiter with which `header` has the most known headings, and then the most cells."""
    known = accepted(columns)

    def found(delimiter: str) -> tuple[int, int]:
        names = header.split(delimiter)
        return sum(plain(name.strip().strip('"')) in known for name in names), len(names)

    return max(DELIMITERS, key=found)
