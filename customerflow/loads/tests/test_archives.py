"""Folders and archives of files: what is taken out of them, and what is not."""

import io
import stat
import zipfile
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from customerflow.loads import archives
from customerflow.loads.archives import open_archive
from customerflow.loads.refusals import CannotRunError, FileRefusedError

CSV = b"ID,Name\n1,A\n"


def archive_of(*members: tuple[str | zipfile.ZipInfo, bytes]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return content.getvalue()


@pytest.fixture
def opened(tmp_path):
    def opened(content: bytes) -> list[Path]:
        path, into = tmp_path / "files.zip", tmp_path / "into"
        path.write_bytes(content)
        into.mkdir()
        return [file.relative_to(into) for file in open_archive(path, into)]

    return opened


def test_files_are_unpacked_without_what_systems_leave_beside(opened, tmp_path):
    names = ["b.csv", "old/", "old/a.csv", ".DS_Store", "__MACOSX/._b.csv", "old/Thumbs.db", ".git/config"]
    assert opened(archive_of(*((name, CSV) for name in names))) == [Path("b.csv"), Path("old/a.csv")]
    assert {path.name for path in (tmp_path / "into").rglob("*") if path.is_file()} == {"a.csv", "b.csv"}
    assert (tmp_path / "into" / "old" / "a.csv").read_bytes() == CSV


def test_a_folder_is_taken_as_it_is(tmp_path):
    for name in ("b.csv", "a.xlsx", ".hidden"):
        (tmp_path / name).write_bytes(CSV)
    (tmp_path / "below").mkdir()
    assert open_archive(tmp_path, tmp_path / "into") == [tmp_path / "a.xlsx", tmp_path / "b.csv"]


def link() -> zipfile.ZipInfo:
    info = zipfile.ZipInfo("link.csv")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return info


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ([("../a.csv", CSV)], "no plain name"),
        ([("a/../../b.csv", CSV)], "no plain name"),
        ([("/etc/passwd", CSV)], "no plain name"),
        ([("a\\b.csv", CSV)], "no plain name"),
        ([("C:a.csv", CSV)], "no plain name"),
        ([("a\n.csv", CSV)], "no plain name"),
        ([("x" * 300, CSV)], "too long"),
        ([("a/" * 20 + "b.csv", CSV)], "too long"),
        ([(link(), b"/etc/passwd")], "link"),
        ([("a.csv", CSV), ("A.csv", CSV)], "twice"),
        ([("a.csv", CSV), ("./a.csv", CSV)], "twice"),
        ([("more.zip", CSV)], "inside of an archive"),
        ([("more.tar.gz", CSV)], "inside of an archive"),
        ([(f"{number}.csv", CSV) for number in range(101)], "100 files"),
    ],
)
def test_what_could_lie_anywhere_else_or_hide_anything_is_refused(opened, members, reason):
    with pytest.raises(FileRefusedError, match=reason):
        opened(archive_of(*members))


def test_a_file_where_another_one_wants_a_folder_is_refused(opened):
    with pytest.raises(FileRefusedError, match="twice"):
        opened(archive_of(("a", CSV), ("a/b.csv", CSV)))


def test_an_archive_that_unpacks_to_too_much_is_refused(opened, monkeypatch):
    monkeypatch.setattr(archives, "MOST_UNPACKED", 1 << 20)
    with pytest.raises(FileRefusedError, match="1 MB"):
        opened(archive_of(("a.csv", b"x" * (1 << 19)), ("b.csv", b"x" * (1 << 20))))


def test_a_size_that_is_a_lie_does_not_unpack_to_more(opened, tmp_path):
    content = archive_of(("a.csv", b"x" * 1_000_000))
    size = (1_000_000).to_bytes(4, "little")
    with pytest.raises(FileRefusedError, match="CRC"):
        opened(content.replace(size, (10).to_bytes(4, "little")))
    assert (tmp_path / "into" / "a.csv").stat().st_size <= 10


def test_what_is_no_archive_is_refused(opened, tmp_path):
    with pytest.raises(FileRefusedError, match="no ZIP"):
        opened(CSV)
    for path in (tmp_path / "none.zip", tmp_path / "a\0b"):
        with pytest.raises(CannotRunError):
            open_archive(path, tmp_path)


WHOLE = archive_of(("a.csv", CSV), ("b/c.csv", CSV))


@settings(max_examples=100)
@given(st.data())
def test_archives_with_wrong_bytes_in_them_are_unpacked_or_refused(tmp_path_factory, data):
    content = bytearray(WHOLE)
    for _time in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(content) - 1))
        content[place : place + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
    folder = tmp_path_factory.mktemp("archive")
    (folder / "files.zip").write_bytes(content)
    (folder / "into").mkdir()
    with suppress(FileRefusedError, CannotRunError):
        assert len(open_archive(folder / "files.zip", folder / "into")) <= 2
    assert len(list(folder.iterdir())) == 2
