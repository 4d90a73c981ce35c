"""Errors planted in the database, past the program: for each check of the books the statements that it must find."""

from collections.abc import Iterator
from contextlib import contextmanager
from re import findall

from django.db import connection

from billing import immutable

LINE = "(SELECT MIN(id) FROM billing_invoiceline)"
SERVICE_LINE = "(SELECT MIN(id) FROM billing_invoiceline WHERE kind = 'recurring')"
RENT_LINE = "(SELECT MIN(id) FROM billing_invoiceline WHERE kind = 'equipment')"
OPEN = "(SELECT MAX(id) FROM billing_invoice WHERE settled = 0 AND status = 'issued')"
VOID = "(SELECT MIN(id) FROM billing_invoice WHERE status = 'void')"
DRAFT = "(SELECT MIN(id) FROM billing_invoice WHERE status = 'draft')"
LAST_ONE_OFF = "(SELECT MAX(id) FROM billing_invoiceline WHERE kind = 'one_off')"
STRANGER = "(SELECT MAX(id) FROM customers_customer)"
FREE = "(SELECT MAX(id) FROM billing_payment WHERE reversed_on IS NULL)"
REVERSED = "(SELECT MIN(id) FROM billing_payment WHERE reversed_on IS NOT NULL)"
VOID_NOTE = "(SELECT MIN(id) FROM billing_creditnote WHERE voided_on IS NOT NULL)"
FREE_NOTE = "(SELECT MIN(id) FROM billing_creditnote WHERE allocated = 0 AND refunded = 0 AND voided_on IS NULL)"
LAST_INVOICE = "(SELECT MAX(id) FROM billing_invoice WHERE number IS NOT NULL)"
LAST_NOTE = "(SELECT MAX(id) FROM billing_creditnote)"
CREDIT = "(SELECT MIN(id) FROM incidents_credit)"
DAY = "'2026-03-31'"


def allocated(source: str, key: str, invoice: str, amount: int) -> str:
    """Return the statement that lets a document settle a part of an invoice."""
    return f"""INSERT INTO billing_allocation (invoice_id, {source}_id, amount, posted_on)
        VALUES ({invoice}, {key}, {amount}, {DAY})"""


def refunded(source: str, key: str, amount: int, owner: str) -> str:
    """Return the statement that pays a part of a document back."""
    return f"""INSERT INTO billing_refund
        (customer_id, {source}_id, amount, paid_on, method, reference, reason, posted_on, reversal_reason)
        SELECT {owner}, id, {amount}, {DAY}, 'cash', '', 'Planted', {DAY}, '' FROM {table(source)} WHERE id = {key}"""


def table(source: str) -> str:
    """Return the table of a source of money."""
    return "billing_creditnote" if source == "credit_note" else "billing_payment"


def copied_line(of: str, **changed: str) -> str:
    """Return the statement that adds the line `of` once more, with other values, and without an amount."""
    columns = ["invoice_id", "kind", "description", "service_id", "equipment_id", "first_day", "last_day", "quantity"]
    columns += ["unit_price", "amount", "cycle_first", "cycle_last", "inputs", "live"]
    values = [{"amount": "0", **changed}.get(column, column) for column in columns]
    rows = f"SELECT {', '.join(values)} FROM billing_invoiceline WHERE id = {of}"
    return f"INSERT INTO billing_invoiceline ({', '.join(columns)}) {rows}"


def add(column: str, amount: int, of: str, key: str) -> str:
    """Return the statement that makes a column of a row larger."""
    return f"UPDATE {of} SET {column} = {column} + {amount} WHERE id = {key}"


def write(of: str, values: str, key: str = "") -> str:
    """Return the statement that writes over the row with a key, or the first one."""
    return f"UPDATE {of} SET {values} WHERE id = {key or f'(SELECT MIN(id) FROM {of})'}"


PLANTED = {
    "invoice-total": [add("total", 1, "billing_invoice", OPEN)],
    "invoice-tax": [
        add(
            "amount", 1, "billing_invoicetax", f"(SELECT id FROM billing_invoicetax WHERE invoice_id = {LAST_INVOICE})"
        ),
        add("total", 1, "billing_invoice", LAST_INVOICE),
    ],
    "invoice-base": [add("base", 2, "billing_invoicetax", "(SELECT MIN(id) FROM billing_invoicetax)")],
    "note-total": [add("total", 1, "billing_creditnote", FREE_NOTE)],
    "note-tax": [
        add("amount", 1, "billing_creditnotetax", "(SELECT MAX(id) FROM billing_creditnotetax)"),
        add("total", 1, "billing_creditnote", LAST_NOTE),
    ],
    "note-base": [add("base", 2, "billing_creditnotetax", "(SELECT MIN(id) FROM billing_creditnotetax)")],
    "invoice-days": [write("billing_invoice", "due_on = '2020-01-01'", OPEN)],
    "note-days": [write("billing_creditnote", "voided_on = '2020-01-01'", VOID_NOTE)],
    "line-days": [write("billing_invoiceline", "cycle_last = '2020-01-01'", SERVICE_LINE)],
    "void-lines": [f"UPDATE billing_invoiceline SET live = true WHERE invoice_id = {VOID}"],
    "issued-lines": [write("billing_invoiceline", "live = false", LINE)],
    "note-lines": [f"UPDATE billing_creditnoteline SET live = false WHERE credit_note_id = {FREE_NOTE}"],
    "invoice-settled": [add("settled", 1, "billing_invoice", OPEN)],
    "payment-allocated": [add("allocated", 1, "billing_payment", FREE)],
    "payment-refunded": [add("refunded", 1, "billing_payment", FREE)],
    "note-allocated": [add("allocated", 1, "billing_creditnote", FREE_NOTE)],
    "note-refunded": [add("refunded", 1, "billing_creditnote", FREE_NOTE)],
    "invoice-over-settled": [
        allocated("payment", FREE, OPEN, 9000),
        write("billing_payment", "allocated = allocated + 9000, amount = amount + 9000", FREE),
        add("settled", 9000, "billing_invoice", OPEN),
    ],
    "payment-over-used": [write("billing_payment", "amount = 1", "(SELECT MIN(id) FROM billing_payment)")],
    "note-over-used": [
        refunded("credit_note", FREE_NOTE, 9000, "customer_id"),
        write("billing_creditnote", "refunded = 9000", FREE_NOTE),
    ],
    "allocation-amounts": [
        "UPDATE billing_allocation SET released_on = '2020-01-01' WHERE released_on IS NOT NULL AND payment_id > 0"
    ],
    "refund-amounts": ["UPDATE billing_refund SET reversed_on = '2020-01-01' WHERE reversed_on IS NOT NULL"],
    "void-settled": [
        allocated("payment", FREE, VOID, 100),
        add("allocated", 100, "billing_payment", FREE),
        add("settled", 100, "billing_invoice", VOID),
    ],
    "reversed-settles": [
        allocated("payment", REVERSED, OPEN, 100),
        add("allocated", 100, "billing_payment", REVERSED),
        add("settled", 100, "billing_invoice", OPEN),
    ],
    "reversed-refunded": [
        refunded("payment", REVERSED, 100, "customer_id"),
        add("refunded", 100, "billing_payment", REVERSED),
    ],
    "void-note-settles": [
        allocated("credit_note", VOID_NOTE, OPEN, 100),
        add("allocated", 100, "billing_creditnote", VOID_NOTE),
        add("settled", 100, "billing_invoice", OPEN),
    ],
    "void-note-refunded": [
        refunded("credit_note", VOID_NOTE, 100, "customer_id"),
        add("refunded", 100, "billing_creditnote", VOID_NOTE),
    ],
    "write-off": [f"UPDATE billing_writeoff SET reversed_on = {DAY} WHERE reversed_on IS NULL"],
    "allocation-customer": [write("billing_payment", f"customer_id = {STRANGER}", REVERSED)],
    "refund-customer": [write("billing_refund", f"customer_id = {STRANGER}")],
    "note-customer": [
        write(
            "billing_creditnote",
            f"customer_id = {STRANGER}",
            "(SELECT MIN(id) FROM billing_creditnote WHERE invoice_id IS NOT NULL AND allocated = 0)",
        )
    ],
    "invoice-gap": [write("billing_invoice", "number = '2026-000077'", LAST_INVOICE)],
    "invoice-gap-at-end": ["UPDATE series_numberseries SET next_number = 99 WHERE name = 'invoice-2026'"],
    "invoice-double": [
        write("billing_invoice", "number = '2026-0000001', issued_on = '2026-03-01'", LAST_INVOICE),
        "UPDATE series_numberseries SET next_number = next_number - 1 WHERE name = 'invoice-2026'",
    ],
    "invoice-order": [write("billing_invoice", "issued_on = '2026-01-31'", LAST_INVOICE)],
    "creditnote-gap": [write("billing_creditnote", "number = 'C2026-000077'", LAST_NOTE)],
    "creditnote-gap-at-end": ["UPDATE series_numberseries SET next_number = 99 WHERE name = 'credit-note-2026'"],
    "creditnote-double": [
        write("billing_creditnote", "number = 'C2026-0000001'", LAST_NOTE),
        "UPDATE series_numberseries SET next_number = next_number - 1 WHERE name = 'credit-note-2026'",
    ],
    "creditnote-order": [write("billing_creditnote", "issued_on = '2026-01-31'", LAST_NOTE)],
    "draft-number": [write("billing_invoice", "number = 'D-1'", DRAFT)],
    "draft-lines": [copied_line(LAST_ONE_OFF, invoice_id=DRAFT, live="true")],
    "draft-on-the-books": [
        f"""INSERT INTO billing_invoicetax (invoice_id, code_id, name, percent, base, amount)
        SELECT {DRAFT}, MIN(id), 'VAT', 0, 0, 0 FROM customers_taxcode"""
    ],
    "service-cost": [add("cost", 1, "customers_service", "(SELECT MIN(id) FROM customers_service)")],
    "price-waiting": [
        """INSERT INTO customers_pricechange (service_id, cost, effective_on, reason, created_at)
        SELECT MIN(id), 100, '2026-03-30', '', CURRENT_TIMESTAMP FROM customers_service"""
    ],
    "move-waiting": [
        """INSERT INTO customers_housemove (origin_id, target_id, first_day, created_at)
        SELECT MIN(id), MAX(id), '2026-03-30', CURRENT_TIMESTAMP FROM customers_location"""
    ],
    "days-twice": [copied_line(SERVICE_LINE, first_day="'2026-03-31'", last_day="'2026-04-01'")],
    "rent-twice": [copied_line(RENT_LINE, first_day="'2026-03-31'", last_day="'2026-04-01'")],
    "days-outside": [
        """UPDATE customers_service SET ends_on = '2026-03-30', updated_at = '2026-03-01 00:00:00'
        WHERE id = (SELECT MIN(id) FROM customers_service)"""
    ],
    "many-lines": [copied_line(SERVICE_LINE, kind="'adjustment'")] * 15,
    "equipment-stay": ["UPDATE customers_installation SET last_day = '2026-03-30' WHERE last_day IS NULL"],
    "stays-overlap": [
        """INSERT INTO customers_installation (unit_id, location_id, first_day, last_day, monthly_rent)
        SELECT unit_id, location_id, '2026-02-01', '2026-02-02', 0 FROM customers_installation"""
    ],
    "charge-customer": [write("billing_charge", f"customer_id = {STRANGER}")],
    "discount-customer": [write("billing_discount", f"customer_id = {STRANGER}")],
    "run-item": [write("billing_billingrunitem", "total = total + 1")],
    "run-unfinished": [
        """INSERT INTO billing_billingrunitem
        (run_id, customer_id, attempt, outcome, difference, total, digest, has_changed, reason)
        SELECT run_id, customer_id, attempt, 'planned', '', 0, '', false, '' FROM billing_billingrunitem"""
    ],
    "closed-periods": [
        """INSERT INTO billing_periodclosing (last_day, closed_on, digest, postings, debit, reopen_reason)
        VALUES ('2020-12-31', '2026-01-01', 'planted', 0, 0, '')"""
    ],
    "bank-line-payments": [write("bank_statementline", "amount = amount + 1")],
    "outage-credit-document": [write("incidents_credit", "amount = amount + 1", CREDIT)],
    "outage-credit-customer": [write("incidents_credit", f"customer_id = {STRANGER}", CREDIT)],
    "outage-credit-twice": [write("incidents_credit", "spans = '[[100, 460]]'", CREDIT)],
    "triggers": [],
    "ticket-service": [write("tickets_ticket", f"customer_id = {STRANGER}, location_id = NULL")],
    "ticket-clock": [write("tickets_ticket", "is_breached = (1 = 1)")],
    "ticket-events": [write("tickets_ticket", "status = 'open'")],
    "ticket-location": [write("tickets_ticket", f"customer_id = {STRANGER}, service_id = NULL")],
}
# What only SQLite lets in: of each kind of record a text and an amount.
ON_SQLITE = {
    "text-billing.payment": [write("billing_payment", "reference = hex(zeroblob(51))", FREE)],
    "text-customers.customer": ["UPDATE customers_customer SET name = hex(zeroblob(101)) WHERE id = " + STRANGER],
    "text-tickets.ticket": [write("tickets_ticket", "subject = hex(zeroblob(500))")],
    "cents-billing.payment": [write("billing_payment", "amount = amount + 0.5", FREE)],
    "cents-customers.plan": [write("customers_plan", "price = 59.99")],
}

CONSTRAINTS = "SELECT conname FROM pg_constraint WHERE contype = 'c' AND conrelid = %s::regclass"


@contextmanager
def unguarded(statements: list[str]) -> Iterator[None]:
    """Let statements do what the database would refuse; its guards are there again afterwards, but for constraints."""
    tables = {table for each in statements for table in findall(r"(?:UPDATE|INSERT INTO) (\w+)", each)}
    immutable.drop(connection)
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA ignore_check_constraints = ON")
        else:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            for name in tables:
                cursor.execute(
                    "SELECT conname FROM pg_constraint WHERE contype = 'c' AND conrelid = %s::regclass", [name]
                )
                for (constraint,) in cursor.fetchall():
                    cursor.execute(f'ALTER TABLE {name} DROP CONSTRAINT "{constraint}"')
    yield
    immutable.install(None, "default")


def plant(statements: list[str]) -> None:
    """Do statements past every guard."""
    with unguarded(statements), connection.cursor() as cursor:
        for each in statements:
            cursor.execute(each)
