"""
How fast the queues of the help desk are with many tickets, beside a view that only says "ok".

    python -m benchmarks tickets --tickets 1000 1000000

Of a hundred tickets ten are unfinished, opened within the last days; they are measured by the usual policies. Measured
in rounds, as `benchmarks.customers` does it: the list, every queue, one in the middle, the boards, the page of a
ticket, and the counters of the navigation. Printed for each: the median, how many times the bare view that is, the
number of queries, and what of the query plans reads a whole table. `DATABASE_URL` says which database system.
"""

import argparse
import subprocess
import sys
import time
from datetime import timedelta
from importlib import import_module

from benchmarks.customers import BARE, answer, measure
from benchmarks.imports import ROOT
from benchmarks.provider import Kept, analyze

CUSTOMERS = 1_000
STAFF = 20
# One in so many is not finished.
UNFINISHED = 10
CHUNK = 10_000
GOAL = "goal: at most 8 queries for a list, none reads the table; the counters 20 ms more than the bare view"


class Tickets(Kept):
    """A database with so many tickets."""

    prefix = "tickets"

    def __init__(self, tickets: int) -> None:
        super().__init__(CUSTOMERS, tickets)
        self.tickets = tickets

    @property
    def filler(self) -> list[str]:
        return ["-m", "benchmarks.tickets", "--inside", "fill", "--tickets", str(self.tickets)]


def fill(tickets: int) -> None:
    """Write tickets, their first events, and what is due on them."""
    from django.db import connection, transaction
    from django.utils import timezone

    from customerflow.inserting import insert_all
    from tickets.models import Ticket
    from tickets.sla.measuring import measure_all
    from tickets.sla.usual import add_usual_policies

    add_usual_policies(is_on=True)
    made, now = _maker(), timezone.now()
    for first in range(1, tickets + 1, CHUNK):
        with transaction.atomic():
            insert_all(Ticket, [made(number, now) for number in range(first, min(first + CHUNK, tickets + 1))])
    with connection.cursor() as cursor:
        cursor.execute(import_module("tickets.migrations.0002_events").TELL)
    analyze()
    began = time.perf_counter()
    changed = measure_all()
    print(f"{changed:,} tickets were measured in {time.perf_counter() - began:.0f} s.", file=sys.stderr)
    analyze()


def _maker():
    """Return the function that makes the ticket with a number: of all kinds, and of all people."""
    from django.contrib.auth import get_user_model
    from django.contrib.auth.models import Group

    from customers.models import Customer
    from tickets.models import Priority, Ticket, TicketType

    users = get_user_model().objects
    staff = [users.get_or_create(username=f"bench-{number}")[0].pk for number in range(STAFF)]
    groups = list(Group.objects.values_list("pk", flat=True))
    for user in users.all():
        user.groups.add(groups[user.pk % len(groups)])
    customers = list(Customer.objects.values_list("pk", flat=True))
    types = [TicketType.objects.get_or_create(code=code, defaults={"name": code})[0].pk for code in "ABCDE"]
    states = ["new", "open", "open", "open", "waiting", "on_hold"]
    finished = ["closed", "closed", "resolved"]

    def make(number: int, now):
        is_finished = number % UNFINISHED != 0
        nth = number // UNFINISHED
        opened_at = now - (timedelta(days=5 + number % 700) if is_finished else timedelta(minutes=number * 7 % 7_200))
        return Ticket(
            number=str(number),
            customer_id=customers[number % len(customers)],
            type_id=types[number % len(types)],
            subject=f"No signal since {number}",
            status=finished[number % len(finished)] if is_finished else states[nth % len(states)],
            priority=Priority.values[number // 7 % 4],
            assignee_id=staff[nth % STAFF] if nth % 3 else None,
            # The last group has no work.
            group_id=groups[nth % (len(groups) - 1)],
            opened_at=opened_at,
            finished_at=opened_at + timedelta(days=1) if is_finished else None,
        )

    return make


def pages() -> dict[str, str]:
    """Return the addresses that are measured, by what they show."""
    from customerflow.paging import Cursor
    from tickets.board import BOARDS
    from tickets.models import Ticket
    from tickets.models.ticket import NEVER
    from tickets.queues import QUEUES

    due = Ticket.objects.unfinished().filter(due_at__lt=NEVER).order_by("due_at", "pk")
    middle = due[due.count() // 2]
    cursor = Cursor(middle.due_at, middle.pk, None).encode()
    return {
        "a bare view": BARE,
        "the counters": "/tickets/counters/",
        "all tickets": "/tickets/",
        "all tickets by what is due": "/tickets/?sort=due",
        **{f"queue: {name}": f"/tickets/?queue={name}" for name in QUEUES},
        **{f"board: {name}": f"/tickets/board/?board={name}" for name in BOARDS},
        "queue: unfinished, in the middle": f"/tickets/?queue=unfinished&after={cursor}",
        "queue: unfinished, last page": "/tickets/?queue=unfinished&last=1",
        "a ticket": middle.get_absolute_url(),
    }


def report(sizes: dict[int, dict[str, dict]]) -> None:
    """Print what was measured, a block for each size."""
    few = sizes[min(sizes)]
    for tickets, found in sorted(sizes.items()):
        bare = found["a bare view"]["ms"]
        print(f"\n{f'{tickets:,} tickets':<40}{'median':>10}{'x bare':>9}{f'x {min(sizes):,}':>10}{'queries':>9}")
        for name, page in found.items():
            growth = page["ms"] / few[name]["ms"]
            print(f"{name:<40}{page['ms']:>7.1f} ms{page['ms'] / bare:>9.1f}{growth:>10.2f}{page['queries']:>9}")
            for line in page["reads"]:
                print(f"    reads a whole table: {line}")
    print(GOAL)


def main() -> None:
    """Make the databases that are missing, and measure the sizes that are named."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tickets", type=int, nargs="+", default=[1_000, 1_000_000], metavar="N")
    parser.add_argument("--inside", choices=["fill", "answer"], help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.inside:
        inside(options.inside, options.tickets[0])
        return
    if min(options.tickets) < 100:
        parser.error("There is nothing to measure with fewer than 100 tickets.")
    databases = [Tickets(tickets) for tickets in options.tickets]
    for kept in databases:
        if not kept.is_there():
            kept.make()
    databases[0].run(databases[0].name, "manage.py", "collectstatic", "--noinput")
    report(measure({kept.tickets: start(kept) for kept in databases}))


def start(kept: Tickets) -> subprocess.Popen:
    """Start a process that measures a database."""
    command = [sys.executable, "-m", "benchmarks.tickets", "--inside", "answer"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    return subprocess.Popen(command, cwd=ROOT, env=kept.environment(kept.name), **pipes)


def inside(what: str, tickets: int) -> None:
    """Do what the process was started for, on the database that the environment names."""
    import django
    from django.conf import settings

    django.setup()
    settings.ROOT_URLCONF = "benchmarks.urls"
    if what == "fill":
        fill(tickets)
    else:
        answer(pages)


if __name__ == "__main__":
    main()
