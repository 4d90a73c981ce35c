"""
Which loaded payment settles which invoice: what `billing.allocations.settle` does, for all customers at once.

Payments follow each other by the day they were received, invoices by the day they are due; then by their keys.
"""

from django.utils import timezone

from billing.models import Allocation, Invoice, Payment
from customerflow.loads.applying import Application

INVOICES, PAYMENTS, ALLOCATIONS = (model._meta.db_table for model in (Invoice, Payment, Allocation))
PAIRS = {"payment_id": "bigint", "invoice_id": "bigint", "place": "bigint"}
# Where a payment, or an invoice, lies beside the others of its customer: from `after` to `upto`.
SPANS = {"record_id": "bigint", "customer_id": "bigint", "origin": "text", "after": "bigint", "upto": "bigint"}
SHARES = {"payment_id": "bigint", "invoice_id": "bigint", "amount": "bigint"}


def settle_by_name(application: Application) -> None:
    """
    Let the new payments settle the invoices that they name, each in its order.

    What comes next for an invoice does not wait for another one, nor what comes next for a payment: so they are settled
    together, first all payments that only wait for their invoice, then all invoices that only wait for their payment,
    until no pair is left. There are as many rounds as a customer's payments are entangled: mostly one or two.
    """
    stage = application.stage
    pairs, shares = stage.more("pairs", PAIRS), stage.more("shares", SHARES)
    stage.index(shares, "payment_id", "invoice_id")
    stage.run(
        f"""
        INSERT INTO {pairs} (payment_id, invoice_id, place)
        SELECT p.id, i.id, ROW_NUMBER() OVER (ORDER BY p.received_on, p.id, n.nth)
        FROM {stage.more_of("named")} AS n
        JOIN {application.written} AS new ON new.row_number = n.row_number AND new.is_new = 1
        JOIN {PAYMENTS} AS p ON p.id = new.record_id
        JOIN {INVOICES} AS i ON i.number = n.number AND i.origin = p.origin AND i.customer_id = p.customer_id
        """
    )
    stage.analyze(pairs)
    credit, still_open = "p.amount - p.allocated", "i.total - i.settled"
    while stage.query(f"SELECT 1 FROM {pairs} LIMIT 1"):
        _settle_next(application, "invoice_id", still_open, "payment_id", credit)
        _settle_next(application, "payment_id", credit, "invoice_id", still_open)


def _settle_next(application: Application, one: str, whole: str, each: str, part: str) -> None:
    """
    Settle the pairs that are next for `one`, such as an invoice, as long as `each` of the others is free for it.

    So much as is left of `whole`, SQL of its amount, goes to the others in their order: at most `part` to each.
    """
    stage = application.stage
    pairs, shares = stage.more_of("pairs"), stage.more_of("shares")
    before = f"SUM({part}) OVER (PARTITION BY n.{one} ORDER BY n.place ROWS UNBOUNDED PRECEDING) - ({part})"
    stage.run(f"DELETE FROM {shares}")
    stage.run(
        f"""
        INSERT INTO {shares} (payment_id, invoice_id, amount)
        SELECT payment_id, invoice_id, {_lesser("whole - before", "part")}
        FROM (
            SELECT n.payment_id, n.invoice_id, {whole} AS whole, {part} AS part, {before} AS before
            FROM (
                SELECT payment_id, invoice_id, place,
                       MAX(of_each) OVER (PARTITION BY {one} ORDER BY place ROWS UNBOUNDED PRECEDING) AS longest_wait
                FROM (
                    SELECT payment_id, invoice_id, place,
                           ROW_NUMBER() OVER (PARTITION BY {each} ORDER BY place) AS of_each
                    FROM {pairs}
                ) AS waiting
            ) AS n
            JOIN {PAYMENTS} AS p ON p.id = n.payment_id JOIN {INVOICES} AS i ON i.id = n.invoice_id
            WHERE n.longest_wait = 1
        ) AS following
        """
    )
    stage.analyze(shares)
    done = f"SELECT 1 FROM {shares} AS d WHERE d.payment_id = pair.payment_id AND d.invoice_id = pair.invoice_id"
    stage.run(f"DELETE FROM {pairs} AS pair WHERE EXISTS ({done})")
    _write(application, shares)


def settle_oldest_first(application: Application) -> None:
    """
    Let what is left of the new payments settle what is open of the same system, the oldest due first.

    The money of a customer's payments, one after the other, is laid beside what is open on the invoices, one after the
    other: where a payment and an invoice lie side by side, it settles so much of it.
    """
    stage = application.stage
    shares, left, wanted = stage.more("shares", SHARES), stage.more("left", SPANS), stage.more("wanted", SPANS)
    _lay_out(application, left, wanted)
    stage.index(wanted, "customer_id")
    stage.analyze(left, wanted)
    beginning = "CASE WHEN p.after > i.after THEN p.after ELSE i.after END"
    stage.run(
        f"""
        INSERT INTO {shares} (payment_id, invoice_id, amount)
        SELECT p.record_id, i.record_id, {_lesser("p.upto", "i.upto")} - {beginning}
        FROM {left} AS p JOIN {wanted} AS i ON i.customer_id = p.customer_id AND i.origin = p.origin
        WHERE p.after < i.upto AND i.after < p.upto
        """
    )
    _write(application, shares)


def _lay_out(application: Application, left: str, wanted: str) -> None:
    """Put what is left of the new payments, and what is open, each customer's in a row: from which sum to which."""
    stage = application.stage
    stage.run(
        f"""
        INSERT INTO {left} (record_id, customer_id, origin, after, upto)
        SELECT p.id, p.customer_id, p.origin, SUM(p.amount - p.allocated) OVER w - (p.amount - p.allocated),
               SUM(p.amount - p.allocated) OVER w
        FROM {PAYMENTS} AS p
        WHERE p.allocated < p.amount
        AND p.id IN (SELECT new.record_id FROM {application.written} AS new WHERE new.is_new = 1)
        WINDOW w AS (PARTITION BY p.customer_id, p.origin ORDER BY p.received_on, p.id ROWS UNBOUNDED PRECEDING)
        """
    )
    stage.run(
        f"""
        INSERT INTO {wanted} (record_id, customer_id, origin, after, upto)
        SELECT i.id, i.customer_id, i.origin, SUM(i.total - i.settled) OVER w - (i.total - i.settled),
               SUM(i.total - i.settled) OVER w
        FROM {INVOICES} AS i
        WHERE i.status = 'issued' AND i.settled < i.total
        AND i.customer_id IN (SELECT p.customer_id FROM {left} AS p)
        WINDOW w AS (PARTITION BY i.customer_id, i.origin ORDER BY i.due_on, i.issued_on, i.id ROWS UNBOUNDED PRECEDING)
        """
    )


def _lesser(one: str, other: str) -> str:
    return f"CASE WHEN {one} < {other} THEN {one} ELSE {other} END"


def _write(application: Application, shares: str) -> None:
    """Keep the shares as allocations, and add them to what is settled and allocated."""
    stage = application.stage
    stage.run(f"DELETE FROM {shares} WHERE amount <= 0")
    stage.run(
        f"""
        INSERT INTO {ALLOCATIONS} (payment_id, invoice_id, amount, posted_on)
        SELECT payment_id, invoice_id, amount, %s FROM {shares} ORDER BY payment_id, invoice_id
        """,
        [timezone.localdate(application.now)],
    )
    stage.run(
        f"""
        UPDATE {INVOICES} SET settled = settled + s.amount, version = version + 1, updated_at = %s
        FROM (SELECT invoice_id, SUM(amount) AS amount FROM {shares} GROUP BY invoice_id) AS s
        WHERE s.invoice_id = {INVOICES}.id
        """,
        [application.moment],
    )
    stage.run(
        f"""
        UPDATE {PAYMENTS} SET allocated = allocated + s.amount
        FROM (SELECT payment_id, SUM(amount) AS amount FROM {shares} GROUP BY payment_id) AS s
        WHERE s.payment_id = {PAYMENTS}.id
        """
    )
