"""How invoices and their lines are loaded and exported."""

from collections.abc import Mapping
from types import SimpleNamespace

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from billing.loads.charging import LINES
from billing.models import Invoice, InvoiceLine
from customerflow.loads.applying import Application
from customerflow.loads.cleaning import SLASH, Day, amount, choice, system_name, text
from customerflow.loads.declaration import NEEDED, Balance, Column, Declaration, Reference, register
from customerflow.loads.findings import in_words
from customerflow.loads.refusing import refuse
from customerflow.loads.rules import Rule
from customerflow.loads.staging import Stage, Stages, is_good, is_refused
from customers.referents import CUSTOMER

FIXED = gettext_lazy("The invoice is there already and says otherwise. An issued invoice is never changed by a load.")
ORIGIN_NEEDED = gettext_lazy("Say which system it comes from: ours are made by us. In the browser, or with --origin.")
ORIGIN_RULE = Rule("Origin", "old.id IS NULL AND new.origin = ''", ORIGIN_NEEDED)
# Between the name of a system and a number of its own.
BETWEEN = SLASH
# Terms are a year at most.
LAST_DAY_WITH_TERMS = "9998-12-31"

# The first address of a customer, as `billing.invoices` writes it on an invoice.
ADDRESS = """
    SUBSTR(COALESCE((
        SELECT place.address
            || CASE WHEN TRIM(place.postcode || ' ' || place.city) = '' THEN ''
               ELSE ', ' || TRIM(place.postcode || ' ' || place.city) END
            || CASE WHEN place.region = '' THEN '' ELSE ', ' || place.region END
            || CASE WHEN place.country = '' THEN '' ELSE ', ' || place.country END
        FROM customers_location AS place WHERE place.customer_id = new.customer_id ORDER BY place.id LIMIT 1
    ), ''), 1, 600)
"""


class IssuedOrVoid(models.TextChoices):
    """The states that an invoice of another system can be in."""

    ISSUED = Invoice.Status.ISSUED.value, Invoice.Status.ISSUED.label
    VOID = Invoice.Status.VOID.value, Invoice.Status.VOID.label


@register
class InvoiceLoad(Declaration):
    """
    Invoices of another system, found by their number there.

    Where no file of the load has lines of an invoice, it gets one over its total: so an opening balance is loaded.
    """

    model = Invoice
    kind = "invoices"
    keys = (("number", "origin"),)
    columns = (
        Column("Number", "number", text(32, required=True), aliases=("Invoice Number", "Invoice")),
        Column("Origin", "origin", system_name, is_required=False),
        Reference("Customer", "customer_id", NEEDED, referent=CUSTOMER, path="customer__number", is_locked=True),
        Column("Issued On", "issued_on", Day(required=True), aliases=("Date", "Invoice Date")),
        Column("Due On", "due_on", Day(), aliases=("Due Date",), is_required=False),
        Column("Total", "total", amount(required=True), aliases=("Amount",)),
        Column("Status", "status", choice(IssuedOrVoid), is_required=False),
        Column("Description", "description", text(300), is_required=False, db_type="text", is_exported=False),
    )
    rules = (
        ORIGIN_RULE,
        Rule(
            "Due On",
            f"old.id IS NULL AND new.due_on IS NULL AND new.issued_on > '{LAST_DAY_WITH_TERMS}'",
            gettext_lazy("Say when it is due: by the customer's terms it would be after the year 9999."),
        ),
    )
    # What is copied from a customer is copied when their locations are there.
    after = ("locations",)
    fixed = FIXED
    needs_keys = True
    dated_by = "issued_on"
    balance = Balance("total", "settled", counts="record.status = 'issued'")
    made = {
        "customer_name": "{customer_id.name}",
        "customer_address": ADDRESS,
        "status": "COALESCE(new.status, old.status, 'issued')",
        "posted_on": "{today}",
        "voided_on": "CASE WHEN COALESCE(new.status, old.status) = 'void' THEN new.issued_on END",
    }

    @classmethod
    def made_in(cls, stage: Stage) -> Mapping[str, str]:
        """Return what is made of a row: an invoice without a due day is due by the customer's terms."""
        terms = "COALESCE({customer_id.payment_terms}, 14)"
        day = f"date(new.issued_on, '+' || {terms} || ' days')" if stage.is_sqlite else f"new.issued_on + {terms}"
        reason = "CASE WHEN COALESCE(new.status, old.status) = 'void' THEN 'Void in ' || new.origin ELSE '' END"
        return cls.made | {"due_on": f"COALESCE(new.due_on, old.due_on, {day})", "void_reason": reason}

    @classmethod
    def check_row(cls, row: SimpleNamespace) -> None:
        """Refuse an invoice that is due before it is issued."""
        due_on = getattr(row, "due_on", None)
        if due_on and due_on < row.issued_on:
            raise ValidationError({"Due On": _("An invoice cannot be due before the day it is issued.")})

    @classmethod
    def check_together(cls, stage: Stage, stages: Stages) -> None:
        """Refuse invoices whose lines are refused, or add up to something else than their total."""
        for lines in stages.of(LINES):
            bad = f"SELECT s.invoice_id_said FROM {lines.rows} AS s WHERE {is_refused(lines)}"
            of_the_load = f"new.origin = {lines.origin_in_sql} AND new.number IN ({bad})"
            of_any = f"new.origin || '{BETWEEN}' || new.number IN ({bad})"
            reason = _("One of its lines is refused, and there is no invoice by halves.")
            refuse(stage, "Number", "new.number", reason, f"m.target IS NULL AND (({of_the_load}) OR {of_any})")
        if not stages.of(LINES):
            return
        key = stage.provisional("new")
        total = f"(SELECT SUM(line.amount) FROM ({_lines_of(stages)}) AS line WHERE line.invoice_id = {key})"
        said = f"REPLACE(%s, '#', {in_words(stage, 'total', total)})"
        differs = f"m.target IS NULL AND COALESCE({total}, new.total) <> new.total"
        reason = _("Its lines add up to #.")
        refuse(stage, "Total", in_words(stage, "total", "new.total"), reason, differs, said)

    @classmethod
    def finish(cls, application: Application) -> None:
        """Give a line to each new invoice that has none."""
        stage, table = application.stage, InvoiceLine._meta.db_table
        live = "CASE WHEN new.status = 'void' THEN {} ELSE {} END".format(
            *("01" if stage.is_sqlite else ("false", "true"))
        )
        stage.run(
            f"""
            INSERT INTO {table}
                (invoice_id, kind, description, quantity, unit_price, amount, live, inputs)
            SELECT new.record_id, '{InvoiceLine.Kind.ONE_OFF}', COALESCE(NULLIF(new.description, ''), %s), 1,
                   new.total, new.total, {live}, '{{}}'
            FROM {application.written} AS new
            WHERE new.is_new = 1 AND NOT EXISTS (SELECT 1 FROM {table} AS line WHERE line.invoice_id = new.record_id)
            ORDER BY new.row_number
            """,
            [_("From another system")],
        )

    @classmethod
    def records(cls) -> models.QuerySet:
        """Return all invoices but drafts, which are nobody's documents yet."""
        return Invoice.objects.exclude(status=Invoice.Status.DRAFT).order_by("pk")


def _lines_of(stages: Stages) -> str:
    """Return the SQL of the good lines of all files of the load."""
    return " UNION ALL ".join(
        f"SELECT s.invoice_id, s.amount FROM {lines.rows} AS s WHERE {is_good(lines)}" for lines in stages.of(LINES)
    )
