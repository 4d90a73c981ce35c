"""
What it costs to have every change on record, and to look at it.

    python -m benchmarks changes --rows 10000 --rounds 7

Recorded is beside unrecorded: the same rows are written in one process, in rounds, in turn with the triggers and
without them, so that what else the machine does meets both alike; then undone. The history of a record with as many
changes is beside a view that only says "ok". On a fresh database with the settings of production: with DEBUG, Django
keeps every statement. `DATABASE_URL` says which database system.
"""

import argparse
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count

from benchmarks.customers import BARE, browser, get, queries_of
from benchmarks.imports import ROOT, Database, unrecorded

# What recording an insertion may cost: so many times the same without. An update that one short statement does for all
# rows has next to nothing that it could be compared with.
GOAL = 1.6
MOST_QUERIES = 8
# PostgreSQL walks through all that a transaction has made of a row; SQLite writes to the disk after each.
ACTS_A_TRANSACTION = 100


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


def main() -> None:
    """Make a fresh database, and measure in a process with the settings of production."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=10_000, metavar="N", help="(default: 10000)")
    parser.add_argument("--rounds", type=int, default=7, metavar="N", help="(default: 7)")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if min(options.rows, options.rounds) < 1:
        parser.error("There is nothing to measure without a row and a round.")
    if options.inside:
        import django
        from django.conf import settings

        django.setup()
        settings.ROOT_URLCONF = "benchmarks.urls"
        inside(options.rows, options.rounds)
        return
    with Database() as database:
        production = {"DEBUG": "no", "SECRET_KEY": "measured", "ALLOWED_HOSTS": "localhost"}
        environment = {**database.environment, **production, "DJANGO_SETTINGS_MODULE": "customerflow.settings"}
        numbered = ["--rows", str(options.rows), "--rounds", str(options.rounds)]
        for command in (
            ["manage.py", "collectstatic", "--noinput", "-v0"],
            ["-m", "benchmarks.changes", "--inside", *numbered],
        ):
            subprocess.run([sys.executable, *command], cwd=ROOT, env=environment, check=True)


if __name__ == "__main__":
    main()
