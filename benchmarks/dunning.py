"""
The step of the day of reminders beside SQL by hand that finds who is late and marks them.

    python -m benchmarks dunning --customers 10000 1000000

Of each size a share of the customers is late (5 of 100), each with the last invoice. Both work on a copy of the same
database in a process of their own: by hand two statements write a reminder for each customer and what it is about; the
step locks the books, asks for promises, ways and texts, and writes the e-mail besides. Then the step runs once more,
with nothing to do, once the database system has looked at what there is now. Printed are seconds, their ratio, and the
peak memory. `DATABASE_URL` says which database system.
"""

import argparse
import json
import resource
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta

from benchmarks.books import ON
from benchmarks.imports import ROOT
from benchmarks.provider import Kept, analyze

GOAL = 10
SHARE = 20
DAYS = 7
DAY = ON + timedelta(days=DAYS)
NOTICES = """
    INSERT INTO dunning_notice (rule_id, customer_id, day, total, language, is_letter, customer_name, customer_address,
        subject, opening, closing, note, made_at, key)
    SELECT %s, i.customer_id, %s, SUM(i.total - i.settled), 'en', true, '', '', 'Reminder', '', '', '', %s,
        'by-hand-' || i.customer_id
    FROM billing_invoice AS i WHERE i.status = 'issued' AND i.settled < i.total AND i.due_on <= %s AND i.due_on >= %s
    GROUP BY i.customer_id"""
STEPS = """
    INSERT INTO dunning_execution (rule_id, invoice_id, state, day, at, attempts, reason, open_amount, notice_id)
    SELECT n.rule_id, i.id, 'done', n.day, n.made_at, 1, '', i.total - i.settled, n.id
    FROM billing_invoice AS i JOIN dunning_notice AS n ON n.customer_id = i.customer_id AND n.day = %s
    WHERE i.status = 'issued' AND i.settled < i.total AND i.due_on <= %s AND i.due_on >= %s"""


def prepare() -> None:
    """Add a rule, and let the invoices of one in so many customers be late: the others are paid."""
    from django.db import connection

    from billing import immutable
    from customerflow.changes.recording import recording
    from dunning.models import Rule
    from dunning.reminders.usual import add_usual_rules

    with recording("Rules"):
        add_usual_rules()
        Rule.objects.exclude(name="First reminder").delete()
        Rule.objects.update(active_from=DAY, least_open=0)
    immutable.drop(connection)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE billing_invoice SET settled = total WHERE status = 'issued' AND settled < total")
        cursor.execute(
            "UPDATE billing_invoice SET settled = 0, due_on = %s WHERE id IN (SELECT MAX(id) FROM billing_invoice "
            "WHERE status = 'issued' AND customer_id %% %s = 0 GROUP BY customer_id)",
            [ON, SHARE],
        )
        cursor.execute("ANALYZE")


def by_hand() -> None:
    """Find and mark who is late with two statements."""
    from django.db import connection, transaction

    from dunning.models import Rule

    rule, now = Rule.objects.get(), datetime(2026, 4, 7, 6, tzinfo=UTC)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(NOTICES, [rule.pk, DAY, now, ON, ON])
        cursor.execute(STEPS, [DAY, ON, ON])


def step() -> None:
    """Take the step of the day."""
    from dunning.reminders.acting import act_on

    for _now in act_on(on=DAY, at=datetime(2026, 4, 7, 6, tzinfo=UTC)):
        pass


def inside(what: str) -> None:
    """Do one of them on the database at hand, and print what it took."""
    from dunning.models import Execution

    prepare()
    found, before = {}, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began = time.perf_counter()
    (by_hand if what == "floor" else step)()
    found["seconds"] = time.perf_counter() - began
    found["memory"] = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    if what == "step":
        analyze()
        began = time.perf_counter()
        step()
        found["again"] = time.perf_counter() - began
    print(json.dumps({**found, "marked": Execution.objects.count()}))


def measure(kept: Kept, what: str) -> dict[str, float]:
    """Do `what` in a process of its own on a copy of `kept`, and return what it printed."""
    name = kept.copy()
    command = [sys.executable, "-m", "benchmarks.dunning", "--inside", what]
    done = subprocess.run(command, cwd=ROOT, env=kept.environment(name), stdout=subprocess.PIPE, text=True, check=True)
    kept.drop(name)
    return json.loads(done.stdout.splitlines()[-1])


def main() -> None:
    """Make the databases that are missing, and measure the sizes that are named."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--customers", type=int, nargs="+", default=[10_000, 1_000_000], metavar="N")
    parser.add_argument("--invoices", type=int, default=6, metavar="N", help="of each customer (default: 6)")
    parser.add_argument("--inside", choices=["floor", "step"], help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.inside:
        import django

        django.setup()
        inside(options.inside)
        return
    for customers in options.customers:
        kept = Kept(customers, options.invoices)
        if not kept.is_there():
            kept.make()
        floor, found = measure(kept, "floor"), measure(kept, "step")
        if floor["marked"] != found["marked"]:
            raise SystemExit(f"The step took {found['marked']} invoices, by hand it were {floor['marked']}.")
        print(f"\n{customers:,} customers, {found['marked']:,} late (goal: a ratio under {GOAL})")
        print(f"by hand {floor['seconds']:>8.2f} s{floor['memory']:>8.0f} MB more")
        print(f"step    {found['seconds']:>8.2f} s{found['memory']:>8.0f} MB more", end="")
        print(f"   {found['seconds'] / floor['seconds']:.1f} times; again {found['again']:.2f} s", flush=True)


if __name__ == "__main__":
    main()
