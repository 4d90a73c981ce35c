"""
Matching the lines of a bank statement beside the SQL by hand that finds the invoices whose numbers they name exactly.

    python -m benchmarks bank --customers 1000 1000000 --lines 10000

Nine lines of ten name an open invoice in their text, the tenth only has a name and an account. Ours reads the text, and
looks for invoices, customers, payers, mandates and names, in batches of 1,000; the SQL is given the number and looks
for the invoice alone. Printed are the medians of both for all lines, their ratio, and the queries of a batch: the same
at every size. Nothing is written. `DATABASE_URL` says which database system; see `benchmarks/provider.py`.
"""

import argparse
import json
import statistics
import subprocess
import sys
import time

from benchmarks.imports import ROOT
from benchmarks.provider import Kept

ROUNDS, BATCH = 5, 1_000
IBAN = "DE89370400440532013000"


def lines_of(count: int) -> list:
    """Return lines that are in no table, most of which name an open invoice."""
    from django.utils import timezone

    from bank.models import StatementLine
    from billing.models import Invoice

    invoices = Invoice.objects.open().order_by("pk").values_list("number", "total", "settled", "customer__name")
    today, lines = timezone.localdate(), []
    for place, (number, total, settled, name) in enumerate(invoices[:count]):
        text = f"Invoice {number}, internet of March, thank you" if place % 10 else "internet, thank you"
        fields = {"amount": total - settled, "party_name": name, "party_iban": IBAN, "text": text}
        lines.append(StatementLine(booked_on=today, value_on=today, **fields))
    return lines


def by_hand(lines: list) -> int:
    """Find the open invoices of exactly these numbers and amounts, in batches, and return how many there are."""
    from django.db import connection

    named = [(line.text.split()[1].rstrip(","), int(line.amount * 100)) for line in lines if line.text[0] == "I"]
    found = 0
    for first in range(0, len(named), BATCH):
        some = named[first : first + BATCH]
        with connection.cursor() as cursor:
            if connection.vendor == "sqlite":
                cells = "json_extract(value, '$[0]') AS number, json_extract(value, '$[1]') AS amount"
                given = f"SELECT {cells} FROM json_each(%s)"
                values = [json.dumps(some)]
            else:
                given = "SELECT * FROM unnest(%s::text[], %s::bigint[]) AS given (number, amount)"
                values = [[number for number, _amount in some], [amount for _number, amount in some]]
            cursor.execute(
                f"""SELECT invoice.id, invoice.customer_id FROM ({given}) AS line
                JOIN billing_invoice AS invoice ON invoice.number = line.number AND invoice.status = 'issued'
                AND invoice.total - invoice.settled = line.amount""",
                values,
            )
            found += len(cursor.fetchall())
    return found


def inside(count: int) -> None:
    """Measure both in the database of this process."""
    from django.db import connection, reset_queries

    from bank.matching import by_level, match_lines

    lines = lines_of(count)

    def ours() -> None:
        for first in range(0, len(lines), BATCH):
            match_lines(lines[first : first + BATCH])

    connection.force_debug_cursor = True
    reset_queries()
    match_lines(lines[:BATCH])
    queries = len(connection.queries)
    connection.force_debug_cursor = False
    took: dict[str, list[float]] = {"ours": [], "by hand": []}
    for _round in range(ROUNDS):
        for name, act in (("by hand", lambda: by_hand(lines)), ("ours", ours)):
            began = time.perf_counter()
            act()
            took[name].append(time.perf_counter() - began)
    ours_took, floor = (statistics.median(took[name]) for name in ("ours", "by hand"))
    levels = dict(by_level(lines))
    print(
        f"{len(lines):,} lines: {ours_took:.2f} s, by hand {floor:.2f} s, ratio {ours_took / floor:.1f}, "
        f"{queries} queries a batch, {levels}",
        flush=True,
    )


def main() -> None:
    """Make the databases that are missing, and measure the sizes that are named."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--customers", type=int, nargs="+", default=[1_000, 1_000_000], metavar="N")
    parser.add_argument("--invoices", type=int, default=6, metavar="N", help="of each customer (default: 6)")
    parser.add_argument("--lines", type=int, default=10_000, metavar="N")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.inside:
        import django

        django.setup()
        inside(options.lines)
        return
    for customers in options.customers:
        kept = Kept(customers, options.invoices)
        if not kept.is_there():
            kept.make()
        print(f"\n{customers:,} customers, {customers * options.invoices:,} invoices")
        command = [sys.executable, "-m", "benchmarks.bank", "--inside", "--lines", str(options.lines)]
        subprocess.run(command, cwd=ROOT, env=kept.environment(kept.name), check=True)


if __name__ == "__main__":
    main()
