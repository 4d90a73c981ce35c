"""
What a billing run must bear: killed at any moment, two of them at once, prices that change beside it.

Each time two `run_billing` are begun and ended with SIGKILL at a random moment, while somebody changes the prices of
three in ten customers, from today on. After each kill the numbers of the invoices have no gap and none twice, and
nobody has two for the same days. Once all are billed the books are checked: every invoice to those whose prices nobody
touched, number, days, lines and taxes, is that of a run which nobody disturbed; the others are charged what they cost
now, however often that changed; and `check_books` finds nothing.
"""

import json
import random
import shutil
import signal
import subprocess
import time

from benchmarks.imports import Database

COMPANY = """
from decimal import Decimal
from django.utils import timezone
from billing.runs.running import start_billing
from customers.models import Customer, Location, PriceChange, Service, TaxCode, TaxRate
from customerflow.changes.recording import recording
today = timezone.localdate()
start_billing(day=today)
with recording("A company"):
    code = TaxCode.objects.create(name="VAT", is_default=True)
    TaxRate.objects.create(code=code, percent=Decimal("19"), valid_from=today)
    rows = [Customer(number=f"B-{{n:07d}}", name=f"Customer {{n}}", billing_day=today.day) for n in range({customers})]
    customers = Customer.objects.bulk_create(rows)
    places = Location.objects.bulk_create(Location(customer=c, address="1 High St", city="Hill") for c in customers)
    services = Service.objects.bulk_create(
        Service(location=place, name=f"Fibre {{n}}", cost=Decimal(n % 97 + 10), starts_on=today)
        for n, place in enumerate(places) for _each in range(1 + n % 3)
    )
    now = timezone.now()
    PriceChange.objects.bulk_create(PriceChange(service=each, cost=each.cost, applied_at=now) for each in services)
"""
PERSON = """
import random, select, sys
from decimal import Decimal
from django.core.exceptions import ValidationError
from django.utils import timezone
from customers.models import Service
from customers.price_changes import change_cost
services = list(Service.objects.filter(location__customer__number__regex="[037]$"))
print("ready", flush=True)
changed = 0
while not select.select([sys.stdin], [], [], 0.02)[0]:
    try:
        change_cost(service=random.choice(services), cost=Decimal(random.randrange(1, 200)), on=timezone.localdate())
        changed += 1
    except ValidationError:
        pass
print(changed)
"""
STATE = """
import json
from django.db.models import Count
from billing.models import BillingRun, Invoice, InvoiceLine
numbers = [int(number.partition("-")[2]) for number in Invoice.objects.values_list("number", flat=True)]
print(json.dumps({
    "is_done": BillingRun.objects.filter(state="done").exists(),
    "billed": len(numbers),
    "is_dense": sorted(numbers) == list(range(1, len(numbers) + 1)),
    "twice": InvoiceLine.objects.filter(live=True, kind__in=InvoiceLine.CHARGED_ONCE).values("service", "first_day")
        .annotate(times=Count("pk")).filter(times__gt=1).count(),
}))
"""
INVOICES = """
import hashlib
from billing.models import Invoice
digest = hashlib.sha256()
theirs = Invoice.objects.exclude(customer__number__regex="[037]$").order_by("number")
for invoice in theirs.prefetch_related("lines__service", "taxes").iterator(chunk_size=200):
    lines = [(l.service.name, l.kind, l.first_day, l.last_day, l.quantity, l.amount) for l in invoice.lines.all()]
    taxes = [(tax.name, tax.percent, tax.base, tax.amount) for tax in invoice.taxes.all()]
    digest.update(repr((invoice.number, invoice.customer_id, invoice.total, invoice.due_on, lines, taxes)).encode())
print(theirs.count(), digest.hexdigest())
"""
WRONG = """
from django.db.models import Sum
from billing.models import CreditNoteLine, InvoiceLine
from customers.models import Service
def charged(lines):
    return dict(lines.filter(live=True).order_by().values_list("service").annotate(Sum("amount")))
billed, given_back = charged(InvoiceLine.objects), charged(CreditNoteLine.objects)
costs = Service.objects.values_list("pk", "cost")
print(sum(billed.get(key, 0) - given_back.get(key, 0) != cost for key, cost in costs))
"""


class Company(Database):
    """A company whose customers are all due today, or another one; to be had as it was at first, again and again."""

    def __init__(self, customers: int, program: str = COMPANY) -> None:
        super().__init__("customerflow_torture")
        self.program = program.format(customers=customers)
        self.kept_name = f"{self.name}_kept"
        self.kept_path = self.path.with_name(f"{self.kept_name}.sqlite3")

    def make(self) -> None:
        """Make the company, and keep it as it is."""
        super().make()
        self.shell(self.program)
        self._copy(self.name, self.path, self.kept_name, self.kept_path)

    def again(self) -> None:
        """Put it back to what it was at first."""
        super().drop()
        self._copy(self.kept_name, self.kept_path, self.name, self.path)

    def drop(self) -> None:
        """Remove both."""
        super().drop()
        if self.is_sqlite:
            self.kept_path.unlink(missing_ok=True)
        else:
            self._postgresql(f"DROP DATABASE IF EXISTS {self.kept_name}")

    def _copy(self, name: str, path: object, new_name: str, new_path: object) -> None:
        if self.is_sqlite:
            shutil.copy(path, new_path)
        else:
            self._postgresql(f"CREATE DATABASE {new_name} TEMPLATE {name}")


def bill(company: Company, **options: object) -> subprocess.Popen:
    """Begin a billing run."""
    return company.start("run_billing", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **options)


def kill_runs(customers: int, kills: int, seed: int) -> None:
    """Kill billing runs, two at once, at random moments, and print what was wrong after it."""
    chance, wrong, changes, finished = random.Random(seed), [], 0, 0
    with Company(customers) as company:
        began = time.monotonic()
        bill(company).wait()
        longest = time.monotonic() - began
        undisturbed = company.shell(INVOICES)
        company.again()
        person = hire(company)
        for nth in range(kills):
            runs = [bill(company, start_new_session=True) for _each in range(2)]
            time.sleep(chance.uniform(0, longest))
            for run in runs:
                run.send_signal(signal.SIGKILL)
                run.wait()
            state = json.loads(company.shell(STATE))
            if state["twice"] or not state["is_dense"]:
                wrong.append((nth, state))
            if state["is_done"] or nth == kills - 1:
                changes += dismiss(person)
                wrong += finish(company, undisturbed)
                finished += 1
                company.again()
                person = hire(company)
        dismiss(person)
    print(
        f"{customers:,} customers, seed {seed}: {kills} times two runs killed within {longest:.1f} s, beside "
        f"{changes:,} changes of prices; billed to the end {finished} times; wrong: {wrong or 'nothing'}",
        flush=True,
    )


def hire(company: Company) -> subprocess.Popen:
    """Let somebody change prices."""
    person = company.start("shell", "--verbosity=0", "--command", PERSON, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    person.stdout.readline()
    return person


def dismiss(person: subprocess.Popen) -> int:
    """Let the person stop, and return how many prices were changed."""
    return int(person.communicate("stop\n")[0])


def finish(company: Company, undisturbed: str) -> list[str]:
    """Bill all that is left, twice, and return what is wrong then."""
    # The second one charges what changed while the first was at work.
    statuses = [bill(company).wait() for _each in range(2)]
    found = {
        "exit status": statuses != [0, 0] and statuses,
        "other invoices": company.shell(INVOICES) != undisturbed,
        "services charged wrongly": int(company.shell(WRONG)),
        "findings": company.start("check_books", stdout=subprocess.DEVNULL).wait(),
        "state": (state := json.loads(company.shell(STATE)))["twice"] or not state["is_dense"],
    }
    return [f"{name}: {value}" for name, value in found.items() if value]
