"""The reader of lists and lines of objects, beside the standard library's."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from customerflow.loads.json_records import LONGEST_RECORD
from customerflow.loads.opening import BLOCK
from customerflow.loads.reading import open_table
from customerflow.loads.refusals import CannotRunError, FileRefusedError
from customerflow.loads.sources import AS_FOUND, Shape


@pytest.fixture(scope="module")
def read(tmp_path_factory):
    path = tmp_path_factory.mktemp("json") / "records.json"

    def read(content: str, shape: Shape = AS_FOUND):
        path.write_bytes(content.encode(shape.encoding or "utf-8", "surrogatepass"))
        with open_table(path, shape) as table:
            return table.headings, list(table)

    return read


def test_the_headings_are_all_names_in_the_order_in_which_they_appear(read):
    headings, rows = read('[\n{"ID": 1, "Name": "A"},\n{"City": "X", "ID": "2"}\n]\n')
    assert headings == ["ID", "Name", "City"]
    assert [(row.line, row.cells, row.problem) for row in rows] == [(2, ["1", "A", ""], ""), (3, ["2", "", "X"], "")]


def test_objects_on_lines_of_their_own_are_read_like_a_list(read):
    headings, rows = read('{"ID": 1, "Name": {"a": 2}}\n\n{"ID": 2}\n')
    assert headings == ["ID", "Name"]
    assert [(row.line, row.cells[0], bool(row.problem)) for row in rows] == [(1, "1", True), (3, "2", False)]


def test_values_become_text_as_they_are_written(read):
    values = ["1.50", "1e400", "-0", "123456789012345678901234567890", "true", "false", "null", '"=1"']
    _headings, rows = read("[{" + ", ".join(f'"{number}": {value}' for number, value in enumerate(values)) + "}]")
    assert rows[0].cells == [*values[:4], "yes", "no", "", "=1"]


@pytest.mark.parametrize(
    "record",
    [
        *('{"a": [1]}', '{"a": {"b": 1}}', '{"a": 1, "a": 1}', '{"a": NaN}', '{"a": -Infinity}', '{"a": "\\ud800"}'),
        *('{"a": "\\u0000"}', '["a"]', '"a"', "7", "null", '{"a": "' + "x" * 100_001 + '"}'),
    ],
)
def test_a_record_that_is_no_row_has_a_problem_and_stays_as_it_was(read, record):
    _headings, rows = read(f'[{{"a": 1}}, {record}]')
    assert rows[0].cells == ["1"]
    assert rows[1].problem
    assert rows[1].written == [record]


@pytest.mark.parametrize(
    ("content", "line", "reason"),
    [
        ('[{"a": 1},\n]', 2, "value"),
        ('[{"a": 1}\n', 2, "cut off"),
        ('[{"a": 1},\n', 2, "cut off"),
        ('[{"a": 1}\n{"a": 2}]', 2, "comma"),
        ('[{"a": 1}]\n[', 2, "nothing is expected"),
        ('[{"a": 1},\n{"a": tru', 2, "value"),
        ('[{"a": 1},\n{"a": "x', 2, "cut off|Unterminated"),
        ('[{"a": 1},\n{a: 1}]', 2, "property name"),
        ("[]", 0, "no objects"),
        ("[1, 2]", 0, "no objects"),
        ('[{"a": 1},\n' + "[" * 100_000, 2, "brackets"),
        ('[{"a": 1},\n{"a": "' + "x" * 2 * LONGEST_RECORD + '"}]', 2, "Unterminated|characters"),
        ('[{"\\ud800": 1}]', 1, "heading"),
        ("[{" + ", ".join(f'"{number}": 1' for number in range(1_001)) + "}]", 1, "names"),
    ],
)
def test_what_is_no_list_of_records_is_refused_with_its_line(read, content, line, reason):
    with pytest.raises(FileRefusedError, match=reason) as refused:
        read(content)
    assert refused.value.line == line


@pytest.mark.parametrize("indent", [None, 1])
def test_a_list_longer_than_what_is_held_of_it_is_read_whole(read, indent):
    entries = [{"ID": str(number), "Note": "é" * (number % 700)} for number in range(3_000)]
    content = json.dumps(entries, indent=indent, ensure_ascii=False)
    assert len(content) > 3 * BLOCK
    _headings, rows = read(content)
    assert [row.cells for row in rows] == [list(entry.values()) for entry in entries]
    assert rows[-1].line == (1 if indent is None else 2 + 4 * 2_999)


words = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=9)
records = st.lists(st.dictionaries(words, words | st.none() | st.booleans() | st.integers(), min_size=1, max_size=4))


@given(records.filter(bool), st.booleans(), st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]))
def test_whatever_the_library_writes_is_read_back(read, entries, ascii_only, encoding):
    content = json.dumps(entries, ensure_ascii=ascii_only)
    headings, rows = read(content, Shape(encoding=encoding))
    said = {True: "yes", False: "no", None: ""}
    for row, entry in zip(rows, entries, strict=True):
        expected = {
            name: said[value] if value is None or isinstance(value, bool) else str(value)
            for name, value in entry.items()
        }
        assert dict(zip(headings, row.cells, strict=True)) == dict.fromkeys(headings, "") | expected


tokens = st.sampled_from(
    ['{"a": 1}', '{"b": "x", "a": [1]}', '"a"', ":", ",", "{", "}", "[", "]", "1", "NaN", "null", " ", "\n", '"', "\\"]
)


@given(st.lists(tokens, max_size=14).map("".join))
def test_what_is_read_is_what_the_library_reads_and_the_rest_is_refused(read, content):
    try:
        headings, rows = read("[" + content)
    except (FileRefusedError, CannotRunError):
        # We are stricter nowhere where the library finds objects.
        try:
            expected = json.loads("[" + content)
        except ValueError:
            return
        assert not any(isinstance(record, dict) and record for record in expected)
        return
    expected = json.loads("[" + content)
    assert len(rows) == len(expected)
    for row, record in zip(rows, expected, strict=True):
        if not row.problem:
            assert {name for name, cell in zip(headings, row.cells, strict=True) if cell} <= record.keys()
