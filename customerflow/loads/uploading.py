"""Files that people send: stored as they come, never whole in memory, under names that nobody chose."""

import hashlib
import shutil
import tempfile
import uuid
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.core.exceptions import ValidationError
from django.core.files.base import File
from django.core.files.uploadedfile import UploadedFile
from django.utils import timezone
from django.utils.translation import gettext as _

from customerflow.loads.archives import open_archive
from customerflow.loads.looking import Look, look
from customerflow.loads.models import Upload, uploads
from customerflow.loads.refusals import CannotRunError, FileRefusedError

BLOCK = 1 << 18


@dataclass(frozen=True)
class StoredFile:
    """A file that was sent: what its sender calls it, where it is in the storage, and what it holds."""

    name: str
    stored_as: str
    size: int
    sha256: str
    seen: Look


class Stream(File):
    """Content that is measured and hashed while it is stored."""

    def __init__(self, blocks: Iterable[bytes]) -> None:
        super().__init__(None)
        self.blocks = blocks
        self.length = 0
        self.hash = hashlib.sha256()

    def chunks(self, chunk_size: int | None = None) -> Iterator[bytes]:
        for block in self.blocks:
            self.length += len(block)
            self.hash.update(block)
            yield block


@contextmanager
def stored(sent: Iterable[UploadedFile], known: Collection[str] = ()) -> Iterator[list[StoredFile]]:
    """
    Store files that were sent, each file of a ZIP archive by itself; remove them again where what follows fails.

    `known` are headings that are expected, as for `open_table`. Raises `ValidationError` for what is no file that can
    be loaded, and where there is no room.
    """
    files: list[StoredFile] = []
    try:
        for file in sent:
            _store_all(file, files, known)
        yield files
    except BaseException:
        forget(file.stored_as for file in files)
        raise


def path_of(upload: Upload) -> Path:
    """Return where a file that was sent is; raises `ValidationError` where it is kept no more."""
    if not upload.file or not uploads().exists(upload.file.name):
        raise ValidationError(_("The file %(name)s is not kept any more. Send it again."), params={"name": upload.name})
    return Path(upload.file.path)


def forget(names: Iterable[str]) -> None:
    """Remove files from the storage."""
    for name in names:
        uploads().delete(name)


def _store_all(sent: UploadedFile, files: list[StoredFile], known: Collection[str]) -> None:
    """Store what was sent, and add it to `files`."""
    name = Path(sent.name).name[-255:]
    try:
        if name.casefold().endswith(".zip"):
            with tempfile.TemporaryDirectory(prefix="load-") as folder:
                for path in _unpacked(sent, Path(folder)):
                    with path.open("rb") as file:
                        files.append(_store(path.name, iter(lambda: file.read(BLOCK), b""), known))
                    path.unlink()
        else:
            files.append(_store(name, sent.chunks(BLOCK), known))
    except (FileRefusedError, CannotRunError) as error:
        raise ValidationError(f"{name}: {error}") from error
    except OSError as error:
        message = _("%(name)s cannot be kept: %(error)s. Please tell an administrator.")
        raise ValidationError(message % {"name": name, "error": error.strerror}) from error


def _unpacked(sent: UploadedFile, folder: Path) -> list[Path]:
    archive, into = folder / "sent.zip", folder / "files"
    into.mkdir()
    with archive.open("wb") as file:
        shutil.copyfileobj(sent, file, BLOCK)
    paths = open_archive(archive, into)
    if not paths:
        raise FileRefusedError(_("there are no files in it."))
    return paths


def _store(name: str, blocks: Iterable[bytes], known: Collection[str]) -> StoredFile:
    stored_as, content = f"{timezone.now():%Y/%m/%d}/{uuid.uuid4().hex}", Stream(blocks)
    try:
        uploads().save(stored_as, content)
        if not content.length:
            raise FileRefusedError(_("the file is empty."))
        seen = look(Path(uploads().path(stored_as)), known=known, name=name)
        # Nothing that a person could change makes it readable.
        if not seen.shape.format:
            raise FileRefusedError(seen.problem)
    except BaseException:
        uploads().delete(stored_as)
        raise
    return StoredFile(name, stored_as, content.length, content.hash.hexdigest(), seen)
