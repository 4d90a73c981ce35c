"""Any bytes under any name are a table or a refusal in words. What fuzzing found once is in the corpus."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from customerflow.loads.tests.torture import torture

CORPUS = sorted((Path(__file__).parent / "corpus").iterdir())


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.name)
def test_what_is_in_the_corpus_is_read_or_refused(tmp_path, path):
    torture(tmp_path, path.read_bytes())


@settings(max_examples=50)
@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(tmp_path_factory, content):
    torture(tmp_path_factory.getbasetemp(), content)


@settings(max_examples=100)
@given(st.sampled_from(CORPUS), st.data())
def test_files_with_wrong_bytes_in_them_are_read_or_refused(tmp_path_factory, path, data):
    content = bytearray(path.read_bytes())
    for _time in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, max(0, len(content) - 1)))
        content[place : place + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
    torture(tmp_path_factory.getbasetemp(), bytes(content))
