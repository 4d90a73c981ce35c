"""How payments are loaded and exported, and what they settle."""

import re
from collections.abc import Mapping

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from billing.loads.invoices import ORIGIN_RULE
from billing.loads.settling import settle_by_name, settle_oldest_first
from billing.models import Invoice, Payment
from customerflow.loads.applying import Application
from customerflow.loads.cleaning import Day, amount, choice, clean_text, given, system_name, text
from customerflow.loads.declaration import NEEDED, Balance, Column, Declaration, Reference, record_id, register
from customerflow.loads.refusing import refuse
from customerflow.loads.rules import Rule
from customerflow.loads.staging import Stage, Stages, is_good
from customers.referents import CUSTOMER

ROWS_A_PIECE = 2_000
# Between the numbers of invoices; where they have spaces themselves, only the signs.
SIGNS, SIGNS_OR_SPACES = re.compile(r"[;,]"), re.compile(r"[;,\s]+")
BETWEEN = ";"
LONGEST_NUMBER = 32
# The invoices that a row names, one by one.
NAMED = {"row_number": "bigint", "nth": "bigint", "number": "text"}


def numbers(cell: str) -> str | None:
    """
    Return the numbers of invoices in a cell, parted by semicolons; blank is not given.

    Where the cell has semicolons or commas, spaces belong to the numbers, as in "INV 7; INV 8".
    """
    said = clean_text(cell)
    parts = (SIGNS if SIGNS.search(said) else SIGNS_OR_SPACES).split(said)
    found = [number.strip() for number in parts if number.strip()]
    if too_long := [number for number in found if len(number) > LONGEST_NUMBER]:
        raise ValidationError(_("“%(number)s…” is no number of an invoice.") % {"number": too_long[0][:LONGEST_NUMBER]})
    return BETWEEN.join(dict.fromkeys(found)) or None


@register
class PaymentLoad(Declaration):
    """
    Payments of another system, found by their number there, or stored ones by our number.

    A new one settles the invoices that it names, and then the oldest of the customer's open invoices from the same
    system; what is left is credit. Invoices of ours are not touched.
    """

    model = Payment
    kind = "payments"
    keys = (("id",), ("number", "origin"))
    columns = (
        record_id(),
        Column("Number", "number", given(text(LONGEST_NUMBER)), aliases=("Payment Number",), is_required=False),
        Column("Origin", "origin", system_name, is_required=False),
        Reference("Customer", "customer_id", NEEDED, referent=CUSTOMER, path="customer__number", is_locked=True),
        Column("Amount", "amount", amount(least=1, required=True)),
        Column("Received On", "received_on", Day(required=True), aliases=("Date", "Payment Date")),
        Column("Method", "method", choice(Payment.Method), is_required=False),
        Column("Reference", "reference", text(100), is_required=False),
        Column(
            "Invoices", "invoices", numbers, aliases=("Invoice",), is_required=False, db_type="text", is_exported=False
        ),
    )
    rules = (
        ORIGIN_RULE,
        Rule("Received On", "old.id IS NULL AND new.received_on > {today}", gettext_lazy("This day is still to come.")),
    )
    after = ("invoices", "invoice lines")
    fixed = gettext_lazy("The payment is there already and says otherwise. A payment is never changed by a load.")
    title = "COALESCE(new.number, '#' || new.id, '')"
    needs_keys = True
    dated_by = "received_on"
    balance = Balance("amount", "allocated", is_paid=True, counts="record.reversed_on IS NULL")

    @classmethod
    def made_in(cls, stage: Stage) -> Mapping[str, str]:
        """Return what is made of a row: who loads a payment has recorded it."""
        return {"recorded_by_id": "{by}", "posted_on": "{today}"}

    @classmethod
    def prepare(cls, stage: Stage, stages: Stages) -> None:
        """Part the numbers of the invoices that a payment names, a piece of the file at a time."""
        named = stage.more("named", NAMED)
        last, sql = 0, f"SELECT s.row_number, s.invoices FROM {stage.rows} AS s WHERE s.invoices IS NOT NULL"
        while page := stage.query(f"{sql} AND s.row_number > %s ORDER BY s.row_number LIMIT {ROWS_A_PIECE}", [last]):
            last = page[-1][0]
            rows = [(row, nth, number) for row, said in page for nth, number in enumerate(said.split(BETWEEN))]
            stage.insert(named, list(NAMED), rows)
        stage.index(named, "row_number")

    @classmethod
    def check_together(cls, stage: Stage, stages: Stages) -> None:
        """Refuse new payments that name an invoice which the customer does not have."""
        own = "i.customer_id = new.customer_id AND i.number = n.number AND i.origin = new.origin"
        known = [f"SELECT 1 FROM {Invoice._meta.db_table} AS i WHERE {own} AND i.status = 'issued'"]
        for other in stages.of("invoices"):
            other.index(other.rows, "number")
            new = f"SELECT s.customer_id, s.number, s.origin FROM {other.rows} AS s WHERE {is_good(other)}"
            known.append(f"SELECT 1 FROM ({new} AND COALESCE(s.status, 'issued') = 'issued') AS i WHERE {own}")
        unknown = " AND ".join(f"NOT EXISTS ({query})" for query in known)
        condition = f"""
            m.target IS NULL AND EXISTS (
                SELECT 1 FROM {stage.more_of("named")} AS n WHERE n.row_number = new.row_number AND {unknown}
            )
        """
        reason = _("The customer has no such invoice of this system, or it is void.")
        refuse(stage, "Invoices", "new.invoices", reason, condition)

    @classmethod
    def finish(cls, application: Application) -> None:
        """Settle invoices: those that are named, and then the oldest."""
        settle_by_name(application)
        settle_oldest_first(application)

    @classmethod
    def records(cls) -> models.QuerySet:
        """Return all payments; those of ours have no number but our own."""
        return Payment.objects.order_by("pk")
