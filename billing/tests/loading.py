"""Files of documents, and what became of them, for tests."""

from customerflow.loads.declaration import KINDS
from customerflow.loads.exporting import as_csv
from customerflow.loads.records import rows_of
from customerflow.loads.reports import Report

INVOICES = "Number,Customer,Issued On,Due On,Total\n"
LINES = "Invoice,Description,Quantity,Unit Price\n"
PAYMENTS = "Number,Customer,Amount,Received On,Invoices\n"


def reasons(report: Report) -> list[str]:
    return [f"{refusal.line} {refusal.column}: {refusal.reason}" for file in report.files for refusal in file.refusals]


def exported() -> dict[str, str]:
    """Return all documents as files."""
    kinds = ("invoices", "invoice lines", "payments")
    return {kind.replace(" ", "_"): "".join(as_csv(rows_of(KINDS[kind]))) for kind in kinds}
