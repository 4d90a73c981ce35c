"""The statement of account: what was owed at first, what came to it and went off, and what is owed at last."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.utils.translation import gettext as _

from billing.balances import Balance, balance_of
from billing.ledger import Entry, entries_of, totals_of
from customers.models import Customer


@dataclass(frozen=True)
class Line:
    """An entry, and what was owed behind it."""

    entry: Entry
    balance: Decimal


@dataclass(frozen=True)
class Statement:
    """
    The account of a customer from the day `first` to `last`, both included; amounts below zero are in their favour.

    `today` is how the customer stands on the day it was made. What is not invoiced yet is in none of its parts.
    """

    customer: Customer
    first: date
    last: date
    opening: Decimal
    lines: list[Line]
    today: Balance

    @property
    def closing(self) -> Decimal:
        """What was owed at the end of the last day."""
        return self.lines[-1].balance if self.lines else self.opening


def statement_of(customer: Customer, first: date, last: date, *, today: date) -> Statement:
    """Return the statement of `customer` for the days from `first` to `last`, both included."""
    opening = totals_of([customer], first - timedelta(days=1))[customer.pk]
    balance, lines = opening, []
    for entry in entries_of(customer, first, last):
        balance += entry.amount
        lines.append(Line(entry, balance))
    return Statement(customer, first, last, opening, lines, balance_of(customer, today))


def as_rows(statement: Statement) -> Iterator[list[object]]:
    """Yield a statement as the rows of a table: headings, opening balance, entries, closing balance."""
    yield [_("Day"), _("What"), _("Reference"), _("Amount"), _("Balance")]
    yield [statement.first, _("Opening balance"), "", "", statement.opening]
    for line in statement.lines:
        entry = line.entry
        yield [entry.posted_on, entry.kind.label, entry.reference, entry.amount, line.balance]
    yield [statement.last, _("Closing balance"), "", "", statement.closing]
