"""What a file looks like: enough of its beginning for a person to say whether it is read in the right way."""

import os
import struct
from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from django.utils.translation import gettext as _

from customerflow.loads.formats import format_of
from customerflow.loads.opening import GZIP, EnoughError, OpenFile, mark_of
from customerflow.loads.reading import open_table
from customerflow.loads.refusals import CannotRunError, FileRefusedError, shorten
from customerflow.loads.sources import AS_FOUND, Row, Shape, Table
from customerflow.loads.workbook import Workbook
from customerflow.loads.zips import open_zip

# So much of a file is looked at, unpacked.
MOST_LOOKED_AT = 4 << 20
ROWS_SHOWN = 20
ENCODINGS = ("utf-8", "cp1252", "iso-8859-15", "cp1250", "cp1251", "cp437", "mac-roman")
WIDE_ENCODINGS = ("utf-16-le", "utf-16-be")
MOST_COMPARED = 1 << 20
SHOWN_BEFORE = 30
# The end of a file packed with gzip: how long it is unpacked, or how much longer than a multiple of 4 GB.
UNPACKED_SIZE = struct.Struct("<I")


@dataclass(frozen=True)
class Candidate:
    """An encoding that a file may have, and how a line of it reads in it."""

    encoding: str
    text: str


@dataclass
class Look:
    """
    What was found in a file, as far as anything was: with a `problem`, in words, the rest may be missing.

    `row_count` is exact where `is_whole`: then all rows were seen. Else it is guessed from the size of the file.
    """

    shape: Shape
    headings: list[str] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    row_count: int = 0
    is_whole: bool = False
    sheets: list[str] = field(default_factory=list)
    problem: str = ""
    line: int = 0
    candidates: list[Candidate] = field(default_factory=list)


def look(path: Path, shape: Shape = AS_FOUND, known: Collection[str] = (), *, name: str = "") -> Look:
    """
    Return what the file looks like, and what is wrong with it; nothing in it is an error.

    `shape`, `known` and `name` are as for `open_table`.
    """
    seen = Look(shape)
    try:
        with open_table(path, shape, known, name=name, most=MOST_LOOKED_AT) as table:
            seen.shape, seen.headings = table.shape, table.headings
            _see_rows(seen, table)
    except EnoughError:
        seen.problem = _("There are no headings at the beginning of the file.")
    except (FileRefusedError, CannotRunError) as error:
        seen.problem, seen.line = str(error), getattr(error, "line", 0)
    # Where nothing can be told of the content, the problem says it.
    with suppress(EnoughError, FileRefusedError, CannotRunError), OpenFile(path, MOST_LOOKED_AT) as file:
        seen.shape = replace(
            seen.shape, format=format_of(file.head, name or path.name, is_packed=file.is_packed, told=shape.format)
        )
        if seen.shape.format == "xlsx":
            seen.sheets = _sheets_of(file)
        else:
            mark = mark_of(file.head)
            seen.shape = replace(seen.shape, encoding=mark or shape.encoding or "utf-8")
            # A mark leaves no doubt.
            seen.candidates = [] if mark else list(_candidates(file.data.read(MOST_COMPARED), seen.line))
    return seen


def _see_rows(seen: Look, table: Table) -> None:
    try:
        for row in table:
            seen.row_count += 1
            if len(seen.rows) < ROWS_SHOWN:
                seen.rows.append(row)
        seen.is_whole = True
    except EnoughError:
        done, size = table.measured.position, table.measured.size
        if table.shape.format != "xlsx":
            done, size = MOST_LOOKED_AT, _unpacked_size(table.measured.path)
        seen.row_count = max(seen.row_count, round(seen.row_count * size / done))


def _unpacked_size(path: Path) -> int:
    with path.open("rb") as file:
        is_packed = file.read(len(GZIP)) == GZIP
        file.seek(-UNPACKED_SIZE.size if is_packed else 0, os.SEEK_END)
        return UNPACKED_SIZE.unpack(file.read())[0] if is_packed else file.tell()


def _sheets_of(file: OpenFile) -> list[str]:
    with file.seekable() as content, open_zip(content) as archive:
        return list(Workbook(archive, MOST_LOOKED_AT).sheets)


def _candidates(start: bytes, line: int) -> Iterator[Candidate]:
    """Yield the encodings that `start` may be in, with how `line` reads, or the first line that shows a difference."""
    if b"\0" in start:
        for encoding in WIDE_ENCODINGS:
            text = start[: len(start) // 2 * 2].decode(encoding, "replace")
            # With the bytes the wrong way round, the signs of our alphabet become Chinese ones.
            if sum(map(str.isascii, text)) * 2 > len(text):
                yield Candidate(encoding, shorten(next((row for row in text.splitlines() if not row.isascii()), text)))
        return
    lines = start.splitlines()
    wrong = lines[line - 1] if 0 < line <= len(lines) else b""
    shown = next((row for row in (wrong, *lines) if not row.isascii()), b"")
    for encoding in ENCODINGS if shown else ():
        with suppress(UnicodeDecodeError):
            text = shown.decode(encoding)
            first = next(place for place, sign in enumerate(text) if not sign.isascii())
            yield Candidate(encoding, shorten(text[max(0, first - SHOWN_BEFORE) :]))
