"""
How fast the billing run is, how much memory it takes, and how fast its preview is, beside hand-written SQL.

    python -m benchmarks billing --customers 10000 100000 1000000

Each customer has one to three services (two on the average), taxed, with an invoice for the month before. The floor is
the best SQL that writes the same invoices, lines and taxes with their totals, into the same tables with all their
indexes, constraints and the record of changes, in one transaction: three statements, which know what the data is like.
The bare floor goes without that record and what needs it. Floor, preview and run each have a process of their own on a
copy of the same database, one after the other. `DATABASE_URL` says which database system.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from benchmarks.imports import ROOT
from benchmarks.provider import Kept

START, ON = date(2026, 3, 1), date(2026, 4, 1)
NOW = "CURRENT_TIMESTAMP, CURRENT_TIMESTAMP, 1"
# One more or less than three: the services of a customer.
SERVICES_OF = "1 + c.id %% 3"


class Billable(Kept):
    """A database of customers who are all billed on the first of the month, and were a month ago."""

    prefix = "billable"

    def __init__(self, customers: int) -> None:
        super().__init__(customers, 1)

    @property
    def filler(self) -> list[str]:
        """What Python runs to fill it, behind its customers."""
        return ["-m", "benchmarks.billing", "--fill"]


def fill() -> None:
    """Give the customers of the database at hand services, prices, taxes and the invoices of a month."""
    from django.db import connection

    from benchmarks.provider import analyze, check_derived, unsearchable
    from billing.models import BillingRun, Invoice
    from billing.runs.running import start_billing
    from customerflow.changes.models import ChangeSet
    from customerflow.changes.recording import recording
    from customers.models import Customer, Location, Service

    long_ago = datetime(START.year, START.month, START.day, tzinfo=UTC)
    start_billing(day=START)
    done = {"state": BillingRun.State.DONE, "started_at": long_ago + timedelta(days=10)}
    BillingRun.objects.create(day=START, finished_at=done["started_at"], **done)
    with recording("Benchmark data"), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO customers_taxcode (name, is_default, created_at, updated_at, version) "
            f"VALUES ('VAT', true, {NOW})"
        )
        cursor.execute(
            "INSERT INTO customers_taxrate (code_id, percent, valid_from) SELECT id, 20, %s FROM customers_taxcode",
            [START],
        )
        cursor.execute(LOCATIONS)
        for number in range(3):
            cursor.execute(SERVICES.format(number=number), [START, number])
        cursor.execute(PRICES)
        with unsearchable(Invoice):
            bill_by_hand(START, date(2026, 3, 31))
    for model in (Customer, Location, Service, Invoice):
        check_derived(model)
    # What was entered before the last run began is not looked through again.
    ChangeSet.objects.update(at=long_ago)
    analyze()


LOCATIONS = f"""
    INSERT INTO customers_location (customer_id, label, address, city, region, postcode, country, access_notes,
        search_text, created_at, updated_at, version)
    SELECT id, '', id || ' Harbour Road', 'Quillbridge', '', '00114', '', '',
        id || ' harbour road quillbridge 00114', {NOW}
    FROM customers_customer ORDER BY id"""
SERVICES = f"""
    INSERT INTO customers_service (location_id, name, cost, billing_interval, starts_on, setup_fee,
        early_termination_fee, search_text, created_at, updated_at, version)
    SELECT c.id, 'Fibre {{number}}', 1999 + 100 * (c.id %% 40), 1, %s, 0, 0, 'fibre {{number}}', {NOW}
    FROM customers_location AS c WHERE {SERVICES_OF} > %s ORDER BY c.id"""
PRICES = """
    INSERT INTO customers_pricechange (service_id, cost, reason, created_at, applied_at)
    SELECT id, cost, '', CURRENT_TIMESTAMP, CURRENT_TIMESTAMP FROM customers_service"""


def bill_by_hand(first: date, last: date) -> None:
    """Issue the invoices of a month with the fewest and best statements: the floor."""
    from django.db import connection

    days = {"first": first, "last": last, "number": f"{first:%Y-%m}-", "due": 14}
    with connection.cursor() as cursor:
        for statement in BY_HAND[connection.vendor]:
            cursor.execute(statement, days)


# Half up: the amounts are not negative.
TAX = "(CAST(SUM({amount}) AS bigint) * 20 * 2 + 100) / 200"
TOTALS = f"""
    SELECT l.customer_id, SUM(s.cost) + {TAX.format(amount="s.cost")} AS total
    FROM customers_service AS s JOIN customers_location AS l ON l.id = s.location_id GROUP BY l.customer_id"""
# On both, the price is that of the service: nothing is about to change.
INPUTS = {
    "postgresql": """jsonb_build_object('kind', 'recurring', 'cycle_first', %(first)s::text, 'cycle_last',
        %(last)s::text, 'cycle_days', 31, 'first_day', %(first)s::text, 'last_day', %(last)s::text, 'days_before', 0,
        'days_after', 31, 'price', s.cost::text, 'price_key', s.id, 'price_from', NULL, 'discounts', '[]'::jsonb,
        'unit_price', s.cost::text, 'amount', s.cost::text)""",
    "sqlite": """json_object('kind', 'recurring', 'cycle_first', %(first)s, 'cycle_last',
        %(last)s, 'cycle_days', 31, 'first_day', %(first)s, 'last_day', %(last)s, 'days_before', 0,
        'days_after', 31, 'price', CAST(s.cost AS text), 'price_key', s.id, 'price_from', NULL, 'discounts', json('[]'),
        'unit_price', CAST(s.cost AS text), 'amount', CAST(s.cost AS text))""",
}
DUE = {"postgresql": "%(first)s::date + 14", "sqlite": "date(%(first)s, '+14 days')"}
BY_HAND = {
    vendor: [
        f"""
        INSERT INTO billing_invoice (customer_id, number, origin, status, issued_on, posted_on, due_on, customer_name,
            customer_address, total, settled, void_reason, search_text, created_at, updated_at, version)
        SELECT c.id, %(number)s || c.id, '', 'issued', %(first)s, %(first)s, {DUE[vendor]}, c.name, l.address, t.total,
            0, '', %(number)s || c.id || ' ' || c.name_key, {NOW}
        FROM ({TOTALS}) AS t JOIN customers_customer AS c ON c.id = t.customer_id
        JOIN customers_location AS l ON l.customer_id = c.id ORDER BY c.id""",
        f"""
        INSERT INTO billing_invoiceline (invoice_id, kind, description, service_id, first_day, last_day, cycle_first,
            cycle_last, quantity, unit_price, amount, tax_code_id, inputs, live)
        SELECT i.id, 'recurring', s.name, s.id, %(first)s, %(last)s, %(first)s, %(last)s, 1, s.cost, s.cost,
            (SELECT id FROM customers_taxcode), {INPUTS[vendor]}, true
        FROM customers_service AS s JOIN customers_location AS l ON l.id = s.location_id
        JOIN billing_invoice AS i ON i.customer_id = l.customer_id AND i.issued_on = %(first)s ORDER BY s.id""",
        f"""
        INSERT INTO billing_invoicetax (invoice_id, code_id, name, percent, base, amount)
        SELECT n.invoice_id, c.id, c.name, 20, SUM(n.amount), {TAX.format(amount="n.amount")}
        FROM billing_invoiceline AS n JOIN customers_taxcode AS c ON c.id = n.tax_code_id
        WHERE n.cycle_first = %(first)s GROUP BY n.invoice_id, c.id, c.name""",
    ]
    for vendor in ("postgresql", "sqlite")
}


def inside(what: str) -> None:
    """Do one of the acts on the database at hand, and print its seconds, its memory and how much it issued."""
    from django.db import connection, transaction

    from billing.runs.running import open_run, work_on
    from customerflow.changes.recording import recording

    began, used = time.perf_counter(), processor_seconds()
    if what.startswith("floor"):
        if what == "floor-bare":
            drop_record()
        with recording("By hand") if what == "floor" else transaction.atomic():
            bill_by_hand(ON, date(2026, 4, 30))
    else:
        run, _goes_on = open_run(day=ON, plan=what == "preview", on=ON)
        for _each in work_on(run, on=ON):
            pass
    found = {"seconds": time.perf_counter() - began, "processor": processor_seconds() - used}
    found["memory"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    with connection.cursor() as cursor:
        cursor.execute("SELECT COUNT(*), COALESCE(SUM(total), 0) FROM billing_invoice WHERE issued_on = %s", [ON])
        found["invoices"], found["total"] = map(int, cursor.fetchone())
    print(json.dumps(found))


def processor_seconds() -> float:
    """Return the processor time of this process and, on a PostgreSQL server beside it, of the one that serves it."""
    from django.db import connection

    usage = resource.getrusage(resource.RUSAGE_SELF)
    seconds = usage.ru_utime + usage.ru_stime
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            served_by = Path(f"/proc/{cursor.fetchone()[0]}/stat")
        if served_by.exists():
            user, system = served_by.read_text().rpartition(")")[2].split()[11:13]
            seconds += (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")
    return seconds


def drop_record() -> None:
    """Take the triggers away that keep the record of changes, and those that need it."""
    from django.db import connection

    from billing import immutable
    from customerflow.changes.tracked import tracked_models
    from customerflow.changes.triggers import trigger_names

    immutable.drop(connection)
    with connection.cursor() as cursor:
        for model in tracked_models():
            of_table = "" if connection.vendor == "sqlite" else f' ON "{model._meta.db_table}"'
            for name in trigger_names(model):
                cursor.execute(f'DROP TRIGGER IF EXISTS "{name}"{of_table}')


def measure(kept: Billable, what: str) -> dict[str, float]:
    """Do `what` in a process of its own on a copy of `kept`, and return what it printed."""
    name = kept.copy()
    command = [sys.executable, "-m", "benchmarks.billing", "--inside", what]
    done = subprocess.run(command, cwd=ROOT, env=kept.environment(name), stdout=subprocess.PIPE, text=True, check=True)
    kept.drop(name)
    return json.loads(done.stdout.splitlines()[-1])


def report(kept: Billable) -> None:
    """Measure one size, and print what it took."""
    found = {what: measure(kept, what) for what in ("floor-bare", "floor", "preview", "run")}
    if (found["run"]["invoices"], found["run"]["total"]) != (found["floor"]["invoices"], found["floor"]["total"]):
        raise SystemExit(f"The run issued something else than the SQL by hand: {found}")
    least = {by: found["floor"][by] for by in ("seconds", "processor")}
    print(f"\n{kept.customers:,} customers, {found['run']['invoices']:,} invoices")
    print(f"{'':<12}{'elapsed':>11}{'processor':>20}{'memory':>19}")
    for what, figures in found.items():
        times = "".join(f"{figures[by]:>9.2f} s{figures[by] / least[by]:>6.1f} x" for by in least)
        print(f"{what:<12}{times}{figures['memory']:>8.0f} MB", flush=True)


def main() -> None:
    """Make the databases that are missing, and measure the sizes that are named."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--customers", type=int, nargs="+", default=[10_000, 100_000], metavar="N")
    parser.add_argument("--fill", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--inside", choices=["floor-bare", "floor", "preview", "run"], help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.fill or options.inside:
        import django

        django.setup()
        fill() if options.fill else inside(options.inside)
        return
    for kept in [Billable(customers) for customers in options.customers]:
        if not kept.is_there():
            kept.make()
        report(kept)


if __name__ == "__main__":
    main()
