"""A statement file of any format that is known."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from django.utils.translation import gettext as _

from bank.files.camt import read_camt
from bank.files.content import FileStatement, refused
from bank.files.csv_statement import Layout, read_csv
from bank.files.ofx import read_ofx

# A month of a bank with a million customers is less; what is read of it is held in memory.
MOST_BYTES = 200 << 20


@dataclass(frozen=True)
class ReadFile:
    """What a file says, in which format, and the digest of all its bytes."""

    format: str
    sha256: str
    statements: list[FileStatement]


def format_of(path: Path) -> str:
    """Return "camt", "ofx" or "csv", by what the file begins with. Raises `FileRefusedError`."""
    size = path.stat().st_size
    if not size:
        raise refused(_("the file is empty."))
    if size > MOST_BYTES:
        raise refused(_("the file has more than %(most)d MB.") % {"most": MOST_BYTES >> 20})
    with path.open("rb") as file:
        head = file.read(4096)
    start = head.lstrip(b"\xef\xbb\xbf\xff\xfe \r\n\t").replace(b"\0", b"").upper()
    if start.startswith((b"OFXHEADER", b"<OFX>")) or (start.startswith(b"<?XML") and b"<OFX" in start):
        return "ofx"
    if start.startswith((b"<?XML", b"<DOCUMENT", b"<!DOCTYPE", b"<")):
        return "camt"
    return "csv"


def read_file(path: Path, *, layout: Layout | None = None, name: str = "") -> ReadFile:
    """
    Return what the file at `path` says; a CSV file is read by `layout`, which it needs.

    Raises `FileRefusedError` and `CannotRunError`, with the line where there is one to blame.
    """
    found = format_of(path)
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if found == "csv":
        if layout is None:
            raise refused(_("this is CSV: say first how the files of this bank are read (a CSV profile)."))
        return ReadFile(found, digest, read_csv(path, layout, name=name))
    return ReadFile(found, digest, read_camt(path) if found == "camt" else read_ofx(path))
