"""Profiles say what the files of another system are: what is wrong in one is said, and what fits no part is no load."""

from pathlib import Path

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command

from customerflow.loads import making, models
from customerflow.loads.mapping import Origin
from customerflow.loads.models import Load, Upload
from customerflow.loads.moving import make_draft_of_profile
from customerflow.loads.profiles import Profile, profile_named, profiles, read_profile
from customerflow.loads.refusals import CannotRunError
from customerflow.staff.roles import ADMINISTRATOR
from customerflow.staff.tests.factories import make_user
from customers.models import Customer, Location

SAID = {
    "name": "Old",
    "ignore_files": ["*.md"],
    "load": [
        {
            "kind": "customers",
            "file": "people*.csv",
            "ignore": ["Fax"],
            "columns": {
                "ID": "No",
                "Name": {"columns": ["First", "Last"]},
                "Email": {"value": ""},
                "Phone": {"value": ""},
            },
        },
        {
            "kind": "locations",
            "file": "people*.csv",
            "distinct": True,
            "columns": {"Customer": "No", "Address": {"columns": ["Street", "Door"], "joint": ", "}},
        },
        {"kind": "plans", "file": "tariffs", "optional": True},
    ],
}
PEOPLE = "No,First,Last,Fax,Street,Door\n1,Ann,Lee,,Main Street 1,2\n2,Bob,,5,Main Street 2,\n"


def changed(**said: object) -> dict:
    """Return the profile with its first part said otherwise."""
    first, *rest = SAID["load"]
    return {**SAID, "load": [{**first, **said}, *rest]}


@pytest.mark.parametrize(
    ("said", "error"),
    [
        ([], "old.toml: a table is expected"),
        ({"load": []}, "old.toml: name, load must be given"),
        ({**SAID, "colour": "red"}, "old.toml: nobody knows what colour is"),
        ({**SAID, "origin": 1}, "old.toml: origin cannot be “1”"),
        ({**SAID, "origin": "x" * 51}, "old.toml: origin must have at most 50 characters"),
        ({**SAID, "name": "x" * 101}, "old.toml: name must have at most 100 characters"),
        (changed(kind="pets"), "old.toml, load 1: There is no kind “pets”; there are "),
        (changed(file=""), "old.toml, load 1: file must be given"),
        (changed(optional="yes"), "old.toml, load 1: optional cannot be “yes”"),
        (changed(columns={"Colour": "No"}), "old.toml, load 1: Customers have no column Colour; there are ID, "),
        (changed(columns={"ID": {"cell": "No"}}), "old.toml, load 1: A profile says “{'cell': 'No'}”"),
        (changed(columns={"ID": {"value": 1}}), "old.toml, load 1: A profile says “{'value': 1}”"),
        (changed(columns={"ID": 5}), "old.toml, load 1: A profile says “5”"),
        (changed(ignore=[1]), "old.toml, load 1: ignore cannot be “[1]”"),
        (changed(date_order="dym"), "old.toml, load 1: There is no order of dates “dym”"),
    ],
)
def test_what_is_wrong_in_a_profile_is_said_with_its_place(said, error):
    with pytest.raises(CannotRunError) as refused:
        Profile.of(said, "old.toml")
    assert str(refused.value).startswith(error)


def test_a_file_that_is_no_toml_is_refused_with_its_line(tmp_path):
    path = tmp_path / "old.toml"
    path.write_text('name = "Old"\nload = [')
    with pytest.raises(CannotRunError, match=r"old\.toml: .*\(at .*\)"):
        read_profile(path)
    with pytest.raises(CannotRunError, match=r"none\.toml: No such file"):
        read_profile(tmp_path / "none.toml")


def test_neither_case_nor_ending_of_a_name_counts_and_one_file_may_be_several_kinds():
    profile = Profile.of(SAID, "old.toml")
    matched = profile.match(["README.md", "PEOPLE-2.xlsx", "Tariffs.CSV.gz", "people.json"])
    assert [(part.declaration.kind, place) for part, place in matched] == [
        ("customers", 1),
        ("customers", 3),
        ("locations", 1),
        ("locations", 3),
        ("plans", 2),
    ]


def test_files_that_nobody_asked_for_and_files_that_are_missing_are_all_named():
    with pytest.raises(CannotRunError) as refused:
        Profile.of(SAID, "old.toml").match(["persons.csv", "tariffs.csv"])
    assert str(refused.value) == (
        "The profile Old: there is no use for the file “persons.csv”; there is no file “people*.csv”. "
        "Expected are people*.csv, tariffs (optional)."
    )


def test_what_one_part_reads_of_a_file_another_need_not_ignore():
    customers, locations, _plans = Profile.of(SAID, "old.toml").parts
    assert customers.mapping.ignore == ("Fax", "No", "First", "Last", "Street", "Door")
    assert "First" in locations.mapping.ignore
    # It is a column of locations too: it would be theirs, and is not left out silently.
    assert "Street" not in locations.mapping.ignore


def test_a_prefix_comes_before_what_is_not_empty():
    origin = Origin.of({"column": "Track", "prefix": "Track ", "values": {"0": ""}})
    assert [origin.text([cell], [0]) for cell in ("7", "", "0")] == ["Track 7", "", ""]
    assert Origin.of(origin.as_said()) == origin


@pytest.mark.django_db
def test_the_profiles_of_the_product_can_all_be_used_and_are_listed(capsys):
    assert {name for name, _profile in profiles()} == {"chinook", "isp", "telco"}
    call_command("load", "--profiles")
    assert capsys.readouterr().out.splitlines()[0].startswith("chinook: The Chinook sample database")


@pytest.mark.django_db
def test_a_profile_that_people_keep_has_the_same_form(capsys):
    models.Profile.objects.create(name="Ours", content={"load": SAID["load"]})
    assert profile_named("Ours").parts == Profile.of(SAID, "old.toml").parts
    assert "Ours" in dict(profiles())
    models.Profile.objects.create(name="Broken", content={"load": [{"kind": "pets", "file": "*"}]})
    assert "Broken" not in dict(profiles())
    call_command("load", "--profiles")
    assert "Broken: profile Broken, load 1: There is no kind “pets”" in capsys.readouterr().out
    with pytest.raises(
        CannotRunError, match="There is no profile “Theirs”; there are chinook, isp, telco, Broken, Ours"
    ):
        profile_named("Theirs")


@pytest.fixture
def toml(tmp_path) -> Path:
    """A profile in a file of TOML, and beside it a folder with a file for it."""
    path = tmp_path / "old.toml"
    path.write_text(
        'name = "Old"\n[[load]]\nkind = "customers"\nfile = "people"\nignore = ["Fax"]\n[load.columns]\nID = "No"\n'
        'Name = { columns = ["First", "Last"] }\nEmail = { value = "" }\nPhone = { value = "" }\n'
        '[[load]]\nkind = "locations"\nfile = "people"\n[load.columns]\nCustomer = "No"\n'
        'Address = { columns = ["Street", "Door"], joint = ", " }\n'
    )
    (tmp_path / "export").mkdir()
    (tmp_path / "export" / "People.csv").write_text(PEOPLE)
    return path


@pytest.mark.django_db
def test_a_folder_is_loaded_as_a_profile_in_a_file_says(toml, capsys):
    call_command("load", "--profile", str(toml), str(toml.parent / "export"))
    assert capsys.readouterr().out.splitlines()[-1] == "Loaded."
    assert list(Customer.objects.order_by("number").values_list("name", flat=True)) == ["Ann Lee", "Bob"]
    assert list(Location.objects.order_by("pk").values_list("address", flat=True)) == [
        "Main Street 1, 2",
        "Main Street 2",
    ]
    load = Load.objects.get()
    assert (load.profile, load.origin) == ("Old", "Old")


@pytest.mark.django_db
def test_a_heading_that_a_profile_does_not_know_is_an_error_and_nothing_is_loaded(toml, capsys):
    (toml.parent / "export" / "People.csv").write_text(PEOPLE.replace("Fax", "Telex"))
    with pytest.raises(SystemExit):
        call_command("load", "--profile", str(toml), str(toml.parent / "export"))
    assert "unknown column “Telex”" in capsys.readouterr().out
    assert not Customer.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (["--profile", "telco"], "Say what to load"),
        (
            ["--profile", "telco", "--map", "ID=No", "--encoding", "cp1252", "x.csv"],
            "--encoding, --map cannot be given",
        ),
        (["--profile", "telco", "x.csv"], "there is no use for the file “x.csv”"),
        (["--profile", "other", "x.csv"], "There is no profile “other”"),
        (["customers"], "Say what the files hold"),
    ],
)
def test_what_the_command_cannot_do_is_said(arguments, error):
    with pytest.raises(CommandError) as refused:
        call_command("load", *arguments)
    assert error in str(refused.value)
    assert refused.value.returncode == 2


@pytest.mark.django_db
def test_a_draft_is_made_of_a_profile_and_loads_as_it_says():
    profile = Profile.of(SAID, "old.toml")
    sent = [SimpleUploadedFile("People.csv", PEOPLE.encode())]
    load = make_draft_of_profile(sent, profile, by=make_user(ADMINISTRATOR))
    assert (load.name, load.profile, load.origin) == ("People.csv", "Old", "Old")
    assert list(load.files.values_list("kind", "position")) == [("customers", 1), ("locations", 2)]
    assert Upload.objects.count() == 1
    job = making.check(load)
    making.confirm(load, turn=str(job.turn))
    assert (Customer.objects.count(), Location.objects.count()) == (2, 2)


@pytest.mark.django_db
def test_a_draft_of_other_files_or_of_what_a_person_may_not_load_leaves_nothing():
    profile = Profile.of(SAID, "old.toml")
    with pytest.raises(ValidationError, match="there is no use for the file"):
        make_draft_of_profile([SimpleUploadedFile("a.csv", b"ID\n1\n")], profile, by=make_user(ADMINISTRATOR))
    sent = [SimpleUploadedFile("people.csv", PEOPLE.encode())]
    with pytest.raises(ValidationError, match="You may not load what this profile is for: customers, locations"):
        make_draft_of_profile(sent, profile, by=make_user())
    assert not Load.objects.exists()
