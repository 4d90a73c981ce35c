"""
How fast the daily step of suspensions is, and how much memory it takes, beside hand-written SQL.

    python -m benchmarks suspensions --customers 10000 1000000

One in twenty customers is late past the grace. The floor is the best SQL that finds them and writes the same
suspensions, causes, pauses and suspended services, into the same tables with all their constraints and the record of
changes, in one transaction: four statements, which look at no hold, promise or calendar and lock nobody. Floor and step
each have a process of their own on a copy of the same database, as has a second step, which finds nothing to do.
`DATABASE_URL` says which database system.
"""

import argparse
import json
import resource
import subprocess
import sys
import time
from datetime import date

from benchmarks import billing
from benchmarks.billing import Billable, processor_seconds
from benchmarks.imports import ROOT

# A Monday, long after the grace of what was due in the middle of March.
ON = date(2026, 5, 4)
PARTS = ("floor", "step", "step again")
ONE_IN = 20
LATE = "status = 'issued' AND settled < total AND due_on < %(before)s"
BY_HAND = [
    f"""
    INSERT INTO suspensions_suspension (customer_id, began_on, amount, "end")
    SELECT customer_id, %(on)s, SUM(total - settled), '' FROM billing_invoice WHERE {LATE}
    GROUP BY customer_id HAVING SUM(total - settled) >= 100 ORDER BY customer_id""",
    f"""
    INSERT INTO suspensions_cause (suspension_id, invoice_id, amount)
    SELECT s.id, i.id, i.total - i.settled FROM billing_invoice AS i
    JOIN suspensions_suspension AS s ON s.customer_id = i.customer_id WHERE {LATE}""",
    """
    INSERT INTO customers_pause (service_id, first_day, reason, is_charged)
    SELECT v.id, %(on)s, 'non_payment', true FROM customers_service AS v
    JOIN customers_location AS l ON l.id = v.location_id
    JOIN suspensions_suspension AS s ON s.customer_id = l.customer_id
    WHERE v.starts_on <= %(on)s AND (v.ends_on IS NULL OR v.ends_on >= %(on)s) ORDER BY v.id""",
    """
    INSERT INTO suspensions_suspendedservice (suspension_id, service_id, pause_id)
    SELECT s.id, p.service_id, p.id FROM customers_pause AS p JOIN customers_service AS v ON v.id = p.service_id
    JOIN customers_location AS l ON l.id = v.location_id
    JOIN suspensions_suspension AS s ON s.customer_id = l.customer_id WHERE p.first_day = %(on)s""",
]


class Late(Billable):
    """A database of customers of whom one in twenty has not paid."""

    prefix = "late"

    @property
    def filler(self) -> list[str]:
        """What Python runs to fill it, behind its customers."""
        return ["-m", "benchmarks.suspensions", "--fill"]


def fill() -> None:
    """Bill everybody for a month, let most have paid, and switch the rules on."""
    from django.db import connection

    from benchmarks.provider import analyze
    from customerflow.changes.recording import recording
    from suspensions.models import Policy

    billing.fill()
    with recording("Benchmark data"), connection.cursor() as cursor:
        cursor.execute("UPDATE billing_invoice SET settled = total WHERE customer_id %% %s <> 0", [ONE_IN])
        Policy.objects.create(pk=1, is_on=True, keeps_holidays=False)
    analyze()


def inside(part: str) -> None:
    """Do a part on the database at hand, and print its seconds, its memory and how much it turned off."""
    from django.db import connection

    from customerflow.changes.recording import recording
    from suspensions.daily import act_on
    from suspensions.models import Policy, SuspendedService, Suspension

    if part == "step again":
        act_on(on=ON)
    began, used = time.perf_counter(), processor_seconds()
    if part == "floor":
        days = {"on": ON, "before": ON - Policy.objects.get().grace}
        with recording("By hand"), connection.cursor() as cursor:
            for statement in BY_HAND:
                cursor.execute(statement, days)
    else:
        act_on(on=ON)
    found = {"seconds": time.perf_counter() - began, "processor": processor_seconds() - used}
    found["memory"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    found["customers"], found["services"] = Suspension.objects.count(), SuspendedService.objects.off().count()
    print(json.dumps(found))


def measure(kept: Late, part: str) -> dict[str, float]:
    """Do a part in a process of its own on a copy of `kept`, and return what it printed."""
    name = kept.copy()
    command = [sys.executable, "-m", "benchmarks.suspensions", "--inside", part]
    done = subprocess.run(command, cwd=ROOT, env=kept.environment(name), stdout=subprocess.PIPE, text=True, check=True)
    kept.drop(name)
    return json.loads(done.stdout.splitlines()[-1])


def report(kept: Late) -> None:
    """Measure one size, and print what it took."""
    found = {part: measure(kept, part) for part in PARTS}
    if len({(figures["customers"], figures["services"]) for figures in found.values()}) > 1:
        raise SystemExit(f"The step turned something else off than the SQL by hand: {found}")
    least, step = found["floor"], found["step"]
    print(f"\n{kept.customers:,} customers, {step['customers']:,} suspended, {step['services']:,} services")
    for part, figures in found.items():
        times = "".join(f"{figures[by]:>9.2f} s{figures[by] / least[by]:>6.1f} x" for by in ("seconds", "processor"))
        print(f"{part:<12}{times}{figures['memory']:>8.0f} MB", flush=True)


def main() -> None:
    """Make the databases that are missing, and measure the sizes that are named."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--customers", type=int, nargs="+", default=[10_000], metavar="N")
    parser.add_argument("--fill", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--inside", choices=PARTS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.fill or options.inside:
        import django

        django.setup()
        fill() if options.fill else inside(options.inside)
        return
    for kept in [Late(customers) for customers in options.customers]:
        if not kept.is_there():
            kept.make()
        report(kept)


if __name__ == "__main__":
    main()
