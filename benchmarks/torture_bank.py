"""
What the lines of a bank must bear: those who load and apply them are killed at any moment, two of them at once.

Each time two `load_statement --accept-sure` of one file are begun and ended with SIGKILL at a random moment. After each
kill the file is loaded as a whole or not at all, and each applied line has one payment, of its amount. Once all are
applied every invoice is settled by its own line, and `check_books` finds nothing.
"""

import json
import random
import signal
import subprocess
import tempfile
import time
from pathlib import Path

from benchmarks.torture_billing import Company

BANK = """
from decimal import Decimal
from django.utils import timezone
from bank.models import BankAccount, CsvProfile
from billing.invoices import Line, issue_invoice
from customers.models import Customer
from customerflow.changes.recording import recording
columns = {{"booked_on": "Date", "amount": "Amount", "party_name": "Name", "text": ["Text"]}}
profile = CsvProfile.objects.create(name="Bank", columns=columns)
BankAccount.objects.create(name="Bank", number="1", csv_profile=profile)
with recording("A company"):
    for n in range({customers}):
        customer = Customer.objects.create(number=f"B-{{n:07d}}", name=f"Customer {{n}}")
        line = Line(description="Fibre", unit_price=Decimal(n % 97 + 10))
        issue_invoice(customer=customer, lines=[line], on=timezone.localdate())
"""
ROWS = """
from billing.models import Invoice
print("Date;Amount;Name;Text")
for each in Invoice.objects.order_by("pk"):
    print(each.issued_on, each.total, "Payer", each.number, sep=";")
"""
STATE = """
import json
from django.db.models import F, Sum
from bank.models import LinePayment, StatementLine
from billing.models import Invoice, Payment
applied = StatementLine.objects.filter(state="applied")
parts = LinePayment.objects.filter(line__in=applied, payment__amount=F("line__amount"), undone_on=None)
print(json.dumps({
    "lines": StatementLine.objects.count(),
    "applied": applied.count(),
    "payments": Payment.objects.count(),
    "fitting": parts.values("line").distinct().count(),
    "open": Invoice.objects.open().count(),
}))
"""


def kill_lines(customers: int, kills: int, seed: int) -> None:
    """Kill programs that load and apply a statement, two at once, at random moments, and print what was wrong then."""
    chance, wrong, finished = random.Random(seed), [], 0
    with Company(customers, BANK) as company, tempfile.NamedTemporaryFile("w", suffix=".csv") as file:
        path = Path(file.name)
        path.write_text(company.shell(ROWS))
        began = time.monotonic()
        apply(company, path).wait()
        longest = time.monotonic() - began
        company.again()
        for nth in range(kills):
            programs = [apply(company, path, start_new_session=True) for _each in range(2)]
            time.sleep(chance.uniform(0, longest))
            for program in programs:
                program.send_signal(signal.SIGKILL)
                program.wait()
            state = json.loads(company.shell(STATE))
            wrong += [f"{nth}: {state}"] if not is_right(state, customers) else []
            if state["applied"] == customers or nth == kills - 1:
                wrong += finish(company, path, customers)
                finished += 1
                company.again()
    print(
        f"{customers:,} lines, seed {seed}: {kills} times two programs killed within {longest:.1f} s; applied to the "
        f"end {finished} times; wrong: {wrong or 'nothing'}",
        flush=True,
    )


def apply(company: Company, path: Path, **options: object) -> subprocess.Popen:
    """Begin to load the statement and to apply its lines."""
    options = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, **options}
    return company.start("load_statement", str(path), "--account", "Bank", "--accept-sure", **options)


def is_right(state: dict[str, int], customers: int) -> bool:
    """Return whether all or nothing is loaded, and each applied line has its one payment."""
    settled = customers - state["open"]
    is_whole = state["lines"] in (0, customers)
    return is_whole and state["applied"] == state["payments"] == state["fitting"] == settled


def finish(company: Company, path: Path, customers: int) -> list[str]:
    """Apply what is left, twice, and return what is wrong then."""
    statuses = [apply(company, path).wait() for _each in range(2)]
    state = json.loads(company.shell(STATE))
    found = {
        "exit status": statuses != [0, 0] and statuses,
        "state": (state["applied"] != customers or not is_right(state, customers)) and state,
        "findings": company.start("check_books", stdout=subprocess.DEVNULL).wait(),
    }
    return [f"{name}: {value}" for name, value in found.items() if value]
