"""The files of one load together: a folder of them, or a ZIP archive, which is unpacked with suspicion."""

import stat
import zipfile
from pathlib import Path, PurePosixPath

from django.utils.translation import gettext as _

from customerflow.loads.refusals import CannotRunError, FileRefusedError, shorten
from customerflow.loads.zips import blocks_of, open_zip

MOST_FILES = 100
MOST_UNPACKED = 4 << 30
# What systems leave beside the files that people mean.
JUNK_FOLDERS = {"__MACOSX"}
JUNK = {"thumbs.db", "desktop.ini"}
ARCHIVES = (".zip", ".7z", ".rar", ".tar", ".tgz", ".tar.gz", ".tar.bz2", ".tar.xz")


def open_archive(path: Path, into: Path) -> list[Path]:
    """
    Return the files in the folder `path`, or those of the ZIP archive `path`, unpacked into the empty folder `into`.

    They come in the order of their names; what is hidden is left out. Raises `CannotRunError` for what cannot be opened
    and `FileRefusedError` for an archive with anything in it that is no plain file of its own; then `into` may hold a
    part of the files.
    """
    if path.is_dir():
        return _files_in(path)
    try:
        file = path.open("rb")
    except (OSError, ValueError) as error:
        raise CannotRunError(f"{path}: {getattr(error, 'strerror', error)}.") from error
    with file, open_zip(file) as archive:
        members = _members_of(archive)
        for name, member in members.items():
            _unpack(archive, member, into / name)
        return [into / name for name in members]


def _unpack(archive: zipfile.ZipFile, member: zipfile.ZipInfo, target: Path) -> None:
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        # "x": nothing that is there is written over, whatever the names say.
        with target.open("xb") as unpacked:
            unpacked.writelines(blocks_of(archive, member))
    except OSError as error:
        raise CannotRunError(f"{target}: {error.strerror}.") from error


def _files_in(folder: Path) -> list[Path]:
    """Return the files right in `folder`; what is in folders below is not meant."""
    try:
        files = sorted(path for path in folder.iterdir() if path.is_file() and not _is_junk(PurePosixPath(path.name)))
    except OSError as error:
        raise CannotRunError(f"{folder}: {error.strerror}.") from error
    _refuse_count(len(files))
    return files


def _members_of(archive: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    """Return what is to be unpacked, by name. Raises `FileRefusedError`."""
    members: dict[str, zipfile.ZipInfo] = {}
    seen: set[str] = set()
    for member in archive.infolist():
        name = _checked_name(member)
        if member.is_dir() or _is_junk(PurePosixPath(name)):
            continue
        # Some systems do not tell capital letters from small ones.
        if name.casefold() in seen:
            raise _refused(_("it is there twice."), name)
        seen.add(name.casefold())
        members[name] = member
        _refuse_count(len(members))
    for name in members:
        if any(str(parent).casefold() in seen for parent in PurePosixPath(name).parents):
            raise _refused(_("it is there twice."), name)
    if sum(member.file_size for member in members.values()) > MOST_UNPACKED:
        reason = _("unpacked, the files have more than %(most)d MB.")
        raise FileRefusedError(reason % {"most": MOST_UNPACKED >> 20})
    return dict(sorted(members.items()))


def _checked_name(member: zipfile.ZipInfo) -> str:
    """Return the name of a file in an archive. Raises `FileRefusedError` where it could lie anywhere else."""
    name = member.filename
    path = PurePosixPath(name)
    kind = stat.S_IFMT(member.external_attr >> 16)
    if not name or path.is_absolute() or ".." in path.parts or "\\" in name or ":" in name or not name.isprintable():
        raise _refused(_("this is no plain name of a file."), name)
    if any(len(part.encode()) > 255 for part in path.parts) or len(path.parts) > 10:
        raise _refused(_("the name is too long."), name)
    if kind not in {0, stat.S_IFREG, stat.S_IFDIR}:
        raise _refused(_("it is a link or a device, and not a file."), name)
    if name.casefold().endswith(ARCHIVES):
        raise _refused(_("an archive inside of an archive: unpack it."), name)
    return str(path)


def _is_junk(path: PurePosixPath) -> bool:
    hidden = any(part.startswith(".") for part in path.parts)
    return hidden or not JUNK_FOLDERS.isdisjoint(path.parts) or path.name.casefold() in JUNK


def _refuse_count(count: int) -> None:
    if count > MOST_FILES:
        raise FileRefusedError(_("there are more than %(most)d files.") % {"most": MOST_FILES})


def _refused(reason: str, name: str) -> FileRefusedError:
    return FileRefusedError(reason, value=shorten(name.encode("utf-8", "replace").decode()))
