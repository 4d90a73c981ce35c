"""
How fast `import_ids` is, and how much memory it takes, beside the bare database.

    python -m benchmarks.imports 100000 1000000

The floor is what no load can be faster than: a bare `executemany` of the same rows, already parsed, with their derived
columns, into the same table with all its indexes and search triggers, in one SQLite transaction; on PostgreSQL a bare
`COPY`. The record of changes is no part of the floor: its triggers are dropped first; `benchmarks.changes` measures it.
Floor and load each run in a process of their own, on a database of their own, one after the other; times are those of
the work itself and, for the load, of the whole command with its start. `DATABASE_URL` says which database system: a
file beside the given SQLite file, or a database of the given PostgreSQL server, is made and dropped.
"""

import argparse
import json
import os
import random
import resource
import subprocess
import sys
import time
from pathlib import Path

DATA = Path(__file__).parent / "data"
ROOT = Path(__file__).parent.parent
GIVEN = [
    "John",
    "Luís",
    "Jane",
    "Leonie",
    "François",
    "Bjørn",
    "Helena",
    "太郎",
    "Мария",
    "Aoife",
    "فاطمة",
    "Zoë",
    "Dmitri",
]
FAMILY = [
    "Smith",
    "Gonçalves",
    "Köhler",
    "Tremblay",
    "Hansen",
    "Holý",
    "山田",
    "Иванова",
    "O'Neill",
    "الزهراء",
    "Nguyễn",
    "Doe",
]
HOSTS = ["example.com", "example.org", "mail.example.net", "example.co.uk", "büro.example"]


def make_file(rows: int) -> Path:
    """Return an id.csv of `rows` customers, the same every time; half the phones local, the rest of many countries."""
    path = DATA / f"id-{rows}.csv"
    if path.exists():
        return path
    DATA.mkdir(exist_ok=True)
    chance = random.Random(rows)
    phones = [
        lambda: f"555-{chance.randrange(10_000):04d}",
        lambda: f"({chance.randrange(201, 990)}) {chance.randrange(200, 1000)}-{chance.randrange(10_000):04d}",
        lambda: f"+1 {chance.randrange(201, 990)} {chance.randrange(200, 1000)} {chance.randrange(10_000):04d}",
        lambda: f"+43 660 {chance.randrange(10**7):07d}",
        lambda: f"+44 20 7{chance.randrange(10**7):07d}",
        lambda: "",
    ]
    partial = path.with_suffix(".part")
    with partial.open("w", encoding="utf-8", newline="") as file:
        file.write("ID,Name,Email,Phone\n")
        for number in range(1, rows + 1):
            family = "-".join(chance.choices(FAMILY, k=2 if number % 5 == 0 else 1))
            name = f"{chance.choice(GIVEN)} {family}"
            email = f"customer.{chance.randrange(10**9)}@{chance.choice(HOSTS)}" if number % 10 else ""
            file.write(f"{number},{name},{email},{chance.choice(phones)()}\n")
    partial.replace(path)
    return path


def parsed(path: Path) -> list[tuple]:
    """Return the rows of the customers' table, cleaned and with everything derived: what the floor writes."""
    from django.utils import timezone

    from customerflow.loads.headings import accepted, plain
    from customerflow.loads.reading import open_table
    from customers.loads import CustomerLoad
    from customers.models import Customer

    now, rows = timezone.now(), []
    fields = [field for field in Customer._meta.local_concrete_fields if not field.primary_key]
    known = accepted(CustomerLoad.columns)
    with open_table(path, known=known) as table:
        columns = [known[plain(heading)] for heading in table.headings]
        for row in table:
            cells = zip(columns, row.cells, strict=True)
            customer = Customer(**{column.field: column.clean(cell) for column, cell in cells})
            customer.created_at = customer.updated_at = now
            for field in fields:
                if hasattr(field, "derive"):
                    field.pre_save(customer, add=True)
            rows.append(tuple(getattr(customer, field.attname) for field in fields))
    return rows


def floor(path: Path) -> float:
    """Write the parsed rows with nothing around it, and return the seconds."""
    from django.db import connection, transaction

    from customers.models import Customer

    rows = parsed(path)
    fields = [field for field in Customer._meta.local_concrete_fields if not field.primary_key]
    names = ", ".join(f'"{field.column}"' for field in fields)
    table = Customer._meta.db_table
    if connection.vendor == "sqlite":
        clocks = [index for index, field in enumerate(fields) if field.name in {"created_at", "updated_at"}]
        stamp = connection.ops.adapt_datetimefield_value(rows[0][clocks[0]])
        rows = [tuple(stamp if index in clocks else value for index, value in enumerate(row)) for row in rows]
    unrecorded(Customer)
    began = time.perf_counter()
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            places = ", ".join(["%s"] * len(fields))
            cursor.executemany(f'INSERT INTO "{table}" ({names}) VALUES ({places})', rows)
        else:
            with cursor.copy(f'COPY "{table}" ({names}) FROM STDIN') as copy:
                for row in rows:
                    copy.write_row(row)
    return time.perf_counter() - began


def unrecorded(model: type) -> None:
    """Drop the triggers by which changes of a kind of record are written down."""
    from django.db import connection

    from customerflow.changes.triggers import trigger_names

    of_table = "" if connection.vendor == "sqlite" else f' ON "{model._meta.db_table}"'
    with connection.cursor() as cursor:
        for name in trigger_names(model):
            cursor.execute(f'DROP TRIGGER "{name}"{of_table}')


class Database:
    """A fresh, migrated database beside the one that DATABASE_URL names, or beside the files that are loaded."""

    def __init__(self, name: str = "customerflow_benchmark") -> None:
        self.given = os.environ.get("DATABASE_URL", f"sqlite:///{DATA / 'db.sqlite3'}")
        self.is_sqlite = self.given.startswith("sqlite")
        self.name = name
        self.path = Path(self.given.removeprefix("sqlite:///")).with_name(f"{self.name}.sqlite3")
        fresh = f"sqlite:///{self.path}" if self.is_sqlite else f"{self.given.rpartition('/')[0]}/{self.name}"
        self.environment = {**os.environ, "DATABASE_URL": fresh, "DEBUG": "yes"}

    def __enter__(self) -> "Database":
        self.make()
        return self

    def make(self) -> None:
        """Make the database, anew if it is there."""
        self.drop()
        if not self.is_sqlite:
            self._postgresql(f"CREATE DATABASE {self.name}")
        self.run("manage.py", "migrate", "--verbosity=0")

    def __exit__(self, *_exception) -> None:
        self.drop()

    def drop(self) -> None:
        """Remove the database."""
        if self.is_sqlite:
            for end in ("", "-wal", "-shm"):
                self.path.with_name(self.path.name + end).unlink(missing_ok=True)
        else:
            self._postgresql(f"DROP DATABASE IF EXISTS {self.name}")

    def _postgresql(self, statement: str) -> None:
        import psycopg

        with psycopg.connect(self.given, autocommit=True) as connection:
            connection.execute(statement)

    def run(self, *arguments: str) -> str:
        """Run Python with `arguments` on the database and return what it printed."""
        result = subprocess.run(
            [sys.executable, *arguments], cwd=ROOT, env=self.environment, stdout=subprocess.PIPE, text=True, check=True
        )
        return result.stdout

    def shell(self, code: str) -> str:
        """Run a piece of Python on the database, and return what it printed."""
        return self.run("manage.py", "shell", "--verbosity=0", "--command", code).strip()

    def start(self, *arguments: str, **options: object) -> subprocess.Popen:
        """Start a command of manage.py on the database, as a program of its own."""
        command = [sys.executable, "manage.py", *arguments]
        return subprocess.Popen(command, cwd=ROOT, env=self.environment, text=True, **options)


def measure(rows: int) -> None:
    """Print floor, load, ratio and memory for a file of `rows` rows."""
    path = make_file(rows)
    with Database() as database:
        bare = float(database.run("-m", "benchmarks.imports", "--floor", str(path)))
    with Database() as database:
        first = json.loads(database.run("-m", "benchmarks.imports", "--load", str(path)))
        again = json.loads(database.run("-m", "benchmarks.imports", "--load", str(path)))
    ratio = first["seconds"] / bare
    print(
        f"{rows:>9,} rows: floor {bare:.1f} s; import_ids {first['seconds']:.1f} s = {ratio:.2f} x floor, "
        f"last step {first['last_step']:.1f} s, peak memory {first['memory']:.0f} MB; "
        f"again, all unchanged: {again['seconds']:.1f} s, {again['memory']:.0f} MB",
        flush=True,
    )


def load(path: Path) -> dict[str, float]:
    """Run the command and return its seconds, those of its last step, and the peak memory of this process in MB."""
    from io import StringIO

    from django.core.management import call_command

    from customerflow.loads import pipeline

    last_step = []

    def timed(*arguments, original=pipeline._apply) -> None:
        began = time.perf_counter()
        original(*arguments)
        last_step.append(time.perf_counter() - began)

    pipeline._apply = timed
    began = time.perf_counter()
    call_command("import_ids", str(path), json=True, stdout=StringIO())
    return {
        "seconds": time.perf_counter() - began,
        "last_step": sum(last_step),
        "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def draft(path: Path) -> dict[str, float]:
    """Do what the browser asks for: check a draft, keep all findings, apply it, undo it. Return the seconds of each."""
    from django.core.files import File

    from customerflow.changes.undoing import undo
    from customerflow.jobs.models import Job
    from customerflow.jobs.turns import Turn
    from customerflow.loads import drafts
    from customerflow.loads.models import Load, LoadedFile, Upload
    from customers.models import Customer

    kept = Load.objects.create(name=path.name)
    upload = Upload(load=kept, name=path.name, size=path.stat().st_size)
    with path.open("rb") as file:
        upload.file.save(path.name, File(file))
    LoadedFile.objects.create(load=kept, upload=upload, kind="customers", name=path.name)
    seconds = {}
    for name, act, state in (("check", drafts.check, "checking"), ("apply", drafts.apply, "running")):
        job = Job.objects.open("load", title=path.name)
        Job.objects.filter(pk=job.pk).update(state=state)
        began = time.perf_counter()
        act(kept, job, Turn(job.pk, job.turn))
        seconds[name] = time.perf_counter() - began
    loaded = Customer.objects.count()
    began = time.perf_counter()
    undo(kept.change_set)
    seconds["undo"] = time.perf_counter() - began
    if Customer.objects.exists() or not loaded:
        sys.exit("The load, or its undo, did not do what it is measured for.")
    return seconds | {"memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}


def import_export(path: Path) -> float:
    """Load the file with django-import-export, in batches (`use_bulk`), and return the seconds."""
    import tablib
    from import_export.fields import Field
    from import_export.resources import ModelResource

    from customers.models import Customer

    class Customers(ModelResource):
        number, name = Field("number", "ID"), Field("name", "Name")
        email, phone = Field("email", "Email"), Field("phone", "Phone")

        class Meta:
            model = Customer
            fields = ("number", "name", "email", "phone")
            import_id_fields = ("number",)
            use_bulk, batch_size, skip_diff = True, 2_000, True

    began = time.perf_counter()
    with path.open(encoding="utf-8") as file:
        result = Customers().import_data(tablib.Dataset().load(file, format="csv"), raise_errors=True)
    seconds = time.perf_counter() - began
    if result.totals["new"] != Customer.objects.count():
        sys.exit("django-import-export did not load all rows.")
    return seconds


def measure_draft(rows: int) -> None:
    """Print how long the check, the last step and the undo of a load in the browser take."""
    path = make_file(rows)
    with Database() as database:
        bare = float(database.run("-m", "benchmarks.imports", "--floor", str(path)))
    with Database() as database:
        found = json.loads(database.run("-m", "benchmarks.imports", "--draft", str(path)))
    ratio = (found["check"] + found["apply"]) / bare
    print(
        f"{rows:>9,} rows in the browser: floor {bare:.1f} s; check {found['check']:.1f} s, "
        f"apply {found['apply']:.1f} s = {ratio:.2f} x floor; undo {found['undo']:.1f} s, "
        f"peak memory of all {found['memory']:.0f} MB",
        flush=True,
    )


def measure_other(rows: int) -> None:
    """Print the ratio to django-import-export on the same rows."""
    path = make_file(rows)
    with Database() as database:
        ours = json.loads(database.run("-m", "benchmarks.imports", "--load", str(path)))["seconds"]
    with Database() as database:
        theirs = float(database.run("-m", "benchmarks.imports", "--import-export", str(path)))
    print(
        f"{rows:>9,} rows: import_ids {ours:.1f} s; django-import-export with use_bulk {theirs:.1f} s "
        f"= {theirs / ours:.1f} times as long",
        flush=True,
    )


def main() -> None:
    """Measure the sizes that are named."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rows", type=int, nargs="*", default=[100_000, 1_000_000])
    parser.add_argument("--browser", action="store_true", help="the check, the last step and the undo of a draft")
    parser.add_argument("--others", action="store_true", help="beside django-import-export (requirements-bench.txt)")
    for name in PARTS:
        parser.add_argument(f"--{name}", type=Path, help=argparse.SUPPRESS)
    options = vars(parser.parse_args())
    part = next((name for name in PARTS if options[name.replace("-", "_")]), None)
    if part:
        import django

        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "customerflow.settings")
        django.setup()
        print(json.dumps(PARTS[part](options[part.replace("-", "_")])))
        return
    wanted = [measure_draft] if options["browser"] else [measure_other] if options["others"] else [measure]
    for rows in options["rows"]:
        for each in wanted:
            each(rows)


# What is run in a process of its own.
PARTS = {"floor": floor, "load": load, "draft": draft, "import-export": import_export}


if __name__ == "__main__":
    main()
