"""export_ids: what it writes is what import_ids loads."""

import io
import os
import subprocess
import sys
import unicodedata

import pytest
from django.conf import settings as project
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from customerflow.hub.tests.loading import DATA, export_ids, import_ids, stored
from customerflow.text import refuse_unfit
from customers.models import Customer
from customers.tests.factories import make_customer

pytestmark = pytest.mark.django_db


def test_the_seed_file_comes_back_as_it_was(tmp_path):
    import_ids()
    assert export_ids(tmp_path / "out.csv") == (
        "ID,Name,Email,Phone\n1,John Doe,johndoe@example.com,555-1234\n2,Jane Smith,janesmith@example.com,555-5678\n"
    )


@pytest.mark.parametrize("name", ["chinook", "names"])
def test_what_is_exported_loads_unchanged(tmp_path, name):
    import_ids(DATA / name / "id.csv", "--on-error", "skip")
    before, path = stored(), tmp_path / "out.csv"
    export_ids(path)
    report = import_ids(path).report
    assert (report["created"], report["changed"], report["refused"]) == (0, 0, 0)
    assert stored()[:2] == before[:2]


def test_text_that_a_spreadsheet_would_run_gets_an_apostrophe_and_loses_it_again(tmp_path):
    make_customer(number="-1", name="=1+1", email="+a@example.com", phone="+43 1 5123456")
    make_customer(number="2", name="'=cmd|' /C calc'!A0")
    make_customer(number="3", name="'quoted'")
    text = export_ids(tmp_path / "out.csv")
    assert text.splitlines()[1:] == [
        "'-1,'=1+1,'+a@example.com,'+43 1 5123456",
        "2,''=cmd|' /C calc'!A0,,",
        "3,'quoted',,",
    ]
    assert import_ids(tmp_path / "out.csv").report["unchanged"] == 3


def test_without_a_file_the_export_goes_to_standard_output():
    make_customer(number="1", name="Ann")
    for arguments in ([], ["-"]):
        out = io.StringIO()
        call_command("export_ids", *arguments, stdout=out)
        assert out.getvalue() == "ID,Name,Email,Phone\n1,Ann,,\n"


def test_a_reader_that_has_enough_ends_the_export_quietly(tmp_path):
    environment = {**os.environ, "DEBUG": "yes", "DATABASE_URL": f"sqlite:///{tmp_path}/db.sqlite3"}

    def manage(*arguments, **streams):
        return subprocess.run(  # noqa: S603
            [sys.executable, "manage.py", *arguments], cwd=project.BASE_DIR, env=environment, check=False, **streams
        )

    assert manage("migrate", "-v0", "customers").returncode == 0
    reading, writing = os.pipe()
    os.close(reading)
    with open(writing, "wb") as pipe:
        ended = manage("export_ids", stdout=pipe, stderr=subprocess.PIPE)
    assert (ended.returncode, ended.stderr) == (1, b"")


def test_an_export_that_fails_leaves_the_old_file_and_nothing_beside_it(tmp_path, monkeypatch):
    path = tmp_path / "out.csv"
    path.write_text("old")
    make_customer()

    def full_disk(_descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full_disk)
    with pytest.raises(CommandError, match="No space left") as caught:
        call_command("export_ids", str(path))
    assert caught.value.returncode == 2
    assert [(file.name, file.read_text()) for file in tmp_path.iterdir()] == [("out.csv", "old")]


def test_a_folder_that_is_not_there_is_said_in_one_line(tmp_path):
    for path in (tmp_path / "nowhere" / "out.csv", tmp_path):
        with pytest.raises(CommandError) as caught:
            call_command("export_ids", str(path))
        assert caught.value.returncode == 2


def is_fit(text: str) -> bool:
    try:
        refuse_unfit(text)
    except ValidationError:
        return False
    return bool(text)


# What a form stores: composed, trimmed, without control and hidden characters (tabs and line breaks aside).
stored_text = (
    st.text(
        st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"], include_characters="\t\n\r'=+-@"), max_size=30
    )
    .map(lambda text: unicodedata.normalize("NFC", text).strip())
    .filter(is_fit)
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(names=st.lists(stored_text, min_size=1, max_size=5))
def test_any_name_survives_export_and_load(tmp_path, names):
    Customer.objects.all().delete()
    for number, name in enumerate(names):
        make_customer(number=f"'{number}" if number % 2 else f"={number}", name=name)
    export_ids(tmp_path / "out.csv")
    report = import_ids(tmp_path / "out.csv").report
    assert (report["unchanged"], report["refusals"]) == (len(names), [])
    Customer.objects.all().delete()
    import_ids(tmp_path / "out.csv")
    assert list(Customer.objects.order_by("pk").values_list("name", flat=True)) == names
