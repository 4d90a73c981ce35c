"""Writing files of records: whole or not at all."""

import os
import sys
import tempfile
from collections.abc import Iterable
from contextlib import nullcontext, suppress
from gzip import GzipFile
from pathlib import Path
from typing import IO

from django.core.management.base import CommandError
from django.db import Error as DatabaseError
from django.utils.translation import gettext as _

from customerflow.loads.exporting import Rows, as_csv, pieces
from customerflow.loads.refusals import CannotRunError

STANDARD_OUTPUT = "-"


def write_file(name: str, rows: Rows, standard_output: IO[str]) -> None:
    """
    Write `rows` to the file `name`, or as CSV to `standard_output`; how, the ending of the name says.

    Raises `CommandError` where that cannot be done, and `SystemExit` where nobody reads on.
    """
    try:
        if name == STANDARD_OUTPUT:
            for piece in as_csv(rows):
                standard_output.write(piece, ending="")
            standard_output.flush()
        else:
            write_whole(Path(name), pieces(name, rows))
    except BrokenPipeError as error:
        # Who reads has enough, as `head` has. What is still in memory would fail again at the interpreter's end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(1) from error
    except CannotRunError as error:
        raise CommandError(str(error), returncode=2) from error
    except DatabaseError as error:
        raise CommandError(" ".join(str(error).split()), returncode=2) from error


def write_whole(path: Path, pieces: Iterable[str | bytes]) -> None:
    """
    Write a file beside `path` and put it in place of `path` once it is complete and on the disk.

    Text is written in UTF-8; a name that ends in `.gz` is one of a packed file. So a writer that is killed leaves no
    half file under that name. Raises `CannotRunError`.
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
        with open(handle, "wb") as file:
            with GzipFile("", "wb", fileobj=file, mtime=0) if path.suffix == ".gz" else nullcontext(file) as packed:
                packed.writelines(piece.encode() if isinstance(piece, str) else piece for piece in pieces)
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
