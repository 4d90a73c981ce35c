"""From a file of any kind to a table of text cells."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from django.utils.translation import gettext as _

from customerflow.loads.csv_table import CsvTable
from customerflow.loads.formats import format_of
from customerflow.loads.json_table import json_table
from customerflow.loads.opening import OpenFile, TextFile
from customerflow.loads.refusals import CannotRunError
from customerflow.loads.sources import AS_FOUND, Shape, Table
from customerflow.loads.xlsx_table import xlsx_table

FORMATS = ("csv", "xlsx", "json")


@contextmanager
def open_table(
    path: Path, shape: Shape = AS_FOUND, known: Collection[str] = (), *, name: str = "", most: int | None = None
) -> Iterator[Table]:
    """
    Open a file as a table. `name` is what people call the file, where `path` does not say it.

    `known` are headings in plain form (see `headings.plain`) that help to tell the delimiter. Raises `CannotRunError`
    for what cannot be opened, `FileRefusedError` for what cannot be read, and `EnoughError` after `most` bytes, if that
    is given; all of them here and while the rows are read.
    """
    if shape.format not in {"", *FORMATS}:
        raise CannotRunError(_("There is no format “%(name)s”.") % {"name": shape.format})
    with OpenFile(path, most) as file:
        found = format_of(file.head, name or path.name, is_packed=file.is_packed, told=shape.format)
        if found == "xlsx":
            with xlsx_table(file, shape) as table:
                yield table
            return
        text = TextFile(file, shape.encoding)
        yield json_table(text, shape) if found == "json" else CsvTable(text, shape, known)
