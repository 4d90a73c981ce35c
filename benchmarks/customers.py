"""
How fast the customers' pages are with a million customers, beside a view that only says "ok".

    python -m benchmarks customers --customers 1000 1000000 --invoices 6

Each size is measured in a process of its own, with the settings of production, in rounds: every page once a round,
beside the bare view, which goes through the same middleware and log-in. Printed for each page: the median, how many
times the bare view that is, the number of queries, and what of the query plans reads a whole table. `DATABASE_URL` says
which database system; see `benchmarks/provider.py` for what is in the databases.
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
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def get(client, address: str) -> float:
    """Fetch a page, and return the seconds that it took."""
    began = time.perf_counter()
    response = client.get(address, secure=True)
    seconds = time.perf_counter() - began
    if response.status_code != 200:
        raise SystemExit(f"{address}: {response.status_code}")
    return seconds


def measure() -> dict[str, dict]:
    """Return for each page of the database at hand the median in ms, the queries, and what reads a whole table."""
    from django.conf import settings
    from django.core.management import call_command

    settings.ROOT_URLCONF = "benchmarks.urls"
    call_command("collectstatic", interactive=False, verbosity=0)
    client, addresses = browser(), pages()
    times = {name: [get(client, address)] for name, address in addresses.items()}
    for _round in range(ROUNDS):
        for name, address in addresses.items():
            if sum(times[name]) < SECONDS_A_PAGE:
                times[name].append(get(client, address))
    found = {}
    for name, address in addresses.items():
        statements = queries_of(client, address)
        reads = [line for sql, params in statements for line in whole_tables(sql, params)]
        # The first request also fills caches.
        found[name] = {"ms": statistics.median(times[name][1:]) * 1000, "queries": len(statements), "reads": reads}
    return found


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


def report(sizes: dict[int, dict[str, dict]]) -> None:
    """Print what was measured: a block for each size, and how the largest compares with the smallest."""
    smallest, largest = min(sizes), max(sizes)
    for customers, found in sorted(sizes.items()):
        bare = found["a bare view"]["ms"]
        print(f"\n{customers:,} customers{'median':>31}{'x bare':>9}{'queries':>9}")
        for name, page in found.items():
            print(f"{name:<40}{page['ms']:>7.1f} ms{page['ms'] / bare:>8.1f}{page['queries']:>9}")
            for line in page["reads"]:
                print(f"    reads a whole table: {line}")
    if smallest != largest:
        few, many = sizes[smallest], sizes[largest]
        growth = many["a bare view"]["ms"] / few["a bare view"]["ms"]
        print(f"\n{largest:,} customers beside {smallest:,}, the bare view being 1:")
        for name in few:
            print(f"{name:<40}{many[name]['ms'] / few[name]['ms'] / growth:>7.2f}")


def profile() -> None:
    """Print where the time of the first page of the list goes."""
    from django.conf import settings

    settings.ROOT_URLCONF = "benchmarks.urls"
    client = browser()
    get(client, "/customers/")
    profiler = cProfile.Profile()
    profiler.enable()
    for _round in range(ROUNDS):
        get(client, "/customers/")
    profiler.disable()
    pstats.Stats(profiler).sort_stats("cumulative").print_stats(
        r"customerflow|customers|templates|django/(db|template|core)", 60
    )


def main() -> None:
    """Make the databases that are missing, and measure the sizes that are named."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--customers", type=int, nargs="+", default=[1_000, 1_000_000], metavar="N")
    parser.add_argument("--invoices", type=int, default=6, metavar="N", help="of each customer (default: 6)")
    parser.add_argument("--profile", action="store_true", help="of the list's first page, at the largest size")
    parser.add_argument("--measure", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        return inner(options)
    sizes = {}
    for customers in options.customers:
        kept = Kept(customers, options.invoices)
        if not kept.is_there():
            kept.make()
        if not options.profile:
            sizes[customers] = json.loads(measured(kept, "--measure"))
    if options.profile:
        print(measured(kept, "--measure", "--profile"))
    else:
        report(sizes)
    return None


def measured(kept: Kept, *arguments: str) -> str:
    """Return what a process prints that measures a database."""
    command = [sys.executable, "-m", "benchmarks.customers", *arguments]
    environment = kept.environment(kept.name)
    return subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, check=True).stdout


def inner(options: argparse.Namespace) -> None:
    """Measure the database that the environment names."""
    import django

    django.setup()
    if options.profile:
        profile()
    else:
        print(json.dumps(measure()))


if __name__ == "__main__":
    main()
