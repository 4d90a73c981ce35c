"""What customers owe, and what of it has been paid in advance."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import F, Q, Sum
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from billing.models import CreditNote, Invoice, Payment
from customerflow.money import ZERO, format_money, zero
from customers.models import Customer

OPEN_AMOUNT = F("total") - F("settled")
CREDIT = F("amount") - F("allocated") - F("refunded")
CREDIT_OF_NOTE = F("total") - F("allocated") - F("refunded")


@dataclass(frozen=True)
class Balance:
    """
    How a customer stands on a day, in parts that add up to `total`.

    `due_now` is open on invoices due that day or before, `not_yet_due` on the others; `credit` is paid, or was
    given back, and settles no invoice. What is not invoiced yet is in none of them.
    """

    due_now: Decimal = ZERO
    not_yet_due: Decimal = ZERO
    credit: Decimal = ZERO

    @property
    def total(self) -> Decimal:
        """What the customer owes all in all; below zero when they are in credit."""
        return self.due_now + self.not_yet_due - self.credit

    @property
    def in_words(self) -> str:
        """How the customer stands, such as "owes 59.99", "in credit 10.00" or "settled"."""
        if self.total > 0:
            return _("owes %(amount)s") % {"amount": format_money(self.total)}
        if self.total < 0:
            return _("in credit %(amount)s") % {"amount": format_money(-self.total)}
        return _("settled")


def balance_of(customer: Customer, on: date) -> Balance:
    """Return how `customer` stands on the day `on`; two queries."""
    return balances_of([customer], on)[customer.pk]


def balances_of(customers: Collection[Customer], on: date) -> dict[int, Balance]:
    """Return how each of `customers`, such as those of one page, stands on the day `on`, by key; two queries."""
    due = Q(due_on__lte=on)
    open_amounts = (
        Invoice.objects.open()
        .filter(customer__in=customers)
        .order_by()
        .values_list("customer")
        .annotate(
            now=Coalesce(Sum(OPEN_AMOUNT, filter=due), zero()),
            later=Coalesce(Sum(OPEN_AMOUNT, filter=~due), zero()),
        )
    )
    owed = {customer: amounts for customer, *amounts in open_amounts}
    credit = _credit_of(customers)
    return {
        customer.pk: Balance(*owed.get(customer.pk, (ZERO, ZERO)), credit.get(customer.pk, ZERO))
        for customer in customers
    }


def _credit_of(customers: Collection[Customer]) -> dict[int, Decimal]:
    """Return what of the payments and credit notes of `customers` settles nothing, by key; one query."""
    payments, notes = (
        rows.with_credit().filter(customer__in=customers).order_by().values_list("customer").annotate(sum=Sum(credit))
        for rows, credit in ((Payment.objects, CREDIT), (CreditNote.objects, CREDIT_OF_NOTE))
    )
    found: dict[int, Decimal] = {}
    for customer, credit in payments.union(notes, all=True):
        found[customer] = found.get(customer, ZERO) + credit
    return found
