"""
The reports of twelve months, and the journal of one, beside the best SQL by hand for the same figures.

    python -m benchmarks reports --customers 10000 100000 --invoices 6

Each size has a process of its own with the settings of production. Page and SQL are measured in rounds, in turn, so
that what else the machine does meets both alike. Printed for each page: the medians of both, their ratio (of a few
customers it says what a page costs beside its figures), and the number of queries, which is the same at every size.
`DATABASE_URL` says which database system; see `benchmarks/provider.py` for what is in the databases.
"""

import argparse
import statistics
import subprocess
import sys
from datetime import date

from benchmarks.books import ON
from benchmarks.customers import browser, get, queries_of
from benchmarks.imports import ROOT
from benchmarks.provider import Kept
from benchmarks.receivables import took

ROUNDS = 5
SECONDS_A_PAGE = 60
GOAL = 3

LINES = """
    SELECT {month} AS month, line.kind, line.plan_id, SUM(line.amount) FROM billing_invoiceline AS line
    JOIN billing_invoice AS i ON i.id = line.invoice_id
    WHERE i.posted_on >= '{first}' AND i.status <> 'draft' AND i.origin = '' GROUP BY 1, 2, 3"""
NOTES = """
    SELECT {month} AS month, line.kind, line.plan_id, SUM(line.amount) FROM billing_creditnoteline AS line
    JOIN billing_creditnote AS i ON i.id = line.credit_note_id WHERE i.issued_on >= '{first}' GROUP BY 1, 2, 3"""
TAXES = """
    SELECT {month} AS month, t.code_id, t.percent, SUM(t.base), SUM(t.amount) FROM billing_invoicetax AS t
    JOIN billing_invoice AS i ON i.id = t.invoice_id
    WHERE i.posted_on >= '{first}' AND i.status <> 'draft' AND i.origin = '' GROUP BY 1, 2, 3"""
PAYMENTS = """
    SELECT {month} AS month, method, SUM(amount) FROM billing_payment AS i
    WHERE posted_on >= '{first}' AND origin = '' GROUP BY 1, 2"""
RECURRING = """
    SELECT COUNT(*), SUM(price.cost / s.billing_interval) FROM customers_service AS s
    JOIN customers_pricechange AS price ON price.service_id = s.id AND price.cancelled_at IS NULL
    WHERE s.starts_on <= '{day}' AND (s.ends_on IS NULL OR s.ends_on >= '{day}')
    AND NOT EXISTS (SELECT 1 FROM customers_pause AS p WHERE p.service_id = s.id AND NOT p.is_charged
        AND p.first_day <= '{day}' AND (p.last_day IS NULL OR p.last_day >= '{day}'))"""
SERVED = """
    SELECT COUNT(DISTINCT l.customer_id), COUNT(*) FROM customers_service AS s
    JOIN customers_location AS l ON l.id = s.location_id
    WHERE s.starts_on <= '{day}' AND (s.ends_on IS NULL OR s.ends_on >= '{day}')"""
OPEN_THEN = """
    SELECT due_on, SUM(total - COALESCE(settled_then, 0)) FROM (
        SELECT i.due_on, i.total, (
            SELECT SUM(a.amount) FROM billing_allocation AS a WHERE a.invoice_id = i.id AND a.posted_on <= '{day}'
            AND (a.released_on IS NULL OR a.released_on > '{day}')
        ) AS settled_then
        FROM billing_invoice AS i
        WHERE i.posted_on <= '{day}' AND i.status <> 'draft' AND (i.voided_on IS NULL OR i.voided_on > '{day}')
    ) AS found GROUP BY due_on"""
JOURNAL = """
    SELECT 'i', SUM(total), COUNT(*) FROM billing_invoice WHERE posted_on BETWEEN '{since}' AND '{until}'
        AND status <> 'draft'
    UNION ALL SELECT 'l' || line.kind || COALESCE(line.plan_id, 0), SUM(line.amount), COUNT(*)
        FROM billing_invoiceline AS line JOIN billing_invoice AS i ON i.id = line.invoice_id
        WHERE i.posted_on BETWEEN '{since}' AND '{until}' AND i.status <> 'draft' GROUP BY 1
    UNION ALL SELECT 't' || t.code_id, SUM(t.amount), COUNT(*) FROM billing_invoicetax AS t
        JOIN billing_invoice AS i ON i.id = t.invoice_id
        WHERE i.posted_on BETWEEN '{since}' AND '{until}' AND i.status <> 'draft' GROUP BY 1
    UNION ALL SELECT method, SUM(amount), COUNT(*) FROM billing_payment WHERE posted_on BETWEEN '{since}' AND '{until}'
        GROUP BY 1
    UNION ALL SELECT 'a', SUM(amount), COUNT(*) FROM billing_allocation
        WHERE posted_on BETWEEN '{since}' AND '{until}'"""


def by_hand() -> dict[str, tuple[str, list[str]]]:
    """Return the address of each page, and the SQL for it."""
    from django.db import connection
    from django.utils import timezone

    from reports.months import Month, months, months_before

    today = timezone.localdate()
    twelve = months(months_before(today, 11), today, today)
    # The last month in which anything was posted.
    first, last_posted = twelve[0].first, Month.of(ON, today)
    since, until = last_posted.first, last_posted.last
    days = [twelve[0].before, *(month.last for month in twelve)]
    month = "SUBSTR(i.{}, 1, 7)" if connection.vendor == "sqlite" else "DATE_TRUNC('month', i.{})"
    posted, issued = ({"month": month.format(each), "first": first} for each in ("posted_on", "issued_on"))
    at_each = [{"day": day} for day in days]
    return {
        "revenue": ("/reports/revenue/", [LINES.format(**posted), NOTES.format(**issued)]),
        "recurring revenue": ("/reports/recurring/", [RECURRING.format(**day) for day in at_each]),
        "churn": ("/reports/churn/", [SERVED.format(**day) for day in at_each]),
        "revenue by customer": (
            "/reports/arpu/",
            [sql.format(**day) for day in at_each for sql in (RECURRING, SERVED)],
        ),
        "tax by rate": ("/reports/tax/", [TAXES.format(**posted)]),
        "payments by method": ("/reports/payments/", [PAYMENTS.format(**posted)]),
        "receivables over time": ("/reports/receivables/", [OPEN_THEN.format(**day) for day in at_each[1:]]),
        "unapplied credit": ("/reports/credit/", [OPEN_THEN.format(**day) for day in at_each[1:]]),
        "journal of a month": (f"/journal/?first={since}&last={until}", [JOURNAL.format(since=since, until=until)]),
        "its first postings": (f"/journal/postings/?first={since}&last={until}", [_first_postings(since, until)]),
    }


def _first_postings(since: date, until: date) -> str:
    return f"""
        SELECT * FROM billing_invoice AS i JOIN billing_invoiceline AS line ON line.invoice_id = i.id
        WHERE posted_on BETWEEN '{since}' AND '{until}' ORDER BY posted_on, i.id LIMIT 50"""


def inside(pages_and_sql: dict[str, tuple[str, list[str]]], only: str) -> None:
    """Measure the database at hand: the pages whose name has `only` in it, each beside its SQL."""
    client = browser()
    print(f"{'':<32}{'page':>11}{'by hand':>11}{'ratio':>8}{'queries':>9}")
    for name, (address, statements) in pages_and_sql.items():
        if only and only not in name:
            continue
        get(client, address)
        queries, pages, floors = len(queries_of(client, address)), [], []
        while not pages or (len(pages) < ROUNDS and sum(pages) + sum(floors) < SECONDS_A_PAGE):
            floors.append(took(statements))
            pages.append(get(client, address))
        page, floor = statistics.median(pages) * 1000, statistics.median(floors) * 1000
        print(f"{name:<32}{page:>8.0f} ms{floor:>8.0f} ms{page / floor:>8.2f}{queries:>9}", flush=True)


def main() -> None:
    """Make the databases that are missing, and measure the sizes that are named."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--customers", type=int, nargs="+", default=[1_000, 1_000_000], metavar="N")
    parser.add_argument("--invoices", type=int, default=6, metavar="N", help="of each customer (default: 6)")
    parser.add_argument("--only", default="", metavar="TEXT", help="pages whose name has this in it")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.inside:
        import django
        from django.conf import settings

        django.setup()
        settings.ROOT_URLCONF = "benchmarks.urls"
        inside(by_hand(), options.only)
        return
    for customers in options.customers:
        kept = Kept(customers, options.invoices)
        if not kept.is_there():
            kept.make()
        kept.run(kept.name, "manage.py", "collectstatic", "--noinput")
        print(f"\n{customers:,} customers, {customers * options.invoices:,} invoices (goal: a ratio of at most {GOAL})")
        command = [sys.executable, "-m", "benchmarks.reports", "--inside", "--only", options.only]
        subprocess.run(command, cwd=ROOT, env=kept.environment(kept.name), check=True)


if __name__ == "__main__":
    main()
