"""A CSV file as a table: comma, semicolon, tab or "|", whichever its cells are parted by."""

from collections.abc import Collection, Iterator
from dataclasses import replace
from itertools import chain

from django.utils.translation import gettext as _

from customerflow.loads.csv_text import DELIMITERS, delimiter_of, parse, sample_of
from customerflow.loads.opening import TextFile
from customerflow.loads.refusals import CannotRunError, FileRefusedError
from customerflow.loads.sources import Row, Shape, Table


class CsvTable(Table):
    """A CSV file with headings. `known` are headings, in plain form, that help to tell the delimiter."""

    def __init__(self, file: TextFile, shape: Shape, known: Collection[str] = ()) -> None:
        if shape.delimiter and (len(shape.delimiter) != 1 or shape.delimiter not in DELIMITERS):
            raise CannotRunError(_("The delimiter is a comma, a semicolon, a tab or the sign |."))
        lines = file.lines()
        first, told = _heading_line(file, lines, shape.header_line)
        skipped = file.line - 1
        sample, rest = sample_of(lines)
        sample.insert(0, first)
        delimiter = shape.delimiter or told or delimiter_of(sample, known)
        self._rows = parse(chain(sample, rest), delimiter, skipped=skipped)
        # Blank where it is of bare delimiters, or told to be the line of the headings.
        line, headings = next(((line, cells) for line, cells in self._rows if any(cells)), (0, []))
        if not headings:
            raise FileRefusedError(_("there are no headings in the file."))
        found = replace(shape, format="csv", encoding=file.encoding, delimiter=delimiter, header_line=line)
        super().__init__(found, headings, file.measured)

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


def _heading_line(file: TextFile, lines: Iterator[str], header_line: int) -> tuple[str, str]:
    """
    Return the first line that is not blank, from `header_line` on, and the delimiter that the line before it tells.

    Excel writes and understands such a line: sep=;
    """
    told = ""
    for line in lines:
        if file.line < header_line or not line.strip():
            continue
        sign = line.strip("\r\n")[4:]
        if line[:4].casefold() == "sep=" and sign in {*DELIMITERS} and not told:
            told = sign
            continue
        return line, told
    if header_line > file.line:
        reason = _("the file has %(found)d lines; the headings cannot be in line %(line)d.")
        raise FileRefusedError(reason % {"found": file.line, "line": header_line}, line=file.line)
    raise FileRefusedError(_("there are no headings in the file."))
