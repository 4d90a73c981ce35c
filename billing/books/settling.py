"""Whether what was paid and given back agrees with what it settles."""

from django.utils.translation import gettext_lazy as _

from billing.books.check import Check

INVOICE, NOTE, PAYMENT = "billing.invoice", "billing.creditnote", "billing.payment"
KEPT_TOLD = _("%(first)s is kept; the sum is %(second)s.")
RECOUNT = _("The sum was changed past the program. Compare the history, and correct the sum by hand.")
STILL = _("%(first)s is still settled by it.")
TAKE_BACK = _("Something was taken back past the program, and what it settled was not. Compare the history.")
ONE_CUSTOMER = _("Move the money to the right customer: reverse the payment, or void the note, and record it again.")
OVER_TOLD = _("%(first)s of %(second)s.")


def _sum(table: str, kept: str, rows: str, key: str, in_force: str) -> str:
    """Return the query for documents whose sum `kept` is not that of their rows in force."""
    return f"""
        SELECT document.id, document.{kept}, COALESCE(found.amount, 0) FROM {table} AS document
        LEFT JOIN (SELECT {key} AS id, SUM(amount) AS amount FROM {rows} WHERE {in_force} IS NULL GROUP BY {key})
            AS found ON found.id = document.id
        WHERE document.{kept} <> COALESCE(found.amount, 0)"""


def _kept(name: str, rule: object, kind: str, sql: str) -> Check:
    return Check(name, rule, RECOUNT, kind, KEPT_TOLD, True, sql)


def _still(table: str, rows: str, key: str, gone: str, in_force: str) -> str:
    """Return the query for documents that were taken back and still settle, or pay back, something."""
    return f"""
        SELECT document.id, SUM(rows.amount), 0 FROM {table} AS document
        JOIN {rows} AS rows ON rows.{key} = document.id AND rows.{in_force} IS NULL
        WHERE {gone} GROUP BY document.id"""


ALLOCATIONS, REFUNDS = "billing_allocation", "billing_refund"

CHECKS = (
    _kept(
        "invoice-settled",
        _("What is settled of an invoice is the sum of the allocations in force."),
        INVOICE,
        _sum("billing_invoice", "settled", ALLOCATIONS, "invoice_id", "released_on"),
    ),
    _kept(
        "payment-allocated",
        _("What a payment settles is the sum of its allocations in force."),
        PAYMENT,
        _sum("billing_payment", "allocated", ALLOCATIONS, "payment_id", "released_on"),
    ),
    _kept(
        "payment-refunded",
        _("What was paid back of a payment is the sum of its refunds in force."),
        PAYMENT,
        _sum("billing_payment", "refunded", REFUNDS, "payment_id", "reversed_on"),
    ),
    _kept(
        "note-allocated",
        _("What a credit note settles is the sum of its allocations in force."),
        NOTE,
        _sum("billing_creditnote", "allocated", ALLOCATIONS, "credit_note_id", "released_on"),
    ),
    _kept(
        "note-refunded",
        _("What was paid back of a credit note is the sum of its refunds in force."),
        NOTE,
        _sum("billing_creditnote", "refunded", REFUNDS, "credit_note_id", "reversed_on"),
    ),
    Check(
        "invoice-over-settled",
        _("An invoice is settled by no more than its total."),
        _("Reverse the payment that is too much, and record it again."),
        INVOICE,
        OVER_TOLD,
        True,
        "SELECT id, settled, total FROM billing_invoice WHERE settled > total",
    ),
    Check(
        "payment-over-used",
        _("A payment settles and pays back no more than its amount, and none of it is below zero."),
        _("Reverse the payment, and record it again."),
        PAYMENT,
        OVER_TOLD,
        True,
        """
        SELECT id, allocated + refunded, amount FROM billing_payment
        WHERE allocated + refunded > amount OR allocated < 0 OR refunded < 0 OR amount <= 0""",
    ),
    Check(
        "note-over-used",
        _("A credit note settles and pays back no more than its total, and none of it is below zero."),
        _("Void the credit note, and issue it again."),
        NOTE,
        OVER_TOLD,
        True,
        """
        SELECT id, allocated + refunded, total FROM billing_creditnote
        WHERE allocated + refunded > total OR allocated < 0 OR refunded < 0""",
    ),
    Check(
        "allocation-amounts",
        _("What settles an invoice is more than zero, and not released before it was recorded."),
        TAKE_BACK,
        INVOICE,
        _("%(first)s, recorded on %(second)s."),
        sql="""
        SELECT invoice_id, amount, posted_on FROM billing_allocation WHERE amount <= 0 OR released_on < posted_on""",
    ),
    Check(
        "refund-amounts",
        _("A refund is over more than zero, and not reversed before it was recorded."),
        TAKE_BACK,
        "billing.refund",
        _("%(first)s, recorded on %(second)s."),
        sql="SELECT id, amount, posted_on FROM billing_refund WHERE amount <= 0 OR reversed_on < posted_on",
    ),
    Check(
        "void-settled",
        _("Nothing settles a void invoice."),
        _("Reverse what settles it: it is credit then."),
        INVOICE,
        STILL,
        True,
        _still("billing_invoice", ALLOCATIONS, "invoice_id", "document.status <> 'issued'", "released_on"),
    ),
    Check(
        "reversed-settles",
        _("A payment that was reversed settles nothing."),
        TAKE_BACK,
        PAYMENT,
        STILL,
        True,
        _still("billing_payment", ALLOCATIONS, "payment_id", "document.reversed_on IS NOT NULL", "released_on"),
    ),
    Check(
        "reversed-refunded",
        _("Nothing of a payment that was reversed is paid back."),
        TAKE_BACK,
        PAYMENT,
        _("%(first)s of it is paid back."),
        True,
        _still("billing_payment", REFUNDS, "payment_id", "document.reversed_on IS NOT NULL", "reversed_on"),
    ),
    Check(
        "void-note-settles",
        _("A credit note that was voided settles nothing."),
        TAKE_BACK,
        NOTE,
        STILL,
        True,
        _still("billing_creditnote", ALLOCATIONS, "credit_note_id", "document.voided_on IS NOT NULL", "released_on"),
    ),
    Check(
        "void-note-refunded",
        _("Nothing of a credit note that was voided is paid back."),
        TAKE_BACK,
        NOTE,
        _("%(first)s of it is paid back."),
        True,
        _still("billing_creditnote", REFUNDS, "credit_note_id", "document.voided_on IS NOT NULL", "reversed_on"),
    ),
    Check(
        "write-off",
        _("A write-off settles its invoice exactly until it is taken back."),
        TAKE_BACK,
        INVOICE,
        _("Recorded on %(first)s, taken back on %(second)s."),
        sql="""
        SELECT made.invoice_id, made.posted_on, made.reversed_on FROM billing_writeoff AS made
        LEFT JOIN billing_allocation AS settling ON settling.write_off_id = made.id AND settling.released_on IS NULL
        WHERE (made.reversed_on IS NULL) <> (settling.id IS NOT NULL) OR settling.invoice_id <> made.invoice_id""",
    ),
    Check(
        "allocation-customer",
        _("What settles an invoice is of the same customer."),
        ONE_CUSTOMER,
        INVOICE,
        _("It is settled by the document #%(first)s of the customer #%(second)s."),
        sql="""
        SELECT invoice.id, source.id, source.customer_id FROM billing_allocation AS settling
        JOIN billing_invoice AS invoice ON invoice.id = settling.invoice_id
        JOIN billing_payment AS source ON source.id = settling.payment_id
        WHERE source.customer_id <> invoice.customer_id
        UNION ALL
        SELECT invoice.id, source.id, source.customer_id FROM billing_allocation AS settling
        JOIN billing_invoice AS invoice ON invoice.id = settling.invoice_id
        JOIN billing_creditnote AS source ON source.id = settling.credit_note_id
        WHERE source.customer_id <> invoice.customer_id""",
    ),
    Check(
        "refund-customer",
        _("A refund is paid to the customer whose payment or credit note it is of."),
        ONE_CUSTOMER,
        "billing.refund",
        _("It is of a document of the customer #%(first)s, paid to the customer #%(second)s."),
        sql="""
        SELECT made.id, COALESCE(payment.customer_id, note.customer_id), made.customer_id FROM billing_refund AS made
        LEFT JOIN billing_payment AS payment ON payment.id = made.payment_id
        LEFT JOIN billing_creditnote AS note ON note.id = made.credit_note_id
        WHERE COALESCE(payment.customer_id, note.customer_id) <> made.customer_id""",
    ),
    Check(
        "note-customer",
        _("A credit note corrects an invoice of the same customer."),
        ONE_CUSTOMER,
        NOTE,
        _("It corrects an invoice of the customer #%(first)s, and is of the customer #%(second)s."),
        sql="""
        SELECT note.id, invoice.customer_id, note.customer_id FROM billing_creditnote AS note
        JOIN billing_invoice AS invoice ON invoice.id = note.invoice_id
        WHERE invoice.customer_id <> note.customer_id""",
    ),
)
