"""
How fast an incident is written down, worked out and given back, and its page, beside hand-written SQL.

    python -m benchmarks incidents --customers 10000 500000

Each customer has two services on the average; one in ten is in the area that was out for six hours. The floor is the
best SQL that writes the same rows, into the same tables with all their constraints and the record of changes: one
statement for the services that were hit, one for the proposal, six for the notes and what becomes of the proposal. It
knows that nobody is paused, has a discount, pays in advance for months, or owes anything. Product and floor have a
process of their own on a copy of the same database. The page of the incident, and the list of what it hits, are
measured while it goes on. `DATABASE_URL` says which database system.
"""

import argparse
import json
import subprocess
import sys
import time
from datetime import UTC, date, datetime

from benchmarks import billing
from benchmarks.billing import Billable
from benchmarks.customers import browser, get
from benchmarks.imports import ROOT

ONE_IN = 10
BEGAN_AT, ENDED_AT = datetime(2026, 3, 10, 8, tzinfo=UTC), datetime(2026, 3, 10, 14, tzinfo=UTC)
ON = date(2026, 3, 20)
PARTS = ("floor", "product", "page")
MINUTES, OF_MARCH = 360, 31 * 1_440
ROUNDS = 10
# What a service is given back, in cents: half up.
SHARE = f"((s.cost * {MINUTES} * 2 + {OF_MARCH}) / (2 * {OF_MARCH}))"
HIT = """
    INSERT INTO incidents_hitservice (incident_id, service_id)
    SELECT %(incident)s, s.id FROM customers_service AS s JOIN customers_location AS l ON l.id = s.location_id
    WHERE l.area_id = %(area)s AND s.starts_on <= '2026-03-10' AND (s.ends_on IS NULL OR s.ends_on >= '2026-03-10')"""
PROPOSED = f"""
    INSERT INTO incidents_credit (incident_id, service_id, customer_id, state, minutes, spans, parts, computed, amount,
        reason, problem, created_at, updated_at, version)
    SELECT %(incident)s, s.id, l.customer_id, 'proposed', {MINUTES}, %(spans)s, '[]', {SHARE}, {SHARE}, '', '',
        CURRENT_TIMESTAMP, CURRENT_TIMESTAMP, 1
    FROM incidents_hitservice AS h JOIN customers_service AS s ON s.id = h.service_id
    JOIN customers_location AS l ON l.id = s.location_id WHERE h.incident_id = %(incident)s"""
OF_CUSTOMER = "SELECT customer_id, SUM(amount) AS net FROM incidents_credit GROUP BY customer_id"
TAX = "((CAST(net AS bigint) * 20 * 2 + 100) / 200)"
POSTED = [
    f"""
    INSERT INTO billing_creditnote (customer_id, number, reason, issued_on, customer_name, customer_address, total,
        allocated, refunded, void_reason, search_text, created_at, updated_at, version)
    SELECT c.id, 'B-' || c.id, 'Outage', '2026-03-20', c.name, l.address, o.net + {TAX}, 0, 0, '', 'b-' || c.id,
        CURRENT_TIMESTAMP, CURRENT_TIMESTAMP, 1
    FROM ({OF_CUSTOMER}) AS o JOIN customers_customer AS c ON c.id = o.customer_id
    JOIN customers_location AS l ON l.customer_id = c.id""",
    """
    INSERT INTO billing_creditnoteline (credit_note_id, kind, description, service_id, first_day, last_day, amount,
        tax_code_id, inputs, live)
    SELECT n.id, 'adjustment', 'Outage', x.service_id, '2026-03-10', '2026-03-10', x.amount,
        (SELECT id FROM customers_taxcode), '{}', true
    FROM incidents_credit AS x JOIN billing_creditnote AS n ON n.customer_id = x.customer_id""",
    f"""
    INSERT INTO billing_creditnotetax (credit_note_id, code_id, name, percent, base, amount)
    SELECT n.id, (SELECT id FROM customers_taxcode), 'VAT', 20, o.net, {TAX}
    FROM ({OF_CUSTOMER}) AS o JOIN billing_creditnote AS n ON n.customer_id = o.customer_id""",
    """
    INSERT INTO billing_allocation (invoice_id, credit_note_id, amount, posted_on)
    SELECT i.id, n.id, n.total, '2026-03-20' FROM billing_creditnote AS n
    JOIN billing_invoice AS i ON i.customer_id = n.customer_id""",
    """
    UPDATE billing_invoice SET settled = settled + (SELECT n.total FROM billing_creditnote AS n
        WHERE n.customer_id = billing_invoice.customer_id)
    WHERE customer_id IN (SELECT customer_id FROM billing_creditnote)""",
    "UPDATE billing_creditnote SET allocated = total",
    """
    UPDATE incidents_credit SET state = 'posted', credit_note_id = (SELECT n.id FROM billing_creditnote AS n
        WHERE n.customer_id = incidents_credit.customer_id)""",
]


class Dark(Billable):
    """A database of customers of whom one in ten is in the area that was out."""

    prefix = "dark"

    @property
    def filler(self) -> list[str]:
        """What Python runs to fill it, behind its customers."""
        return ["-m", "benchmarks.incidents", "--fill"]


def fill() -> None:
    """Bill everybody for a month, and put one in ten into the area of an incident that goes on."""
    from django.db import connection

    from benchmarks.provider import analyze
    from customerflow.changes.recording import recording
    from customers.models import Area
    from incidents.models import Incident
    from incidents.outages import number_incident

    billing.fill()
    with recording("Benchmark data"), connection.cursor() as cursor:
        area = Area.objects.create(name="Dark")
        cursor.execute(f"UPDATE customers_location SET area_id = %s WHERE customer_id %% {ONE_IN} = 0", [area.pk])
        incident = Incident(title="It is dark", began_at=BEGAN_AT)
        number_incident(incident)
        incident.save()
        incident.areas.add(area)
    analyze()


def inside(part: str) -> None:
    """Do a part on the database at hand, and print the seconds of each step and what it came to."""
    from django.db import connection
    from django.db.models import Sum

    from incidents.models import Credit, HitService

    steps = {"floor": by_hand, "product": by_product, "page": page}[part]()
    given = Credit.objects.filter(state=Credit.State.POSTED).aggregate(sum=Sum("amount"))["sum"]
    found = {"steps": steps, "hit": HitService.objects.count(), "given": str(given), "by": connection.vendor}
    print(json.dumps(found))


def by_hand() -> dict[str, float]:
    """Do it with statements that know what the data is like."""
    from django.db import connection, transaction

    from customerflow.changes.recording import recording
    from customers.models import Area
    from incidents.lost_minutes import minute_of
    from incidents.models import Incident

    spans = json.dumps([[minute_of(BEGAN_AT), minute_of(ENDED_AT)]])
    values = {"incident": Incident.objects.get().pk, "area": Area.objects.get(name="Dark").pk, "spans": spans}
    steps = {}
    with connection.cursor() as cursor:
        for name, statements in (("write down", [HIT]), ("propose", [PROPOSED]), ("post", POSTED)):
            began = time.perf_counter()
            with transaction.atomic(), recording("By hand"):
                for statement in statements:
                    cursor.execute(statement, values if "%(" in statement else None)
            steps[name] = time.perf_counter() - began
    return steps


def by_product() -> dict[str, float]:
    """Do it by the acts and the steps of their jobs, each in a transaction."""
    from django.db import transaction

    from customerflow.jobs.models import Job
    from incidents.freezing import freeze_next
    from incidents.models import Incident
    from incidents.outages import end_incident
    from incidents.posting import post_credits, post_next
    from incidents.proposing import propose_credits, propose_next

    def timed(job: Job, step) -> float:
        began, more = time.perf_counter(), True
        while more:
            with transaction.atomic():
                more = step(job)
        return time.perf_counter() - began

    incident = Incident.objects.get()
    end_incident(incident=incident, ended_at=ENDED_AT, at=ENDED_AT, by=None)
    steps = {"write down": timed(Job.objects.latest("pk"), freeze_next)}
    incident.refresh_from_db()
    steps["propose"] = timed(propose_credits(incident=incident, by=None), propose_next)
    steps["post"] = timed(post_credits(incident=incident, on=ON, by=None), lambda job: post_next(job, ON))
    return steps


def page() -> dict[str, float]:
    """Ask for the page of the incident and the list of services it hits, in turn."""
    from statistics import median

    from incidents.models import Incident

    incident, client = Incident.objects.get(), browser()
    pages = {"page": incident.get_absolute_url(), "list of services": f"/services-hit/?incident={incident.number}"}
    seconds: dict[str, list[float]] = {name: [] for name in pages}
    for _round in range(ROUNDS):
        for name, address in pages.items():
            seconds[name].append(get(client, address))
    return {name: median(times) for name, times in seconds.items()}


def measure(kept: Dark, part: str) -> dict[str, object]:
    """Do a part in a process of its own on a copy of `kept`, and return what it printed."""
    name = kept.copy()
    command = [sys.executable, "-m", "benchmarks.incidents", "--inside", part]
    done = subprocess.run(command, cwd=ROOT, env=kept.environment(name), stdout=subprocess.PIPE, text=True, check=True)
    kept.drop(name)
    return json.loads(done.stdout.splitlines()[-1])


def report(kept: Dark) -> None:
    """Measure one size, and print what it took."""
    found = {part: measure(kept, part) for part in PARTS}
    floor, product = found["floor"], found["product"]
    if (floor["hit"], floor["given"]) != (product["hit"], product["given"]):
        raise SystemExit(f"The product gives back something else than the SQL by hand: {found}")
    print(f"\n{kept.customers:,} customers, {product['hit']:,} services hit, {product['given']} given back")
    for step, seconds in product["steps"].items():
        least = floor["steps"][step]
        print(f"{step:<18}{seconds:>9.2f} s   by hand{least:>9.2f} s{seconds / least:>8.1f} x", flush=True)
    for name, seconds in found["page"]["steps"].items():
        print(f"{name:<18}{seconds * 1_000:>8.1f} ms", flush=True)


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
    for kept in [Dark(customers) for customers in options.customers]:
        if not kept.is_there():
            kept.make()
        kept.run(kept.name, "manage.py", "collectstatic", "--noinput")
        report(kept)


if __name__ == "__main__":
    main()
