"""Loading and applying that is killed: no line is lost, and none is applied twice."""

import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.db.models import Sum
from django.utils import timezone

from bank.models import LinePayment, Statement, StatementLine
from bank.tests.factories import make_bank_account, make_csv_profile
from billing.books.check import check_books
from billing.models import Invoice, Payment
from billing.tests.factories import make_invoice
from customerflow.tests.programs import environment

pytestmark = pytest.mark.django_db(transaction=True)
LINES, ROUNDS = 40, 5
# A few lines at a time, and a turn each, so that there are many steps. Before the statement of that number it kills
# itself.
PROGRAM = """
import os, signal, sys, django; django.setup()
from itertools import count
from bank import tasks; tasks.BATCH = 4
from customerflow.jobs import running; running.TURN_IN_REQUEST = running.TURN = 0
from django.core.management import call_command
from django.db import connection
path, last, numbers = sys.argv[1], int(sys.argv[2]), count()
def counting(execute, *arguments):
    if next(numbers) == last:
        os.kill(os.getpid(), signal.SIGKILL)
    return execute(*arguments)
with connection.execute_wrapper(counting):
    call_command("load_statement", path, account="Bank", accept_sure=True)
"""
# A whole run has some 1,500 statements.
MOST, NEVER = 300, -1


@pytest.fixture
def statement(tmp_path: Path) -> Path:
    """A file of a bank that pays one invoice with each line."""
    profile = make_csv_profile(decimal_sign=".")
    make_bank_account(name="Bank", csv_profile=profile)
    today = timezone.localdate()
    invoices = [make_invoice(f"{10 + number}.00", on=today) for number in range(LINES)]
    rows = [f"{today};{10 + number}.00;Payer;{invoice.number}\n" for number, invoice in enumerate(invoices)]
    path = tmp_path / "statement.csv"
    path.write_text("Date;Amount;Name;Text\n" + "".join(rows))
    return path


def run(path: Path, last: int) -> subprocess.CompletedProcess:
    return subprocess.run(  # noqa: S603
        [sys.executable, "-c", PROGRAM, str(path), str(last)],
        cwd=settings.BASE_DIR,
        env=environment(),
        capture_output=True,
        check=False,
    )


def wrong() -> Iterator[str]:
    """Yield what must not be, whenever the program was killed."""
    if StatementLine.objects.count() != LINES * Statement.objects.count():
        yield "a part of the file is loaded"
    applied = StatementLine.objects.filter(state="applied")
    if LinePayment.objects.count() != Payment.objects.count() or Payment.objects.count() != applied.count():
        yield "a line has no payment, or several"
    if applied.aggregate(sum=Sum("amount")) != Payment.objects.aggregate(sum=Sum("amount")):
        yield "other money was recorded than came in"


def test_lines_are_applied_once_however_often_the_program_is_killed(statement):
    seed = random.randrange(10**6)
    chance = random.Random(seed)
    for _round in range(ROUNDS):
        killed = run(statement, chance.randrange(MOST))
        assert killed.returncode == -signal.SIGKILL, killed.stderr
        assert list(wrong()) == [], f"seed {seed}"
    last = run(statement, NEVER)
    assert last.returncode == 0, last.stderr
    assert list(wrong()) == [], f"seed {seed}"
    assert list(StatementLine.objects.values_list("state", flat=True)) == ["applied"] * LINES, f"seed {seed}"
    assert not Invoice.objects.open().exists()
    assert [found for found in check_books(on=timezone.localdate()) if found["count"]] == []
