"""
How fast the customers' pages are with a million customers, beside a view that only says "ok".

    python -m benchmarks customers --customers 1000 1000000 --invoices 6

Each size has a process of its own with the settings of production. They are measured in rounds, in turn, so that what
else the machine does meets all alike: every page once a round, beside the bare view, which goes through the same
middleware and log-in. Printed for each page: the median, how many times the bare view that is, the number of queries,
and what of the query plans reads a whole table. `DATABASE_URL` says which database system; see `benchmarks/provider.py`
for what is in the databases.
"""

import argparse
import cProfile
import json
import pstats
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from urllib.parse import quote

from benchmarks.imports import ROOT
from benchmarks.provider import DETAILED, Kept

BARE = "/benchmark/bare/"
ROUNDS = 40
# A page that takes longer is measured in fewer rounds.
SECONDS_A_PAGE = 20
# A plan that reads no more rows than this, whatever the size of the table, does not read the table.
FEW_ROWS = 25_000


def pages() -> dict[str, str]:
    """Return the addresses that are measured, by what they show."""
    from customerflow.paging import Cursor
    from customers.models import Customer

    def middle(column: str) -> str:
        row = Customer.objects.order_by(column, "pk")[Customer.objects.count() // 2]
        return Cursor(getattr(row, column), row.pk, None).encode()

    detailed = Customer.objects.get(number=DETAILED)
    some = Customer.objects.get(pk=Customer.objects.count() // 2)
    return {
        "a bare view": BARE,
        "customers, first page": "/customers/",
        "customers, in the middle": f"/customers/?after={middle('name_key')}",
        "customers, last page": "/customers/?last=1",
        "customers by number, in the middle": f"/customers/?sort=number&after={middle('number_key')}",
        "customers, closed": "/customers/?status=closed",
        "customers, leads, last page": "/customers/?status=lead&last=1",
        "customers, search for one": f"/customers/?q={quote(some.email or some.name)}",
        "customers, search for two common words": "/customers/?q=tremblay+example",
        "a customer with 60 invoices": detailed.get_absolute_url(),
        "overdue customers": "/overdue/",
    }


def browser():
    """Return a client that a superuser is logged in with."""
    from django.contrib.auth import get_user_model
    from django.test import Client

    user, _made = get_user_model().objects.get_or_create(username="bench", defaults={"is_superuser": True})
    client = Client(headers={"host": "localhost"})
    client.force_login(user, backend="customerflow.staff.backends.GroupsBackend")
    return client


def get(client, address: str) -> float:
    """Fetch a page, and return the seconds that it took."""
    began = time.perf_counter()
    response = client.get(address, secure=True)
    seconds = time.perf_counter() - began
    if response.status_code != 200:
        raise SystemExit(f"{address}: {response.status_code}")
    return seconds


def answer(addresses_of: Callable[[], dict[str, str]] = pages) -> None:
    """
    Measure the pages of the database at hand, for the process that started this one.

    The first line printed is what each page costs in queries, and which of them read a whole table. Then each line
    that comes in starts a round, and what it took is printed, in seconds. Both are JSON, keyed by page.
    """
    client, addresses = browser(), addresses_of()
    plans = {}
    for name, address in addresses.items():
        get(client, address)
        statements = queries_of(client, address)
        reads = [line for sql, params in statements for line in whole_tables(sql, params)]
        plans[name] = {"queries": len(statements), "reads": reads}
    print(json.dumps(plans), flush=True)
    total = dict.fromkeys(addresses, 0.0)
    for _line in sys.stdin:
        seconds = {name: get(client, url) for name, url in addresses.items() if total[name] < SECONDS_A_PAGE}
        for name, took in seconds.items():
            total[name] += took
        print(json.dumps(seconds), flush=True)


def queries_of(client, address: str) -> list[tuple[str, tuple]]:
    """Return the statements that a page makes, with their parameters."""
    from django.db import connection

    statements = []

    def note(execute, sql, params, many, context):
        statements.append((sql, params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        get(client, address)
    return statements


def whole_tables(sql: str, params: tuple) -> list[str]:
    """Return what of a statement's plan reads a whole table."""
    from django.db import connection

    if not sql.startswith("SELECT"):
        return []
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(f"EXPLAIN QUERY PLAN {sql}", params)
            lines = [row[3] for row in cursor.fetchall()]
            return [line for line in lines if re.match(r"SCAN (customers|billing|tickets)_\w+$", line)]
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}", params)
        (plan,) = cursor.fetchone()
        return [f"Seq Scan {table}: {rows:,} rows" for table, rows in scans(plan[0]["Plan"]) if rows > FEW_ROWS]


def scans(node: dict):
    """Yield table and rows read of every sequential scan of a PostgreSQL plan."""
    if node["Node Type"] == "Seq Scan":
        rows = node["Actual Rows"] + node.get("Rows Removed by Filter", 0)
        yield node["Relation Name"], round(rows * node["Actual Loops"])
    for child in node.get("Plans", []):
        yield from scans(child)


def measure(sizes: dict[int, subprocess.Popen]) -> dict[int, dict[str, dict]]:
    """Return for each size and page the median in ms, the number of queries, and what reads a whole table."""
    found = {customers: json.loads(process.stdout.readline()) for customers, process in sizes.items()}
    times = {customers: {name: [] for name in pages} for customers, pages in found.items()}
    for _round in range(ROUNDS):
        for customers, process in sizes.items():
            process.stdin.write("\n")
            process.stdin.flush()
            for name, seconds in json.loads(process.stdout.readline()).items():
                times[customers][name].append(seconds * 1000)
    for customers, process in sizes.items():
        process.stdin.close()
        process.wait()
        for name, page in found[customers].items():
            page["ms"] = statistics.median(times[customers][name])
    return found


def report(sizes: dict[int, dict[str, dict]]) -> None:
    """Print what was measured: a block for each size; beside each page, how it compares with the smallest size."""
    few = sizes[min(sizes)]
    for customers, found in sorted(sizes.items()):
        bare = found["a bare view"]["ms"]
        print(f"\n{f'{customers:,} customers':<40}{'median':>10}{'x bare':>9}{f'x {min(sizes):,}':>10}{'queries':>9}")
        for name, page in found.items():
            growth = page["ms"] / few[name]["ms"]
            print(f"{name:<40}{page['ms']:>7.1f} ms{page['ms'] / bare:>9.1f}{growth:>10.2f}{page['queries']:>9}")
            for line in page["reads"]:
                print(f"    reads a whole table: {line}")


def profile() -> None:
    """Print where the time of the first page of the list goes."""
    client = browser()
    get(client, "/customers/")
    profiler = cProfile.Profile()
    profiler.enable()
    for _round in range(ROUNDS):
        get(client, "/customers/")
    profiler.disable()
    pstats.Stats(profiler).sort_stats("cumulative").print_stats(r"customerflow|customers|django/(db|template|core)", 60)


def main() -> None:
    """Make the databases that are missing, and measure the sizes that are named."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--customers", type=int, nargs="+", default=[1_000, 1_000_000], metavar="N")
    parser.add_argument("--invoices", type=int, default=6, metavar="N", help="of each customer (default: 6)")
    parser.add_argument("--profile", action="store_true", help="of the list's first page, instead")
    parser.add_argument("--inside", choices=["answer", "profile"], help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.inside:
        inside(options.inside)
        return
    if options.invoices < 1 or min(options.customers) < 1:
        parser.error("There is nothing to measure without customers, and without an invoice of each.")
    databases = [Kept(customers, options.invoices) for customers in options.customers]
    for kept in databases:
        if not kept.is_there():
            kept.make()
    databases[0].run(databases[0].name, "manage.py", "collectstatic", "--noinput")
    if options.profile:
        for kept in databases:
            print(start(kept, "profile").communicate()[0])
        return
    report(measure({kept.customers: start(kept, "answer") for kept in databases}))


def start(kept: Kept, what: str) -> subprocess.Popen:
    """Start a process that measures a database."""
    command = [sys.executable, "-m", "benchmarks.customers", "--inside", what]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    return subprocess.Popen(command, cwd=ROOT, env=kept.environment(kept.name), **pipes)


def inside(what: str) -> None:
    """Do what the process was started for, on the database that the environment names."""
    import django
    from django.conf import settings

    django.setup()
    settings.ROOT_URLCONF = "benchmarks.urls"
    {"answer": answer, "profile": profile}[what]()


if __name__ == "__main__":
    main()
