"""import_ids from outside: what loads, under which policy, and what the report says."""

import gzip
import json
from datetime import date

import pytest

from customerflow.hub.tests.loading import DATA, HEADER, import_ids, stored
from customerflow.loads.models import Finding, Load, LoadedFile
from customers.models import Customer
from customers.tests.factories import make_customer
from tickets.models import TicketType

pytestmark = pytest.mark.django_db


@pytest.fixture
def write(tmp_path):
    def write(content: str | bytes, name: str = "id.csv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def test_without_arguments_the_seed_files_load():
    outcome = import_ids()
    assert (outcome.status, outcome.report["created"], outcome.report["refused"]) == (0, 5, 0)
    assert list(Customer.objects.order_by("pk").values_list("number", "name", "email", "phone", "phone_e164")) == [
        ("1", "John Doe", "johndoe@example.com", "555-1234", ""),
        ("2", "Jane Smith", "janesmith@example.com", "555-5678", ""),
    ]
    assert dict(TicketType.objects.values_list("code", "name")) == {
        "1": "Technical Issue",
        "2": "Billing Inquiry",
        "3": "General Question",
    }


def test_loading_twice_changes_nothing_but_the_record_of_loads():
    import_ids()
    before = stored()
    outcome = import_ids()
    assert (outcome.status, outcome.report["created"], outcome.report["changed"]) == (0, 0, 0)
    assert outcome.report["unchanged"] == 5
    assert stored()[:2] == before[:2]
    assert Load.objects.count() == 2
    assert all(file["loaded_before"] for file in outcome.report["files"])


def test_a_loaded_customer_can_be_found_by_every_part_of_it(write):
    import_ids(write(f"{HEADER}A-7,Luís Gonçalves,luis@example.com,+55 (12) 3923-5555\n"))
    for words in ("goncalves", "a-7", "luis@", "551239235555", "392"):
        assert [customer.number for customer in Customer.objects.search(words)] == ["A-7"], words


def test_an_update_writes_only_what_differs(write):
    same, other = make_customer(number="1", name="Ann"), make_customer(number="2", name="Bob", email="bob@example.com")
    Customer.objects.filter(pk=other.pk).update(note="kept")
    outcome = import_ids(write(f"{HEADER}1,Ann,,\n2,Robert,bob@example.com,+43 1 5123456\n"))
    assert (outcome.report["changed"], outcome.report["unchanged"]) == (1, 1)
    changed = Customer.objects.get(pk=other.pk)
    assert (changed.name, changed.phone_e164, changed.note, changed.version) == ("Robert", "+4315123456", "kept", 2)
    assert changed.updated_at > other.updated_at
    assert changed.name_key == "robert"
    assert [customer.pk for customer in Customer.objects.search("robert")] == [other.pk]
    assert Customer.objects.get(pk=same.pk).version == 1
    assert [(item["column"], item["old"], item["new"]) for item in outcome.report["changes"]] == [
        ("Name", "Bob", "Robert"),
        ("Phone", "", "+43 1 5123456"),
    ]


def test_columns_that_the_file_has_not_stay_as_they_are(write):
    make_customer(number="1", name="Ann", billing_day=17, note="kept")
    import_ids(write("ID,Name,Email,Phone,Payment Terms\n1,Ann,,,30\n2,New,,,\n"))
    old, new = Customer.objects.get(number="1"), Customer.objects.get(number="2")
    assert (old.billing_day, old.payment_terms, old.note) == (17, 30, "kept")
    assert (new.billing_day, new.payment_terms, new.status) == (1, 14, "active")


def test_a_blank_cell_of_a_column_with_a_default_changes_nothing(write):
    make_customer(number="1", name="Ann", billing_day=17, is_tax_exempt=True)
    outcome = import_ids(write("ID,Name,Email,Phone,billing_day,TAX EXEMPT\n1,Ann,,,,\n"))
    assert outcome.report["unchanged"] == 1
    assert Customer.objects.get(number="1").billing_day == 17


@pytest.mark.parametrize(("policy", "status", "name"), [("update", 0, "New"), ("skip", 0, "Old"), ("refuse", 1, "Old")])
def test_the_policy_for_records_that_are_there(write, policy, status, name):
    make_customer(number="1", name="Old")
    outcome = import_ids(write(f"{HEADER}1,New,,\n"), "--on-existing", policy)
    assert outcome.status == status
    assert Customer.objects.get(number="1").name == name
    assert outcome.report["skipped"] == (policy == "skip")


def test_the_policy_holds_for_ticket_types_too(write):
    TicketType.objects.create(code="1", name="Old")
    types = write('{"1": "New", "2": "Other"}', "types.json")
    import_ids("--ticket-types", types, "--on-existing", "skip")
    assert dict(TicketType.objects.values_list("code", "name")) == {"1": "Old", "2": "Other"}


def test_ticket_types_that_a_file_does_not_name_stay(write):
    TicketType.objects.create(code="9", name="Kept")
    import_ids("--ticket-types", write('{"1": "New"}', "types.json"))
    assert set(TicketType.objects.values_list("code", flat=True)) == {"1", "9"}


def test_a_dry_run_reports_the_same_and_loads_nothing(write):
    make_customer(number="1", name="Old")
    path, before = write(f"{HEADER}1,New,,\n2,Two,,\n"), stored()
    dry = import_ids(path, "--dry-run").report
    assert stored() == before
    real = import_ids(path).report
    assert (dry["loaded"], real["loaded"]) == (False, True)
    for name in ("created", "changed", "unchanged", "refused", "refusals", "changes"):
        assert dry[name] == real[name]


def test_one_bad_row_refuses_the_file(write):
    before = stored()
    outcome = import_ids(write(f"{HEADER}1,Ann,,\n2,Bob,nonsense,12\n"))
    assert (outcome.status, outcome.report["created"], outcome.report["refused"]) == (1, 0, 1)
    assert stored() == before
    assert [(item["line"], item["column"], item["value"]) for item in outcome.report["refusals"]] == [
        (3, "Email", "nonsense"),
        (3, "Phone", "12"),
    ]
    assert outcome.report["refusals"][0]["file"].endswith("id.csv")


def test_with_skip_the_good_rows_load_and_the_rejects_can_be_corrected_and_loaded(write, tmp_path):
    rejects = tmp_path / "rejects.csv"
    lines = [
        "1;Ann;;",
        '2;"Bob\n""B""";nonsense;+43 1',
        "3;Cem;;",
        "3;Cem;;",
        "4;short",
        "5;a;b;c;d;e",
        "6;Eve;;'+43 1 5123456",
    ]
    path = write("\n".join(["id;Extra;NAME;e-mail;tel", *("; ;".join(line.split(";", 1)) for line in lines)]))
    outcome = import_ids(path, "--on-error", "skip", "--rejects", rejects, "--ignore", "extra")
    assert outcome.status == 1
    assert (outcome.report["created"], outcome.report["refused"]) == (2, 5)
    assert set(Customer.objects.values_list("number", flat=True)) == {"1", "6"}
    text = rejects.read_text()
    assert text.splitlines()[0] == "why;id;Extra;NAME;e-mail;tel"
    assert '"Bob\n""B""";nonsense;+43 1' in text
    assert "5; ;a;b;c;d;e" in text
    assert "Email: " in text
    again = import_ids(rejects, "--ignore", "Extra")
    assert (again.status, again.report["refused"]) == (1, 5)
    corrected = text.replace("nonsense", "bob@example.com").replace("4; ;short", "4; ;short;;")
    corrected = corrected.replace("5; ;a;b;c;d;e", "5; ;a;b@example.com;").replace("3; ;Cem", "33; ;Cem", 1)
    again = import_ids(write(corrected, "corrected.csv"), "--ignore", "Extra")
    assert (again.status, again.report["created"]) == (0, 5), again.reasons
    assert Customer.objects.get(number="2").name == 'Bob\n"B"'


def test_rejected_ticket_types_are_written_as_they_were(write, tmp_path):
    types = write('{"1": "Good", "2": [1, {"a": "}"}],\n "3": "", "4": NaN}', "types.json")
    outcome = import_ids("--ticket-types", types, "--on-error", "skip", "--rejects", tmp_path / "r.csv")
    assert outcome.report["created"] == 1
    written = (tmp_path / "r.ticket_types.json").read_text()
    assert written == '{\n  "2": [1, {"a": "}"}],\n  "3": "",\n  "4": NaN\n}\n'
    corrected = written.replace('[1, {"a": "}"}]', '"Two"').replace('""', '"Three"').replace("NaN", '"Four"')
    assert import_ids("--ticket-types", write(corrected, "corrected.json")).report["created"] == 3


def test_rejects_are_not_written_where_nothing_is_refused(write, tmp_path):
    import_ids(write(f"{HEADER}1,Ann,,\n"), "--rejects", tmp_path / "rejects.csv")
    assert not (tmp_path / "rejects.csv").exists()


@pytest.mark.parametrize(
    ("csv", "types"),
    [("1,Ann,,\n", '{"1": ""}'), ("1,Ann,nonsense,\n", '{"1": "Good"}'), ("1,Ann,,\n", "[]"), ("1,A,,\n", '{"1": "G"')],
)
def test_when_one_file_is_refused_nothing_of_the_other_is_loaded(write, csv, types):
    before = stored()
    outcome = import_ids(write(HEADER + csv), "--ticket-types", write(types, "types.json"))
    assert (outcome.status, outcome.report["created"], outcome.report["refused"]) == (1, 0, 1)
    assert stored() == before


def test_a_file_that_is_refused_whole_is_not_skipped(write):
    before = stored()
    arguments = [write(f"{HEADER}1,Ann,,\n"), "--ticket-types", write("[]", "types.json"), "--on-error", "skip"]
    assert import_ids(*arguments).status == 1
    assert stored() == before


def test_another_person_is_refused_unless_confirmed(write):
    make_customer(number="1", name="Ann Lee", email="ann@example.com", phone="+43 1 5123456")
    path = write(f"{HEADER}1,Bob Roy,bob@example.com,555-1234\n")
    outcome = import_ids(path)
    assert outcome.status == 1
    assert "another person" in outcome.reasons[0]
    assert Customer.objects.get(number="1").name == "Ann Lee"
    assert import_ids(path, "--confirm-identity").report["changed"] == 1


@pytest.mark.parametrize(
    ("email", "phone", "row"),
    [
        ("ann@example.com", "555-1234", "1,Someone Else,,"),
        ("ann@example.com", "", "1,Someone Else,,"),
        ("", "555-1234", "1,Someone Else,,"),
        ("", "", "1,Someone Else,someone@example.com,"),
        ("ann@example.com", "", "1,Someone Else,,555-1234"),
    ],
)
def test_a_contact_that_one_of_them_lacks_is_another_contact(write, email, phone, row):
    make_customer(number="1", name="Ann Lee", email=email, phone=phone)
    path = write(f"{HEADER}{row}\n")
    assert "another person" in import_ids(path).reasons[0]
    assert Customer.objects.get(number="1").name == "Ann Lee"
    assert import_ids(path, "--confirm-identity").report["changed"] == 1


def test_a_name_may_change_where_neither_has_a_contact(write):
    make_customer(number="1", name="Ann Lee", email="", phone="")
    assert import_ids(write(f"{HEADER}1,Bob Roy,,\n")).report["changed"] == 1


@pytest.mark.parametrize(
    "row",
    [
        "1,ANN  LÉE,x@example.com,",
        "1,Ann Lee,,",
        "1,Bob,ANN@example.com,555",
        "1,Bob,,+4315123456",
        "1,Bob,,+43 1 5123456",
    ],
)
def test_the_same_person_with_something_new_is_not_another(write, row):
    make_customer(number="1", name="Ann Lee", email="ann@example.com", phone="+43 1 5123456")
    assert import_ids(write(f"{HEADER}{row}\n")).report["changed"] == 1


def test_every_load_is_kept_with_its_file_and_counts(write):
    path = write(f"{HEADER}1,Ann,,\n2,Bob,,\n3,Cem,x,\n")
    import_ids(path, "--on-error", "skip")
    load, file = Load.objects.get(), LoadedFile.objects.get()
    assert (load.name, file.kind, file.name, load.loaded_by) == ("id.csv", "customers", "id.csv", None)
    for counted in (load, file):
        assert (counted.created, counted.changed, counted.unchanged, counted.refused) == (2, 0, 0, 1)
    assert len(file.sha256) == 64
    refused = Finding.objects.get()
    assert (refused.outcome, refused.line, refused.column, refused.new) == ("refused", 4, "Email", "x")


def test_headings_and_no_rows_say_so_and_load_nothing(write):
    before = stored()
    outcome = import_ids(write(HEADER))
    assert (outcome.status, outcome.report["created"]) == (0, 0)
    assert "no rows" in import_ids(write(HEADER), as_json=False).text
    assert import_ids("--ticket-types", write("{}", "types.json")).status == 0
    assert stored() == before


@pytest.mark.parametrize(
    "content",
    [
        f"\ufeff{HEADER}7,Ünal,,\n".encode(),
        f"{HEADER}7,Ünal,,\n".encode("utf-16"),
        f"\ufeff{HEADER}7,Ünal,,\n".encode("utf-16-be"),
        f"{HEADER}7,Ünal,,\n".encode("utf-32"),
        "id\tNAME\te_mail\tPhone\r\n7\tÜnal\t\t\r\n".encode(),
        "Phone;E-Mail;Customer ID;name\r;;7;Ünal\r".encode(),
        '\n\nID,Name,Email,Phone\n\n"7","Ünal","",""\n,,,\n\n'.encode(),
        gzip.compress(f"{HEADER}7,Ünal,,\n".encode(), mtime=0),
        "ID,Name,Email,Phone\n7,U\u0308nal ,,".encode(),
    ],
)
def test_whatever_its_form_the_same_customer_is_loaded(write, content):
    outcome = import_ids(write(content))
    assert outcome.status == 0, outcome.reasons
    assert list(Customer.objects.values_list("number", "name", "email", "phone")) == [("7", "Ünal", "", "")]


def test_another_encoding_loads_when_it_is_named(write):
    import_ids(write(f"{HEADER}7,Ünal,,\n".encode("cp1252")), "--encoding", "cp1252")
    assert Customer.objects.get().name == "Ünal"


def test_the_59_customers_of_chinook_load_but_the_one_with_an_address_that_django_refuses():
    outcome = import_ids(DATA / "chinook" / "id.csv", "--on-error", "skip")
    assert [(item["line"], item["column"], item["value"]) for item in outcome.report["refusals"]] == [
        (50, "Email", "stanisław.wójcik@wp.pl")
    ]
    assert (outcome.report["created"], Customer.objects.count()) == (58, 58)
    assert Customer.objects.exclude(phone_e164="").count() > 40


def test_names_in_arabic_and_japanese_load_as_they_are():
    outcome = import_ids(DATA / "names" / "id.csv")
    assert outcome.report["created"] == 15
    names = set(Customer.objects.values_list("name", flat=True))
    assert {"山田トーマス太郎", "السيد أحمد رامي نجيب محفوظ أبو الأغا الابن، النائب"} <= names


def test_the_report_for_people_names_refusals_and_changes_and_ends_with_the_outcome(write):
    make_customer(number="1", name="Old")
    lines = import_ids(write(f"{HEADER}1,New,,\n2,Bob,x,\n"), as_json=False).text.splitlines()
    assert any(line.endswith("line 2: 1: Name “Old” -> “New”") for line in lines)
    assert any("line 3: Email “x”: It is not an e-mail address" in line for line in lines)
    assert lines[-1].startswith("Nothing is loaded: 1 row is refused.")


def test_a_report_shows_the_first_refusals_and_counts_the_rest(write):
    path = write(HEADER + "".join(f"{number},Ann,ann@,\n" for number in range(1_100)))
    report = import_ids(path).report
    assert (report["refused"], len(report["refusals"]), report["refusals_omitted"]) == (1_100, 1_000, 100)
    text = import_ids(path, as_json=False).text
    assert text.count("e-mail address") == 50
    assert "1050 more refusals" in text


def test_more_rows_than_one_piece_load_in_the_order_of_the_file(write):
    import_ids(write(HEADER + "".join(f"{9_000 - number},Customer,,\n" for number in range(5_000))))
    numbers = list(Customer.objects.order_by("pk").values_list("number", flat=True))
    assert numbers == [str(9_000 - number) for number in range(5_000)]


def test_a_closed_customer_stays_closed(write):
    make_customer(number="1", name="Old", status="closed", closed_on=date(2026, 3, 31))
    import_ids(write(f"{HEADER}1,New,,\n"))
    customer = Customer.objects.get()
    assert (customer.name, customer.status, customer.closed_on) == ("New", "closed", date(2026, 3, 31))


def test_the_report_for_machines_is_one_json_object(write):
    outcome = import_ids(write(f"{HEADER}1,Ann,,\n"))
    assert outcome.text.count("\n") == 1
    assert {"created", "changed", "unchanged", "refused", "refusals"} <= set(json.loads(outcome.text))
