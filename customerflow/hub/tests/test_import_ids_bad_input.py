"""Bad input: one clear message with file and line, an exit status, and a database that is as it was."""

import gzip
import json

import pytest
from django.db import OperationalError

from customerflow.hub.tests.loading import HEADER, import_ids, stored
from customerflow.loads import pipeline
from customers.tests.factories import make_customer
from tickets.models import TicketType

pytestmark = pytest.mark.django_db

GOOD = f"{HEADER}1,Ann,ann@example.com,555-1234\n"
CSV = {
    "a binary file": (b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 9, 0, "this is a picture"),
    "UTF-16 without a mark": (GOOD.encode("utf-16-le"), 1, "utf-16-le"),
    "cp1252": (
        f"{HEADER}1,Ann,,\n2,Bjørn,,\n".encode("cp1252"),
        3,
        "“2,Bjørn,,”: if that is right, give --encoding cp1252",
    ),
    "cp1252 far inside": ((HEADER + "1,Ann,,\n" * 9_000 + "2,Zoë,,\n").encode("cp1252"), 9_002, "--encoding cp1252"),
    "a hidden character": (f"{HEADER}1,A\u200bnn,,\n", 2, "cannot be seen"),
    "an accent alone": (f"{HEADER}1,\u0301,,\n", 2, "Nothing of it can be seen"),
    "a NUL byte": (f"{HEADER}1,Ann,,\n2,B\0b,,\n", 3, "NUL"),
    "a NUL byte far inside": (HEADER + "1,Ann,,\n" * 90_000 + "2,B\0b,,\n", 90_002, "NUL"),
    "a cell of 10 MB": (f"{HEADER}1,Ann,,\n2,{'x' * 10_000_000},,\n", 3, "1000000 characters"),
    "a cell of 200 kB": (f"{HEADER}1,Ann,,\n2,{'x' * 200_000},,\n", 3, "100000 characters"),
    "headings of 200 kB": ("ID," + "x" * 200_000 + "\n1\n", 1, "100000 characters"),
    "a missing column": ("ID,Name,Email\n1,Ann,\n", 1, "the column Phone is missing"),
    "a doubled column": ("ID,Name,Email,Phone,e-mail\n1,Ann,,,\n", 1, "Email is there twice: columns 3, 5"),
    "an unknown column": ("ID,Name,Emial,Phone\n1,Ann,,\n", 1, "“Emial”: did you mean Email?"),
    "300 columns": (GOOD.replace("Phone", ",".join(["Phone", *map(str, range(296))])), 1, "291 more unknown columns"),
    "a column without a heading": ("ID,Name,Email,Phone,\n1,Ann,,,\n", 1, "column 5 has no heading"),
    "no headings": ("1,Ann,ann@example.com,555-1234\n", 1, "no known heading"),
    "a doubled ID": (f"{HEADER}7,Ann,,\n8,Bob,,\n7,Cem,,\n", 4, "also on line 2"),
    "a row of 300 columns": (
        f"{HEADER}1,Ann,,\n{','.join(map(str, range(300)))}\n",
        3,
        "300 cells, the headings are 4",
    ),
    "a short row": (f"{HEADER}1,Ann,,\n2,Bob\n", 3, "2 cells, the headings are 4"),
    "an unclosed quote": (f'{HEADER}1,"Ann\nLee",,\n2,"Bob,,\n3,Cem,,\n', 4, "not closed"),
    "an unclosed quote before other quotes": (f'{HEADER}1,Ann,,\n2,"Bob,,\n3,"Cem",,\n', 3, "not closed"),
    "an unclosed quote in a long file": (f'{HEADER}1,"Ann,,\n' + "2,Bob,,\n" * 50_000, 2, "not closed"),
    "an ID of 40 characters": (f"{HEADER}{'7' * 40},Ann,,\n", 2, "40 characters; 32 are allowed"),
    "no ID": (f"{HEADER},Ann,,\n", 2, "ID  It is missing"),
    "no name": (f"{HEADER}1, ,,\n", 2, "Name  It is missing"),
    "a control character": (f"{HEADER}1,A\x07nn,,\n", 2, "control character"),
    "a line break in an ID": (f'{HEADER}"1\n2",Ann,,\n', 2, "line break"),
    "a bad e-mail": (f"{HEADER}1,Ann,ann@,\n", 2, "Email ann@ It is not an e-mail address"),
    "a bad phone": (f"{HEADER}1,Ann,,call me\n", 2, "Phone call me"),
    "Arabic digits in a number": ("ID,Name,Email,Phone,Billing Day\n1,Ann,,,١٢\n", 2, "whole number from 1 to 31"),
    "swapped columns": (HEADER + "".join(f"{n},Ann,555-12{n},a{n}@example.com\n" for n in range(30, 40)), 1, "swapped"),
    "a broken gzip file": (gzip.compress(GOOD.encode())[:-9], 1, "cannot be unpacked"),
    "no gzip file at all": (b"\x1f\x8b\x08 no, not really", 1, "cannot be unpacked"),
    "half a character of UTF-16": (GOOD.encode("utf-16")[:-1], 2, "not UTF-16"),
}
TYPES = {
    "a list": ('["Technical Issue"]', 0, "there are no objects"),
    "a number": ("\n7", 2, "an object is expected"),
    "nested values": ('{"1": "A",\n "2": {"name": "B"}}', 2, "must be a text"),
    "an empty name": ('{"1": "A",\n "2": ""}', 2, "Name  It is missing"),
    "a blank name": ('{"1": " "}', 1, "Name  It is missing"),
    "an empty id": ('{"": "A"}', 1, "ID  It is missing"),
    "NaN": ('{\n"1": NaN}', 2, "must be a text"),
    "null": ('{"1": null}', 1, "must be a text"),
    "a number as name": ('{"1": 7}', 1, "must be a text"),
    "doubled keys": ('{"1": "A",\n "2": "B",\n "1": "C"}', 3, "also on line 1"),
    "100,000 nested brackets": ('{"1":\n' + "[" * 100_000 + "]" * 100_000 + "}", 1, "must be a text"),
    "100,000 open brackets": ('{"1":\n' + "[" * 100_000, 2, "not closed"),
    "100,000 brackets and nothing else": ("[" * 100_000, 1, "too many brackets"),
    "cut off in a name": ('{"1": "A",\n "2": "B', 2, "not valid"),
    "cut off after an entry": ('{"1": "A",\n', 2, "cut off"),
    "cut off before the colon": ('{"1"', 1, "cut off"),
    "a comma too much": ('{"1": "A",}', 1, "an id in double quotes is expected"),
    "something after it": ('{"1": "A"}\n{"2": "B"}', 1, "no known heading"),
    "single quotes": ("{'1': 'A'}", 1, "an id in double quotes"),
    "no value": ('{"1": , "2": "B"}', 1, "a name in double quotes is expected"),
    "a name of 101 characters": (json.dumps({"1": "x" * 101}), 1, "101 characters; 100 are allowed"),
    "half a character": (r'{"1": "\ud800"}', 1, "control character"),
    "a NUL escape": (r'{"1": "A\u0000"}', 1, "control character"),
    "a NUL byte": ('{"1": "A\0"}', 1, "NUL"),
    "a file of 11 MB": ('{"1": "A",\n' + " \n" * 5_500_000 + "}", 4999996, "10000000 characters"),
}


@pytest.fixture(autouse=True)
def records():
    make_customer(number="100", name="There before")
    TicketType.objects.create(code="100", name="There before")


@pytest.mark.parametrize("case", CSV)
@pytest.mark.parametrize("extra", [[], ["--on-existing", "skip"]])
def test_a_bad_csv_is_refused_with_its_line(tmp_path, case, extra):
    content, line, reason = CSV[case]
    _check(tmp_path, content, '{"1": "Technical Issue"}', line, reason, "id.csv", extra)


@pytest.mark.parametrize("case", TYPES)
def test_bad_ticket_types_are_refused_with_their_line(tmp_path, case):
    content, line, reason = TYPES[case]
    _check(tmp_path, GOOD, content, line, reason, "types.json", [])


def _check(folder, csv, types, line, reason, name, extra):
    for path, content in ((folder / "id.csv", csv), (folder / "types.json", types)):
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    before = stored()
    outcome = import_ids(folder / "id.csv", "--ticket-types", folder / "types.json", *extra)
    assert outcome.status == 1
    assert stored() == before
    assert (outcome.report["created"], outcome.report["loaded"]) == (0, False)
    said = [item for item in outcome.report["refusals"] if item["line"] == line]
    assert said, outcome.reasons
    assert all(item["file"].endswith(name) for item in outcome.report["refusals"])
    assert any(reason in text for text in outcome.reasons), outcome.reasons
    assert len(outcome.text) < 4_000


def test_swapped_columns_are_said_once(tmp_path):
    content, *_rest = CSV["swapped columns"]
    (tmp_path / "id.csv").write_text(content)
    assert len(import_ids(tmp_path / "id.csv").report["refusals"]) == 1


def test_a_doubled_id_is_refused_on_both_lines_even_where_one_row_is_bad_besides(tmp_path):
    (tmp_path / "id.csv").write_text(f"{HEADER}7,Ann,,\n7,Bob,x,\n")
    outcome = import_ids(tmp_path / "id.csv", "--on-error", "skip")
    assert (outcome.report["created"], outcome.report["refused"]) == (0, 2)


def test_what_cannot_be_opened_ends_with_2_and_one_line(tmp_path):
    (tmp_path / "empty.csv").touch()
    (tmp_path / "id.csv").write_text(GOOD)
    before = stored()
    cases = {
        "No such file": [tmp_path / "missing.csv"],
        "directory": [tmp_path],
        "the file is empty": [tmp_path / "empty.csv"],
        "no encoding “utf-9”": [tmp_path / "id.csv", "--encoding", "utf-9"],
        "missing.json": [tmp_path / "id.csv", "--ticket-types", tmp_path / "missing.json"],
    }
    for reason, arguments in cases.items():
        outcome = import_ids(*arguments)
        assert outcome.status == 2, reason
        assert reason in outcome.error
        assert "\n" not in outcome.error
        assert not outcome.text
    assert stored() == before


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "idna", "punycode"])
def test_an_encoding_that_the_file_has_not_is_said_with_file_and_line(tmp_path, encoding):
    before, path = stored(), tmp_path / "id.csv"
    path.write_bytes(b"ID,Name,Email,Phone\n1,Zo\xeb,,\n")
    outcome = import_ids(path, "--encoding", encoding)
    assert outcome.status == 1
    (refusal,) = outcome.report["refusals"]
    assert (refusal["file"], refusal["line"]) == (str(path), 1)
    assert refusal["reason"] == f"this is not {encoding.upper()}."
    assert stored() == before


def test_a_database_that_fails_ends_with_2_and_one_line(tmp_path, monkeypatch):
    (tmp_path / "id.csv").write_text(GOOD)

    def full(*_arguments):
        raise OperationalError("database or disk is full\n")

    monkeypatch.setattr(pipeline, "apply", full)
    before = stored()
    outcome = import_ids(tmp_path / "id.csv")
    assert outcome.status == 2
    assert outcome.error.endswith("nothing is loaded: database or disk is full")
    assert stored() == before


def test_a_needed_column_cannot_be_ignored(tmp_path):
    (tmp_path / "id.csv").write_text(GOOD)
    assert "cannot be ignored" in import_ids(tmp_path / "id.csv", "--ignore", "name").reasons[0]


def test_the_file_itself_is_not_overwritten_with_its_rejects(tmp_path):
    path = tmp_path / "id.csv"
    path.write_text(f"{GOOD}2,Bob,x,\n")
    outcome = import_ids(path, "--on-error", "skip", "--rejects", tmp_path / "." / "id.csv")
    assert (outcome.status, path.read_text()) == (2, f"{GOOD}2,Bob,x,\n")


def test_a_rejects_file_that_cannot_be_written_is_said_before_anything_is_loaded(tmp_path):
    (tmp_path / "id.csv").write_text(f"{GOOD}2,Bob,x,\n")
    before = stored()
    outcome = import_ids(tmp_path / "id.csv", "--on-error", "skip", "--rejects", tmp_path / "nowhere" / "rejects.csv")
    assert outcome.status == 2
    assert stored() == before
