"""What customers owe and what they have paid."""

from .invoice import Invoice, InvoiceLine
from .payment import Allocation, Payment

__all__ = ["Allocation", "Invoice", "InvoiceLine", "Payment"]
