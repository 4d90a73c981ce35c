"""What was loaded before is recognised, file by file and line by line."""

from datetime import date
from decimal import Decimal
from io import StringIO
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bank.loading import gap_before, load_file
from bank.models import Statement, StatementLine
from bank.tests.factories import IBAN, make_bank_account, make_csv_profile
from bank.tests.statements import load, said
from billing.models import Payment
from billing.tests.factories import ISSUED_ON, TODAY, make_invoice
from customers.tests.factories import make_customer

FILES = Path(__file__).parent / "files"
pytestmark = pytest.mark.django_db
FEW = settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])


def load_sample(name: str, account=None, on: date = TODAY):
    return load_file(path=FILES / name, name=name, account=account, on=on)


def test_a_file_goes_to_the_account_that_it_names(account):
    loaded = load_sample("camt02.xml")
    (statement,) = loaded.statements
    assert (statement.account, loaded.new, loaded.known, statement.warnings) == (account, 4, 0, [])
    power = statement.lines.get(amount=Decimal("-40.00"))
    assert (power.state, power.kind) == ("ignored", "outgoing")
    assert statement.lines.open().count() == 3


def test_a_file_loaded_twice_is_recognised(account):
    first = load_sample("camt02.xml")
    again = load_file(path=FILES / "camt02.xml", name="renamed.xml", on=TODAY)
    assert again.is_repeat
    assert again.statements == first.statements
    assert StatementLine.objects.count() == 4


def test_the_same_lines_in_another_version_are_known(account):
    load_sample("camt02.xml")
    again = load_sample("camt08.xml")
    assert (again.is_repeat, again.new, again.known) == (False, 0, 4)


def test_lines_of_another_format_are_not_applied_twice(account):
    load_sample("camt02.xml")
    load_sample("ofx1.ofx")
    doubtful = StatementLine.objects.get(statement__format="ofx", amount=Decimal("59.99"))
    assert doubtful.state == "parked"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"currency": "USD"}, "USD"),
        ({"account": "DE89370400440532013000"}, "not among"),
    ],
)
def test_a_file_of_another_currency_or_account_is_refused(account, change, words):
    with pytest.raises(ValidationError, match=words):
        load(account, [said()], **change)
    assert not Statement.objects.exists()


def test_csv_needs_its_account_and_is_read_by_its_profile(tmp_path):
    account = make_bank_account(csv_profile=make_csv_profile(delimiter=","))
    path = tmp_path / "s.csv"
    path.write_text("Date,Amount,Name,Text\n2026-03-01,5.00,Ann,x\n2026-03-01,5.00,Ann,x\n")
    with pytest.raises(ValidationError, match="CSV"):
        load_file(path=path, name="s.csv", on=TODAY)
    assert load_file(path=path, name="s.csv", account=account, on=TODAY).new == 2


def test_balances_that_do_not_add_up_and_gaps_are_told(account):
    (first,) = load(
        account, [said("5.00", date(2026, 3, 2))], opening=Decimal("1.00"), closing=Decimal("7.00")
    ).statements
    assert "1.00" in first.warnings[0]
    (second,) = load(
        account, [said("5.00", date(2026, 3, 3))], opening=Decimal("8.00"), closing=Decimal("13.00")
    ).statements
    assert "7.00" in gap_before(second)
    assert gap_before(first) == ""


def test_a_booking_of_a_day_to_come_is_refused(account):
    with pytest.raises(ValidationError, match="2026-04-01"):
        load(account, [said(day=date(2026, 4, 1))])


days = st.sampled_from([date(2026, 3, day) for day in (2, 3, 4)])
bookings = st.lists(
    st.tuples(days, st.sampled_from(["5.00", "7.50", "-3.00"]), st.sampled_from(["", "x"])), max_size=12
)


@FEW
@given(bookings, st.data())
def test_files_that_overlap_in_whatever_way_give_each_booking_once(db, booked, data):
    account = make_bank_account()
    by_day = {day: [said(amount, day, text=text) for on, amount, text in booked if on == day] for day, _, _ in booked}
    for number in range(data.draw(st.integers(1, 5))):
        chosen = data.draw(st.lists(st.sampled_from(sorted(by_day)), unique=True) if by_day else st.just([]))
        lines = [line for day in chosen for line in data.draw(st.permutations(by_day[day]))]
        load(account, lines, name=f"{account.pk}-{number}")
        if data.draw(st.booleans()):
            assert load(account, lines, name=f"{account.pk}-{number}").is_repeat
    load(account, [line for lines in by_day.values() for line in lines], name=f"{account.pk}-all")
    found = sorted(account.lines.values_list("booked_on", "amount", "text"))
    assert found == sorted((day, Decimal(amount), text) for day, amount, text in booked)


@FEW
@given(bookings, st.data())
def test_with_references_of_the_bank_any_split_gives_each_booking_once(db, booked, data):
    account = make_bank_account()
    lines = [said(amount, day, text=text, bank_reference=f"R{n}") for n, (day, amount, text) in enumerate(booked)]
    for number in range(3):
        load(account, data.draw(st.permutations(lines))[: data.draw(st.integers(0, 12))], name=f"{account.pk}-{number}")
    load(account, lines, name=f"{account.pk}-all")
    assert account.lines.count() == len(lines)


def test_the_command_loads_and_accepts_what_is_sure(account):
    make_invoice("59.99", customer=make_customer(name="Ann Gruber"), on=ISSUED_ON)
    said = StringIO()
    call_command("load_statement", str(FILES / "camt02.xml"), "--accept-sure", stdout=said)
    assert "4 new lines" in said.getvalue()
    assert "1 were applied" in said.getvalue()
    assert Payment.objects.get().amount == Decimal("59.99")
    said = StringIO()
    call_command("load_statement", str(FILES / "camt02.xml"), account=IBAN, stdout=said)
    assert "before" in said.getvalue()
    with pytest.raises(CommandError, match="no account"):
        call_command("load_statement", str(FILES / "camt02.xml"), account="Nobody's")
