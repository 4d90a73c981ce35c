"""Reading ZIP archives that anybody may have made: in bounded memory, and everything odd is refused in words."""

import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from django.utils.translation import gettext as _

from customerflow.loads.refusals import FileRefusedError, shorten

BLOCK = 1 << 16
# The list of what is in an archive is held in memory: about 10,000 files.
LARGEST_LIST = 1 << 20
END = struct.Struct("<4s4H2LH")
END_SIGN = b"PK\x05\x06"
LONGEST_COMMENT = 0xFFFF
ZIP64_SIGN, ZIP64_SIZE = b"PK\x06\x07", 20
IS_ENCRYPTED = 0x1
METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
# What the library raises for archives that are cut off, forged or of a kind that it does not know.
BROKEN = (
    *(zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError),
    *(NotImplementedError, RuntimeError, ValueError, OverflowError),
)


@contextmanager
def open_zip(file: BinaryIO) -> Iterator[zipfile.ZipFile]:
    """Open an archive. Raises `FileRefusedError`, also where it lists too much to be held in memory."""
    try:
        _refuse_long_list(file)
        archive = zipfile.ZipFile(file)
    except BROKEN as error:
        raise broken(error) from error
    with archive:
        yield archive


def blocks_of(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Iterator[bytes]:
    """
    Yield the content of `member`, never more than the size that the archive states for it.

    Raises `FileRefusedError`: the check sum at the end shows where that size is a lie.
    """
    if member.flag_bits & IS_ENCRYPTED:
        raise FileRefusedError(_("it is protected by a password: save it without one."))
    if member.compress_type not in METHODS:
        raise FileRefusedError(_("it is packed in a way that is not read here: pack it as an ordinary ZIP archive."))
    try:
        with archive.open(member) as content:
            while block := content.read(BLOCK):
                yield block
    except BROKEN as error:
        raise broken(error) from error


def broken(error: Exception) -> FileRefusedError:
    """Return the refusal of an archive that cannot be read."""
    return FileRefusedError(_("it is damaged, or no ZIP archive: %(error)s.") % {"error": shorten(error).rstrip(".")})


def _refuse_long_list(file: BinaryIO) -> None:
    """Look at the end of the archive, as the library does, before it reads the whole list."""
    size = file.seek(0, 2)
    file.seek(max(0, size - LONGEST_COMMENT - END.size - ZIP64_SIZE))
    tail = file.read()
    place = len(tail) - END.size
    if tail[place : place + 4] != END_SIGN or tail[-2:] != b"\0\0":
        place = tail.rfind(END_SIGN)
    if place < 0 or len(tail) - place < END.size:
        raise zipfile.BadZipFile(_("its end is missing"))
    list_size = END.unpack_from(tail, place)[5]
    if list_size > LARGEST_LIST or tail[max(0, place - ZIP64_SIZE) :].startswith(ZIP64_SIGN):
        raise FileRefusedError(_("there are too many files in the archive."))
    file.seek(0)
