"""JSON as a table: a list of objects or lines of objects, whose names are the headings; or an object of id -> name."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace

from django.utils.translation import gettext as _

from customerflow.loads.csv_text import LONGEST_CELL
from customerflow.loads.json_object import JsonObjectTable
from customerflow.loads.json_records import NoNumber, Pairs, Record, is_lines, records
from customerflow.loads.opening import EnoughError, OpenFile, TextFile
from customerflow.loads.refusals import CannotRunError, FileRefusedError, shorten
from customerflow.loads.sources import MOST_COLUMNS, UNFIT, Row, Shape, Table

WORDS = {True: "yes", False: "no", None: ""}


def json_table(file: TextFile, shape: Shape) -> Table:
    """Return the table of a JSON file, whichever of the forms it has."""
    start = file.start()
    if start.lstrip("\ufeff \t\r\n").startswith("[") or is_lines(start):
        return JsonRecordsTable(file, shape)
    return JsonObjectTable(file, shape)


class JsonRecordsTable(Table):
    """Records of JSON. A name that one of them does not have is an empty cell."""

    def __init__(self, file: TextFile, shape: Shape) -> None:
        headings = _names_in(file)
        super().__init__(replace(shape, format="json", encoding=file.encoding, header_line=1), headings, file.measured)
        self._file = file
        self._places = {heading: place for place, heading in enumerate(headings)}

    def __iter__(self) -> Iterator[Row]:
        for record in records(self._file):
            cells = [""] * len(self.headings)
            problem = self._problem(record, cells)
            yield Row(record.line, cells, [record.written] if problem else cells, problem)

    def _problem(self, record: Record, cells: list[str]) -> str:
        """Fill `cells`; return why that cannot be done."""
        if not isinstance(record.value, Pairs):
            return _("an object is expected: {.")
        names = set()
        for name, value in record.value:
            if name in names:
                return _("“%(name)s” is there twice.") % {"name": shorten(name)}
            names.add(name)
            if isinstance(value, list):
                return _("“%(name)s” is a list or an object; a text, a number, true, false or null is expected.") % {
                    "name": shorten(name)
                }
            text = value if isinstance(value, str) else WORDS[value]
            if isinstance(value, NoNumber) or len(text) > LONGEST_CELL or UNFIT.search(text):
                return _("“%(name)s” is %(value)s: a number or a text of at most %(most)d characters is expected.") % {
                    "name": shorten(name),
                    "value": shorten(text.encode("utf-8", "replace").decode()),
                    "most": LONGEST_CELL,
                }
            if name not in self._places:
                raise FileRefusedError(_("the file was changed while it was read."), line=record.line)
            cells[self._places[name]] = text
        return ""


def _names_in(file: TextFile) -> list[str]:
    """Return the names in the records of `file`, which is read beside, in the order in which they first appear."""
    if not file.path.is_file():
        raise CannotRunError(_("%(path)s: this must be read twice. Save it as a file.") % {"path": file.path})
    names: dict[str, None] = {}
    # Where only the beginning is looked at, only its names count.
    with OpenFile(file.path, file.file.most) as again, suppress(EnoughError):
        for record in records(TextFile(again, file.encoding)):
            if isinstance(record.value, Pairs):
                names.update(dict.fromkeys(name for name, _value in record.value))
            if len(names) > MOST_COLUMNS:
                reason = _("the records have more than %(most)d names.")
                raise FileRefusedError(reason % {"most": MOST_COLUMNS}, line=record.line)
    if not names:
        raise FileRefusedError(_("there are no objects in the file."))
    return list(names)
