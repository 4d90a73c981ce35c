"""What customers owe and what they have paid."""

from .allocation import Allocation, WriteOff
from .charge import Charge, Discount
from .credit_note import CreditNote, CreditNoteLine, CreditNoteTax
from .document import Document
from .email import Email, EmailInvoice
from .invoice import Invoice
from .invoice_line import InvoiceLine, InvoiceTax
from .ledger_account import LedgerAccount
from .payment import Payment, Refund
from .period import PeriodClosing
from .run import BillingRun, BillingRunItem, BillingStart

__all__ = [
    "Allocation",
    "BillingRun",
    "BillingRunItem",
    "BillingStart",
    "Charge",
    "CreditNote",
    "CreditNoteLine",
    "CreditNoteTax",
    "Discount",
    "Document",
    "Email",
    "EmailInvoice",
    "Invoice",
    "InvoiceLine",
    "InvoiceTax",
    "LedgerAccount",
    "Payment",
    "PeriodClosing",
    "Refund",
    "WriteOff",
]
