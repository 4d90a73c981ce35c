"""What a file is, by what it begins with and by the ending of its name."""

import codecs
import re
from pathlib import Path

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customerflow.loads.refusals import FileRefusedError

ZIP = (b"PK\x03\x04", b"PK\x05\x06")
# Where a spreadsheet of the OpenDocument kind says what it is: in the first file of its archive.
OPEN_DOCUMENT = b"mimetypeapplication/vnd.oasis.opendocument"
SAVE_AS = gettext_lazy("Save it as XLSX or CSV.")
UNPACK = gettext_lazy("Unpack it.")
EXPORT = gettext_lazy("Export the records as CSV, XLSX or JSON.")
FOREIGN = {
    b"%PDF-": (gettext_lazy("a PDF document"), EXPORT),
    b"\x89PNG": (gettext_lazy("a picture"), EXPORT),
    b"\xff\xd8\xff": (gettext_lazy("a picture"), EXPORT),
    b"GIF8": (gettext_lazy("a picture"), EXPORT),
    b"{\\rtf": (gettext_lazy("a text document (RTF)"), EXPORT),
    b"SQLite format 3\0": (gettext_lazy("a database (SQLite)"), EXPORT),
    b"PAR1": (gettext_lazy("a Parquet file"), EXPORT),
    b"\x7fELF": (gettext_lazy("a program"), EXPORT),
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": (
        gettext_lazy("an Excel file of the old kind (XLS), or one that is protected by a password"),
        SAVE_AS,
    ),
    b"7z\xbc\xaf\x27\x1c": (gettext_lazy("an archive (7z)"), UNPACK),
    b"Rar!\x1a\x07": (gettext_lazy("an archive (RAR)"), UNPACK),
    b"\xfd7zXZ\0": (gettext_lazy("packed with xz"), UNPACK),
    b"\x28\xb5\x2f\xfd": (gettext_lazy("packed with zstd"), UNPACK),
}
BZIP2 = re.compile(rb"BZh[1-9]1AY&SY")
PAGE = re.compile(r"<(!doctype html|html|head|body|table)\b", re.IGNORECASE)
MARKS = (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
# What the ending of a name says, without that of packing.
ENDINGS = {
    ".csv": "csv",
    ".tsv": "csv",
    ".txt": "csv",
    ".json": "json",
    ".jsonl": "json",
    ".ndjson": "json",
    ".xlsx": "xlsx",
    ".xlsm": "xlsx",
}
PACKED = {".gz", ".gzip"}


def format_of(head: bytes, name: str, *, is_packed: bool, told: str = "") -> str:
    """
    Return "csv", "xlsx" or "json" for a file that begins with `head` once it is unpacked.

    `told` is what people say that it is; what the name says counts for less, and for nothing where it is told. Raises
    `FileRefusedError` for what is none of these, and where the name or what was told does not fit the content.
    """
    foreign = _foreign(head)
    if foreign:
        what, remedy = foreign
        raise FileRefusedError(_("this is %(what)s. %(remedy)s") % {"what": what, "remedy": remedy})
    says = told or _said_by(name, is_packed=is_packed)
    is_workbook = head.startswith(ZIP)
    if is_workbook or says == "xlsx":
        if says not in {"", "xlsx"}:
            raise _misnamed(says, _("an XLSX workbook, or another ZIP archive"))
        if not is_workbook:
            raise _misnamed("xlsx", _("text"))
        return "xlsx"
    start = _as_text(head)
    if says == "csv" and not told and re.match(r'\{\s*"|\[\s*\{', start):
        raise _misnamed("csv", "JSON")
    return says or ("json" if start[:1] in {"{", "["} else "csv")


def _foreign(head: bytes) -> tuple[str, str] | None:
    for start, words in FOREIGN.items():
        if head.startswith(start):
            return words
    if BZIP2.match(head):
        return _("packed with bzip2"), UNPACK
    if head.startswith(ZIP) and OPEN_DOCUMENT in head[:120]:
        return _("an OpenDocument file (ODS)"), SAVE_AS
    if PAGE.match(_as_text(head)):
        return _("a web page (HTML), perhaps with a table in it, perhaps with a message"), SAVE_AS
    if _as_text(head).startswith("<?xml"):
        return _("an XML file"), SAVE_AS
    return None


def _as_text(head: bytes) -> str:
    """Return the first signs of a text in whatever encoding, as far as they are ASCII."""
    for mark in MARKS:
        head = head.removeprefix(mark)
    return head[:4096].replace(b"\0", b"").decode("ascii", "replace").lstrip()


def _said_by(name: str, *, is_packed: bool) -> str:
    path = Path(name.casefold())
    if path.suffix in PACKED:
        if not is_packed:
            raise FileRefusedError(_("its name says that it is packed with gzip, and it is not."))
        path = path.with_suffix("")
    return ENDINGS.get(path.suffix, "")


def _misnamed(says: str, what: str) -> FileRefusedError:
    reason = _("it should be %(says)s, and it is %(what)s. Choose the right file, or give it the right name.")
    return FileRefusedError(reason % {"says": says.upper(), "what": what})
