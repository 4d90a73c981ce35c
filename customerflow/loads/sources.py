"""Files as tables: what every reader gives to the load, whatever the format."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from django.utils.translation import gettext as _

from customerflow.loads.csv_text import csv_line
from customerflow.loads.headings import WHY, plain
from customerflow.loads.refusals import FileRefusedError, shorten

MOST_COLUMNS = 1_000
LONGEST_HEADING = 300
# What cannot be stored: NUL, and halves of characters, which some encodings and the escapes of JSON can write.
UNFIT = re.compile("[\0\ud800-\udfff]")


@dataclass(frozen=True)
class Shape:
    """How a file is read. What is empty is found by looking."""

    # "csv", "xlsx" or "json".
    format: str = ""
    # Of text: any of Python's. Empty: by the byte-order mark, else UTF-8.
    encoding: str = ""
    # Of CSV: comma, semicolon, tab or "|".
    delimiter: str = ""
    # Of a workbook: the name of the sheet. Empty: the first one with anything in it.
    sheet: str = ""
    # The line of the headings, from 1; of a workbook the row. 0: the first that is not blank.
    header_line: int = 0


AS_FOUND = Shape()


class Row(NamedTuple):
    """
    A row of a file: the line it begins on, and its cells, read and as they were written.

    There is a cell for each heading; where there is not, `problem` says why the cells cannot be used at all.
    """

    line: int
    cells: list[str]
    written: list[str]
    problem: str = ""


class Measured(Protocol):
    """How far a file is read: `position` of `size`, in bytes, and the SHA-256 of all of it."""

    position: int
    size: int
    sha256: str


class Table:
    """
    A file that is read once, row by row; `shape` holds everything that was found about it.

    Subclasses yield `Row`s from `__iter__`, and raise `FileRefusedError` where reading cannot go on.
    """

    def __init__(self, shape: Shape, headings: list[str], measured: Measured) -> None:
        self.shape, self.headings, self.measured = shape, headings, measured
        self._check(headings)

    def _check(self, headings: list[str]) -> None:
        if len(headings) > MOST_COLUMNS:
            reason = _("there are %(found)d columns; at most %(most)d can be loaded.")
            raise FileRefusedError(reason % {"found": len(headings), "most": MOST_COLUMNS}, line=self.header_line)
        for heading in headings:
            if len(heading) > LONGEST_HEADING or UNFIT.search(heading):
                reason = _("this is no heading: it has a sign that no text has, or more than %(most)d characters.")
                value = shorten(heading.encode("utf-8", "replace").decode())
                raise FileRefusedError(reason % {"most": LONGEST_HEADING}, line=self.header_line, value=value)

    @property
    def header_line(self) -> int:
        """The line that the headings stand on."""
        return self.shape.header_line

    def __iter__(self) -> Iterator[Row]:
        raise NotImplementedError

    def rejects(self, rows: Iterable[tuple[list[str], str]]) -> Iterator[str]:
        """
        Yield the text of a CSV file of `rows`, as they were written, each with what is wrong with it.

        The reason comes first, so that a row with too many cells stays as it was.
        """
        delimiter = self.shape.delimiter or ","
        kept = [place for place, heading in enumerate(self.headings) if plain(heading) != WHY]
        yield csv_line([WHY, *(self.headings[place] for place in kept)], delimiter)
        for cells, why in rows:
            whole = len(cells) == len(self.headings)
            yield csv_line([why, *([cells[place] for place in kept] if whole else cells)], delimiter)
