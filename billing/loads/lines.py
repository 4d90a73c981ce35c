"""How the lines of invoices are loaded and exported."""

from collections.abc import Mapping
from types import MappingProxyType, SimpleNamespace

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Case, F, Value, When
from django.db.models.functions import Concat
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from billing.loads.charging import LINES, gather_charges, refuse_charged_twice
from billing.loads.invoices import BETWEEN, FIXED
from billing.models import Invoice, InvoiceLine
from billing.models.invoice_line import MOST_QUANTITY
from customerflow.loads.cleaning import Day, amount, choice, text, whole_number
from customerflow.loads.declaration import NEEDED, Column, Declaration, Reference, Referent, Way, register
from customerflow.loads.rules import Rule
from customerflow.loads.staging import Stage, Stages
from customerflow.money import LIMIT, to_minor
from customers.referents import CUSTOMER, SERVICE, Numbered

INVOICE = Referent(
    kind="invoices",
    ways=(
        Way("old.number = said.key AND old.origin = {origin}"),
        Way(
            f"old.number = said.key AND old.origin || '{BETWEEN}' || old.number = said.said",
            lambda name: name.partition(BETWEEN)[2] or None,
        ),
    ),
    called=gettext_lazy("number"),
    label="CASE WHEN old.origin = '' THEN old.number ELSE old.origin || '/' || old.number END",
    within="customer_id",
)


@register
class InvoiceLineLoad(Declaration):
    """
    Lines of invoices that come in the same load, in the order of the file; those of stored invoices are compared.

    A line is known again by its place on the invoice. Its service is looked for at the invoice's customer.
    """

    model = InvoiceLine
    kind = LINES
    keys = (("invoice_id", "position"),)
    columns = (
        Reference("Customer", "customer_id", referent=CUSTOMER, is_required=False, is_exported=False),
        Reference(
            "Invoice",
            "invoice_id",
            NEEDED,
            referent=INVOICE,
            within="customer_id",
            aliases=("Invoice Number",),
            path=Case(
                When(invoice__origin="", then=F("invoice__number")),
                default=Concat("invoice__origin", Value(BETWEEN), "invoice__number"),
            ),
        ),
        Column("Description", "description", text(300, required=True)),
        Column("Quantity", "quantity", whole_number(0, MOST_QUANTITY), is_required=False),
        Column("Unit Price", "unit_price", amount(least=None, required=True), aliases=("Price",)),
        Column("Amount", "amount", amount(least=None), is_required=False),
        Column("Kind", "kind", choice(InvoiceLine.Kind), is_required=False),
        Column("First Day", "first_day", Day(), is_required=False),
        Column("Last Day", "last_day", Day(), is_required=False),
        Reference(
            "Service",
            "service_id",
            referent=SERVICE,
            within="customer_id",
            path=Numbered("service_id"),
            is_required=False,
        ),
    )
    staged = MappingProxyType({"position": "bigint"})
    rules = (
        Rule(
            "Invoice",
            "old.id IS NULL AND new.invoice_id > 0",
            gettext_lazy(
                "The invoice is there already and has no such line. An issued invoice is never changed by a load."
            ),
        ),
    )
    fixed = FIXED
    title = "new.invoice_id_said"

    @classmethod
    def made_in(cls, stage: Stage) -> Mapping[str, str]:
        """Return what is made of a row: the lines of a void invoice do not count."""
        live = "{invoice_id.status} <> 'void'"
        return {"live": live if not stage.is_sqlite else f"({live})"}

    @classmethod
    def check_row(cls, row: SimpleNamespace) -> None:
        """Refuse days in the wrong order, and more money than there is."""
        first, last = getattr(row, "first_day", None), getattr(row, "last_day", None)
        if first and last and last < first:
            raise ValidationError({"Last Day": _("The last day must not be before the first.")})
        if abs((getattr(row, "quantity", None) or 1) * row.unit_price) >= to_minor(LIMIT - 1):
            raise ValidationError({"Unit Price": _("Quantity times price is too large an amount.")})

    @classmethod
    def prepare(cls, stage: Stage, stages: Stages) -> None:
        """Say of each line what it charges, where the file does not, and at which place of its invoice it is."""
        gather_charges(stage, stages)
        stage.run(f"UPDATE {stage.rows} SET amount = COALESCE(quantity, 1) * unit_price WHERE amount IS NULL")
        _give_places(stage, [lines for lines in stages.of(LINES) if lines.number <= stage.number])
        stage.filled += [name for name in ("position", "amount") if name not in stage.filled]
        # By it lines are compared with stored ones, and added up.
        stage.index(stage.rows, "invoice_id", "position")
        named = f"SELECT s.invoice_id FROM {stage.rows} AS s WHERE s.invoice_id > 0"
        stage.target = f"""(
            SELECT line.*, ROW_NUMBER() OVER (PARTITION BY line.invoice_id ORDER BY line.id) AS position
            FROM {stage.table} AS line WHERE line.invoice_id IN ({named})
        )"""

    @classmethod
    def check_together(cls, stage: Stage, stages: Stages) -> None:
        """Refuse lines by which a service would be charged twice."""
        refuse_charged_twice(stage, stages)

    @classmethod
    def records(cls) -> models.QuerySet:
        """Return the lines of all invoices but drafts."""
        return InvoiceLine.objects.exclude(invoice__status=Invoice.Status.DRAFT).order_by("invoice", "pk")


def _give_places(stage: Stage, files: list[Stage]) -> None:
    """Say at which place of its invoice each line of the last of `files` is, those of the others before it."""
    rows = stage.rows.partition(".")[2]
    lines = " UNION ALL ".join(
        f"SELECT {file.number} AS file, row_number, invoice_id FROM {file.rows}" for file in files
    )
    stage.run(
        f"""
        UPDATE {stage.rows} SET position = placed.position FROM (
            SELECT file, row_number, ROW_NUMBER() OVER (PARTITION BY invoice_id ORDER BY file, row_number) AS position
            FROM ({lines}) AS line WHERE invoice_id IS NOT NULL
        ) AS placed WHERE placed.file = {stage.number} AND placed.row_number = {rows}.row_number
        """
    )
