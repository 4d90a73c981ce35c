"""Customers with overdue payments."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from itertools import islice
from typing import Self

from django.db.models import Aggregate, Count, DateField, Min, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from billing.balances import OPEN_AMOUNT
from billing.models import Invoice, Payment
from customerflow.money import zero
from customers.models import Customer

# What rows are sorted by, as a question about invoices names it.
COLUMNS = {"pk": "customer", "name_key": "customer__name_key"}


@dataclass(frozen=True)
class LateCustomer:
    """
    A customer as they are late on the day `on`.

    `last_payment_on` is the day of the last payment that was not reversed; None: never.
    """

    customer: Customer
    on: date
    overdue_amount: Decimal
    overdue_invoices: int
    oldest_due_on: date
    last_payment_on: date | None

    @property
    def days_late(self) -> int:
        """By how many days the oldest invoice is late."""
        return days_late(self.oldest_due_on, self.on)

    def get_absolute_url(self) -> str:
        return self.customer.get_absolute_url()

    def __str__(self) -> str:
        return str(self.customer)


@dataclass(frozen=True)
class LateCustomers:
    """
    Those of `customers`, or of all (None), with an invoice that is overdue on the day `on`, the oldest due day first.

    Overdue begins the day after the due day. Like a queryset it is put in an order, and cut: nothing is read before
    that, and of the customers only those of the part.
    """

    on: date
    customers: QuerySet[Customer] | None = None
    order: tuple[str, ...] = ("oldest_due_on", "pk")

    def order_by(self, *order: str) -> Self:
        """Return the same rows in another order: by `name_key`, `overdue_amount`, `oldest_due_on` or `pk`."""
        return replace(self, order=order)

    def totals(self) -> tuple[int, Decimal]:
        """Return the number of rows, and what they are late with all together; one query."""
        amount = Coalesce(Sum(OPEN_AMOUNT), zero())
        return tuple(self._invoices().aggregate(count=Count("customer", distinct=True), amount=amount).values())

    def __getitem__(self, part: slice) -> list[LateCustomer]:
        return self._rows(self._sums()[part])

    def iterator(self, chunk_size: int = 2_000) -> Iterator[LateCustomer]:
        """Yield all rows, so many of them in memory."""
        found = self._sums().iterator(chunk_size)
        while part := list(islice(found, chunk_size)):
            yield from self._rows(part)

    def _invoices(self) -> QuerySet[Invoice]:
        invoices = Invoice.objects.overdue(self.on).order_by()
        return invoices if self.customers is None else invoices.filter(customer__in=self.customers.values("pk"))

    def _sums(self) -> QuerySet:
        """Return customer, amount, number and oldest due day of their invoices, a row for each customer, in order."""
        names = [(name.removeprefix("-"), "-" * (name[0] == "-")) for name in self.order]
        order = [f"{sign}{COLUMNS.get(name, name)}" for name, sign in names]
        return self._invoices().values_list("customer").annotate(**self._summed()).order_by(*order)

    def _summed(self) -> dict[str, Aggregate]:
        """Return what is asked of each customer's invoices."""
        # All of it is in the index of open invoices: their keys are not.
        return {"overdue_amount": Sum(OPEN_AMOUNT), "overdue_invoices": Count("*"), "oldest_due_on": Min("due_on")}

    def _rows(self, found: Iterable[tuple]) -> list[LateCustomer]:
        found = list(found)
        payments = Payment.objects.standing().filter(customer=OuterRef("pk")).order_by("-received_on")
        last = Subquery(payments.values("received_on")[:1], output_field=DateField())
        customers = Customer.objects.annotate(last_payment_on=last).in_bulk([key for key, *_sums in found])
        return [LateCustomer(customers[key], self.on, *sums, customers[key].last_payment_on) for key, *sums in found]


def days_late(due_on: date, on: date) -> int:
    """Return by how many days what was due on `due_on` is late on the day `on`; 0 when it is not."""
    return max(0, (on - due_on).days)
