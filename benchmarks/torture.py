"""
What loads, billing runs and the lines of a bank must bear: killed at any moment, a full disk, staff who go on editing.

    python -m benchmarks torture --rows 100000 --kills 50
    python -m benchmarks torture --only billing --customers 2000 --kills 50
    python -m benchmarks torture --only bank --customers 300 --kills 20
    python -m benchmarks torture --only full --room 40      # needs the right to mount a tmpfs; SQLite

Killed: `import_ids` is ended with SIGKILL at random moments, and run again; then the customers equal those of a load
that nobody killed, and whoever looked meanwhile never saw a part of them. Full: on a disk of so many MB the load says
that there is no room, and nothing of the database has changed. Staff: while the file is loaded, edits of one customer
after another go on; printed is how long they waited. Billing and bank: see
`torture_billing` and `torture_bank`.
"""

import argparse
import os
import random
import signal
import statistics
import subprocess
import tempfile
import time

from benchmarks.imports import Database, make_file
from benchmarks.torture_bank import kill_lines
from benchmarks.torture_billing import kill_runs

DIGEST = """
import hashlib, sys
from customers.models import Customer
names = [f.attname for f in Customer._meta.local_concrete_fields if f.attname not in {"id", "created_at", "updated_at"}]
digest = hashlib.sha256()
for row in Customer.objects.order_by("number").values_list(*names).iterator():
    digest.update(repr(row).encode())
print(Customer.objects.count(), digest.hexdigest())
"""
EDIT = """
import select, sys, time
from customers.models import Customer
from customerflow.changes.recording import recording
waits = []
print("ready", flush=True)
for number in range(10**6):
    began = time.perf_counter()
    with recording("Edited"):
        customer = Customer.objects.select_for_update(no_key=True).get(number=f"staff-{number % 50}")
        customer.note, customer.version = str(number), customer.version + 1
        customer.save()
    waits.append(time.perf_counter() - began)
    if select.select([sys.stdin], [], [], 0.02)[0]:
        break
print(*waits)
"""
INTEGRITY = """
from django.db import connection
with connection.cursor() as cursor:
    print(cursor.execute("PRAGMA integrity_check").fetchone()[0])
"""
STAFF = """
from customers.models import Customer
Customer.objects.bulk_create(Customer(number=f"staff-{n}", name="Staff") for n in range(50))
"""


def kill(rows: int, kills: int, seed: int) -> None:
    """Kill loads at random moments, and print how many of them left anything but nothing or everything."""
    path, chance = make_file(rows), random.Random(seed)
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with Database() as database:
        began = time.monotonic()
        database.start("import_ids", str(path), **quiet).wait()
        longest = time.monotonic() - began
        whole = database.shell(DIGEST)
        again = database.start("import_ids", str(path), **quiet).wait()
    partly = done = 0
    with Database() as database:
        empty = database.shell(DIGEST)
        for _nth in range(kills):
            load = database.start("import_ids", str(path), start_new_session=True, **quiet)
            time.sleep(chance.uniform(0, longest))
            if load.poll() is None:
                os.killpg(load.pid, signal.SIGKILL)
            load.wait()
            found = database.shell(DIGEST)
            partly += found not in {empty, whole}
            done += found == whole
            if found == whole:
                database.make()
        finished = database.start("import_ids", str(path), **quiet).wait()
        same = database.shell(DIGEST) == whole
    print(
        f"{rows:,} rows, seed {seed}: killed {kills} times within {longest:.1f} s: {partly} left a part, {done} were "
        f"through; run again: exit {finished}, {'equal to' if same else 'DIFFERENT FROM'} a clean run (twice: {again})",
        flush=True,
    )


def fill(rows: int, room: int) -> None:
    """Load where there is no room for it, and print what the command says and whether the database has changed."""
    path = make_file(rows)
    with tempfile.TemporaryDirectory(prefix="room-") as folder:
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={room}m", "tmpfs", folder], check=True)
        try:
            os.environ["DATABASE_URL"] = f"sqlite:///{folder}/db.sqlite3"
            database = Database()
            with database:
                database.shell(STAFF)
                before = database.shell(DIGEST)
                load = database.start("import_ids", str(path), stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
                said = load.communicate()[0].strip().splitlines()[-1:]
                same = database.shell(DIGEST) == before
                checked = database.shell(INTEGRITY)
            print(
                f"{rows:,} rows in {room} MB: exit {load.returncode}: {said}; unchanged: {same}; integrity: {checked}"
            )
        finally:
            subprocess.run(["umount", folder], check=True)


def edit_beside(rows: int) -> None:
    """Edit customers while a file is loaded, and print how long each edit took."""
    path = make_file(rows)
    with Database() as database:
        database.shell(STAFF)
        staff = database.start("shell", "--command", EDIT, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        while "ready" not in staff.stdout.readline():
            pass
        began = time.monotonic()
        status = database.start("import_ids", str(path), stdout=subprocess.DEVNULL).wait()
        seconds = time.monotonic() - began
        waits = sorted(map(float, staff.communicate("stop\n")[0].split()))
    slow = waits[int(len(waits) * 0.99)]
    print(
        f"{rows:,} rows in {seconds:.1f} s (exit {status}) beside {len(waits)} edits, exit {staff.returncode}: "
        f"median {statistics.median(waits) * 1000:.0f} ms, 99 % within {slow * 1000:.0f} ms, longest {waits[-1]:.2f} s",
        flush=True,
    )


def main() -> None:
    """Do what is asked for; by default all of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--customers", type=int, default=2_000)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    parser.add_argument("--room", type=int, default=30, help="MB")
    parser.add_argument("--only", choices=["kill", "staff", "billing", "bank", "full"])
    options = parser.parse_args()
    if options.only in {None, "kill"}:
        kill(options.rows, options.kills, options.seed)
    if options.only in {None, "staff"}:
        edit_beside(options.rows)
    if options.only in {None, "billing"}:
        kill_runs(options.customers, options.kills, options.seed)
    if options.only in {None, "bank"}:
        kill_lines(options.customers, options.kills, options.seed)
    if options.only in {None, "full"}:
        fill(options.rows, options.room)


if __name__ == "__main__":
    main()
