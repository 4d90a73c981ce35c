"""
The overdue list and the ageing report beside the best SQL by hand for the same rows, sums and number of rows.

    python -m benchmarks receivables --customers 1000 1000000 --invoices 6

Each size has a process of its own with the settings of production. Page and SQL are measured in rounds, in turn, so
that what else the machine does meets both alike. Printed for each page: the medians of both, their ratio (of a few
customers it says what a page costs beside its rows), and the number of queries, which is the same at every size.
`DATABASE_URL` says which database system; see `benchmarks/provider.py` for what is in the databases.
"""

import argparse
import statistics
import subprocess
import sys
import time

from benchmarks.customers import browser, get, queries_of
from benchmarks.imports import ROOT
from benchmarks.provider import Kept

ROUNDS = 7
# A page that takes longer is measured in fewer rounds.
SECONDS_A_PAGE = 60
GOAL = 3

OPEN = "status = 'issued' AND settled < total"
LATE = f"{OPEN} AND due_on < CURRENT_DATE"
CREDIT = """
    SELECT customer_id, amount - allocated - refunded AS credit FROM billing_payment
    WHERE reversed_on IS NULL AND allocated < amount - refunded
    UNION ALL
    SELECT customer_id, total - allocated - refunded FROM billing_creditnote
    WHERE voided_on IS NULL AND allocated < total - refunded"""
OVERDUE = f"""
    WITH late AS (
        SELECT customer_id, SUM(total - settled) AS amount, COUNT(*) AS invoices, MIN(due_on) AS oldest
        FROM billing_invoice WHERE {LATE} GROUP BY customer_id
    )
    SELECT customer.*, part.*, everyone.*, (
        SELECT MAX(received_on) FROM billing_payment WHERE customer_id = customer.id AND reversed_on IS NULL
    )
    FROM (
        SELECT late.* FROM late {{joined}} ORDER BY {{order}} LIMIT 50 OFFSET {{offset}}
    ) AS part
    JOIN customers_customer AS customer ON customer.id = part.customer_id
    CROSS JOIN (SELECT COUNT(*) AS customers, SUM(amount) AS amount FROM late) AS everyone"""
NAMED = "JOIN customers_customer AS named ON named.id = late.customer_id"
WORKLIST = f"""
    WITH late AS (
        SELECT customer_id, SUM(total - settled) AS amount, COUNT(*) AS invoices, MIN(due_on) AS oldest,
            SUM((total - settled) * ({{days}})) AS weight
        FROM billing_invoice WHERE {LATE} {{more}} GROUP BY customer_id
    )
    SELECT customer.*, part.*, everyone.*
    FROM (SELECT late.* FROM late ORDER BY weight DESC, customer_id DESC LIMIT 50) AS part
    JOIN customers_customer AS customer ON customer.id = part.customer_id
    CROSS JOIN (SELECT COUNT(*) AS customers, SUM(amount) AS amount FROM late) AS everyone"""
# How many days late, both included; None: no limit.
AGES = ((None, 0), (1, 30), (31, 60), (61, 90), (91, None))
AGEING_TOTALS = f"""
    SELECT {{sums}}, (SELECT SUM(credit) FROM ({CREDIT}) AS credits),
        (SELECT COUNT(*) FROM (
            SELECT customer_id FROM billing_invoice WHERE {OPEN} UNION SELECT customer_id FROM ({CREDIT}) AS credits
        ) AS customers)
    FROM billing_invoice WHERE {OPEN}"""
AGEING_BY_NAME = f"""
    SELECT customer.*, (
        SELECT SUM(total - settled) FROM billing_invoice WHERE {OPEN} AND customer_id = customer.id
    )
    FROM customers_customer AS customer
    WHERE EXISTS (SELECT 1 FROM billing_invoice WHERE {OPEN} AND customer_id = customer.id)
    ORDER BY name_key, id LIMIT 50"""
AGEING_BY_TOTAL = f"""
    WITH owed AS (SELECT customer_id, {{sums}}, SUM(total - settled) AS opened
        FROM billing_invoice WHERE {OPEN} GROUP BY customer_id),
    credits AS (SELECT customer_id, SUM(credit) AS credit FROM ({CREDIT}) AS each_one GROUP BY customer_id)
    SELECT * FROM owed LEFT JOIN credits ON credits.customer_id = owed.customer_id
    ORDER BY opened - COALESCE(credit, 0) DESC, owed.customer_id DESC LIMIT 50"""


def by_hand() -> dict[str, tuple[str, list[str]]]:
    """Return the address of each page, and the SQL for it."""
    from django.db import connection

    day = "date('now', '-{} days')" if connection.vendor == "sqlite" else "CURRENT_DATE - {}"
    sums = []
    for number, (least, most) in enumerate(AGES):
        limits = [f"due_on >= {day.format(most)}"] if most is not None else []
        limits += [f"due_on <= {day.format(least)}"] if least is not None else []
        sums.append(f"SUM(CASE WHEN {' AND '.join(limits)} THEN total - settled ELSE 0 END) AS age_{number}")
    sums = ", ".join(sums)
    totals = AGEING_TOTALS.format(sums=sums)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT COUNT(DISTINCT customer_id) FROM billing_invoice WHERE {LATE}")
        (late,) = cursor.fetchone()
    days = "julianday('now', 'start of day') - julianday(due_on)"
    days = f"CAST({days} AS INTEGER)" if connection.vendor == "sqlite" else "CURRENT_DATE - due_on"
    by_name = OVERDUE.format(joined=NAMED, order="named.name_key, named.id", offset=max(late - 50, 0))
    return {
        "overdue": ("/overdue/", [OVERDUE.format(joined="", order="oldest, customer_id", offset=0)]),
        "overdue, the largest amounts": (
            "/overdue/?sort=-amount",
            [OVERDUE.format(joined="", order="amount DESC, customer_id DESC", offset=0)],
        ),
        "overdue, by name, last page": ("/overdue/?sort=name&last=1", [by_name]),
        "worklist": ("/worklist/", [WORKLIST.format(days=days, more="")]),
        "worklist, 31 to 60 days": (
            "/worklist/?age=late_60",
            [WORKLIST.format(days=days, more=f"AND due_on >= {day.format(60)} AND due_on <= {day.format(31)}")],
        ),
        "ageing": ("/ageing/", [totals, AGEING_BY_NAME]),
        "ageing, the largest totals": ("/ageing/?sort=-total", [totals, AGEING_BY_TOTAL.format(sums=sums)]),
    }


def took(statements: list[str]) -> float:
    """Run the statements, and return the seconds that they took with their rows."""
    from django.db import connection

    began = time.perf_counter()
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
            cursor.fetchall()
    return time.perf_counter() - began


def inside() -> None:
    """Measure the database at hand."""
    client = browser()
    print(f"{'':<32}{'page':>11}{'by hand':>11}{'ratio':>8}{'queries':>9}")
    for name, (address, statements) in by_hand().items():
        get(client, address)
        queries, pages, floors = len(queries_of(client, address)), [], []
        while len(pages) < ROUNDS and sum(pages) + sum(floors) < SECONDS_A_PAGE:
            floors.append(took(statements))
            pages.append(get(client, address))
        page, floor = statistics.median(pages) * 1000, statistics.median(floors) * 1000
        print(f"{name:<32}{page:>8.0f} ms{floor:>8.0f} ms{page / floor:>8.2f}{queries:>9}", flush=True)


def main() -> None:
    """Make the databases that are missing, and measure the sizes that are named."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--customers", type=int, nargs="+", default=[1_000, 1_000_000], metavar="N")
    parser.add_argument("--invoices", type=int, default=6, metavar="N", help="of each customer (default: 6)")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.inside:
        import django
        from django.conf import settings

        django.setup()
        settings.ROOT_URLCONF = "benchmarks.urls"
        inside()
        return
    for customers in options.customers:
        kept = Kept(customers, options.invoices)
        if not kept.is_there():
            kept.make()
        kept.run(kept.name, "manage.py", "collectstatic", "--noinput")
        print(f"\n{customers:,} customers, {customers * options.invoices:,} invoices (goal: a ratio of at most {GOAL})")
        command = [sys.executable, "-m", "benchmarks.receivables", "--inside"]
        subprocess.run(command, cwd=ROOT, env=kept.environment(kept.name), check=True)


if __name__ == "__main__":
    main()
