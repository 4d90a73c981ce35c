"""What is noticed in a file besides its single cells: on both sides, said once, and nothing on ordinary files."""

import string
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from customerflow.loads.declaration import KINDS
from customerflow.loads.guards import form_of
from customerflow.loads.mapping import Mapping
from customerflow.loads.pipeline import load_files
from customerflow.loads.reports import FileReport
from customerflow.loads.terms import LoadFile, Policy
from customerflow.loads.tests.loading import load
from customers.models import Customer

pytestmark = pytest.mark.django_db
HEADINGS = "ID,Name,Email,Phone\n"


def report_of(folder, content, *, is_dry_run=True, kind="customers") -> FileReport:
    """Return what is found in one file."""
    return load(folder, is_dry_run=is_dry_run, **{kind: content}).files[0]


@pytest.mark.parametrize(
    ("row", "column", "holds"),
    [
        ("{0},Ann,555-01{0},", "Email", "phone numbers"),
        ("{0},Ann,,Ann Smith", "Phone", "words"),
        ("{0},Ann,,ann{0}@example.com", "Phone", "e-mail addresses"),
        ("{0},Ann,Ann Smith,555-01{0}", "Email", "words"),
    ],
)
def test_a_column_that_holds_something_else_is_said_once(tmp_path, row, column, holds):
    rows = "".join(f"{row.format(number)}\n" for number in range(10, 40))
    report = report_of(tmp_path, HEADINGS + rows)
    assert report.is_refused_whole
    (refusal,) = report.refusals
    assert (refusal.line, refusal.column) == (1, column)
    assert holds in refusal.reason
    assert "30 of its cells" in refusal.reason


@pytest.mark.parametrize(
    "rows",
    [
        ["1,Ann,555-0101,"],
        ["1,Ann,555-0101,", "2,Bob,555-0102,", "3,Cid,,"],
        [f"{n},Ann,ann{n}@example.com," for n in range(20)] + [f"9{n},Bob,555-01{n:02},\n" for n in range(15)],
        [f"{n},Ann,{'-' if n % 2 else 'ann@'}," for n in range(20)],
        [f"{n},Ann,,call {n} me" for n in range(20)],
    ],
)
def test_some_bad_cells_are_refused_one_by_one(tmp_path, rows):
    report = report_of(tmp_path, HEADINGS + "\n".join(rows))
    assert not report.is_refused_whole
    assert report.refused


def test_a_column_of_choices_in_the_words_of_another_system_is_refused_row_by_row(tmp_path):
    rows = "".join(f"{number},Ann,,,Aktiv\n" for number in range(20))
    report = report_of(tmp_path, f"ID,Name,Email,Phone,Status\n{rows}")
    assert (report.is_refused_whole, report.refused) == (False, 20)


DAMAGED = {
    "shortened phones": (
        HEADINGS + "1,Ann,,5.55E+11\n2,Bob,,5.55E+11\n",
        "Phone: 2 cells, such as “5.55E+11” in line 2",
    ),
    "shortened keys": (HEADINGS + "1.23E+12,Ann,,\n", "ID: 1 cell, “1.23E+12” in line 2"),
    "keys made dates": (HEADINGS + "5-Mar,Ann,,\nMar-05,Bob,,\n", "ID: 2 cells, such as “5-Mar” in line 2"),
    "a key with midnight": (HEADINGS + "2026-03-05 00:00:00,Ann,,\n", "made dates of what were none"),
    "a text cut": (HEADINGS[:-1] + f",Note\n1,Ann,,,{'x' * 255}\n2,Bob,,,short\n", "Note: 1 cell, "),
    "a cell of Excel cut": (HEADINGS[:-1] + f",Note\n1,Ann,,,{'x' * 32_767}\n", "cut them off"),
    "misread": (HEADINGS + "1,FranÃ§ois,,\n", "Name: 1 cell, “FranÃ§ois” in line 2"),
    "lost signs": (HEADINGS + "1,Fran\ufffdois,,\n", "wrong encoding"),
    "placeholders": (HEADINGS + "1,NULL,,\n2,N/A,,\n3,-,,\n", "Name: 3 cells, such as “NULL” in line 2"),
    "a total": (HEADINGS + "1,Ann,,\nTotal,1,,\n", "The last row, line 3, seems to be a total"),
    "a German total": (HEADINGS + "1,Ann,,\nSumme:,1,,\n", "seems to be a total"),
}


@pytest.mark.parametrize("case", DAMAGED)
def test_what_programs_did_to_a_file_is_said_once_with_an_example(tmp_path, case):
    content, said = DAMAGED[case]
    report = report_of(tmp_path, content)
    assert not report.is_refused_whole
    (warning,) = [warning for warning in report.warnings if said in warning]
    assert warning in "\n".join(load(tmp_path, is_dry_run=True, customers=content).lines())


def test_numbers_that_excel_shortened_are_refused_in_words_that_say_so(tmp_path):
    report = report_of(tmp_path, HEADINGS + "1.23E+12,Ann,,\n2,Bob,,5.55E+11\n")
    assert [refusal.column for refusal in report.refusals] == ["ID", "Phone"]
    assert all("Excel" in refusal.reason for refusal in report.refusals)


def test_postcodes_that_lost_their_zero_are_noticed(tmp_path):
    rows = "".join(f"1,Way {number},{90210 + number}\n" for number in range(9))
    content = f"Customer,Address,Postcode\n1,Broadway,2101\n{rows}"
    (warning,) = report_of(tmp_path, content, kind="locations").warnings
    assert "“2101” in line 2: codes seem to have lost a zero" in warning
    assert not report_of(tmp_path, content.replace("2101", "02101"), kind="locations").warnings


def test_keys_of_new_records_are_compared_with_those_that_have_zeros_before_them(tmp_path):
    assert not report_of(tmp_path, HEADINGS + "0012,Ann,,\n0013,Bob,,\n", is_dry_run=False).warnings
    assert Customer.objects.count() == 2
    (warning,) = report_of(tmp_path, HEADINGS + "12,Ann,,\n14,Cid,,\n").warnings
    assert "ID: 1 cell, “12” in line 2" in warning
    assert not report_of(tmp_path, HEADINGS + "0012,Ann,,\n").warnings


def test_names_of_records_that_lost_their_zeros_are_noticed_among_stored_and_new_ones(tmp_path):
    people, places = HEADINGS + "0012,Ann,,\n13,Bob,,\n", "Customer,Address\n12,Main Street\n13,Way\n9,Lane\n"
    together = load(tmp_path, customers=people, locations=places).files[1]
    load(tmp_path, customers=people)
    later = report_of(tmp_path, places, kind="locations")
    for report in (together, later):
        assert report.refused == 2
        (warning,) = report.warnings
        assert "Customer: 1 cell, “12” in line 2: there are records with this number and zeros" in warning
    assert not report_of(tmp_path, places.replace("12,", "0012,"), kind="locations").warnings


def test_long_numbers_of_which_excel_kept_15_digits_are_noticed(tmp_path):
    rounded = HEADINGS + "8943123456789010000,Ann,,\n8943123456789020000,Bob,,\n"
    (warning,) = report_of(tmp_path, rounded).warnings
    assert "ID: 2 cells, such as “8943123456789010000” in line 2: numbers of more than 15 digits" in warning
    assert not report_of(tmp_path, f"{rounded}8943123456789012345,Cid,,\n").warnings
    assert not report_of(tmp_path, HEADINGS + "8943123456789010000,Ann,,\n").warnings


def test_dates_written_in_two_ways_are_noticed(tmp_path):
    rows = "1,Ann,,,closed,2026-01-31\n2,Bob,,,closed,31.01.2026\n"
    report = report_of(tmp_path, f"{HEADINGS[:-1]},Status,Closed On\n{rows}")
    assert any("written in two ways" in warning for warning in report.warnings)


CLOSED = f"{HEADINGS[:-1]},Status,Closed On\n"


def closed_on(*days: str) -> str:
    """Return a file of customers who were closed on these days."""
    return CLOSED + "".join(f"{number},Ann,,,closed,{day}\n" for number, day in enumerate(days))


@pytest.mark.parametrize(
    ("days", "said"),
    [
        (["31.01.2026", "01.02.2026"], "Closed On: 2 cells, such as “31.01.2026” in line 2: the day stands before"),
        (["2026-01-01", "1/31/2026"], "Closed On: 1 cell, “1/31/2026” in line 3: the month stands before"),
        (["2026/01/31"], "the year stands first"),
        (["01/02/2026"], "it cannot be told from them which is the day"),
        (["31/01/2026", "01/31/2026"], "nobody can tell which is meant"),
    ],
)
def test_of_dates_that_are_refused_for_their_order_it_is_said_which_one_they_show(tmp_path, days, said):
    report = report_of(tmp_path, closed_on(*days))
    assert not report.is_refused_whole
    assert any(said in warning for warning in report.warnings)


@pytest.mark.parametrize(("day", "said"), [("31.01.2026", "--date-order dmy"), ("01/02/2026", "--date-order")])
def test_a_column_of_dates_without_an_order_is_refused_once(tmp_path, day, said):
    report = report_of(tmp_path, closed_on(*[day] * 20))
    (refusal,) = report.refusals
    assert report.is_refused_whole
    assert (refusal.column, refusal.value) == ("Closed On", day)
    assert said in refusal.reason


def test_some_dates_without_an_order_are_refused_one_by_one(tmp_path):
    report = report_of(tmp_path, closed_on(*["2026-01-31"] * 20, *["31.01.2026"] * 19))
    assert (report.is_refused_whole, report.refused) == (False, 19)
    # They are dates in the right form of days that there never were.
    report = report_of(tmp_path, closed_on(*["2026-02-30"] * 20))
    assert (report.is_refused_whole, report.refused, report.warnings) == (False, 20, [])


def test_dates_in_the_order_that_was_told_are_no_damage(tmp_path):
    path = tmp_path / "customers.csv"
    path.write_text(closed_on("31.01.2026", "01.02.2026"))
    file = LoadFile(path, KINDS["customers"], mapping=Mapping(date_order="dmy"))
    report = load_files([file], Policy(), is_dry_run=True).files[0]
    assert (report.refused, report.warnings) == (0, [])


def test_refused_cells_that_stand_for_empty_ones_are_said_once(tmp_path):
    rows = "".join(f"{number},Ann,N/A,\n" for number in range(20))
    report = report_of(tmp_path, HEADINGS + rows)
    assert (report.is_refused_whole, report.refused) == (False, 20)
    (warning,) = report.warnings
    assert "Email: 20 cells, such as “N/A” in line 2: texts stand for an empty cell in other programs" in warning


def test_phones_that_lost_their_zero_are_noticed(tmp_path):
    rows = "1,Ann,,0660 1234567\n2,Bob,,6607654321\n3,Cid,,6607654322\n4,Dan,,+43 660 765432\n"
    (warning,) = report_of(tmp_path, HEADINGS + rows).warnings
    assert "Phone: 2 cells, such as “6607654321” in line 3: phone numbers seem to have lost the zero" in warning
    assert not report_of(tmp_path, f"{HEADINGS}{rows}5,Eve,,06607654323\n").warnings
    assert not report_of(tmp_path, HEADINGS + rows.replace("0660 1", "660 1")).warnings


@pytest.mark.parametrize(
    ("name", "note"),
    [("JOÃO DA CONCEIÇÃO", ""), ("Âge d'or", "«voilà» à la carte"), ("Nguyễn", "x" * 256), ("Total", "y" * 254)],
)
def test_names_of_all_languages_are_no_damage(tmp_path, name, note):
    assert not report_of(tmp_path, f"{HEADINGS[:-1]},Note\n1,{name},,,{note}\n").warnings


ORDINARY = st.builds(
    "{},{},{}".format,
    st.text(string.ascii_letters + "éüßñøÃã ", min_size=2, max_size=30).map(lambda name: f"Ms {name.strip()}"),
    st.one_of(st.just(""), st.integers(1, 10**6).map("customer.{}@example.com".format)),
    st.one_of(st.just(""), st.integers(2_000_000, 9_999_999).map("+43 660 {}".format)),
)


@settings(max_examples=20, deadline=None)
@given(st.lists(ORDINARY, min_size=1, max_size=12))
def test_nothing_is_noticed_in_ordinary_rows(rows):
    numbered = "\n".join(f"{number},{row}" for number, row in enumerate(rows, 1))
    with TemporaryDirectory() as folder:
        report = report_of(Path(folder), HEADINGS + numbered)
    assert (report.refused, report.refusals, report.warnings) == (0, [], [])


@pytest.mark.parametrize(
    ("cell", "form"),
    [
        ("ann@example.com", "email"),
        ("31.01.2026", "date"),
        ("192.0.2.1", "ip"),
        ("12", "number"),
        ("NULL", ""),
        ("?", ""),
    ],
)
def test_a_cell_is_told_by_its_form(cell, form):
    assert form_of(cell) == form
