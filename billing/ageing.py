"""What customers owe by its age: not due, late by up to 30, 60 and 90 days, and more; unapplied credit beside it."""

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Self

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from billing.as_of import facts, has_facts_of_today
from customerflow.money import ZERO, from_minor
from customers.models import Customer


@dataclass(frozen=True)
class Bucket:
    """An age: late by `least` to `most` days, both included; None is no limit."""

    name: str
    label: str | Promise
    least: int | None
    most: int | None

    def due_days(self, on: date) -> tuple[date | None, date | None]:
        """Return the first and last due day of what is of this age on the day `on`; None where there is no limit."""
        first = None if self.most is None else on - timedelta(days=self.most)
        return first, None if self.least is None else on - timedelta(days=self.least)


# Late begins the day after the due day.
BUCKETS = (
    Bucket("not_due", _("Not due"), None, 0),
    Bucket("late_30", _("1–30 days"), 1, 30),
    Bucket("late_60", _("31–60 days"), 31, 60),
    Bucket("late_90", _("61–90 days"), 61, 90),
    Bucket("late_more", _("Over 90 days"), 91, None),
)
NAMES = tuple(bucket.name for bucket in BUCKETS)


@dataclass(frozen=True)
class Aged:
    """Open amounts by age, and the credit that settles none of them."""

    not_due: Decimal = ZERO
    late_30: Decimal = ZERO
    late_60: Decimal = ZERO
    late_90: Decimal = ZERO
    late_more: Decimal = ZERO
    credit: Decimal = ZERO

    @property
    def total(self) -> Decimal:
        """What is owed all in all; below zero where more is credit than open."""
        return sum((getattr(self, name) for name in NAMES), ZERO) - self.credit

    def in_total(self, name: str) -> Decimal:
        """Return the amount `name`, of `AMOUNTS` or the total, as it counts in the total: credit below zero."""
        return -self.credit if name == "credit" else getattr(self, name)


AMOUNTS = tuple(field.name for field in fields(Aged))


@dataclass(frozen=True)
class AgedCustomer:
    """The row of one customer in the report as of the day `on`."""

    customer: Customer
    aged: Aged
    on: date
    # Whether it is what is open now.
    is_of_today: bool = False

    def get_absolute_url(self) -> str:
        return self.customer.get_absolute_url()

    def __str__(self) -> str:
        return str(self.customer)


@dataclass(frozen=True)
class AgeingRows:
    """
    The rows of the report as of the day `on`: of those of `customers`, or of all (None), with something open or credit.

    Like a queryset it is put in an order, and cut: nothing is read before that.
    """

    on: date
    today: date
    customers: QuerySet[Customer] | None = None
    order: tuple[str, ...] = ("name_key", "pk")
    # Only those with credit.
    with_credit: bool = False

    def order_by(self, *order: str) -> Self:
        """Return the same rows in another order: by columns of a customer, or by amounts."""
        return replace(self, order=order)

    def totals(self) -> tuple[int, Aged]:
        """Return the number of rows and their sums; one query."""
        if self.on < self.today or self.with_credit:
            (with_, params), rows = self._aged(), "COUNT(*)"
        else:
            # Of today every part is above zero, so nobody's cancel out: to be counted they need not be put together.
            (with_, params), rows = self._parts("aged"), "COUNT(DISTINCT customer_id)"
        sums = ", ".join(f"COALESCE(SUM({name}), 0)" for name in AMOUNTS)
        with connection.cursor() as cursor:
            cursor.execute(f"{with_} SELECT {rows}, {sums} FROM aged", params)
            count, *amounts = cursor.fetchone()
        return count, Aged(*map(from_minor, amounts))

    def __getitem__(self, part: slice) -> list[AgedCustomer]:
        if self.on >= self.today and self.order[0].removeprefix("-") == "name_key" and not self.with_credit:
            return self._by_name(part)
        query, params = self._query()
        with connection.cursor() as cursor:
            cursor.execute(f"{query} LIMIT %s OFFSET %s", [*params, part.stop - part.start, part.start])
            return self._rows(cursor.fetchall())

    def _by_name(self, part: slice) -> list[AgedCustomer]:
        """Return some rows in the order of names, today: which they are an index knows, so only theirs is added up."""
        customers = Customer.objects.all() if self.customers is None else self.customers
        keys = customers.filter(has_facts_of_today()).order_by(*self.order).values_list("pk", flat=True)[part]
        query, params = replace(self, customers=Customer.objects.filter(pk__in=list(keys)))._query()
        with connection.cursor() as cursor:
            cursor.execute(query, params)
            return self._rows(cursor.fetchall())

    def iterator(self, chunk_size: int = 2_000) -> Iterator[AgedCustomer]:
        """Yield all rows, so many of them in memory."""
        with connection.chunked_cursor() as cursor:
            cursor.execute(*self._query())
            while found := cursor.fetchmany(chunk_size):
                yield from self._rows(found)

    def _rows(self, found: list[tuple]) -> list[AgedCustomer]:
        customers = Customer.objects.in_bulk([key for key, *_amounts in found])
        is_today = self.on == self.today
        return [
            AgedCustomer(customers[key], Aged(*map(from_minor, amounts)), self.on, is_today) for key, *amounts in found
        ]

    def _query(self) -> tuple[str, list]:
        with_, params = self._aged()
        columns = ", ".join(f"aged.{name}" for name in AMOUNTS)
        order = ", ".join(f"{self._column(name.removeprefix('-'))}{' DESC' * (name[0] == '-')}" for name in self.order)
        joined = "JOIN customers_customer AS customer ON customer.id = aged.customer_id" if "customer." in order else ""
        return f"{with_} SELECT aged.customer_id, {columns} FROM aged {joined} ORDER BY {order}", params

    @staticmethod
    def _column(name: str) -> str:
        if name == "total":
            return f"{' + '.join(f'aged.{each}' for each in NAMES)} - aged.credit"
        if name == "pk":
            return "aged.customer_id"
        return f"aged.{name}" if name in AMOUNTS else f"customer.{name}"

    def _aged(self) -> tuple[str, list]:
        """Return how a query begins, with the table `aged` of the amounts of each customer, and its parameters."""
        with_, params = self._parts("parts")
        sums = ", ".join(f"SUM({name}) AS {name}" for name in AMOUNTS)
        having = "HAVING SUM(credit) <> 0" if self.with_credit else "HAVING SUM(opened) <> 0 OR SUM(credit) <> 0"
        return f"{with_}, aged AS (SELECT customer_id, {sums} FROM parts GROUP BY customer_id {having})", params

    def _parts(self, name: str) -> tuple[str, list]:
        """Return how a query begins, with a table of what the amounts are made of, and its parameters."""
        found, params = self._facts()
        cases = []
        for bucket in BUCKETS:
            first, last = bucket.due_days(self.on)
            limits = [f"due_on {sign} %s" for sign, day in ((">=", first), ("<=", last)) if day]
            cases.append(f"CASE WHEN {' AND '.join(limits)} THEN opened ELSE 0 END AS {bucket.name}")
            params += [connection.ops.adapt_datefield_value(day) for day in (first, last) if day]
        parts = f"SELECT customer_id, opened, {', '.join(cases)}, credit FROM facts"
        return f"WITH facts (customer_id, due_on, opened, credit) AS ({found}), {name} AS ({parts})", params

    def _facts(self) -> tuple[str, list]:
        parts, params = [], []
        for rows in facts(self.on, today=self.today):
            chosen = rows if self.customers is None else rows.filter(fact_customer__in=self.customers.values("pk"))
            try:
                sql, values = chosen.query.sql_with_params()
            except EmptyResultSet:
                sql, values = "SELECT 0, CAST(NULL AS date), 0, 0 WHERE 1 = 0", ()
            parts.append(sql)
            params += values
        return " UNION ALL ".join(parts), params
