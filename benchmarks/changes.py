"""
What it costs to have every change on record, and to look at it.

    python -m benchmarks changes --rows 10000 --rounds 7
    python -m benchmarks changes --undo 100000 1000000

Recorded is beside unrecorded: the same rows are written in one process, in rounds, in turn with the triggers and
without them, so that what else the machine does meets both alike; then undone. The history of a record with as many
changes is beside a view that only says "ok". On a fresh database with the settings of production: with DEBUG, Django
keeps every statement. With `--undo`, only loads of so many customers are undone: of new ones, then of changed ones.
`DATABASE_URL` says which database system.
"""

import argparse
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.customers import BARE, browser, get, queries_of
from benchmarks.imports import ROOT, Database, make_file, unrecorded

if TYPE_CHECKING:
    from customerflow.changes.models import ChangeSet

# What recording an insertion may cost: so many times the same without. An update that one short statement does for all
# rows has next to nothing that it could be compared with.
GOAL = 1.6
MOST_QUERIES = 8
# PostgreSQL walks through all that a transaction has made of a row; SQLite writes to the disk after each.
ACTS_A_TRANSACTION = 100
PRODUCTION = {
    "DEBUG": "no",
    "SECRET_KEY": "measured",
    "ALLOWED_HOSTS": "localhost",
    "DJANGO_SETTINGS_MODULE": "customerflow.settings",
}


def numbers() -> Iterator[str]:
    """Return account numbers, none like another."""
    return (f"C-{number}" for number in count(1))


@contextmanager
def statements() -> Iterator[list[str]]:
    """Return the list in which the statements are noted that are sent meanwhile."""
    from django.db import connection

    sent: list[str] = []

    def note(execute, sql, params, many, context):
        sent.append(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        yield sent


@contextmanager
def without_record(model: type) -> Iterator[None]:
    """Let nothing be written down meanwhile of what is changed of a kind of record."""
    from django.apps import apps

    from customerflow.changes.triggers import install

    unrecorded(model)
    try:
        yield
    finally:
        install(apps.get_app_config("changes"), "default", plan=[])


class Work:
    """Something that is done to `rows` customers, recorded and unrecorded."""

    def __init__(self, name: str, rows: int, do: Callable[[int], Callable[[], None]]) -> None:
        self.name, self.rows = name, rows
        # Prepares what is not measured, and returns what is.
        self.do = do
        self.seconds: dict[bool, list[float]] = {True: [], False: []}
        self.statements: dict[bool, int] = {}

    def measure(self, is_recorded: bool) -> None:
        """Do it once, and keep the seconds and the number of statements."""
        from django.db import transaction

        from customerflow.changes.recording import recording
        from customers.models import Customer

        work = self.do(self.rows)
        if is_recorded:
            self._run(lambda: recording("Measured"), work, is_recorded=True)
        else:
            with without_record(Customer):
                self._run(transaction.atomic, work, is_recorded=False)

    def _run(self, around: Callable, work: Callable[[], None], *, is_recorded: bool) -> None:
        with statements() as sent:
            began = time.perf_counter()
            with around():
                work()
            self.seconds[is_recorded].append(time.perf_counter() - began)
        self.statements[is_recorded] = len(sent)

    def report(self) -> None:
        """Print the medians, their ratio, and the statements of both."""
        recorded, bare = (statistics.median(self.seconds[which]) for which in (True, False))
        print(
            f"{self.name:<22}{self.rows:,} rows: recorded {recorded * 1000:.0f} ms, unrecorded {bare * 1000:.0f} ms, "
            f"ratio {recorded / bare:.2f}; "
            f"{self.statements[True]} and {self.statements[False]} statements",
            flush=True,
        )


def creating(given: Iterator[str]) -> Callable[[int], Callable[[], None]]:
    """Return the work of inserting customers."""
    from customers.models import Customer

    def prepare(rows: int) -> Callable[[], None]:
        new = [
            Customer(
                number=next(given), name=f"Maria Tremblay {row}", email=f"maria.{row}@example.com", phone="555-0100"
            )
            for row in range(rows)
        ]
        return lambda: Customer.objects.bulk_create(new)

    return prepare


def updating() -> Callable[[int], Callable[[], None]]:
    """Return the work of giving as many customers other payment terms, in one statement."""
    from django.db.models import F

    from customers.models import Customer

    def prepare(rows: int) -> Callable[[], None]:
        last = Customer.objects.order_by("pk").values_list("pk", flat=True)[rows - 1]
        chosen = Customer.objects.filter(pk__lte=last)
        return lambda: chosen.update(payment_terms=31 - F("payment_terms"), version=F("version") + 1)

    return prepare


def undo_of(work: Work) -> None:
    """Do a work, undo it, and print what a record takes."""
    from customerflow.changes.recording import recording
    from customerflow.changes.undoing import undo

    do = work.do(work.rows)
    with recording("Measured") as record:
        do()
    with statements() as sent:
        began = time.perf_counter()
        done = undo(record.change_set)
        seconds = time.perf_counter() - began
    if done.put_back != work.rows:
        raise SystemExit(f"undo of {work.name}: {done.put_back} of {work.rows} records were put back")
    print(
        f"{f'undo of {work.name}':<22}{work.rows:,} records: {seconds * 1000 / work.rows:.2f} ms a record, "
        f"{len(sent) / work.rows:.2f} statements a record",
        flush=True,
    )


def history(changes: int, rounds: int) -> None:
    """Print what the history of a record with so many changes takes, beside a bare view."""
    from django.db import transaction
    from django.db.models import F

    from customerflow.changes.recording import recording
    from customers.models import Customer

    customer = Customer.objects.create(number="WITH-HISTORY", name="Harbour Bakery")
    chosen = Customer.objects.filter(pk=customer.pk)
    for first in range(0, changes, ACTS_A_TRANSACTION):
        with transaction.atomic():
            for _each in range(first, min(first + ACTS_A_TRANSACTION, changes)):
                with recording("Measured"):
                    chosen.update(payment_terms=31 - F("payment_terms"), version=F("version") + 1)
    client, listed = browser(), f"/changes/?record=customers.customer:{customer.pk}"
    addresses = {
        "the history": listed,
        "its last page": f"{listed}&last=1",
        "its own page": customer.get_absolute_url(),
    }
    get(client, BARE)
    bare = statistics.median(get(client, BARE) for _round in range(rounds))
    print(f"a bare view: {bare * 1000:.1f} ms; a record with {changes:,} changes:")
    for name, address in addresses.items():
        get(client, address)
        queries = len(queries_of(client, address))
        seconds = statistics.median(get(client, address) for _round in range(rounds))
        print(f"  {name:<14}{seconds * 1000:>7.1f} ms = {seconds / bare:.1f} x bare, {queries} queries", flush=True)
    print(f"  (goal for the history: at most {MOST_QUERIES} queries)")


def undo_of_loads(rows: int) -> None:
    """Load new customers and undo that, then change loaded ones and undo that; print seconds and peak memory."""
    from django.db.models import F

    from customerflow.changes.models import ChangeSet
    from customers.models import Customer

    seconds, memory = timed(lambda: load(make_file(rows)))
    print(f"{rows:>9,} new customers: load {seconds:.1f} s, {memory:.0f} MB", flush=True)
    loaded = ChangeSet.objects.latest("pk")
    undone(loaded, rows)
    load(make_file(rows))
    number = Customer.objects.exclude(email="").update(email="", version=F("version") + 1)
    seconds, memory = timed(lambda: load(make_file(rows), confirm_changes=number))
    changed = ChangeSet.objects.latest("pk")
    print(f"{number:>9,} changed customers: load {seconds:.1f} s, {memory:.0f} MB", flush=True)
    undone(changed, number)


def undone(change_set: "ChangeSet", rows: int) -> None:
    """
    Print what it takes to find out what undoing a change set would do, and to do it.

    Nobody else writes on SQLite for as long as its transaction takes.
    """
    from customerflow.changes import undoing

    spans: list[float] = []

    @contextmanager
    def measured(*arguments, original=undoing.recording, **named) -> Iterator[object]:
        began = time.perf_counter()
        with original(*arguments, **named) as record:
            yield record
        spans.append(time.perf_counter() - began)

    undoing.recording = measured
    planned, memory = timed(lambda: undoing.plan_undo(change_set))
    print(f"{'':>9} plan of its undo: {planned:.1f} s, {memory:.0f} MB", flush=True)
    spans.clear()
    seconds, memory = timed(lambda: undoing.undo(change_set))
    per_portion = sum(spans) * 100_000 / rows
    print(
        f"{'':>9} undo: {seconds:.1f} s, of them in the transaction {sum(spans):.1f} s "
        f"({per_portion:.1f} s for 100,000), {memory:.0f} MB",
        flush=True,
    )


def timed(work: Callable[[], object]) -> tuple[float, float]:
    """Do a work, and return the seconds it took and the peak memory of this process so far, in MB."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def load(path: Path, **options: object) -> None:
    """Load a file of customers as the operator does."""
    from io import StringIO

    from django.core.management import call_command

    call_command("import_ids", str(path), json=True, stdout=StringIO(), **options)


def inside(rows: int, rounds: int) -> None:
    """Measure on the database at hand."""
    works = [Work("insertion", rows, creating(numbers())), Work("update", rows, updating())]
    for _round in range(rounds):
        for work in works:
            for is_recorded in (True, False):
                work.measure(is_recorded)
    for work in works:
        work.report()
    print(f"(goal for the insertion: a ratio of at most {GOAL})")
    for work in works:
        undo_of(work)
    history(rows, rounds * 5)


def measure_undo(sizes: list[int]) -> None:
    """Undo loads of these sizes, each on a fresh database and in a process with the settings of production."""
    for rows in sizes:
        make_file(rows)
        with Database() as database:
            environment = {**database.environment, **PRODUCTION}
            command = [sys.executable, "-m", "benchmarks.changes", "--inside", "--undo", str(rows)]
            subprocess.run(command, cwd=ROOT, env=environment, check=True)


def main() -> None:
    """Make a fresh database, and measure in a process with the settings of production."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=10_000, metavar="N", help="(default: 10000)")
    parser.add_argument("--rounds", type=int, default=7, metavar="N", help="(default: 7)")
    parser.add_argument("--undo", type=int, nargs="+", metavar="N", help="undo loads of so many customers instead")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if min(options.rows, options.rounds) < 1:
        parser.error("There is nothing to measure without a row and a round.")
    if options.inside:
        import django
        from django.conf import settings

        django.setup()
        if options.undo:
            undo_of_loads(*options.undo)
            return
        settings.ROOT_URLCONF = "benchmarks.urls"
        inside(options.rows, options.rounds)
        return
    if options.undo:
        measure_undo(options.undo)
        return
    with Database() as database:
        environment = {**database.environment, **PRODUCTION}
        numbered = ["--rows", str(options.rows), "--rounds", str(options.rounds)]
        for command in (
            ["manage.py", "collectstatic", "--noinput", "-v0"],
            ["-m", "benchmarks.changes", "--inside", *numbered],
        ):
            subprocess.run([sys.executable, *command], cwd=ROOT, env=environment, check=True)


if __name__ == "__main__":
    main()
