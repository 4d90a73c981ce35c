"""Which format a file is read as, and which files are none of ours."""

import gzip
import hashlib
import io
import zipfile
from functools import partial

import pytest

from customerflow.loads import opening
from customerflow.loads.reading import open_table
from customerflow.loads.refusals import CannotRunError, FileRefusedError
from customerflow.loads.sources import AS_FOUND, Shape

# Without the time of day, so that the tests have the same names in every process.
packed = partial(gzip.compress, mtime=0)
CSV = b"ID,Name\n1,A\n"


def zipped(**members: str) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, text in members.items():
            archive.writestr(zipfile.ZipInfo(name), text)
    return content.getvalue()


def rows_of(path, content: bytes, shape: Shape = AS_FOUND, name: str = "") -> list[list[str]]:
    path.write_bytes(content)
    with open_table(path, shape, name=name) as table:
        return [row.cells for row in table]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("id.csv", CSV),
        ("id.CSV", CSV),
        ("id", CSV),
        ("id.xyz", CSV),
        ("id.tsv", CSV.replace(b",", b"\t")),
        ("id.csv.gz", packed(CSV)),
        ("id.csv", packed(CSV)),
        ("id.json", b'{"1": "A"}'),
        ("id.json.gz", packed(b' \n{"1": "A"}')),
        ("id.jsonl", b'{"ID": 1, "Name": "A"}\n{"ID": 2, "Name": [1]}'),
        ("id", b'[{"ID": 1, "Name": "A"}]'),
        ("id", b'\xef\xbb\xbf[{"ID": 1, "Name": "A"}]'),
        ("id", '[{"ID": 1, "Name": "A"}]'.encode("utf-16")),
    ],
)
def test_the_format_is_told_from_name_and_content(tmp_path, name, content):
    assert rows_of(tmp_path / name, content)[0] == ["1", "A"]


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("id.csv", b"%PDF-1.7\n", "PDF"),
        ("id.csv", b"\x89PNG\r\n\x1a\n\0", "picture"),
        ("id.csv", b"SQLite format 3\0", "SQLite"),
        ("id.csv", b"\xef\xbb\xbf \n<!DOCTYPE html><html>", "web page"),
        ("id.xls", b"<html><table><tr><td>1", "web page"),
        ("id.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "old kind"),
        ("id.xml", b"<?xml version='1.0'?><a/>", "XML"),
        ("id.csv", b"BZh91AY&SY", "bzip2"),
        ("id.csv", zipped(a="1"), "XLSX workbook, or another ZIP"),
        ("id.xlsx", CSV, "text"),
        ("id.ods", zipped(mimetype="application/vnd.oasis.opendocument.spreadsheet"), "OpenDocument"),
        ("id.csv", b'[\n {"ID": 1}]', "JSON"),
        ("id.csv", b'{"ID": 1}', "JSON"),
        ("id.json", CSV, "object"),
        ("id.csv.gz", CSV, "it is not"),
        ("id.csv", "ID,Name\n1,A\n".encode("utf-16-le"), "NUL"),
        ("id.csv", packed(packed(CSV)), "twice"),
        ("id.csv", packed(b"%PDF-1.7\n"), "PDF"),
        ("id.csv", packed(CSV)[:15], "unpacked|stopped"),
        ("id.csv", b"\x1f\x8bID,Name", "unpacked"),
        ("id.csv", packed(CSV) + b"more", "stopped|unpacked"),
    ],
)
def test_what_is_no_table_is_refused_in_words(tmp_path, name, content, reason):
    with pytest.raises(FileRefusedError, match=reason):
        rows_of(tmp_path / name, content)


def test_what_people_call_the_file_counts_before_where_it_lies(tmp_path):
    with pytest.raises(FileRefusedError, match="XLSX"):
        rows_of(tmp_path / "upload.bin", CSV, name="customers.xlsx")


def test_what_people_say_of_the_format_counts_before_the_name(tmp_path):
    assert rows_of(tmp_path / "id.csv", b'{"1": "A"}', Shape(format="json")) == [["1", "A"]]
    assert rows_of(tmp_path / "id.json", CSV, Shape(format="csv")) == [["1", "A"]]


@pytest.mark.parametrize("shape", [Shape(encoding="x\0"), Shape(encoding="klingon"), Shape(encoding="base64")])
def test_an_encoding_that_there_is_not_is_said_so(tmp_path, shape):
    with pytest.raises(CannotRunError, match="no encoding"):
        rows_of(tmp_path / "id.csv", CSV, shape)


def test_a_format_that_there_is_not_is_said_so(tmp_path):
    with pytest.raises(CannotRunError, match="no format"):
        rows_of(tmp_path / "id.csv", CSV, Shape(format="yaml"))


def test_what_is_no_file_cannot_be_opened(tmp_path):
    for path in (tmp_path, tmp_path / "none.csv", tmp_path / "a\0b"):
        with pytest.raises(CannotRunError), open_table(path):
            pass
    with pytest.raises(CannotRunError, match="empty"):
        rows_of(tmp_path / "id.csv", b"")


def test_a_file_that_unpacks_to_too_much_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(opening, "MOST_UNPACKED", 1 << 20)
    with pytest.raises(FileRefusedError, match="1 MB"):
        rows_of(tmp_path / "id.csv", packed(b"ID,Name\n" + b"1,A\n" * (1 << 18)))


@pytest.mark.parametrize("content", [CSV, packed(CSV), b'[{"ID": 1}]', b'{"1": "A"}'])
def test_the_hash_is_that_of_the_whole_file_wherever_reading_ended(tmp_path, content):
    path = tmp_path / "id"
    path.write_bytes(content)
    expected = hashlib.sha256(content).hexdigest()
    with open_table(path) as table:
        assert table.measured.sha256 == expected
        assert len(list(table)) == 1
        assert (table.measured.position, table.measured.size) == (len(content), len(content))
        assert table.measured.sha256 == expected
