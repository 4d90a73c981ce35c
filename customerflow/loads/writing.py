"""Writing files of records: whole or not at all."""

import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from django.utils.translation import gettext as _

from customerflow.formulas import guard
from customerflow.loads.csv_source import csv_line
from customerflow.loads.declaration import Declaration
from customerflow.loads.refusals import CannotRunError

ROWS_A_PIECE = 2_000


def export(declaration: type[Declaration]) -> Iterator[str]:
    """Yield all records as CSV with the required columns: the form in which they are loaded."""
    columns = [column for column in declaration.columns if column.is_required]
    yield csv_line(column.heading for column in columns)
    records = declaration.model._base_manager.order_by("pk").values_list(*(column.field for column in columns))
    for record in records.iterator(chunk_size=ROWS_A_PIECE):
        yield csv_line(guard(str(value)) for value in record)


def write_whole(path: Path, pieces: Iterable[str]) -> None:
    """
    Write a file beside `path` and put it in place of `path` once it is complete and on the disk.

    So a writer that is killed leaves no half file under that name. Raises `CannotRunError`.
    """
    try:
        # A link stays a link, and what is no plain file (a terminal, a pipe) cannot be replaced.
        path = path.resolve()
        if path.exists() and not path.is_file():
            raise CannotRunError(_("%(path)s: this is no file that can be written.") % {"path": path})
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:100]}.", suffix=".part")
    except OSError as error:
        raise CannotRunError(f"{path}: {error.strerror}.") from error
    try:
        with open(handle, "w", encoding="utf-8", newline="") as file:
            file.writelines(pieces)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(path.stat().st_mode & 0o777 if path.exists() else 0o600)
        Path(name).replace(path)
    except BaseException as error:
        with suppress(OSError):
            Path(name).unlink()
        if isinstance(error, OSError):
            raise CannotRunError(f"{path}: {error.strerror}.") from error
        raise
