"""
The reports on the help desk with many tickets, beside the best SQL by hand for the same figures.

    python -m benchmarks support --tickets 10000 200000

There is a customer for ten tickets, with two invoices; each ticket has two messages, one with minutes, and nine of ten
are finished. What is kept of the finished ones is written by the database; how long the product would take for it is
measured on some. Page and SQL are measured in rounds, in turn, as `benchmarks.reports` does it. `DATABASE_URL` says
which database system.
"""

import argparse
import subprocess
import sys
import time

from benchmarks.imports import ROOT
from benchmarks.provider import Kept, analyze
from benchmarks.reports import GOAL, inside

CUSTOMERS_PER_TICKET = 10
INVOICES = 2
SAMPLE = 5_000

PLANS = """
    UPDATE customers_service SET plan_id = (SELECT MIN(id) FROM customers_plan)
        + id % (SELECT COUNT(*) FROM customers_plan)"""
AREAS = """
    UPDATE customers_location SET area_id = (SELECT MIN(id) FROM customers_area)
        + id % (SELECT COUNT(*) FROM customers_area)"""
ABOUT = """
    UPDATE tickets_ticket SET service_id = (
        SELECT MIN(s.id) FROM customers_service AS s JOIN customers_location AS l ON l.id = s.location_id
        WHERE l.customer_id = tickets_ticket.customer_id)"""
ROUNDS = """
    INSERT INTO tickets_ticketround (ticket_id, number, began, began_at, ended, finished_at, finished_by_id)
    SELECT id, 1, 'opened', opened_at, 'solved', finished_at, assignee_id FROM tickets_ticket
    WHERE is_finished AND NOT EXISTS (SELECT 1 FROM tickets_ticketround AS r WHERE r.ticket_id = tickets_ticket.id)"""
STEPS = """
    INSERT INTO tickets_ticketstep (ticket_id, number, place, kind, since, done_at, done_by_id, due_at, target_minutes,
        seconds, is_in_target)
    SELECT t.id, 1, k.place, k.kind, t.opened_at, t.finished_at, t.assignee_id, t.finished_at, 540,
        3600 + (t.id * 7919) % 90000, t.id % 7 <> 0
    FROM tickets_ticket AS t CROSS JOIN (SELECT 0 AS place, 'first' AS kind UNION ALL SELECT 1, 'solution') AS k
    WHERE t.is_finished AND NOT EXISTS (SELECT 1 FROM tickets_ticketstep AS s WHERE s.ticket_id = t.id)"""
SAID = """
    INSERT INTO tickets_message (ticket_id, kind, body, author_id, created_at, minutes)
    SELECT id, 'public', 'It is dark.', NULL, opened_at, NULL FROM tickets_ticket
    UNION ALL SELECT id, 'internal', 'Looked at it.', author, opened_at, 1 + id % 40 FROM (
        SELECT id, opened_at, COALESCE(assignee_id, (SELECT MIN(id) FROM staff_user)) AS author FROM tickets_ticket
    ) AS said"""


class Support(Kept):
    """A database with so many tickets, and customers who were invoiced."""

    prefix = "support"

    def __init__(self, tickets: int) -> None:
        super().__init__(max(tickets // CUSTOMERS_PER_TICKET, 100), INVOICES)
        self.tickets = tickets

    @property
    def filler(self) -> list[str]:
        return ["-m", "benchmarks.support", "--inside", "fill", "--tickets", str(self.tickets)]


def fill(tickets: int) -> None:
    """Write the books, the tickets, and what happened to them."""
    from django.db import connection, transaction

    from benchmarks import provider
    from benchmarks import tickets as help_desk
    from customerflow.changes.recording import recording
    from customers.models import Area, Plan
    from tickets.sla.measuring import measure_some

    with recording("Plans and areas"):
        for number in range(10):
            Plan.objects.create(name=f"Plan {number}", price=10 + number)
            Area.objects.create(name=f"Area {number}")
    provider.fill(INVOICES)
    help_desk.fill(tickets)
    sample = range(1, SAMPLE)
    began = time.perf_counter()
    with transaction.atomic():
        measure_some(sample)
    took = time.perf_counter() - began
    print(f"What is kept of {SAMPLE:,} tickets was made anew in {took:.1f} s.", file=sys.stderr)
    with recording("Benchmark data"), connection.cursor() as cursor:
        for statement in (PLANS, AREAS, ABOUT, ROUNDS, STEPS, SAID):
            cursor.execute(statement)
    analyze()


def by_hand() -> dict[str, tuple[str, list[str]]]:
    """Return the address of each page, and the SQL for it."""
    from django.db import connection
    from django.utils import timezone

    from reports.months import months_before

    today = timezone.localdate()
    year, month = months_before(today, 11), months_before(today, 1)
    is_sqlite = connection.vendor == "sqlite"
    by_month = ("SUBSTR({}, 1, 7)" if is_sqlite else "DATE_TRUNC('month', {})").format
    end = today.replace(day=1)
    days = f"first={month}&last={_day_before(end)}"

    def flows(key: str, since: object, until: str, joins: str = "") -> list[str]:
        counted = [
            f"SELECT {key.replace('MOMENT', moment)}, f.{what}, COUNT(*) FROM tickets_ticketround AS f{joins} "
            f"WHERE f.{moment} >= '{since}' AND f.{moment} < '{until}' GROUP BY 1, 2"
            for what, moment in (("began", "began_at"), ("ended", "finished_at"))
        ]
        left = f"SELECT COUNT(*) FROM tickets_ticketround AS f{joins} WHERE f.finished_at IS NULL"
        return [*counted, left]

    def times(key: str, since: object, until: str) -> list[str]:
        share = "COUNT(*), SUM(CASE WHEN is_in_target THEN 1 ELSE 0 END)"
        rows = f"tickets_ticketstep WHERE kind = 'first' AND done_at >= '{since}' AND done_at < '{until}'"
        if not is_sqlite:
            return [
                f"SELECT {key}, {share}, PERCENTILE_DISC(ARRAY[0.5, 0.9]) WITHIN GROUP (ORDER BY seconds) "
                f"FROM {rows} GROUP BY 1"
            ]
        ordered = (
            f"SELECT {key} AS k, is_in_target, seconds, ROW_NUMBER() OVER (PARTITION BY {key} ORDER BY seconds) AS n "
            f"FROM {rows}"
        )
        return [f"SELECT k, {share}, MAX(n), MAX(seconds) FROM ({ordered}) AS f GROUP BY 1"]

    ever = "2999-01-01"
    ticket = " JOIN tickets_ticket AS t ON t.id = f.ticket_id"
    area = (
        f"{ticket} LEFT JOIN customers_service AS v ON v.id = t.service_id"
        " LEFT JOIN customers_location AS l ON l.id = v.location_id"
    )
    net = (
        "SELECT {}, SUM(line.amount) FROM billing_invoiceline AS line JOIN billing_invoice AS i "
        f"ON i.id = line.invoice_id WHERE i.posted_on >= '{year}' AND i.status <> 'draft' AND i.origin = '' GROUP BY 1"
    ).format
    said = "SELECT {}, COUNT(*), SUM(minutes) FROM tickets_message AS f{} WHERE f.created_at >= '{}' GROUP BY 1".format
    opened = (
        "SELECT {}, COUNT(*) FROM tickets_ticketround AS f{} WHERE began = 'opened' AND began_at >= '{}' GROUP BY 1"
    ).format
    of_customer = [each("t.customer_id", ticket, year) for each in (said, opened)]
    return {
        "tickets of a year by month": ("/reports/tickets/", flows(by_month("f.MOMENT"), year, ever)),
        "tickets of a year by type": ("/reports/tickets/?split=type", flows("t.type_id", year, ever, ticket)),
        "tickets of a month by day": (f"/reports/tickets/?{days}", flows("f.MOMENT", month, f"{end}")),
        "tickets of a month by area": (
            f"/reports/tickets/?{days}&split=area",
            flows("l.area_id", month, f"{end}", area),
        ),
        "solved in a month: rows": (
            f"/reports/tickets/rows/?{days}&what=solved",
            [
                f"SELECT * FROM tickets_ticketround AS f{ticket} WHERE ended = 'solved' AND f.finished_at >= '{month}' "
                f"AND f.finished_at < '{end}' ORDER BY began_at LIMIT 50",
                f"SELECT COUNT(*) FROM tickets_ticketround WHERE ended = 'solved' AND finished_at >= '{month}' "
                f"AND finished_at < '{end}'",
            ],
        ),
        "first responses of a year": ("/reports/first-response/", times(by_month("done_at"), year, ever)),
        "first responses of a month": (
            f"/reports/first-response/?{days}&split=agent",
            times("done_by_id", month, f"{end}"),
        ),
        "cost of a year by month": (
            "/reports/support-cost/",
            [said(by_month("f.created_at"), "", year), opened(by_month("began_at"), "", year), net("i.posted_on")],
        ),
        "cost of a year by plan": (
            "/reports/support-cost/?split=plan",
            [
                *(each("v.plan_id", area, year) for each in (said, opened)),
                net("line.plan_id"),
            ],
        ),
        "cost of a year by customer": ("/reports/support-cost/customers/", of_customer),
        "the same by share": ("/reports/support-cost/customers/?sort=-share", [*of_customer, net("i.customer_id")]),
    }


def _day_before(day):
    from reports.months import DAY

    return day - DAY


def main() -> None:
    """Make the databases that are missing, and measure the sizes that are named."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tickets", type=int, nargs="+", default=[10_000, 1_000_000], metavar="N")
    parser.add_argument("--only", default="", metavar="TEXT", help="pages whose name has this in it")
    parser.add_argument("--inside", choices=["fill", "measure"], help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.inside:
        import django
        from django.conf import settings

        django.setup()
        settings.ROOT_URLCONF = "benchmarks.urls"
        fill(options.tickets[0]) if options.inside == "fill" else inside(by_hand(), options.only)
        return
    for tickets in options.tickets:
        kept = Support(tickets)
        if not kept.is_there():
            kept.make()
        kept.run(kept.name, "manage.py", "collectstatic", "--noinput")
        print(f"\n{tickets:,} tickets, {kept.customers:,} customers (goal: a ratio of at most {GOAL})")
        command = [sys.executable, "-m", "benchmarks.support", "--inside", "measure", "--only", options.only]
        environment = kept.environment(kept.name) | {"SUPPORT_HOURLY_COST": "45"}
        subprocess.run(command, cwd=ROOT, env=environment, check=True)


if __name__ == "__main__":
    main()
