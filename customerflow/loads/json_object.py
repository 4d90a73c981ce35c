"""
Reading a JSON object of id -> name, entry by entry, so that everything wrong has a line.

`json.loads` cannot do this: it takes doubled keys and NaN, names no line of an entry, and fails on deep nesting.
"""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from json.decoder import scanstring

from django.utils.translation import gettext as _

from customerflow.loads.opening import TextFile
from customerflow.loads.refusals import FileRefusedError, shorten
from customerflow.loads.sources import Row, Shape, Table

HEADINGS = ["ID", "Name"]
LONGEST_FILE = 10_000_000
SPACE = re.compile(r"[ \t\n\r]*")
SCALAR = re.compile(r"[^\s,{}\[\]\":]+")
PIECE = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{}]', re.DOTALL)


class JsonObjectTable(Table):
    """A file that is one JSON object: its names are one column, its values (texts) the other."""

    def __init__(self, file: TextFile, shape: Shape) -> None:
        parts, length = [], 0
        for line in file.lines():
            parts.append(line)
            length += len(line)
            if length > LONGEST_FILE:
                reason = _("the file has more than %(longest)d characters. Write it as a list of objects.")
                raise FileRefusedError(reason % {"longest": LONGEST_FILE}, line=file.line)
        self._text = "".join(parts)
        self._line, self._counted = 1, 0
        super().__init__(replace(shape, format="json", encoding=file.encoding, header_line=1), HEADINGS, file.measured)

    def __iter__(self) -> Iterator[Row]:
        """Yield id and name of each entry; of a value that is no text, the problem."""
        place = self._after("{", self._skip_space(0), _("an object is expected: {"))
        place = self._skip_space(place)
        if self._text[place : place + 1] == "}":
            return self._end(place + 1)
        while True:
            line = self._line_of(place)
            name, place = self._string(place, _("an id in double quotes is expected"))
            place = self._after(":", self._skip_space(place), _("a colon is expected after the id"))
            place = self._skip_space(place)
            start, value, problem = place, "", ""
            if self._text[place : place + 1] == '"':
                value, place = self._string(place, "")
            else:
                place = self._skip_value(place)
                problem = _("The name of %(id)s must be a text in double quotes.") % {"id": shorten(name)}
            yield Row(line, [name, value], [name, self._text[start:place]], problem)
            place = self._skip_space(place)
            if self._text[place : place + 1] == "}":
                return self._end(place + 1)
            place = self._after(",", place, _("a comma or } is expected after an entry"))
            place = self._skip_space(place)

    def rejects(self, rows: Iterable[tuple[list[str], str]]) -> Iterator[str]:
        """Yield a JSON object of `rows`. JSON has no comments: why they were refused stands in the report."""
        joint = "{\n"
        for (name, value), _why in rows:
            yield f"{joint}  {json.dumps(name, ensure_ascii=False)}: {value}"
            joint = ",\n"
        yield "\n}\n"

    def _line_of(self, place: int) -> int:
        """Return the line of `place`; places are asked for in ascending order."""
        self._line += self._text.count("\n", self._counted, place)
        self._counted = max(place, self._counted)
        return self._line

    def _refused(self, place: int, reason: str) -> FileRefusedError:
        if place >= len(self._text):
            reason = _("the file is cut off: %(reason)s") % {"reason": reason}
        value = shorten(self._text[place : place + 200])
        return FileRefusedError(f"{reason}.", line=self._line_of(place), value=value)

    def _skip_space(self, place: int) -> int:
        return SPACE.match(self._text, place).end()

    def _after(self, sign: str, place: int, expectation: str) -> int:
        if self._text[place : place + 1] != sign:
            raise self._refused(place, expectation)
        return place + 1

    def _string(self, place: int, expectation: str) -> tuple[str, int]:
        self._after('"', place, expectation)
        try:
            return scanstring(self._text, place + 1, True)
        except json.JSONDecodeError as error:
            raise self._refused(
                place, _("the text that begins here is not valid: %(why)s") % {"why": error.msg}
            ) from error

    def _skip_value(self, place: int) -> int:
        """Return the place after the value at `place`, which is no text; brackets are counted, never recursed into."""
        if scalar := SCALAR.match(self._text, place):
            return scalar.end()
        if self._text[place : place + 1] not in {"[", "{"}:
            raise self._refused(place, _("a name in double quotes is expected after the colon"))
        depth = 0
        for piece in PIECE.finditer(self._text, place):
            depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(piece[0], 0)
            if depth <= 0:
                return piece.end()
        raise self._refused(len(self._text), _("a bracket is not closed"))

    def _end(self, place: int) -> None:
        place = self._skip_space(place)
        if place < len(self._text):
            raise self._refused(place, _("nothing is expected after the object"))
