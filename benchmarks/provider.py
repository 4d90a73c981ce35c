"""
A provider of any size, made once and kept: SQLite files in benchmarks/data, or databases of a PostgreSQL server.

The customers come through `import_ids`. Locations, services, equipment and the books are written by the database
itself, with the derived columns that the product would write, which is checked on a sample; the history calls all but
the books one act. The name of a database holds a hash of the migrations: after a change of the tables it is made anew.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal

import psycopg

from benchmarks.books import NOW, ON, write_books
from benchmarks.imports import DATA, ROOT, make_file

DETAILED = "BENCH-1"


class Kept:
    """A database of `customers` customers with `invoices` invoices each."""

    prefix = "provider"

    def __init__(self, customers: int, invoices: int) -> None:
        migrations = sorted(path for path in ROOT.glob("*/**/migrations/0*.py") if ".venv" not in path.parts)
        self.schema = hashlib.sha256(b"".join(path.read_bytes() for path in migrations)).hexdigest()[:8]
        self.customers, self.invoices = customers, invoices
        self.name = f"{self.prefix}_{customers}_{invoices}_{self.schema}"
        given = os.environ.get("DATABASE_URL", "sqlite:")
        self.server = None if given.startswith("sqlite") else given

    def environment(self, name: str) -> dict[str, str]:
        """Return the environment of the product in production, on the database `name`."""
        url = f"{self.server.rpartition('/')[0]}/{name}" if self.server else f"sqlite:///{DATA / name}.sqlite3"
        production = {"DEBUG": "no", "SECRET_KEY": "measured", "ALLOWED_HOSTS": "localhost"}
        return {**os.environ, **production, "DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "customerflow.settings"}

    def is_there(self) -> bool:
        """Return whether it has been made, to its end."""
        if not self.server:
            return (DATA / f"{self.name}.sqlite3").exists()
        with psycopg.connect(self.server) as connection:
            return bool(connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [self.name]).fetchone())

    def make(self) -> None:
        """Make it under another name, which it keeps until it is complete."""
        DATA.mkdir(exist_ok=True)
        unfinished, began = f"{self.name}_unfinished", time.perf_counter()
        self.drop(unfinished)
        self._ask(f'CREATE DATABASE "{unfinished}"')
        self.run(unfinished, "manage.py", "migrate", "--verbosity=0")
        self.run(unfinished, "manage.py", "import_ids", str(make_file(self.customers)), "--json")
        self.run(unfinished, *self.filler)
        self._ask(f'ALTER DATABASE "{unfinished}" RENAME TO "{self.name}"')
        if not self.server:
            (DATA / f"{unfinished}.sqlite3").rename(DATA / f"{self.name}.sqlite3")
        print(f"{self.name} was made in {time.perf_counter() - began:.0f} s and is kept.", flush=True)

    @property
    def filler(self) -> list[str]:
        """What Python runs to fill it, behind its customers."""
        return ["-m", "benchmarks.provider", str(self.invoices)]

    def copy(self) -> str:
        """Make a copy of it anew, and return its name."""
        name = f"{self.name}_copy"
        self.drop(name)
        self._ask(f'CREATE DATABASE "{name}" TEMPLATE "{self.name}"')
        if not self.server:
            shutil.copy(DATA / f"{self.name}.sqlite3", DATA / f"{name}.sqlite3")
        return name

    def drop(self, name: str) -> None:
        """Remove the database `name`, where it is there."""
        self._ask(f'DROP DATABASE IF EXISTS "{name}"')
        for end in ("", "-wal", "-shm"):
            (DATA / f"{name}.sqlite3{end}").unlink(missing_ok=True)

    def _ask(self, statement: str) -> None:
        if self.server:
            with psycopg.connect(self.server, autocommit=True) as connection:
                connection.execute(statement)

    def run(self, name: str, *arguments: str) -> None:
        """Run Python with `arguments` on the database `name`."""
        subprocess.run(
            [sys.executable, *arguments], cwd=ROOT, env=self.environment(name), stdout=subprocess.DEVNULL, check=True
        )


def fill(invoices: int) -> None:
    """Give the customers of the database at hand locations, services, equipment and `invoices` invoices each."""
    from billing.models import CreditNote, Invoice, Payment
    from customerflow.changes.recording import recording
    from customers.models import Customer, Equipment, Location, Service

    # One change set for millions of rows, and not one for each.
    with recording("Benchmark data"):
        write_customers()
    write_books(invoices)
    for model in (Customer, Location, Service, Equipment, Invoice, Payment, CreditNote):
        check_derived(model)
    with recording("A customer in detail"):
        detailed_customer()
    analyze()


def analyze() -> None:
    """Let the database system look at what there is now, as it does by itself where it is in use."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")


def write_customers() -> None:
    """Close some customers, and give the others locations, services and equipment."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("UPDATE customers_customer SET status = 'closed', closed_on = %s WHERE id %% 50 = 3", [ON])
        cursor.execute("UPDATE customers_customer SET status = 'lead' WHERE id % 100 = 7")
        cursor.execute(LOCATIONS)
        cursor.execute(SERVICES, [ON - timedelta(days=400)])
        cursor.execute(PRICES)
        cursor.execute(EQUIPMENT)
        cursor.execute(STAYS, [ON - timedelta(days=400)])


LOCATIONS = f"""
    INSERT INTO customers_location (customer_id, label, address, city, region, postcode, country, access_notes,
        search_text, created_at, updated_at, version)
    SELECT id, '', id || ' Harbour Road', 'Quillbridge', '', '00114', '', '',
        id || ' harbour road quillbridge 00114', {NOW}
    FROM customers_customer WHERE id % 4 = 0 ORDER BY id"""
SERVICES = f"""
    INSERT INTO customers_service (location_id, name, cost, billing_interval, starts_on, setup_fee,
        early_termination_fee, search_text, created_at, updated_at, version)
    SELECT id, 'Fibre 500', 5999, 1, %s, 0, 0, 'fibre 500', {NOW}
    FROM customers_location ORDER BY id"""
EQUIPMENT = f"""
    INSERT INTO customers_equipment (location_id, name, model, serial, cost, terms, monthly_rent, status,
        search_text, created_at, updated_at, version)
    SELECT id, 'Router', '', 'R' || id, 8900, 'lent', 0, 'installed', 'router r' || id, {NOW}
    FROM customers_location ORDER BY id"""
STAYS = """
    INSERT INTO customers_installation (unit_id, location_id, first_day, monthly_rent)
    SELECT id, location_id, %s, 0 FROM customers_equipment ORDER BY id"""
PRICES = """
    INSERT INTO customers_pricechange (service_id, cost, reason, created_at, applied_at)
    SELECT id, cost, '', CURRENT_TIMESTAMP, CURRENT_TIMESTAMP FROM customers_service"""


@contextmanager
def unsearchable(model: type) -> Iterator[None]:
    """Leave the search index of `model` alone, and build it at the end: for millions of rows in one go."""
    from django.apps import apps
    from django.db import connection

    from customerflow.search import install, trigger_names

    table = model._meta.db_table
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            for trigger in trigger_names(table):
                cursor.execute(f'DROP TRIGGER "{trigger}"')
        else:
            cursor.execute(f'DROP INDEX "{table}_search"')
    yield
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # No index is made on a table whose rows' keys have not been looked at yet.
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    install(apps.get_app_config(model._meta.app_label), "default")


def check_derived(model: type) -> None:
    """Stop unless a sample of rows has the derived columns that the product would write."""
    fields = [field for field in model._meta.local_concrete_fields if hasattr(field, "derive")]
    last = model.objects.order_by("-pk").first().pk
    for row in model.objects.filter(pk__in=range(1, last, max(last // 100, 1))):
        for field in fields:
            kept = getattr(row, field.attname)
            if field.pre_save(row, add=False) != kept:
                raise SystemExit(f"{model.__name__} {row.pk}: {field.name} is {kept!r}")


def detailed_customer() -> None:
    """Register a customer with 5 locations, 10 services, 5 devices and 60 invoices, 50 of them paid."""
    from billing.invoices import Line, issue_invoice
    from billing.models import Payment
    from billing.payments import record_payment
    from customers.equipment_moves import add_equipment
    from customers.models import Customer, Equipment, Location, Service
    from customers.registration import register_customer
    from customers.subscriptions import add_service

    customer = register_customer(customer=Customer(number=DETAILED, name="Harbour Bakery"))
    began = ON - timedelta(days=60 * 30)
    for number in range(5):
        location = Location.objects.create(customer=customer, address=f"{number} Mill Lane", city="Quillbridge")
        add_equipment(unit=Equipment(name="Router", location=location, cost=Decimal(89)), on=began)
        for name in ("Fibre 500", "Voice Unlimited"):
            add_service(service=Service(location=location, name=name, cost=Decimal("59.99"), starts_on=began))
    for month in range(60):
        line = Line(description="Fibre 500", unit_price=Decimal("59.99"), quantity=5)
        invoice = issue_invoice(customer=customer, lines=[line], on=began + timedelta(days=30 * month))
        if month < 50:
            paid = {"amount": invoice.total, "received_on": invoice.due_on, "on": invoice.due_on}
            record_payment(customer=customer, method=Payment.Method.CARD, **paid)


if __name__ == "__main__":
    import django

    django.setup()
    fill(int(sys.argv[1]))
