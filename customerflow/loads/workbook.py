"""
An XLSX workbook, read as a stream: its sheets, which of its cells are dates, and the texts that its sheets share.

We read it ourselves because the libraries hold whole sheets in memory, a cell in the farthest corner with all that lies
before it. An XLSX file is a ZIP archive of XML (ISO/IEC 29500).
"""

import os
import re
import tempfile
import zipfile
from array import array
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from posixpath import dirname, join, normpath
from typing import BinaryIO
from xml.parsers import expat

from django.utils.translation import gettext as _

from customerflow.loads.csv_text import LONGEST_CELL
from customerflow.loads.opening import EnoughError
from customerflow.loads.refusals import FileRefusedError, shorten
from customerflow.loads.zips import blocks_of

# XML of which nothing can be told yet is held in memory.
LONGEST_PIECE = 1_000_000
MOST_SHEETS = 1_000
DEEPEST = 100
MOST_STYLES = 100_000
# The places of shared texts are held in memory, 8 bytes each; the texts themselves are on the disk.
MOST_TEXTS = 10_000_000
ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")
# Number formats that are dates without being written out in the file (18.8.30 of the standard).
BUILT_IN_DATES = {*range(14, 23), *range(27, 37), 45, 46, 47, *range(50, 59)}
# What is no sign of a date in a format: quoted and escaped signs, colours, conditions. Elapsed hours are numbers.
NOT_OF_DATES = re.compile(r'"[^"]*"|\\.|_.|\*.|\[[^\]]*\]|general', re.IGNORECASE | re.DOTALL)
ELAPSED = re.compile(r"\[(h+|m+|s+)\]", re.IGNORECASE)


class _LocalNames(dict):
    """Names of elements without their prefix."""

    def __missing__(self, name: str) -> str:
        return name.rpartition(":")[2]


LOCAL = _LocalNames((name, name) for name in ("c", "f", "is", "r", "rPh", "row", "si", "t", "v"))


def parse(
    blocks: Iterator[bytes],
    start: Callable[[str, dict[str, str]], None],
    end: Callable[[str], None] | None = None,
    text: Callable[[str], None] | None = None,
) -> Iterator[int]:
    """
    Call `start`, `end` and `text` for the XML in `blocks`; yield the length of each block once it is through.

    Raises `FileRefusedError` for what is no XML, and for a document type: with it, small files grow large.
    """
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = start, end, text
    parser.StartDoctypeDeclHandler = _refuse_document_type
    fed = 0
    try:
        for block in blocks:
            parser.Parse(block)
            fed += len(block)
            if fed - parser.CurrentByteIndex > LONGEST_PIECE:
                raise _no_workbook(_("a part of it is too long"))
            yield len(block)
        parser.Parse(b"", True)
    except (expat.ExpatError, ValueError) as error:
        raise _no_workbook(error) from error


def _refuse_document_type(*_declaration: object) -> None:
    raise _no_workbook(_("it has a document type"))


def _no_workbook(why: object) -> FileRefusedError:
    reason = _("it is damaged, or no XLSX workbook (%(why)s). Save it anew as XLSX, or as CSV.")
    return FileRefusedError(reason % {"why": shorten(why)})


def unescape(text: str) -> str:
    """Return `text` with the signs that XML cannot hold, which Excel writes as _x0001_."""
    return ESCAPE.sub(lambda match: chr(int(match[1], 16)), text) if "_x" in text else text


def _attribute(attributes: dict[str, str], name: str) -> str:
    return next((value for key, value in attributes.items() if LOCAL[key] == name), "")


class Workbook:
    """
    What is the same for all sheets of the workbook in `archive`.

    Of each of its parts only `most` bytes are read, if that is given: then `EnoughError` is raised.
    """

    def __init__(self, archive: zipfile.ZipFile, most: int | None = None) -> None:
        self.archive, self.most = archive, most
        self.is_1904 = False
        # The names of the sheets, and which part of the archive each is.
        self.sheets: dict[str, str] = {}
        root = dict(self._relations("").values())
        self.part = root.get("officeDocument", "xl/workbook.xml")
        self._relations_of_part = self._relations(self.part)
        for _block in parse(self.blocks(self.part), self._see):
            pass
        if not self.sheets:
            raise _no_workbook(_("it has no sheets"))
        self.is_date = self._date_styles()

    def blocks(self, part: str) -> Iterator[bytes]:
        """Yield the content of a part."""
        read = 0
        for block in blocks_of(self.archive, self.member(part)):
            if self.most and read >= self.most:
                raise EnoughError
            read += len(block)
            yield block

    def member(self, part: str) -> zipfile.ZipInfo:
        """Return where `part` is in the archive."""
        try:
            return self.archive.getinfo(part)
        except KeyError as error:
            raise _no_workbook(_("%(part)s is missing") % {"part": part[:80]}) from error

    @contextmanager
    def texts(self) -> Iterator["SharedTexts"]:
        """Give the texts that the sheets share."""
        with tempfile.TemporaryFile(prefix="texts-") as file:
            part = self._part_of("sharedStrings")
            yield SharedTexts(file, self.blocks(part) if part else None)

    def _see(self, name: str, attributes: dict[str, str]) -> None:
        if LOCAL[name] == "workbookPr":
            self.is_1904 = attributes.get("date1904") in {"1", "true"}
        elif LOCAL[name] == "sheet":
            kind, part = self._relations_of_part.get(_attribute(attributes, "id"), ("", ""))
            if kind == "worksheet" and len(self.sheets) < MOST_SHEETS:
                self.sheets[attributes.get("name", "")] = part

    def _part_of(self, kind: str) -> str:
        return next((part for other, part in self._relations_of_part.values() if other == kind), "")

    def _relations(self, part: str) -> dict[str, tuple[str, str]]:
        """Return what `part` refers to: by the name that it uses, the kind and the part."""
        folder, found = dirname(part), {}

        def see(name: str, attributes: dict[str, str]) -> None:
            if LOCAL[name] == "Relationship" and len(found) < MOST_SHEETS:
                target = normpath(join("/", folder, attributes.get("Target", ""))).lstrip("/")
                found[attributes.get("Id", "")] = attributes.get("Type", "").rpartition("/")[2], target

        for _block in parse(self.blocks(join(folder, "_rels", f"{part.rpartition('/')[2]}.rels")), see):
            pass
        return found

    def _date_styles(self) -> list[bool]:
        """Return for each style of cells whether it shows numbers as dates."""
        styles: list[bool] = []
        dates, within = set(BUILT_IN_DATES), []

        def start(name: str, attributes: dict[str, str]) -> None:
            number = attributes.get("numFmtId", "")
            number = int(number) if number.isascii() and number.isdigit() and len(number) < 9 else 0
            if LOCAL[name] == "numFmt" and len(dates) < MOST_STYLES:
                (dates.add if _is_date(attributes.get("formatCode", "")) else dates.discard)(number)
            elif LOCAL[name] == "xf" and within[-1:] == ["cellXfs"] and len(styles) < MOST_STYLES:
                styles.append(number in dates)
            if len(within) >= DEEPEST:
                raise _no_workbook(_("its parts are too deep in each other"))
            within.append(LOCAL[name])

        part = self._part_of("styles")
        for _block in parse(self.blocks(part), start, lambda _name: within.pop()) if part else ():
            pass
        return styles


def _is_date(number_format: str) -> bool:
    if ELAPSED.search(number_format):
        return False
    return any(sign in "dmyhsDMYHS" for sign in NOT_OF_DATES.sub("", number_format.split(";")[0]))


class SharedTexts:
    """
    The texts that the sheets of a workbook share, by their number.

    They are taken out of their part of the workbook, `blocks`, as far as they are asked for, and kept in `file`.
    """

    def __init__(self, file: BinaryIO, blocks: Iterator[bytes] | None) -> None:
        self._file = file
        self._places = array("Q", [0])
        self._parts: list[str] = []
        self._length, self._is_read, self._is_phonetic = 0, False, False
        self._blocks = parse(blocks, self._start, self._end, self._text) if blocks else iter(())

    def __getitem__(self, number: int) -> str:
        """Return a text. Raises `ValueError` where there is none of that number."""
        while number >= len(self._places) - 1:
            if next(self._blocks, None) is None:
                raise ValueError
            self._file.flush()
        place, end = self._places[number : number + 2]
        return unescape(os.pread(self._file.fileno(), end - place, place).decode())

    def _start(self, name: str, _attributes: dict[str, str]) -> None:
        kind = LOCAL[name]
        self._is_read = kind == "t" and not self._is_phonetic
        self._is_phonetic = self._is_phonetic or kind == "rPh"

    def _end(self, name: str) -> None:
        kind = LOCAL[name]
        self._is_read = False
        if kind == "rPh":
            self._is_phonetic = False
        elif kind == "si":
            text = "".join(self._parts).encode()
            self._file.write(text)
            self._places.append(self._places[-1] + len(text))
            self._parts.clear()
            self._length = 0
            if len(self._places) > MOST_TEXTS:
                raise FileRefusedError(_("it has more than %(most)d texts. Save it as CSV.") % {"most": MOST_TEXTS})

    def _text(self, text: str) -> None:
        if self._is_read:
            self._parts.append(text)
            self._length += len(text)
            refuse_long(self._length)


def refuse_long(length: int) -> None:
    """Raise `FileRefusedError` for a cell of so many characters, if they are too many."""
    if length > LONGEST_CELL:
        raise FileRefusedError(_("a cell has more than %(most)d characters.") % {"most": LONGEST_CELL})
