"""
What an invoice as PDF costs, and what many in the background do.

    python -m benchmarks documents --invoices 1000

On a fresh database with the settings of production: so many invoices of 12 lines with tax. Printed are the processor
time of one PDF, made and kept (all threads of the process count), of one as an e-invoice, and of the background job
that makes all of them and puts them together; and the resident memory after each tenth of it, which must not grow with
the number. `DATABASE_URL` says which database system.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

from benchmarks.changes import PRODUCTION
from benchmarks.imports import ROOT, Database

# Milliseconds of processor time that one PDF may take.
GOAL = 60
LINES = 12
SINGLE = 100
DAY = date(2026, 3, 1)


def make_invoices(number: int) -> None:
    """Issue so many invoices, each to a customer of its own."""
    from billing.invoices import Line, issue_invoice
    from customerflow.changes.recording import recording
    from customers.models import Customer, Location, TaxCode, TaxRate

    code = TaxCode.objects.create(name="VAT standard", is_default=True)
    TaxRate.objects.create(code=code, percent=Decimal(20), valid_from=date(2000, 1, 1))
    for one in range(number):
        with recording("Measured"):
            customer = Customer.objects.create(number=f"M-{one}", name=f"Müller & Söhne {one}")
            Location.objects.create(customer=customer, address=f"{one} Main St", postcode="8010", city="Graz")
            lines = [Line(description=f"Fibre {each}", unit_price=Decimal("59.99")) for each in range(LINES)]
            issue_invoice(customer=customer, lines=lines, on=DAY)


def resident() -> float:
    """Return the memory that this process has now, in MB."""
    fields = dict(line.split(":") for line in Path("/proc/self/status").read_text().splitlines())
    return int(fields["VmRSS"].split()[0]) / 1024


def processor(work: Callable[[object], object], things: list) -> float:
    """Return the milliseconds of processor time that `work` takes for one of `things`: the median."""
    taken = []
    for thing in things:
        began = time.process_time()
        work(thing)
        taken.append(time.process_time() - began)
    return statistics.median(taken) * 1_000


def inside(number: int) -> None:
    """Measure, in a process with the settings of production."""
    from billing.documents.content import with_content
    from billing.documents.files import make_document
    from billing.models import Document, Invoice

    make_invoices(number)
    some = list(with_content(Invoice.objects.order_by("-pk"))[: min(SINGLE, number)])
    make_document(some[0])
    one = processor(make_document, some[1:])
    size = statistics.mean(Document.objects.values_list("size", flat=True)) / 1024
    print(f"one PDF of {LINES} lines: {one:.1f} ms of processor time (goal: {GOAL}), {size:.0f} kB", flush=True)
    structured = processor(lambda invoice: make_document(invoice, Document.Kind.E_INVOICE), some[1:21])
    print(f"one as an e-invoice: {structured:.1f} ms", flush=True)
    in_the_background(number)


def in_the_background(number: int) -> None:
    """Print what the job costs that puts all invoices into one file."""
    from billing.documents.printing import print_invoices
    from customerflow.jobs.running import run_turn
    from customerflow.jobs.turns import Turn

    memory: list[float] = []
    advance = Turn.advance

    def noted(turn: Turn, done: int, total: int | None = None) -> None:
        if done % max(number // 10, 1) == 0:
            memory.append(resident())
        advance(turn, done, total)

    Turn.advance = noted
    job = print_invoices(first_day=DAY, last_day=DAY)
    began, clock = time.process_time(), time.perf_counter()
    run_turn(job.pk, job.turn, seconds=0)
    spent, waited = time.process_time() - began, time.perf_counter() - clock
    job.refresh_from_db()
    print(
        f"{job.done:,} for print, {job.get_state_display()}: {spent:.1f} s of processor time, {waited:.1f} s in all, "
        f"{job.result.get('size', 0) / 2**20:.1f} MB; resident MB after each tenth: "
        + " ".join(f"{each:.0f}" for each in memory),
        flush=True,
    )


def main() -> None:
    """Make a fresh database and a folder for documents, and measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--invoices", type=int, default=1_000, metavar="N", help="(default: 1000)")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.invoices < 2:
        parser.error("There is nothing to measure without two invoices.")
    if options.inside:
        import django

        django.setup()
        inside(options.invoices)
        return
    with Database() as database, tempfile.TemporaryDirectory(prefix="documents-") as folder:
        operator = {"OPERATOR_ADDRESS": "1 Fibre Way|1010 Vienna", "OPERATOR_TAX_NUMBER": "ATU12345678"}
        environment = {**os.environ, **database.environment, **PRODUCTION, **operator, "DOCUMENTS_DIR": folder}
        command = [sys.executable, "-m", "benchmarks.documents", "--inside", "--invoices", str(options.invoices)]
        subprocess.run(command, cwd=ROOT, env=environment, check=True)


if __name__ == "__main__":
    main()
