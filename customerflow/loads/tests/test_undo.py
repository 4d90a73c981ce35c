"""A load is one act: on record, and undone as a whole."""

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.test import Client

from customerflow.changes.tests.tables import stored_tables
from customerflow.changes.undoing import undo
from customerflow.loads.models import Load
from customerflow.staff.roles import ADMINISTRATOR
from customerflow.staff.tests.factories import make_user
from customers.models import Customer
from customers.tests.factories import make_customer

pytestmark = pytest.mark.django_db


def load(path: Path, rows: str) -> Load:
    path.write_text("ID,Name,Email,Phone\n" + rows)
    call_command("import_ids", str(path), "--confirm-identity", stdout=StringIO())
    return Load.objects.latest("pk")


def test_a_load_is_undone_whole_and_its_page_leads_there(tmp_path: Path, client: Client):
    make_customer(number="7", name="Ann", email="ann@example.com")
    before = stored_tables()
    done = load(tmp_path / "id.csv", "7,Anna,anna@example.com,555-1234\n8,Bob,,\n")
    client.force_login(make_user(ADMINISTRATOR))
    page = client.get(done.get_absolute_url()).content.decode()
    assert done.change_set.get_absolute_url() in page
    assert undo(done.change_set).put_back == 2
    after = stored_tables()
    assert {kind: rows for kind, rows in after.items() if not kind.startswith("staff")} == {
        kind: rows for kind, rows in before.items() if not kind.startswith("staff")
    }


def test_who_was_changed_since_a_load_is_left_alone_by_its_undo(tmp_path: Path):
    done = load(tmp_path / "id.csv", "7,Ann,,\n8,Bob,,\n")
    Customer.objects.filter(number="8").update(note="rings at night")
    undone = undo(done.change_set)
    assert (undone.put_back, undone.left_alone) == (1, 1)
    assert list(Customer.objects.values_list("number", flat=True)) == ["8"]


def test_a_load_that_changes_nothing_has_nothing_to_undo(tmp_path: Path):
    load(tmp_path / "id.csv", "7,Ann,,\n")
    assert load(tmp_path / "id.csv", "7,Ann,,\n").change_set is None
