"""Ticket types from files."""

import pytest

from customerflow.loads.json_source import JsonObjectSource
from customerflow.loads.pipeline import LoadFile, Policy, load_files
from tickets.loads import TicketTypeLoad
from tickets.models import TicketType

pytestmark = pytest.mark.django_db


def load(path, content: str):
    path.write_text(content)
    return load_files(
        [LoadFile(path, TicketTypeLoad, lambda text: JsonObjectSource(text, TicketTypeLoad.columns))], Policy()
    )


def test_types_are_loaded_as_saving_them_gives(tmp_path):
    load(tmp_path / "types.json", '{"10": "Report a Problem", " 9 ": "Störung"}')
    for loaded in TicketType.objects.all():
        keys = (loaded.code_key, loaded.search_text, loaded.default_priority, loaded.is_retired)
        loaded.save()
        assert keys == (loaded.code_key, loaded.search_text, "3_normal", False)
    assert [loaded.code for loaded in TicketType.objects.all()] == ["9", "10"]


def test_a_new_name_changes_the_type_and_keeps_the_rest(tmp_path):
    TicketType.objects.create(code="1", name="Old", is_retired=True)
    report = load(tmp_path / "types.json", '{"1": "New"}')
    assert report.files[0].changed == 1
    changed = TicketType.objects.get()
    assert (changed.name, changed.is_retired, changed.version) == ("New", True, 2)
