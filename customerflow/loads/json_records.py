"""
JSON records one after another: a list of objects, or objects on lines of their own (JSON Lines).

The standard library decodes each record out of a window on the file, so that memory does not grow with the file, and
everything wrong has a line. Numbers stay as they are written.
"""

import json
import re
from collections.abc import Iterator
from typing import NamedTuple

from django.utils.translation import gettext as _

from customerflow.loads.opening import TextFile
from customerflow.loads.refusals import FileRefusedError, shorten

SPACE = re.compile(r"[ \t\n\r]*")
LONGEST_RECORD = 1_000_000
# A literal or an escape that is cut off at the end of the window is mistaken for an error so close to it.
CLOSE = 16


class Pairs(list):
    """The names and values of a JSON object as they are written, doubled names too."""


class NoNumber(str):
    """NaN or Infinity, which JSON does not have and some programs write."""


DECODER = json.JSONDecoder(object_pairs_hook=Pairs, parse_int=str, parse_float=str, parse_constant=NoNumber)


class Record(NamedTuple):
    """One value of the file: the line it begins on, what it is, and its text."""

    line: int
    value: object
    written: str


def is_lines(start: str) -> bool:
    """Return whether JSON that begins with `start` is one object after another."""
    try:
        value, end = DECODER.raw_decode(start, SPACE.match(start).end())
    except (ValueError, RecursionError):
        return False
    return isinstance(value, Pairs) and start.startswith("{", SPACE.match(start, end).end())


def records(file: TextFile) -> Iterator[Record]:
    """Yield the records of a list, or of lines. Raises `FileRefusedError`."""
    window = _Window(file)
    is_list = window.sign() == "["
    if is_list:
        window.skip()
        if window.sign() == "]":
            return window.end()
    while window.sign():
        yield window.record()
        if not is_list:
            continue
        if window.sign() == "]":
            return window.end()
        if window.sign() != ",":
            raise window.refused(_("a comma or ] is expected after a record"))
        window.skip()
    if is_list:
        raise window.refused(_("a record is expected"))
    return None


class _Window:
    """The part of the text that is looked at; `place` is where the next thing begins."""

    def __init__(self, file: TextFile) -> None:
        self.blocks = file.blocks()
        self.text, self.place, self.line, self.counted = "", 0, 1, 0

    def _more(self) -> bool:
        """Read on, and forget what is done. Return whether there was more."""
        block = next(self.blocks, "")
        if block:
            self._line_of(self.place)
            self.text = self.text[self.place :] + block
            self.place = self.counted = 0
        return bool(block)

    def _line_of(self, place: int) -> int:
        """Return the line of `place`; places are asked for in ascending order."""
        self.line += self.text.count("\n", self.counted, place)
        self.counted = max(place, self.counted)
        return self.line

    def sign(self) -> str:
        """Return the next sign that is no white space, "" at the end of the file."""
        while True:
            self.place = SPACE.match(self.text, self.place).end()
            if self.place < len(self.text) or not self._more():
                return self.text[self.place : self.place + 1]

    def skip(self) -> None:
        """Go on past one sign."""
        self.place += 1

    def record(self) -> Record:
        """Return the value that begins here, and go on past it."""
        line = self._line_of(self.place)
        while True:
            try:
                value, end = DECODER.raw_decode(self.text, self.place)
            except json.JSONDecodeError as error:
                if self._is_cut(error) and self._more():
                    continue
                raise self.refused(error.msg, error.pos) from error
            except RecursionError as error:
                raise self.refused(_("too many brackets are inside of each other")) from error
            # A number may go on in the next block.
            if end < len(self.text) or not self._more():
                break
        written, self.place = self.text[self.place : end], end
        if len(written) > LONGEST_RECORD:
            raise self.refused(_("a record has more than %(longest)d characters") % {"longest": LONGEST_RECORD})
        return Record(line, value, written)

    def _is_cut(self, error: json.JSONDecodeError) -> bool:
        """Return whether the text may be right and only be cut off at the end of the window."""
        is_near = error.pos > len(self.text) - CLOSE or error.msg.startswith("Unterminated string")
        return is_near and len(self.text) - self.place <= LONGEST_RECORD

    def end(self) -> None:
        """Go on past the end of the list. Raises `FileRefusedError` where anything follows it."""
        self.skip()
        if self.sign():
            raise self.refused(_("nothing is expected after the list"))

    def refused(self, reason: str, place: int | None = None) -> FileRefusedError:
        """Return the refusal of what stands at `place`, which is where the window is if nothing else is said."""
        place = self.place if place is None else place
        if place >= len(self.text):
            reason = _("the file is cut off: %(reason)s") % {"reason": reason}
        value = shorten(self.text[place : place + 200].encode("utf-8", "replace").decode())
        return FileRefusedError(f"{reason}.", line=self._line_of(place), value=value)
