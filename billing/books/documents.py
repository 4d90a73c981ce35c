"""Whether documents add up: totals, taxes, days, and which of their lines count as billed."""

from django.utils.translation import gettext_lazy as _

from billing.books.check import Check

ASK = _("It was changed past the program. Compare the history and the stored document, and correct it by hand.")
INVOICE, NOTE = "billing.invoice", "billing.creditnote"


def _total(table: str, key: str, which: str = "") -> str:
    """Return the query for documents whose total is not the sum of their lines and taxes."""
    sums = [
        f"LEFT JOIN (SELECT {key} AS id, SUM(amount) AS amount FROM {table}{part} GROUP BY {key}) AS {part} "
        f"ON {part}.id = document.id"
        for part in ("line", "tax")
    ]
    expected = "COALESCE(line.amount, 0) + COALESCE(tax.amount, 0)"
    return f"""
        SELECT document.id, document.total, {expected} FROM {table} AS document {" ".join(sums)}
        WHERE document.total <> {expected} {which}"""


def _tax(table: str, key: str, tolerance: str) -> str:
    """
    Return the query for taxes that are not their rate on their base, rounded half up away from zero.

    It computes in whole numbers, alike on every database. `tolerance` is how many cents a tax may be off.
    """
    return f"""
        SELECT tax.document_id, tax.amount, tax.expected FROM (
            SELECT {key} AS document_id, amount, CASE WHEN base < 0 THEN -((-base * rate + 50000) / 100000)
                ELSE (base * rate + 50000) / 100000 END AS expected
            FROM (SELECT {key}, amount, base, CAST(ROUND(percent * 1000) AS bigint) AS rate FROM {table}tax) AS rated
        ) AS tax JOIN {table} AS document ON document.id = tax.document_id
        WHERE ABS(tax.amount - tax.expected) > {tolerance}"""


def _base(table: str, key: str, ours: str = "") -> str:
    """Return the query for taxes whose base is not the sum of the lines with their code."""
    return f"""
        SELECT tax.{key}, tax.base, COALESCE(line.amount, 0) FROM {table}tax AS tax
        JOIN {table} AS document ON document.id = tax.{key} {ours}
        LEFT JOIN (SELECT {key} AS id, tax_code_id, SUM(amount) AS amount FROM {table}line GROUP BY {key}, tax_code_id)
            AS line ON line.id = tax.{key} AND line.tax_code_id = tax.code_id
        WHERE tax.base <> COALESCE(line.amount, 0)"""


def _standing_on(invoice: str) -> str:
    """Return the condition that something of the books stands on an invoice."""
    tables = ("invoicetax", "allocation", "creditnote", "writeoff", "document", "email", "billingrunitem")
    return " OR ".join(f"EXISTS (SELECT 1 FROM billing_{each} AS e WHERE e.invoice_id = {invoice})" for each in tables)


TOTAL_TOLD = _("The total is %(first)s; lines and taxes add up to %(second)s.")
TAX_TOLD = _("The tax is %(first)s; the rate makes it %(second)s.")
BASE_TOLD = _("The tax is on %(first)s; the lines add up to %(second)s.")
OF_OURS = "AND document.origin = ''"

CHECKS = (
    Check(
        "invoice-total",
        _("The total of an invoice is the sum of its lines and taxes."),
        ASK,
        INVOICE,
        TOTAL_TOLD,
        True,
        # The taxes of a draft are worked out at issue.
        _total("billing_invoice", "invoice_id", "AND document.status <> 'draft'"),
    ),
    Check(
        "invoice-tax",
        _("The tax on an invoice is its rate on its base, rounded half up."),
        ASK,
        INVOICE,
        TAX_TOLD,
        True,
        _tax("billing_invoice", "invoice_id", "0"),
    ),
    Check(
        "invoice-base",
        _("The tax on an invoice is on the sum of the lines with its code."),
        ASK,
        INVOICE,
        BASE_TOLD,
        True,
        _base("billing_invoice", "invoice_id", OF_OURS),
    ),
    Check(
        "note-total",
        _("The total of a credit note is the sum of its lines and taxes."),
        ASK,
        NOTE,
        TOTAL_TOLD,
        True,
        _total("billing_creditnote", "credit_note_id"),
    ),
    Check(
        "note-tax",
        _("The tax that a credit note gives back is its rate on its base; to the cent, where it corrects no invoice."),
        ASK,
        NOTE,
        TAX_TOLD,
        True,
        # Several notes on one invoice give its tax back so that the sum is right: one may be a cent off.
        _tax("billing_creditnote", "credit_note_id", "CASE WHEN document.invoice_id IS NULL THEN 0 ELSE 1 END"),
    ),
    Check(
        "note-base",
        _("The tax on a credit note is on the sum of the lines with its code."),
        ASK,
        NOTE,
        BASE_TOLD,
        True,
        _base("billing_creditnote", "credit_note_id"),
    ),
    Check(
        "invoice-days",
        _("An invoice is not due, nor voided, before it was issued, and its amounts are not below zero."),
        ASK,
        INVOICE,
        _("Issued on %(first)s, due on %(second)s."),
        sql="""
        SELECT id, issued_on, due_on FROM billing_invoice
        WHERE due_on < issued_on OR voided_on < issued_on OR total < 0 OR settled < 0""",
    ),
    Check(
        "note-days",
        _("A credit note is over more than zero, and not voided before it was issued."),
        ASK,
        NOTE,
        _("Issued on %(first)s, voided on %(second)s."),
        sql="SELECT id, issued_on, voided_on FROM billing_creditnote WHERE voided_on < issued_on OR total <= 0",
    ),
    Check(
        "line-days",
        _("The last day of a line is not before its first."),
        ASK,
        INVOICE,
        _("A line is from %(first)s to %(second)s."),
        sql="""
        SELECT invoice_id, first_day, last_day FROM billing_invoiceline WHERE last_day < first_day
        UNION ALL
        SELECT invoice_id, cycle_first, cycle_last FROM billing_invoiceline WHERE cycle_last < cycle_first""",
    ),
    Check(
        "void-lines",
        _("The lines of a void invoice count as billed only where it was voided for good."),
        _("Void the invoice again with the right answer: ask the operator of the program."),
        INVOICE,
        _("%(second)s lines of the void invoice %(first)s count as billed."),
        sql="""
        SELECT invoice.id, invoice.number, COUNT(*) FROM billing_invoice AS invoice
        JOIN billing_invoiceline AS line ON line.invoice_id = invoice.id
        WHERE invoice.status = 'void' AND NOT invoice.is_waived AND line.live
        GROUP BY invoice.id, invoice.number""",
    ),
    Check(
        "issued-lines",
        _("All lines of an issued invoice count as billed."),
        _("The next billing run would charge these days again: stop it, and ask the operator of the program."),
        INVOICE,
        _("%(second)s lines of the invoice %(first)s do not count as billed."),
        sql="""
        SELECT invoice.id, invoice.number, COUNT(*) FROM billing_invoice AS invoice
        JOIN billing_invoiceline AS line ON line.invoice_id = invoice.id
        WHERE invoice.status = 'issued' AND NOT line.live GROUP BY invoice.id, invoice.number""",
    ),
    Check(
        "draft-lines",
        _("No line of a draft counts as billed."),
        _("The next billing run would leave these days out: save the draft again."),
        INVOICE,
        _("%(second)s lines of the draft planned for %(first)s count as billed."),
        sql="""
        SELECT invoice.id, invoice.issued_on, COUNT(*) FROM billing_invoice AS invoice
        JOIN billing_invoiceline AS line ON line.invoice_id = invoice.id
        WHERE invoice.status = 'draft' AND line.live GROUP BY invoice.id, invoice.issued_on""",
    ),
    Check(
        "draft-on-the-books",
        _("A draft has no taxes yet, settles nothing, and is no file."),
        _("It was written past the program: discard the draft, and compare the history."),
        INVOICE,
        _("Something of the books stands on the draft planned for %(first)s."),
        sql=f"""
        SELECT draft.id, draft.issued_on, draft.status FROM billing_invoice AS draft
        WHERE draft.status = 'draft' AND ({_standing_on("draft.id")})""",
    ),
    Check(
        "note-lines",
        _("The lines of a credit note count exactly while it is not void."),
        ASK,
        NOTE,
        _("%(second)s lines of the credit note %(first)s count wrongly."),
        sql="""
        SELECT note.id, note.number, COUNT(*) FROM billing_creditnote AS note
        JOIN billing_creditnoteline AS line ON line.credit_note_id = note.id
        WHERE line.live <> (note.voided_on IS NULL) GROUP BY note.id, note.number""",
    ),
)
