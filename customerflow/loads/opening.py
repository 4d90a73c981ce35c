"""Opening a file: unpacked, decoded, hashed and measured while it is read once, in bounded memory."""

import codecs
import gzip
import hashlib
import io
import re
import shutil
import tempfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import BinaryIO

from django.utils.translation import gettext as _

from customerflow.loads.refusals import CannotRunError, FileRefusedError, shorten

BLOCK = 1 << 18
LONGEST_LINE = 1_000_000
# What a packed file may hold. It is streamed: the limit is for patience, not for memory.
MOST_UNPACKED = 4 << 30
# What a packed workbook may hold, which is unpacked to the disk.
MOST_COPIED = 500 << 20
GZIP = b"\x1f\x8b"
# The longer marks first: that of UTF-32 begins with that of UTF-16.
MARKS = {
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
# What decoding leaves where a byte is wrong (PEP 383).
WRONG_BYTE = range(0xDC80, 0xDD00)
UNFIT = re.compile("[\0\udc80-\udcff]")
# What unpacking and reading may raise.
UNREADABLE = (OSError, EOFError, zlib.error)


class MeasuredFile(io.RawIOBase):
    """The bytes of a file of `size` bytes; `position` is how many of them were read."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.file = path.open("rb", buffering=0)
        self.size = path.stat().st_size
        self.position = 0
        self.is_at_end = False
        self.hash = hashlib.sha256()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer) -> int:
        count = self.file.readinto(buffer)
        self.hash.update(memoryview(buffer)[:count])
        self.position += count
        self.is_at_end = not count
        return count

    @property
    def sha256(self) -> str:
        """The SHA-256 of the whole file; what was not read is read now. Of a pipe: of what was read of it."""
        if self.is_at_end or not self.path.is_file():
            return self.hash.hexdigest()
        with self.path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    def close(self) -> None:
        self.file.close()
        super().close()


class EnoughError(Exception):
    """So much was read as was asked for."""


class LimitedFile(io.RawIOBase):
    """The bytes of `file`. Raises `refusal` where there are more than `most`."""

    def __init__(self, file: io.BufferedIOBase, most: int, refusal: Exception) -> None:
        self.file, self.left, self.refusal = file, most, refusal

    def readable(self) -> bool:
        return True

    def readinto(self, buffer) -> int:
        count = self.file.readinto(buffer)
        self.left -= count
        if self.left < 0:
            raise self.refusal
        return count


class OpenFile:
    """
    The bytes of a file, unpacked where it is packed with gzip, to be read once.

    `data` is what is read, `head` what it begins with. Raises `CannotRunError` for what cannot be opened or is empty,
    `FileRefusedError` for what cannot be unpacked, and `EnoughError` after `most` bytes, if that is given.
    """

    def __init__(self, path: Path, most: int | None = None) -> None:
        self.path, self.most = path, most
        try:
            self.measured = MeasuredFile(path)
        except OSError as error:
            raise CannotRunError(f"{path}: {error.strerror}.") from error
        except ValueError as error:
            raise CannotRunError(_("This is no name of a file: %(path)r.") % {"path": str(path)}) from error
        try:
            self.data, self.is_packed = self._unpacked()
            if self.most:
                self.data = io.BufferedReader(LimitedFile(self.data, self.most, EnoughError()), BLOCK)
            self.head = self.data.peek(4)
        except UNREADABLE as error:
            self.measured.close()
            raise FileRefusedError(_("it cannot be unpacked: %(error)s.") % {"error": error}, line=1) from error
        except BaseException:
            self.measured.close()
            raise
        if not self.head:
            self.measured.close()
            raise CannotRunError(_("%(path)s: the file is empty.") % {"path": path})

    def _unpacked(self) -> tuple[io.BufferedReader, bool]:
        data = io.BufferedReader(self.measured, BLOCK)
        if data.peek(2)[:2] != GZIP:
            return data, False
        data = io.BufferedReader(
            LimitedFile(gzip.GzipFile(fileobj=data), MOST_UNPACKED, _too_much(MOST_UNPACKED)), BLOCK
        )
        if data.peek(2)[:2] == GZIP:
            raise FileRefusedError(_("it is packed twice (gzip inside of gzip): unpack it once."), line=1)
        return data, True

    @contextmanager
    def seekable(self) -> Iterator[BinaryIO]:
        """Open the unpacked content once more, so that it can be read in any order."""
        if not self.is_packed:
            with self.path.open("rb") as file:
                yield file
            return
        with tempfile.TemporaryFile(prefix="unpacked-") as file:
            try:
                with OpenFile(self.path) as again:
                    limited = LimitedFile(again.data, MOST_COPIED, _too_much(MOST_COPIED))
                    shutil.copyfileobj(limited, file, BLOCK)
            except UNREADABLE as error:
                raise FileRefusedError(_("it cannot be unpacked: %(error)s.") % {"error": error}) from error
            yield file

    def __enter__(self) -> "OpenFile":
        return self

    def __exit__(self, *_exception) -> None:
        # An unfinished gzip stream must not hide the error that ended the reading.
        with suppress(*UNREADABLE):
            self.data.close()
        self.measured.close()


class TextFile:
    """
    A file as text, to be read once. `encoding` is used where the file has no byte-order mark; without it, UTF-8.

    `encoding` becomes the one that is read with. Raises `FileRefusedError` for what is no text.
    """

    def __init__(self, file: OpenFile, encoding: str = "") -> None:
        self.file, self.path, self.measured = file, file.path, file.measured
        self.line = 0
        self._text = self._decoded(encoding)

    def _decoded(self, encoding: str) -> io.TextIOWrapper:
        head = self.file.head
        self.encoding = mark_of(head) or encoding or "utf-8"
        if self.encoding == "utf-8" and b"\0" in head[:4]:
            raise _no_text(head[: head.index(b"\0")].count(b"\n") + 1)
        try:
            return io.TextIOWrapper(self.file.data, self.encoding, errors="surrogateescape", newline="")
        except (LookupError, ValueError) as error:
            raise CannotRunError(_("There is no encoding “%(name)s”.") % {"name": shorten(encoding)}) from error

    def lines(self) -> Iterator[str]:
        """Yield the lines with their line ends, whichever they are; `self.line` is the number of the last one."""
        for line in self._read(partial(self._text.readline, LONGEST_LINE)):
            self.line += 1
            if not line.rstrip("\r\n").isprintable():
                self._check(line)
            if len(line) == LONGEST_LINE:
                raise FileRefusedError(
                    _("the line has more than %(longest)d characters.") % {"longest": LONGEST_LINE}, line=self.line
                )
            yield line

    def blocks(self) -> Iterator[str]:
        """Yield the text in pieces that do not heed lines; `self.line` is how many lines are complete."""
        for block in self._read(partial(self._text.read, BLOCK)):
            if UNFIT.search(block):
                for line in block.splitlines(keepends=True):
                    self.line += 1
                    self._check(line)
            self.line += block.count("\n")
            yield block

    def start(self) -> str:
        """Return what the text begins with, which stays to be read; "" where that is no text."""
        with suppress(UnicodeError):
            return codecs.getincrementaldecoder(self.encoding)("replace").decode(self.file.data.peek(BLOCK))
        return ""

    def _read(self, piece: Callable[[], str]) -> Iterator[str]:
        try:
            yield from iter(piece, "")
        # Not only UnicodeDecodeError: UTF-16 without a mark, and encodings that are not for files, raise this itself.
        except UnicodeError as error:
            raise self._undecodable("", self.line + 1) from error
        except UNREADABLE as error:
            reason = _("reading stopped here: %(error)s.") % {"error": error}
            raise FileRefusedError(reason, line=self.line + 1) from error

    def _check(self, line: str) -> None:
        if "\0" in line:
            raise _no_text(self.line)
        if any(ord(char) in WRONG_BYTE for char in line):
            raise self._undecodable(line, self.line)

    def _undecodable(self, line: str, number: int) -> FileRefusedError:
        reason = _("this is not %(encoding)s.") % {"encoding": self.encoding.removesuffix("-sig").upper()}
        if not line:
            return FileRefusedError(reason, line=number)
        with suppress(UnicodeError):
            western = line.encode(self.encoding, "surrogateescape").decode("cp1252").strip()
            if western and western.isprintable():
                reason = _("%(reason)s Read as Windows text it says “%(text)s”: if that is right, give %(option)s.") % {
                    "reason": reason,
                    "text": western[:80],
                    "option": "--encoding cp1252",
                }
        return FileRefusedError(reason, line=number)


def _too_much(most: int) -> FileRefusedError:
    reason = _("unpacked, the file has more than %(most)d MB. Load it in several parts.")
    return FileRefusedError(reason % {"most": most >> 20})


def mark_of(head: bytes) -> str:
    """Return the encoding that the byte-order mark of a file names, "" if there is none."""
    return next((name for mark, name in MARKS.items() if head.startswith(mark)), "")


def _no_text(line: int) -> FileRefusedError:
    return FileRefusedError(
        _(
            "a NUL byte: this is not text, or it is UTF-16 without a byte-order mark. Save it as UTF-8, "
            "or name what it is, such as --encoding utf-16-le."
        ),
        line=line,
    )
