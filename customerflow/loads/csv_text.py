"""
CSV as text, strictly: a quote that is never closed is an error and does not swallow the rest of the file.

Any line end; line breaks inside of quotes.
"""

import csv
import io
from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from itertools import islice

from django.utils.translation import gettext as _

from customerflow.loads.headings import plain
from customerflow.loads.opening import EnoughError
from customerflow.loads.refusals import FileRefusedError

DELIMITERS = ",;\t|"
LONGEST_CELL = 100_000
MOST_LINES_A_ROW = 10_000


# From so many rows, lines and characters the delimiter is told.
SAMPLE_ROWS = 50
SAMPLE_LINES = 200
SAMPLE_CHARACTERS = 1 << 18


def parse(lines: Iterable[str], delimiter: str = ",", *, skipped: int = 0) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows of CSV text and the lines they begin on, after `skipped` ones. Raises `FileRefusedError`."""
    csv.field_size_limit(LONGEST_CELL)
    current: list[str] = []

    def remembered() -> Iterator[str]:
        for line in lines:
            current.append(line)
            if len(current) > MOST_LINES_A_ROW:
                raise csv.Error
            yield line

    reader = csv.reader(remembered(), delimiter=delimiter, strict=True)
    first = skipped + 1
    try:
        for cells in reader:
            yield first, cells
            current.clear()
            first = skipped + reader.line_num + 1
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


def csv_line(cells: Iterable[object], delimiter: str = ",") -> str:
    """Return `cells` as one line of CSV."""
    line = io.StringIO(newline="")
    # The writer quotes a cell for the characters of its own line end only: \r must be one of them.
    csv.writer(line, delimiter=delimiter, lineterminator="\r\n").writerow(cells)
    row = line.getvalue().removesuffix("\r\n")
    return f"{row}\n"


def sample_of(lines: Iterator[str]) -> tuple[list[str], Iterator[str]]:
    """
    Return the first lines, as many as it takes to tell the delimiter, and then the rest.

    What is wrong in the sample is raised by the rest: so the lines before it are there to be looked at.
    """
    sample: list[str] = []
    length = 0
    try:
        for line in islice(lines, SAMPLE_LINES):
            sample.append(line)
            length += len(line)
            if length > SAMPLE_CHARACTERS:
                break
    except (FileRefusedError, EnoughError) as error:
        return sample, _raising(error)
    return sample, lines


def _raising(error: Exception) -> Iterator[str]:
    yield from ()
    raise error


def delimiter_of(sample: list[str], known: Collection[str] = ()) -> str:
    """
    Return the delimiter of CSV text that begins with `sample`, headings first.

    It is the one that gives the most headings among `known` (in plain form); then the one that gives many cells, as
    many in each row. A space before a cell, or half of its quotes in it, tells of a sign in the middle of a text.
    """

    def merit(delimiter: str) -> tuple[int, float, float]:
        rows = _sample_rows(sample, delimiter) or [[""]]
        headings = rows[0]
        found = sum(plain(heading.strip()) in known for heading in headings)
        fitting = sum(len(row) == len(headings) and not any(cell.count('"') % 2 for cell in row) for row in rows)
        parted = sum(not heading.startswith(" ") for heading in headings[1:])
        return found, parted * fitting / len(rows), (len(headings) - 1) * fitting / len(rows)

    return max(DELIMITERS, key=merit)


def _sample_rows(sample: list[str], delimiter: str) -> list[list[str]]:
    """Return the first rows that are not blank, as far as they can be read with `delimiter`."""
    rows = []
    with suppress(csv.Error):
        for cells in islice(csv.reader(sample, delimiter=delimiter, strict=True), SAMPLE_ROWS):
            if any(cells):
                rows.append(cells)
    return rows
