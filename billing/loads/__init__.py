"""
How documents of another system are loaded: invoices with their lines, and payments.

They keep the numbers that they have there, in a series of their own for each system (`origin`), and are never changed
by a second load. They are taken back with the load that brought them, while nothing of ours touches them.
"""

from billing.loads.invoices import InvoiceLoad
from billing.loads.lines import InvoiceLineLoad
from billing.loads.payments import PaymentLoad

__all__ = ["InvoiceLineLoad", "InvoiceLoad", "PaymentLoad"]
