"""The cells of an XLSX sheet as text, row by row."""

import math
import re
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from django.utils.translation import gettext as _

from customerflow.loads.refusals import FileRefusedError
from customerflow.loads.sources import MOST_COLUMNS
from customerflow.loads.workbook import LOCAL, SharedTexts, Workbook, parse, refuse_long, unescape

WHOLE = re.compile(r"-?[0-9]+")
NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,3})?")
LETTERS = re.compile("[A-Z]{1,3}")
LONGEST_INDEX = 9
SECONDS_A_DAY = 86_400
# The first and the last day of which Excel knows.
LAST_SERIAL = 2_958_466
# Excel takes 1900 for a leap year: before the day that there was not, all numbers are one less.
NO_DAY = 60
BOOLEANS = {"0": "no", "1": "yes"}


class SheetRow(NamedTuple):
    """A row of a sheet: its number, its cells by their column from 0 where they are not empty, and what is wrong."""

    number: int
    cells: dict[int, str]
    problem: str


class SheetReader:
    """Reads one sheet of a workbook; `position` of `size` bytes are read."""

    def __init__(self, workbook: Workbook, part: str, texts: SharedTexts) -> None:
        self.workbook, self.texts = workbook, texts
        self.part, self.size, self.position = part, workbook.member(part).file_size, 0
        self._rows: list[SheetRow] = []
        self._number, self._cells, self._problem = 0, {}, ""
        self._column, self._kind, self._style = -1, "", ""
        self._parts: list[str] = []
        self._length, self._is_read, self._is_phonetic = 0, False, False

    def __iter__(self) -> Iterator[SheetRow]:
        """Yield the rows that are not blank. Raises `FileRefusedError` where reading cannot go on."""
        for length in parse(self.workbook.blocks(self.part), self._start, self._end, self._text):
            self.position += length
            yield from self._rows
            self._rows.clear()

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        kind = LOCAL[name]
        if kind == "c":
            self._column = _column_of(attributes.get("r", ""), self._column + 1)
            self._kind, self._style = attributes.get("t", "n"), attributes.get("s", "")
        elif kind in {"v", "t"}:
            self._is_read = not self._is_phonetic
        elif kind == "row":
            number = attributes.get("r", "")
            is_number = number.isascii() and number.isdigit() and len(number) < 8
            self._number = int(number) if is_number else self._number + 1
            self._column = -1
        elif kind == "rPh":
            self._is_phonetic = True

    def _end(self, name: str) -> None:
        kind = LOCAL[name]
        if kind == "c":
            if self._parts:
                self._add("".join(self._parts))
                self._parts.clear()
                self._length = 0
        elif kind in {"v", "t"}:
            self._is_read = False
        elif kind == "row":
            if self._cells:
                self._rows.append(SheetRow(self._number, self._cells, self._problem))
            self._cells, self._problem = {}, ""
        elif kind == "rPh":
            self._is_phonetic = False

    def _text(self, text: str) -> None:
        if self._is_read:
            self._parts.append(text)
            self._length += len(text)
            refuse_long(self._length)

    def _add(self, written: str) -> None:
        """Keep the cell that ends here."""
        try:
            text = self._value(written)
        except ValueError:
            text = written
            self._problem = self._problem or _("The cell %(place)s is %(value)s, which is no value.") % {
                "place": f"{_letters(self._column)}{self._number}",
                "value": text[:80],
            }
        if text and self._column >= MOST_COLUMNS:
            reason = _("there is something in column %(letters)s; at most %(most)d columns can be loaded.")
            words = {"letters": _letters(self._column), "most": MOST_COLUMNS}
            raise FileRefusedError(reason % words, line=self._number)
        if text:
            self._cells[self._column] = text

    def _value(self, written: str) -> str:
        """Return what a cell says. Raises `ValueError` where it says an error, or what it cannot say."""
        kind = self._kind
        if kind == "s":
            return self.texts[_index(written)]
        if kind in {"inlineStr", "str"}:
            return unescape(written)
        if kind == "n":
            styles = self.workbook.is_date
            style = _index(self._style or "0")
            is_date = style < len(styles) and styles[style]
            return _date(_number(written), is_1904=self.workbook.is_1904) if is_date else number_text(written)
        if kind == "b" and written in BOOLEANS:
            return BOOLEANS[written]
        if kind == "d":
            return written.removesuffix("T00:00:00").replace("T", " ")
        raise ValueError


def _index(written: str) -> int:
    """Return the place in a list that is written so. Raises `ValueError`."""
    if not written.isascii() or not written.isdigit() or len(written) > LONGEST_INDEX:
        raise ValueError
    return int(written)


def _number(written: str) -> float:
    """Return a number as the file has it. Raises `ValueError`, also for what is too large to be one."""
    if not NUMBER.fullmatch(written) or math.isinf(number := float(written)):
        raise ValueError
    return number


def number_text(written: str) -> str:
    """
    Return a number without exponent and needless zeros, to the 15 digits that Excel shows.

    >>> number_text("5.55E+11"), number_text("19.989999999999998"), number_text("1234.50")
    ('555000000000', '19.99', '1234.5')
    """
    if WHOLE.fullmatch(written):
        return written
    text = f"{Decimal(f'{_number(written):.15g}'):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _date(serial: float, *, is_1904: bool) -> str:
    """Return the day, the time or both that Excel shows for `serial`; what it cannot show stays a number."""
    if not 0 <= serial < LAST_SERIAL or int(serial) == NO_DAY:
        return number_text(repr(serial))
    days, seconds = divmod(round(serial * SECONDS_A_DAY), SECONDS_A_DAY)
    time = str(timedelta(seconds=seconds)).zfill(8) if seconds else ""
    if not days and not is_1904:
        return time or "00:00:00"
    first = date(1904, 1, 1) if is_1904 else date(1899, 12, 31 if serial < NO_DAY else 30)
    return f"{first + timedelta(days)} {time}".rstrip()


def _column_of(reference: str, following: int) -> int:
    """Return the column, from 0, of a cell such as "B5"; where that is not said, `following`."""
    column = _column_named(reference.rstrip("0123456789"))
    return following if column is None else column


@lru_cache(maxsize=MOST_COLUMNS)
def _column_named(letters: str) -> int | None:
    if not LETTERS.fullmatch(letters):
        return None
    column = 0
    for letter in letters:
        column = column * 26 + ord(letter) - 64
    return column - 1


def _letters(column: int) -> str:
    """Return the name of a column, such as "B" for 1."""
    name, column = "", column + 1
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(65 + rest) + name
    return name
