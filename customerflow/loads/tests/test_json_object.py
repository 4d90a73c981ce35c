"""The reader of an object of id -> name, beside the standard library's."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from customerflow.loads.reading import open_table
from customerflow.loads.refusals import CannotRunError, FileRefusedError


@pytest.fixture(scope="module")
def read(tmp_path_factory):
    path = tmp_path_factory.mktemp("json") / "types.json"

    def read(content: str):
        path.write_bytes(content.encode())
        with open_table(path) as table:
            return list(table)

    return read


def test_every_entry_has_its_line(read):
    rows = read('\n{ "1" :\n "A",\r\n"2": "B", "3": "C"\n\n,"4": 5 }\n ')
    assert [(row.line, row.cells, bool(row.problem)) for row in rows] == [
        (2, ["1", "A"], False),
        (4, ["2", "B"], False),
        (4, ["3", "C"], False),
        (6, ["4", ""], True),
    ]


def test_a_value_that_is_no_text_is_passed_over_whole(read):
    rows = read('{"1": {"a": ["}", "\\"]", {}]}, "2": [[]], "3": -1.5e3, "4": "D"}')
    assert [row.written for row in rows] == [
        ["1", '{"a": ["}", "\\"]", {}]}'],
        ["2", "[[]]"],
        ["3", "-1.5e3"],
        ["4", '"D"'],
    ]
    assert [bool(row.problem) for row in rows] == [True, True, True, False]


names = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)


@given(st.dictionaries(names, names, max_size=8), st.sampled_from([None, 1]), st.booleans())
def test_whatever_the_library_writes_is_read_back(read, entries, indent, ascii_only):
    content = json.dumps(entries, indent=indent, ensure_ascii=ascii_only)
    rows = read(content)
    assert not any(row.problem for row in rows)
    assert dict(row.cells for row in rows) == entries


tokens = st.sampled_from(
    ['"1"', '"a b"', ":", ",", "{", "}", "[", "]", "1", "NaN", "null", " ", "\n", '"', "\\", "x", '""']
)


@given(st.lists(tokens, max_size=14).map("".join))
def test_what_is_read_is_what_the_library_reads_and_the_rest_is_refused(read, content):
    try:
        rows = read(content)
    except (FileRefusedError, CannotRunError):
        # We are stricter nowhere where the library finds a plain object of texts.
        try:
            expected = json.loads(content)
        except ValueError:
            return
        assert not isinstance(expected, dict) or not all(isinstance(value, str) for value in expected.values())
        return
    if not any(row.problem for row in rows):
        assert dict(row.cells for row in rows) == json.loads(content)


def test_deep_nesting_ends_with_a_refusal(read):
    assert read('{"1": ' + "[" * 100_000 + "]" * 100_000 + "}")[0].problem
    with pytest.raises(FileRefusedError, match="not closed"):
        read('{"1": ' + '{"a":' * 100_000)
