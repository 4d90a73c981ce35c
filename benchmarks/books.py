"""
The books of a provider of any size, written by the database itself: invoices, payments, credit notes, write-offs.

Nothing of it is on record. The customers' keys say who has what: of the last month nobody has paid yet; one customer
in 20 is late, some with several invoices, some with a part of one; one in 50 has credit left, one in 100 an invoice
that was credited, one in 200 one that was written off, one in 300 a payment that was taken back.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta

# The day on which the books stand. What is not due then is never due: the pages ask the clock, and the data is kept.
ON = date(2026, 3, 31)
NOT_DUE = date(2999, 12, 31)

NOW = "CURRENT_TIMESTAMP, CURRENT_TIMESTAMP, 1"
INVOICES = f"""
    INSERT INTO billing_invoice (customer_id, number, origin, status, issued_on, posted_on, due_on, customer_name,
        customer_address, total, settled, void_reason, search_text, created_at, updated_at, version)
    SELECT id, 'B{{months}}-' || id, '', 'issued', %(issued)s, %(issued)s, %(due)s, name, '', 5999,
        CASE WHEN {{months}} = 1 THEN 0
            WHEN {{months}} < 6 AND id %% {{late}} = 0 THEN CASE WHEN id %% 60 = 0 THEN 2000 ELSE 0 END
            ELSE 5999 END,
        '', 'b{{months}}-' || id || ' ' || name_key, {NOW}
    FROM customers_customer WHERE status <> 'lead' ORDER BY id"""
# What settles the invoices of a month, and what was paid beyond that.
SETTLING = """
    CREATE TEMPORARY TABLE settling AS
    SELECT id, customer_id, customer_name, settled, parts.noted, parts.given_up, settled - noted - given_up AS paid,
        over, back
    FROM billing_invoice JOIN (
        SELECT id AS customer,
            CASE WHEN {months} = 3 AND id %% 100 = 1 THEN 5999 WHEN {months} = 2 AND id %% 100 = 2 THEN 1000
                ELSE 0 END AS noted,
            CASE WHEN {months} = 4 AND id %% 200 = 5 THEN 5999 ELSE 0 END AS given_up,
            CASE WHEN {months} = 2 AND id %% 50 = 9 THEN 1500 ELSE 0 END AS over,
            CASE WHEN {months} = 2 AND id %% 250 = 9 THEN 500 ELSE 0 END AS back
        FROM customers_customer
    ) AS parts ON parts.customer = customer_id
    WHERE issued_on = %(issued)s AND settled > 0"""
# Each document has the key of its invoice.
DOCUMENTS = (
    """
    INSERT INTO billing_payment (id, customer_id, amount, allocated, refunded, received_on, method, reference, origin,
        posted_at, posted_on, reversal_reason, search_text)
    SELECT id, customer_id, paid + over, paid, back, %(paid)s, 'transfer', '', '', CURRENT_TIMESTAMP, %(paid)s, '',
        CAST((paid + over) / 100 AS varchar) || '.' || substr(CAST(100 + (paid + over) %% 100 AS varchar), 2)
    FROM settling WHERE paid > 0 ORDER BY id""",
    """
    INSERT INTO billing_refund (customer_id, payment_id, amount, paid_on, method, reference, reason, posted_on,
        reversal_reason)
    SELECT customer_id, id, back, %(paid)s, 'transfer', '', 'Overpaid', %(paid)s, ''
    FROM settling WHERE back > 0 ORDER BY id""",
    f"""
    INSERT INTO billing_creditnote (id, customer_id, number, invoice_id, reason, issued_on, customer_name,
        customer_address, total, allocated, refunded, void_reason, search_text, created_at, updated_at, version)
    SELECT settling.id, customer_id, 'C' || settling.id, settling.id, 'Outage', %(paid)s, customer_name, '', noted,
        noted, 0, '', 'c' || settling.id || ' ' || name_key, {NOW}
    FROM settling JOIN customers_customer AS customer ON customer.id = customer_id
    WHERE noted > 0 ORDER BY settling.id""",
    """
    INSERT INTO billing_writeoff (id, invoice_id, reason, posted_on)
    SELECT id, id, 'Uncollectible', %(given_up)s FROM settling WHERE given_up > 0 ORDER BY id""",
    """
    INSERT INTO billing_allocation (payment_id, invoice_id, amount, posted_on)
    SELECT id, id, paid, %(paid)s FROM settling WHERE paid > 0 ORDER BY id""",
    """
    INSERT INTO billing_allocation (credit_note_id, invoice_id, amount, posted_on)
    SELECT id, id, noted, %(paid)s FROM settling WHERE noted > 0 ORDER BY id""",
    """
    INSERT INTO billing_allocation (write_off_id, invoice_id, amount, posted_on)
    SELECT id, id, given_up, %(given_up)s FROM settling WHERE given_up > 0 ORDER BY id""",
)
# One line on each document, of one of the plans, and the tax on it: 49.99 and 20 percent of it are 59.99.
LINES = (
    """
    INSERT INTO billing_invoiceline (invoice_id, kind, description, plan_id, quantity, unit_price, amount, tax_code_id,
        inputs, live)
    SELECT id, 'recurring', 'Fibre 500', {plan} + customer_id %% {plans}, 1, 4999, 4999, {tax}, '{{}}', true
    FROM billing_invoice WHERE issued_on = %(issued)s ORDER BY id""",
    """
    INSERT INTO billing_invoicetax (invoice_id, code_id, name, percent, base, amount)
    SELECT id, {tax}, 'VAT', 20, 4999, 1000 FROM billing_invoice WHERE issued_on = %(issued)s ORDER BY id""",
)
LINES_OF_NOTES = """
    INSERT INTO billing_creditnoteline (credit_note_id, kind, description, amount, inputs, live)
    SELECT id, 'adjustment', 'Outage', total, '{}', true FROM billing_creditnote ORDER BY id"""
PLANS = 20
# What settled invoices of the last month and was taken back, and credit that is of no invoice.
TAKEN_BACK = (
    """
    INSERT INTO billing_payment (id, customer_id, amount, allocated, received_on, method, reference, origin, posted_at,
        posted_on, reversed_on, reversal_reason, search_text)
    SELECT id, customer_id, total, 0, %(paid)s, 'transfer', '', '', CURRENT_TIMESTAMP, %(paid)s, %(back)s, 'Bounced',
        '59.99'
    FROM billing_invoice WHERE issued_on = %(issued)s AND customer_id %% 300 = 11 ORDER BY id""",
    """
    INSERT INTO billing_allocation (payment_id, invoice_id, amount, posted_on, released_on)
    SELECT id, id, total, %(paid)s, %(back)s
    FROM billing_invoice WHERE issued_on = %(issued)s AND customer_id %% 300 = 11 ORDER BY id""",
    f"""
    INSERT INTO billing_creditnote (id, customer_id, number, reason, issued_on, customer_name, customer_address, total,
        allocated, refunded, void_reason, search_text, created_at, updated_at, version)
    SELECT invoice.id, customer_id, 'C' || invoice.id, 'Outage', %(paid)s, customer_name, '', 700, 0, 0, '',
        'c' || invoice.id || ' ' || name_key, {NOW}
    FROM billing_invoice AS invoice JOIN customers_customer AS customer ON customer.id = customer_id
    WHERE issued_on = %(issued)s AND customer_id %% 500 = 8 ORDER BY invoice.id""",
)


def write_books(invoices: int) -> None:
    """Give each customer `invoices` invoices, a month apart, and what settles them."""
    from django.db import connection

    from billing.models import (
        Allocation,
        CreditNote,
        CreditNoteLine,
        Invoice,
        InvoiceLine,
        InvoiceTax,
        Payment,
        Refund,
        WriteOff,
    )

    models = (Invoice, InvoiceLine, InvoiceTax, Payment, CreditNote, CreditNoteLine, Refund, WriteOff, Allocation)
    catalogue = write_catalogue()
    with without_triggers(models), connection.cursor() as cursor:
        for months in range(1, invoices + 1):
            issued = ON - timedelta(days=30 * months - 20)
            days = {"issued": issued, "due": NOT_DUE if months == 1 else issued + timedelta(days=14)}
            days |= {"paid": issued + timedelta(days=10), "given_up": issued + timedelta(days=90)}
            days |= {"back": issued + timedelta(days=15)}
            for statement in (INVOICES, *LINES, SETTLING, *DOCUMENTS, *(TAKEN_BACK if months == 1 else ())):
                # The days are written into the text: SQLite takes no parameters in some of these statements.
                cursor.execute(statement.format(months=months, late=5 * 2**months, **catalogue) % quoted(days))
            cursor.execute("DROP TABLE settling")
        cursor.execute(LINES_OF_NOTES)
        for model in models:
            set_next_key(model, cursor)


def write_catalogue() -> dict[str, int]:
    """Add plans and a tax; return the key of the first plan, how many there are, and the key of the tax."""
    from customerflow.changes.recording import recording
    from customers.models import Plan, TaxCode

    with recording("Benchmark catalogue"):
        plans = [Plan.objects.create(name=f"Fibre {number}", price=50) for number in range(PLANS)]
        return {"plan": plans[0].pk, "plans": PLANS, "tax": TaxCode.objects.create(name="VAT").pk}


def quoted(days: dict[str, date]) -> dict[str, str]:
    """Return the days as SQL."""
    return {name: f"'{day.isoformat()}'" for name, day in days.items()}


def set_next_key(model: type, cursor) -> None:
    """Let keys that are given go on behind those that were written."""
    from django.core.management.color import no_style
    from django.db import connection

    for statement in connection.ops.sequence_reset_sql(no_style(), [model]):
        cursor.execute(statement)


@contextmanager
def without_triggers(models: tuple[type, ...]) -> Iterator[None]:
    """Leave the record of `models` alone, and build their search indexes at the end: of millions of rows in one go."""
    from django.apps import apps
    from django.db import connection

    from benchmarks.imports import unrecorded
    from billing import immutable
    from customerflow import search
    from customerflow.changes import triggers

    searched = [model._meta.db_table for model in models if hasattr(model, search.COLUMN)]
    for model in models:
        unrecorded(model)
    # Lines come here behind their invoices, many at a time.
    immutable.drop(connection)
    with connection.cursor() as cursor:
        for table in searched:
            if connection.vendor == "sqlite":
                for trigger in search.trigger_names(table):
                    cursor.execute(f'DROP TRIGGER "{trigger}"')
            else:
                cursor.execute(f'DROP INDEX "{table}_search"')
    yield
    search.install(apps.get_app_config("billing"), "default")
    triggers.install(apps.get_app_config("changes"), "default", plan=[])
    immutable.install(apps.get_app_config("billing"), "default")
