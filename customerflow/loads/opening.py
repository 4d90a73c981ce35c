"""Opening a file of text: unpacked, decoded, hashed and measured while it is read once, in bounded memory."""

import codecs
import gzip
import hashlib
import io
import zlib
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path

from django.utils.translation import gettext as _

from customerflow.loads.refusals import CannotRunError, FileRefusedError

BLOCK = 1 << 18
LONGEST_LINE = 1_000_000
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


class MeasuredFile(io.RawIOBase):
    """The bytes of a file; it knows how many were read, and their SHA-256."""

    def __init__(self, path: Path) -> None:
        self.file = path.open("rb", buffering=0)
        self.size = path.stat().st_size
        self.position = 0
        self.hash = hashlib.sha256()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer) -> int:
        count = self.file.readinto(buffer)
        self.hash.update(memoryview(buffer)[:count])
        self.position += count
        return count

    def close(self) -> None:
        self.file.close()
        super().close()


class TextFile:
    """
    A file of text, to be read once. `encoding` is used where the file has no byte-order mark; without it, UTF-8.

    Raises `CannotRunError` for what cannot be opened, `FileRefusedError` for what is not text.
    """

    def __init__(self, path: Path, encoding: str = "") -> None:
        self.path = path
        self.line = 0
        try:
            self.measured = MeasuredFile(path)
        except OSError as error:
            raise CannotRunError(f"{path}: {error.strerror}.") from error
        try:
            self._text = self._decoded(encoding)
        except BaseException:
            self.measured.close()
            raise

    def _decoded(self, encoding: str) -> io.TextIOWrapper:
        data = io.BufferedReader(self.measured, BLOCK)
        try:
            if data.peek(2)[:2] == GZIP:
                data = io.BufferedReader(gzip.GzipFile(fileobj=data), BLOCK)
            head = data.peek(4)
        except (OSError, EOFError, zlib.error) as error:
            raise FileRefusedError(_("it cannot be unpacked: %(error)s.") % {"error": error}, line=1) from error
        if not head:
            raise CannotRunError(_("%(path)s: the file is empty.") % {"path": self.path})
        marked = next((name for mark, name in MARKS.items() if head.startswith(mark)), "")
        self.encoding = marked or encoding or "utf-8"
        if self.encoding == "utf-8" and b"\0" in head:
            raise _no_text(head[: head.index(b"\0")].count(b"\n") + 1)
        try:
            return io.TextIOWrapper(data, self.encoding, errors="surrogateescape", newline="")
        except LookupError as error:
            raise CannotRunError(_("There is no encoding “%(name)s”.") % {"name": encoding}) from error

    def __enter__(self) -> "TextFile":
        return self

    def __exit__(self, *_exception) -> None:
        # An unfinished gzip stream must not hide the error that ended the reading.
        with suppress(OSError, EOFError, zlib.error):
            self._text.close()
        self.measured.close()

    @property
    def sha256(self) -> str:
        """The SHA-256 of the bytes read so far: of the whole file once it has been read."""
        return self.measured.hash.hexdigest()

    def lines(self) -> Iterator[str]:
        """Yield the lines with their line ends, whichever they are; `self.line` is the number of the last one."""
        try:
            for line in iter(partial(self._text.readline, LONGEST_LINE), ""):
                self.line += 1
                if not line.rstrip("\r\n").isprintable():
                    self._check(line)
                if len(line) == LONGEST_LINE:
                    raise FileRefusedError(
                        _("the line has more than %(longest)d characters.") % {"longest": LONGEST_LINE}, line=self.line
                    )
                yield line
        # Not only UnicodeDecodeError: UTF-16 without a mark, and encodings that are not for files, raise this itself.
        except UnicodeError as error:
            raise self._undecodable("", self.line + 1) from error
        except (OSError, EOFError, zlib.error) as error:
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


def _no_text(line: int) -> FileRefusedError:
    return FileRefusedError(
        _(
            "a NUL byte: this is not text, or it is UTF-16 without a byte-order mark. Save it as UTF-8, "
            "or name what it is, such as --encoding utf-16-le."
        ),
        line=line,
    )
