"""The way of a load in the browser: sent, looked at, checked, shown, loaded; by its maker, and nobody else."""

import gzip
import io
import zipfile
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from customerflow.jobs.models import Job
from customerflow.jobs.running import run_turn
from customerflow.loads import making
from customerflow.loads.exporting import pieces
from customerflow.loads.models import Finding, Load, LoadedFile, Profile, Upload, uploads
from customerflow.loads.profiles_kept import fingerprint
from customerflow.staff.roles import ADMINISTRATOR, MANAGER, SUPPORT
from customerflow.staff.tests.factories import make_user, make_user_with
from customers.models import Customer
from customers.tests.factories import make_customer

pytestmark = pytest.mark.django_db

ROWS = "ID,Name,Email,Phone\n1,Ann,ann@example.com,\n2,Bob,,\n3,Cem,,\n"


@pytest.fixture
def person(client):
    """An administrator who is logged in."""
    user = make_user(ADMINISTRATOR)
    client.force_login(user)
    return user


def send(client, *files: tuple[str, str | bytes], kind: str = "customers", follow: bool = True):
    contents = [SimpleUploadedFile(name, text.encode() if isinstance(text, str) else text) for name, text in files]
    return client.post(reverse("loads:load_create"), {"what": kind, "files": contents}, follow=follow)


def the_load() -> Load:
    return Load.objects.get()


def press(client, act: str, load: Load | None = None, **posted: object):
    load = load or the_load()
    return client.post(reverse(f"loads:draft_{act}", args=[load.pk]), posted, follow=True)


def columns(client, *, button: str = "check", **posted: object):
    """Send the page of the only file as it is shown, with some things changed."""
    file = LoadedFile.objects.get()
    address = reverse("loads:draft_file", args=[file.load_id, file.pk])
    context = client.get(address).context
    shown = {field.html_name: field.value() for field in context["shape_form"]}
    shown |= {field.html_name: field.value() for field in context["columns_form"]}
    shown |= {"is_rest_empty": "on"} if shown.pop("is_rest_empty") else {}
    shown = {name: "" if value is None else value for name, value in shown.items()}
    return client.post(address, {**shown, button: "yes", **posted}, follow=True)


def checked(client, text: str = ROWS) -> Load:
    send(client, ("id.csv", text))
    columns(client)
    return the_load()


def confirm(client, **posted: object):
    return press(client, "confirm", turn=the_load().job.turn, **posted)


def stored() -> list[Path]:
    return [path for path in Path(uploads().location).rglob("*") if path.is_file()]


@pytest.fixture(autouse=True)
def _only_own_files():
    """Begin without the files of other tests, and leave none."""
    for path in stored():
        path.unlink()
    yield
    for path in stored():
        path.unlink()


def text_of(response) -> str:
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def test_a_file_is_sent_looked_at_checked_and_loaded(client, person):
    page = send(client, ("id.csv", ROWS))
    assert page.redirect_chain[-1][0] == reverse("loads:draft_file", args=[the_load().pk, LoadedFile.objects.get().pk])
    assert "ann@example.com" in text_of(page)
    page = columns(client)
    assert "Load" in text_of(page)
    load = the_load()
    assert (load.created, load.refused, load.job.state, load.is_loaded) == (3, 0, Job.State.CHECKED, False)
    assert not Customer.objects.exists()
    page = confirm(client)
    load = the_load()
    assert sorted(Customer.objects.values_list("number", flat=True)) == ["1", "2", "3"]
    assert (load.is_loaded, load.loaded_by, load.job.state) == (True, person, Job.State.FINISHED)
    assert reverse("changes:changeset_undo", args=[load.change_set_id]) in text_of(page)
    assert load.change_set.through == "load"
    assert stored() == []


def test_a_draft_is_there_for_its_maker_only(client, person):
    load = checked(client)
    client.force_login(make_user(ADMINISTRATOR))
    assert client.get(load.get_absolute_url()).status_code == 404
    for act in ("check", "confirm", "give_up", "files", "stop"):
        assert press(client, act).status_code == 404
    file = LoadedFile.objects.get()
    for address in (
        reverse("loads:draft_file", args=[load.pk, file.pk]),
        reverse("loads:rejects", args=[load.pk, file.pk]),
        reverse("loads:finding_list", args=[load.pk, file.pk, "created"]),
    ):
        assert client.get(address).status_code == 404
    assert "id.csv" not in text_of(client.get(reverse("loads:load_list")))


@pytest.mark.parametrize("group", [MANAGER, SUPPORT])
def test_who_may_not_load_sends_nothing(client, group):
    client.force_login(make_user(group))
    assert client.get(reverse("loads:load_create")).status_code == 403
    assert send(client, ("id.csv", ROWS)).status_code == 403
    assert stored() == []


def test_only_kinds_are_offered_that_the_person_may_add_and_change(client):
    client.force_login(make_user_with("add_load", "view_load", "add_tickettype", "change_tickettype"))
    choices = client.get(reverse("loads:load_create")).context["form"].fields["what"].choices
    assert choices[1:] == [("Records of one kind", [("ticket types", "Ticket types")])]
    page = send(client, ("id.csv", ROWS))
    assert page.context["form"].errors["what"]
    assert stored() == []


def packed(**members: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, text in members.items():
            archive.writestr(name.replace("_", "."), text)
    return file.getvalue()


def test_the_files_of_an_archive_are_files_of_one_load(client, person):
    page = send(client, ("old.zip", packed(a_csv=ROWS, b_csv="ID,Name,Email,Phone\n9,Zoe,,\n")))
    assert page.redirect_chain[-1][0] == the_load().get_absolute_url()
    assert (the_load().name, Upload.objects.count(), len(stored())) == ("a.csv and 1 more", 2, 2)
    press(client, "check", skip_refused="False", on_existing="update")
    assert the_load().created == 4


def test_a_packed_file_is_unpacked_while_it_is_read(client, person):
    send(client, ("id.csv.gz", gzip.compress(ROWS.encode())))
    columns(client)
    assert the_load().created == 3


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("id.pdf", b"%PDF-1.7 ...", "a PDF document"),
        ("id.csv", b"PK\x03\x04rest", "XLSX workbook"),
        ("id.xlsx", b"ID,Name", "it is text"),
        ("id.csv", b"", "the file is empty"),
        ("id.zip", b"no archive", "no ZIP archive"),
        ("id.zip", packed(inner_zip="x"), "an archive inside of an archive"),
        ("id.zip", packed(a_csv=ROWS, b_pdf="%PDF-1.7"), "a PDF document"),
    ],
)
def test_what_is_no_file_of_records_is_refused_in_words_at_the_field_and_not_kept(client, person, name, content, words):
    page = send(client, (name, content))
    [error] = page.context["form"].errors["files"]
    assert words in error
    assert error.startswith(name)
    assert (Load.objects.count(), stored()) == (0, [])


def test_a_name_with_a_path_is_only_a_name(client, person):
    send(client, ("../../etc/id.csv", ROWS))
    assert Upload.objects.get().name == "id.csv"
    [path] = stored()
    assert path.suffix == ""


def test_sending_without_a_file_says_so(client, person):
    page = client.post(reverse("loads:load_create"), {"what": "customers"})
    assert page.context["form"].errors["files"] == ["This field is required."]


def test_a_file_that_was_loaded_before_is_announced(client, person):
    checked(client)
    confirm(client)
    first = the_load()
    send(client, ("again.csv", ROWS))
    page = client.get(Load.objects.latest("pk").get_absolute_url())
    assert "This very file was loaded before" in text_of(page)
    assert first.get_absolute_url() in text_of(page)


def test_how_a_file_is_read_can_be_changed_and_looked_at_again(client, person):
    send(client, ("id.csv", "export\nID;Name;Email;Phone\n1;Jürgen;;\n".encode("cp1252")))
    assert LoadedFile.objects.get().mapping["headings"] != ["ID", "Name", "Email", "Phone"]
    page = columns(client, button="again", encoding="cp1252", delimiter=";", header_line="2")
    assert "Jürgen" in text_of(page)
    assert LoadedFile.objects.get().mapping["headings"] == ["ID", "Name", "Email", "Phone"]
    columns(client)
    assert the_load().created == 1


def test_of_a_file_that_cannot_be_decoded_only_the_encoding_has_to_be_said(client, person):
    send(client, ("id.csv", "ID;Name;Email;Phone\n1;Jürgen;;\n".encode("cp1252")))
    file = LoadedFile.objects.get()
    page = client.get(reverse("loads:draft_file", args=[file.load_id, file.pk]))
    assert "Jürgen" in text_of(page)  # as it would read in one of the encodings
    columns(client, button="again", encoding="cp1252")
    columns(client)
    assert the_load().created == 1
    assert Finding.objects.get().key == "1"


def test_the_sheet_of_a_workbook_is_chosen(client, person):
    rows = [["ID", "Name", "Email", "Phone"], ["1", "Ann", "", ""]]
    send(client, ("id.xlsx", b"".join(pieces("id.xlsx", rows))))
    file = LoadedFile.objects.get()
    form = client.get(reverse("loads:draft_file", args=[file.load_id, file.pk])).context["shape_form"]
    assert list(form.fields) == ["sheet", "header_line", "date_order"]
    assert len(form.fields["sheet"].choices) == 2
    columns(client)
    assert the_load().created == 1


def test_records_in_json_are_a_table_too(client, person):
    send(client, ("id.json", '[{"ID": 1, "Name": "Ann", "Email": "", "Phone": ""}]'))
    columns(client)
    assert the_load().created == 1


def test_columns_of_other_names_are_chosen_and_the_rest_is_left_out(client, person):
    send(client, ("id.csv", "Key,Who,Colour,Mail,Tel\n1,Ann,red,,555 1234\n"))
    page = columns(client)
    assert "ID, Name" in text_of(page)
    page = columns(client, column_0="ID", column_1="Name")
    assert the_load().created == 1
    confirm(client)
    customer = Customer.objects.get()
    assert (customer.number, customer.name, customer.phone) == ("1", "Ann", "555 1234")


def test_the_two_parts_of_a_name_and_the_order_of_dates_are_offered(client, person):
    headings = "custnum,first,last,mail,mobile,Status,Closed On"
    send(client, ("id.csv", f"{headings}\n1,Ann,Lee,,555 1234,closed,31.01.2026\n"))
    file = LoadedFile.objects.get()
    page = client.get(reverse("loads:draft_file", args=[file.load_id, file.pk]))
    assert page.context["shape_form"]["date_order"].value() == "dmy"
    assert "made of first, last" in text_of(page)
    columns(client)
    assert the_load().created == 1
    confirm(client)
    customer = Customer.objects.get()
    assert (customer.number, customer.name, str(customer.closed_on)) == ("1", "Ann Lee", "2026-01-31")


def test_what_is_kept_as_a_profile_is_so_for_the_next_file_of_the_same_headings(client, person):
    send(client, ("id.csv", "No,Who,Colour\n1,Ann,red\n"))
    columns(client, column_0="ID", column_1="Name", value_3="555 1234", is_rest_empty="on", profile_name="Old")
    press(client, "give_up")
    page = send(client, ("next.csv", "No,Who,Colour\n7,Bob,blue\n"))
    assert "A profile is kept" in text_of(page)
    columns(client)
    assert the_load().created == 1
    press(client, "give_up")
    client.force_login(make_user(ADMINISTRATOR))
    send(client, ("third.csv", "No,Who\n7,Bob\n"))
    page = columns(client, column_0="ID", column_1="Name", is_rest_empty="on", profile_name="old")
    assert "choose another name" in text_of(page)


TELCO = (
    "customerID,gender,SeniorCitizen,Partner,Dependents,tenure,PhoneService,MultipleLines,InternetService,OnlineSecurity,"
    "OnlineBackup,DeviceProtection,TechSupport,StreamingTV,StreamingMovies,Contract,PaperlessBilling,PaymentMethod,"
    "MonthlyCharges,TotalCharges,Churn\n"
    "7590-VHVEG,Female,0,Yes,No,1,No,No phone service,DSL,No,Yes,No,No,No,No,Month-to-month,Yes,Electronic check,29.85,"
    "29.85,No\n"
)


def test_a_file_of_a_known_system_is_loaded_as_its_profile_says(client, person):
    page = send(client, ("WA_Fn-UseC_-Telco-Customer-Churn.csv", TELCO), kind="profile:telco")
    assert [each.kind_name for each in page.context["files"]] == ["Customers", "Locations", "Plans", "Services"]
    for file in LoadedFile.objects.all():
        shown = client.get(reverse("loads:draft_file", args=[file.load_id, file.pk]))
        assert "customerID" in text_of(shown)
    press(client, "check", skip_refused="False", on_existing="update")
    assert (the_load().refused, the_load().created) == (0, 4)
    confirm(client)
    assert Customer.objects.get().number == "7590-VHVEG"
    assert (the_load().profile, the_load().origin) == ("Telco", "Telco")


def test_files_that_are_not_those_of_the_profile_are_named_at_the_field(client, person):
    page = send(client, ("people.csv", ROWS), kind="profile:telco")
    [error] = page.context["form"].errors["files"]
    assert "there is no use for the file “people.csv”" in error
    assert stored() == []


def test_a_kept_profile_for_columns_that_are_there_no_more_is_not_offered(client, person):
    content = {"load": [{"kind": "customers", "file": "*", "columns": {"Shoe size": "Size"}}]}
    Profile.objects.create(name="Old", content=content, fingerprint=fingerprint(["ID", "Name", "Email", "Phone"]))
    checked(client)
    assert the_load().created == 3


def test_one_field_cannot_be_two_columns(client, person):
    send(client, ("id.csv", "ID,Name,Email,Phone,Fax\n1,Ann,,,\n"))
    page = columns(client, column_4="Phone")
    assert page.context["columns_form"].errors["column_4"] == ["Phone is another column already."]


def test_a_field_without_a_column_may_have_one_value_for_all_rows(client, person):
    send(client, ("id.csv", "ID,Name\n1,Ann\n2,Bob\n"))
    columns(client, value_2="info@example.com", value_3="555 1234")
    confirm(client)
    assert set(Customer.objects.values_list("email", "phone")) == {("info@example.com", "555 1234")}


def test_refused_rows_are_left_out_if_that_is_said_and_load_after_correction(client, person):
    load = checked(client, ROWS + "4,Dan,no address,\n5,,,\n")
    assert (load.created, load.refused) == (3, 2)
    confirm(client)
    assert not the_load().is_loaded
    # Nothing is lost by that.
    press(client, "check", skip_refused="True", on_existing="update")
    confirm(client, skip_refused="yes")
    assert (the_load().is_loaded, Customer.objects.count()) == (True, 3)
    rejects = client.get(reverse("loads:rejects", args=[load.pk, LoadedFile.objects.get().pk]))
    text = b"".join(rejects).decode("utf-8-sig")
    assert text.splitlines()[0] == "why,ID,Name,Email,Phone"
    assert [line.rpartition('"')[2].strip(",") or line for line in text.splitlines()[1:]]
    Load.objects.all().delete()
    checked(client, text.replace("no address", "dan@example.com").replace("5,,,", "5,Eve,,"))
    confirm(client)
    assert Customer.objects.count() == 5


def test_each_count_opens_its_list(client, person):
    make_customer(number="1", name="Ann", email="ann@example.com")
    make_customer(number="2", name="Bobby", email="")
    load = checked(client, ROWS + "4,Dan,no address,\n")
    file = LoadedFile.objects.get()
    page = text_of(client.get(load.get_absolute_url()))
    expected = {
        "created": ["Line,Record", "4,3"],
        "unchanged": ["Line,Record", "2,1"],
        "changed": ["Line,Record,Column,Before,Then", "3,2,Name,Bobby,Bob"],
        "refused": ["Line,Record,Column,Value,Reason", "5,4,Email,no address"],
    }
    for outcome, lines in expected.items():
        address = reverse("loads:finding_list", args=[load.pk, file.pk, outcome])
        assert address in page
        listed = text_of(client.get(address))
        assert lines[1].split(",")[-1] in listed
        exported = b"".join(client.get(address, {"export": "csv"})).decode("utf-8-sig").splitlines()
        assert exported[0] == lines[0]
        assert len(exported) == 2
        assert exported[1].startswith(lines[1])
    changed = reverse("loads:finding_list", args=[load.pk, file.pk, "changed"])
    assert Customer.objects.get(number="2").get_absolute_url() in text_of(client.get(changed))
    assert "Bobby" in text_of(client.get(changed, {"column": "Name"}))
    assert "Bobby" not in text_of(client.get(changed, {"column": "Phone"}))
    assert "Bobby" not in text_of(client.get(changed, {"q": "3"}))
    assert client.get(reverse("loads:finding_list", args=[load.pk, file.pk, "lost"])).status_code == 404


def test_what_is_shown_of_a_load_takes_few_questions(client, person, django_assert_max_num_queries):
    load = checked(client)
    file = LoadedFile.objects.get()
    with django_assert_max_num_queries(12):
        client.get(load.get_absolute_url())
    with django_assert_max_num_queries(9):
        client.get(reverse("loads:finding_list", args=[load.pk, file.pk, "created"]))


def test_records_that_were_changed_since_the_check_stop_the_load_and_it_is_checked_again(client, person):
    make_customer(number="2", name="Bobby", email="")
    checked(client)
    Customer.objects.filter(number="2").update(name="Robert", version=2)
    page = confirm(client)
    assert "changed since the check" in text_of(page)
    assert not the_load().is_loaded
    press(client, "check", skip_refused="False", on_existing="update")
    confirm(client)
    assert the_load().is_loaded
    assert Customer.objects.get(number="2").name == "Bob"


def test_a_page_of_an_older_check_confirms_nothing(client, person):
    load = checked(client)
    turn = load.job.turn
    press(client, "check", skip_refused="False", on_existing="skip")
    Job.objects.update(turn=turn + 1)
    page = press(client, "confirm", turn=turn)
    assert "not what was checked" in text_of(page)
    assert not the_load().is_loaded


def test_more_than_half_of_all_records_change_only_when_their_number_is_typed(client, person):
    for number in range(60):
        make_customer(number=str(number), name=f"Name {number}", email="")
    rows = "".join(f"{number},Name {number},,555 {number:04}\n" for number in range(60))
    load = checked(client, "ID,Name,Email,Phone\n" + rows)
    assert load.changed == 60
    assert "Type 60 to confirm" in text_of(client.get(load.get_absolute_url()))
    assert "Type 60 to confirm" in text_of(confirm(client, number="59"))
    assert not the_load().is_loaded
    confirm(client, number=" 60 ")
    assert the_load().is_loaded


def test_another_person_under_a_number_is_loaded_only_when_that_is_said(client, person):
    make_customer(number="1", name="Zoe", email="zoe@example.com")
    assert checked(client).refused == 1
    press(client, "check", skip_refused="False", on_existing="update", is_identity_confirmed="on")
    assert (the_load().refused, the_load().changed) == (0, 1)


def test_a_draft_is_given_up_with_its_files(client, person, django_capture_on_commit_callbacks):
    checked(client)
    with django_capture_on_commit_callbacks(execute=True):
        page = press(client, "give_up")
    assert "Given up: id.csv" in text_of(page)
    assert not any(model.objects.exists() for model in (Load, Upload, LoadedFile, Finding, Job))
    assert stored() == []


def test_a_large_load_is_left_to_a_worker_and_can_be_stopped(client, person, monkeypatch):
    monkeypatch.setattr(making, "AT_ONCE", 0)
    load = checked(client)
    assert load.job.state == Job.State.CHECKING
    assert "You may leave this page" in text_of(client.get(load.get_absolute_url()))
    assert "being worked on" in text_of(press(client, "check", skip_refused="False", on_existing="update"))
    press(client, "stop")
    assert the_load().job.state == Job.State.STOPPED
    press(client, "check", skip_refused="False", on_existing="update")
    job = the_load().job
    run_turn(job.pk, job.turn, seconds=60)
    assert the_load().created == 3
    confirm(client)
    job = the_load().job
    assert (job.state, the_load().is_loaded) == (Job.State.WAITING, False)
    run_turn(job.pk, job.turn, seconds=60)
    assert the_load().is_loaded
    assert the_load().get_absolute_url() in text_of(client.get(job.get_absolute_url()))


def test_drafts_of_others_are_neither_on_the_home_page_nor_behind_their_jobs(client, person):
    load = checked(client)
    assert "id.csv" in text_of(client.get(reverse("home")))
    client.force_login(make_user(ADMINISTRATOR))
    assert "id.csv" not in text_of(client.get(reverse("home")))
    assert load.get_absolute_url() not in text_of(client.get(load.job.get_absolute_url()))


def test_whoever_lost_the_right_loads_nothing(client, person, monkeypatch):
    monkeypatch.setattr(making, "AT_ONCE", 0)
    load = checked(client)
    person.groups.clear()
    run_turn(load.job.pk, load.job.turn, seconds=60)
    assert the_load().job.state == Job.State.FAILED
    assert "may not" in the_load().job.problem


def test_files_are_added_to_a_draft(client, person):
    checked(client)
    send_more = SimpleUploadedFile("types.csv", b"ID,Name\n1,Fault\n")
    press(client, "files", what="ticket types", files=[send_more])
    assert [file.kind for file in LoadedFile.objects.all()] == ["customers", "ticket types"]
    assert the_load().job is None


def test_what_is_loaded_is_no_draft_any_more(client, person):
    load = checked(client)
    confirm(client)
    for act in ("check", "give_up", "files"):
        posted = {"what": "customers", "files": [SimpleUploadedFile("id.csv", ROWS.encode())]}
        assert "loaded already" in text_of(press(client, act, skip_refused="False", on_existing="update", **posted))
    file = LoadedFile.objects.get()
    assert client.get(reverse("loads:draft_file", args=[load.pk, file.pk])).status_code == 302
    assert stored() == []
