"""
Who is told, within the transaction, that what a customer owes may have become less or more.

An app that acts on it says so once, when it starts::

    AFTER_SETTLING.append(return_if_settled)

Each function is called with the customer and the day, after a payment, a credit note, a write-off or credit settled
something, after one of them was taken back, after an invoice was voided, and after a promise to pay; the customer's
books are locked. It reads what it needs anew, asks at most a few questions where nothing is to be done, and what it
raises fails the act. What is loaded as a whole from another system, and what merges customers, tells nobody: the daily
steps look at everybody.
"""

from collections.abc import Callable
from datetime import date

from customers.models import Customer

AFTER_SETTLING: list[Callable[[Customer, date], object]] = []


def tell_settled(customer: Customer, on: date) -> None:
    """Call all that asked for it, in the order in which they did; the books of `customer` are locked."""
    for act in AFTER_SETTLING:
        act(customer, on)
