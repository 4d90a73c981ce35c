"""Statement files of each format are read exactly, and whatever is wrong with one is a clear refusal."""

import gzip
from contextlib import suppress
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bank.files.content import FileLine, identities
from bank.files.csv_statement import Layout, guess_layout
from bank.files.reading import read_file
from customerflow.loads.refusals import CannotRunError, FileRefusedError

FILES = Path(__file__).parent / "files"
QUICK = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
BOMB = """<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.02"><BkToCstmrStmt>&b;</BkToCstmrStmt></Document>"""
OUTSIDE = """<?xml version="1.0"?><!DOCTYPE d [<!ENTITY a SYSTEM "file:///etc/passwd">]><Document>&a;</Document>"""


@pytest.mark.parametrize("version", ["02", "04", "08"])
def test_each_version_of_camt_says_the_same(version):
    (statement,) = read_file(FILES / f"camt{version}.xml").statements
    assert (statement.account, statement.currency, statement.reference) == (
        "AT611904300234573201",
        "EUR",
        "STMT-2026-041",
    )
    assert (statement.opening, statement.closing, statement.difference) == (Decimal("1000.00"), Decimal("1149.97"), 0)
    assert statement.last_on == date(2026, 3, 2)
    first, bea, carl, power = statement.lines
    assert (first.amount, first.booked_on, first.value_on) == (Decimal("59.99"), date(2026, 3, 2), date(2026, 3, 1))
    assert (first.party_name, first.party_iban) == ("Ann Gruber", "DE89370400440532013000")
    assert (first.text, first.bank_reference) == ("Invoice 2026-000001, thank you", "2026030200001")
    assert (bea.amount, bea.reference, bea.text) == (Decimal("69.99"), "RF18539007547034", "E2E-77")
    assert (carl.amount, carl.party_name, carl.place) == (Decimal("59.99"), "Carl Moser", 1)
    assert (power.amount, power.party_name) == (Decimal("-40.00"), "City Power")


def test_a_return_tells_its_reason_and_what_was_meant_to_move():
    (line,) = read_file(FILES / "returns08.xml").statements[0].lines
    assert (line.amount, line.original_amount) == (Decimal("-63.49"), Decimal("59.99"))
    assert (line.reference, line.return_code, line.party_name) == ("E2E-HERE", "CODE", "Ann Gruber")


def test_both_kinds_of_ofx_say_the_same():
    sgml, xml = (read_file(FILES / name).statements[0] for name in ("ofx1.ofx", "ofx2.ofx"))
    assert [vars(line) | {"line": 0} for line in sgml.lines] == [vars(line) | {"line": 0} for line in xml.lines]
    assert (sgml.account, sgml.currency, sgml.closing) == ("AT611904300234573201", "EUR", Decimal("1019.99"))
    assert (sgml.lines[0].amount, sgml.lines[0].text) == (Decimal("59.99"), "Invoice 2026-000001 & thanks")


def test_the_shape_of_a_german_csv_is_guessed():
    layout, _seen = guess_layout(FILES / "german.csv")
    assert (layout.delimiter, layout.encoding, layout.header_line) == (";", "cp1252", 4)
    assert (layout.date_order, layout.decimal_sign) == ("dmy", ",")
    (statement,) = read_file(FILES / "german.csv", layout=layout).statements
    assert (statement.opening, statement.closing, statement.difference) == (Decimal("1000.00"), Decimal("19.99"), 0)
    ann, power = statement.lines
    assert (ann.amount, ann.party_name, ann.value_on) == (Decimal("59.99"), "Ann Müller", date(2026, 3, 1))
    assert (power.amount, power.line) == (Decimal("-1040.00"), 6)


def test_two_columns_of_amounts_are_one_with_a_sign():
    layout, _seen = guess_layout(FILES / "american.csv")
    assert (layout.date_order, layout.columns["credit"], layout.columns["debit"]) == ("mdy", "Money In", "Money Out")
    (statement,) = read_file(FILES / "american.csv", layout=layout).statements
    assert [line.amount for line in statement.lines] == [Decimal("1200.00"), Decimal("-900.00")]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (BOMB, "entities"),
        (OUTSIDE, "entities"),
        ("<?xml version='1.0'?><Document xmlns='urn:x'><a/></Document>", "no statement"),
        ("<Document xmlns='urn:iso:std:iso:20022:tech:xsd:camt.054.001.02'></Document>", "no statement|CAMT.053"),
        (
            "<Document xmlns='urn:iso:std:iso:20022:tech:xsd:camt.053.001.02'><BkToCstmrStmt/></Document>",
            "no statement",
        ),
        ("<Document xmlns='urn:iso:std:iso:20022:tech:xsd:camt.053.001.02'><Bk", "XML"),
        (f"<?xml version='1.0'?>{'<a>' * 5_000}", "deep"),
        ("", "empty"),
        ("OFXHEADER:100\n\n<OFX><BANKMSGSRSV1><STMTTRN>", "ends|no statement"),
        ("OFXHEADER:100\n\n<OFX><A></B></OFX>", "closed"),
        ("<?xml version='1.0'?><OFX></OFX>", "no statement"),
    ],
)
def test_a_hostile_or_broken_file_is_refused_in_words(tmp_path, content, words):
    path = tmp_path / "statement"
    path.write_text(content)
    with pytest.raises(FileRefusedError, match=words):
        read_file(path)


def test_what_is_wrong_in_a_file_is_named_with_its_line(tmp_path):
    path = tmp_path / "statement.xml"
    text = (FILES / "camt02.xml").read_text()
    path.write_text(text.replace(">129.98<", ">12x9.98<"))
    with pytest.raises(FileRefusedError, match=r"12x9\.98") as refusal:
        read_file(path)
    assert refusal.value.line == text[: text.index(">129.98<")].count("\n") + 1


def test_a_number_in_the_wrong_notation_is_refused(tmp_path):
    path = tmp_path / "statement.csv"
    path.write_text("Date,Amount\n2026-03-01,1.000\n2026-03-01,12.34\n")
    layout = Layout(",", decimal_sign=",", columns={"booked_on": "Date", "amount": "Amount"})
    with pytest.raises(FileRefusedError, match=r"12\.34") as refusal:
        read_file(path, layout=layout)
    assert refusal.value.line == 3


def test_equal_lines_of_one_day_are_told_apart_and_known_again():
    def line(**other) -> FileLine:
        return FileLine(
            **{"booked_on": date(2026, 3, 1), "value_on": date(2026, 3, 1), "amount": Decimal("5.00")} | other
        )

    one, two, three = identities([line(), line(), line(text="x")])
    assert len({one, two, three}) == 3
    assert identities([line(text="y"), line()])[1] == one
    named = identities([line(bank_reference="R1", text="a"), line(bank_reference="R2", text="a")])
    assert identities([line(bank_reference="R2", text="said otherwise")]) == named[1:]


def read_or_refuse(path: Path) -> None:
    with suppress(FileRefusedError, CannotRunError):
        read_file(path, layout=Layout(columns={"booked_on": "Date", "amount": "Amount"}))


SAMPLES = [path.read_bytes() for path in sorted(FILES.glob("*.*"))]


@QUICK
@given(st.sampled_from(SAMPLES), st.data())
def test_a_damaged_file_is_read_or_refused(tmp_path, sample, data):
    start = data.draw(st.integers(0, len(sample)))
    end = data.draw(st.integers(start, min(len(sample), start + 60)))
    path = tmp_path / "damaged"
    path.write_bytes(sample[:start] + data.draw(st.binary(max_size=30)) + sample[end:])
    read_or_refuse(path)


@QUICK
@given(st.one_of(st.binary(max_size=300), st.text(max_size=300).map(lambda text: f"<OFX>{text}".encode())))
def test_any_bytes_are_read_or_refused(tmp_path, content):
    path = tmp_path / "any"
    path.write_bytes(content)
    read_or_refuse(path)


def test_a_packed_csv_is_read_like_any(tmp_path):
    path = tmp_path / "statement.csv.gz"
    path.write_bytes(gzip.compress(b"Date,Amount\n2026-03-01,5.00\n"))
    layout = Layout(columns={"booked_on": "Date", "amount": "Amount"})
    assert read_file(path, layout=layout, name="statement.csv.gz").statements[0].lines[0].amount == Decimal("5.00")
