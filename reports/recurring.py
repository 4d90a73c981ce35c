"""
Monthly recurring revenue: what the services in force on a day bring in a month, and how it moves from month to month.

A service brings its net price of that day for a cycle, less the discounts of that day, by the months of its cycle, in
whole cents; one that is paused without charge brings nothing. So the sum is that of the rows, and the movements of a
month lead from its start to its end: only services with which something happened in it can have moved.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import NamedTuple, Self

from django.db import connection, models
from django.utils.translation import gettext_lazy as _

from customerflow.money import ZERO, from_minor
from customers.models import Service
from reports.months import Month

CHUNK = 2_000


class Movement(models.TextChoices):
    """How a service moved in a month; `all` and `served` are those of its last day."""

    NEW = "new", _("New")
    RETURNED = "returned", _("Returned")
    UP = "up", _("Up")
    DOWN = "down", _("Down")
    LOST = "lost", _("Lost")


IN_FORCE = "s.starts_on <= {day} AND (s.ends_on IS NULL OR s.ends_on >= {day})"
OVER = "{row}.first_day <= {day} AND ({row}.last_day IS NULL OR {row}.last_day >= {day})"
OFF = """
    SELECT 1 FROM customers_pause AS p WHERE p.service_id = s.id AND NOT p.is_charged
    AND p.first_day <= {day} AND (p.last_day IS NULL OR p.last_day >= {day})
"""
PRICE = """
    COALESCE((
        SELECT c.cost FROM customers_pricechange AS c WHERE c.service_id = s.id AND c.cancelled_at IS NULL
        AND (c.effective_on IS NULL OR c.effective_on <= {day}) ORDER BY c.effective_on DESC NULLS LAST LIMIT 1
    ), s.cost)
"""
# Percentages in thousandths, so that all of it is whole numbers.
DISCOUNTS = """
    SELECT {key} AS id, CAST(ROUND(SUM(percent * 1000)) AS bigint) AS off, CAST(SUM(amount) AS bigint) AS amount
    FROM billing_discount WHERE service_id IS {not_} NULL
    AND first_day <= {day} AND (last_day IS NULL OR last_day >= {day}) GROUP BY {key}
"""
# Half up, as everywhere: first the price less the percentages, then what is a month's part of it.
MONTHLY = """
    SELECT id, customer_id, plan_id, CASE
        WHEN cost <= 0 THEN 0 ELSE (2 * cost + months) / (2 * months)
    END AS monthly
    FROM (
        SELECT priced.id, priced.customer_id, priced.plan_id, priced.months, CASE
            WHEN priced.off = 0 THEN priced.cost
            WHEN priced.off >= 100000 THEN 0
            ELSE (priced.cost * (100000 - priced.off) + 50000) / 100000
        END - priced.amount AS cost
        FROM (
            SELECT s.id, l.customer_id, s.plan_id, s.billing_interval AS months, {price} AS cost,
                COALESCE(d.off, 0) + COALESCE(e.off, 0) AS off, COALESCE(d.amount, 0) + COALESCE(e.amount, 0) AS amount
            FROM customers_service AS s {among} JOIN customers_location AS l ON l.id = s.location_id
            LEFT JOIN ({of_service}) AS d ON d.id = s.id
            LEFT JOIN ({of_customer}) AS e ON e.id = l.customer_id
            WHERE {in_force} AND NOT EXISTS ({off})
        ) AS priced
    ) AS reduced
"""
# Days from `after` to `upto`; what ends on a day is gone on the next one.
TOUCHED = """
    SELECT id FROM customers_service WHERE starts_on > {after} AND starts_on <= {upto}
    UNION SELECT id FROM customers_service WHERE ends_on >= {after} AND ends_on < {upto}
    UNION SELECT service_id FROM customers_pricechange WHERE effective_on > {after} AND effective_on <= {upto}
        AND cancelled_at IS NULL
    UNION SELECT service_id FROM customers_pause WHERE first_day > {after} AND first_day <= {upto}
    UNION SELECT service_id FROM customers_pause WHERE last_day >= {after} AND last_day < {upto}
    UNION SELECT service_id FROM billing_discount WHERE service_id IS NOT NULL AND {begins_or_ends}
    UNION SELECT s.id FROM billing_discount AS g JOIN customers_location AS l ON l.customer_id = g.customer_id
        JOIN customers_service AS s ON s.location_id = l.id WHERE g.service_id IS NULL AND {g_begins_or_ends}
"""
BEGINS_OR_ENDS = (
    "({row}first_day > {after} AND {row}first_day <= {upto} OR {row}last_day >= {after} AND {row}last_day < {upto})"
)
MOVED = """
    WITH touched AS ({touched}), earlier AS ({earlier}), later AS ({later})
    SELECT t.id, earlier.monthly AS earlier, later.monthly AS later, CASE
        WHEN earlier.monthly IS NULL THEN CASE WHEN s.starts_on > {after} THEN 'new' ELSE 'returned' END
        WHEN later.monthly IS NULL THEN 'lost'
        WHEN later.monthly > earlier.monthly THEN 'up' ELSE 'down'
    END AS movement
    FROM touched AS t JOIN customers_service AS s ON s.id = t.id
    LEFT JOIN earlier ON earlier.id = t.id LEFT JOIN later ON later.id = t.id
    WHERE earlier.monthly IS DISTINCT FROM later.monthly
"""


class Moved(NamedTuple):
    """How many services moved in a month in one way, and by how much."""

    count: int
    amount: Decimal


def _monthly(day: str, among: str = "") -> str:
    """Return the SQL of what each service brings in a month, on the day of a parameter."""
    parts = {
        "price": PRICE,
        "in_force": IN_FORCE,
        "off": OFF,
        "of_service": DISCOUNTS.format(key="service_id", not_="NOT", day="{day}"),
        "of_customer": DISCOUNTS.format(key="customer_id", not_="", day="{day}"),
    }
    filled = {name: sql.format(day=day) for name, sql in parts.items()}
    return MONTHLY.format(among=among, **filled)


def _moved() -> str:
    days = {"after": "%(after)s", "upto": "%(upto)s"}
    begins_or_ends = {
        "begins_or_ends": BEGINS_OR_ENDS.format(row="", **days),
        "g_begins_or_ends": BEGINS_OR_ENDS.format(row="g.", **days),
    }
    among = "JOIN touched AS t ON t.id = s.id"
    return MOVED.format(
        touched=TOUCHED.format(**days, **begins_or_ends),
        earlier=_monthly("%(after)s", among),
        later=_monthly("%(upto)s", among),
        **days,
    )


def _query(sql: str, days: dict[str, date]) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(sql, {name: _as_parameter(day) for name, day in days.items()})
        return cursor.fetchall()


def _as_parameter(day: date) -> object:
    return connection.ops.adapt_datefield_value(day)


def total_on(day: date) -> Moved:
    """Return how many services bring something on a day, or nothing, and what they bring in a month; one query."""
    sql = f"SELECT COUNT(*), COALESCE(SUM(monthly), 0) FROM ({_monthly('%(day)s')}) AS found"
    count, amount = _query(sql, {"day": day})[0]
    return Moved(count, from_minor(amount))


def moved_in(month: Month) -> dict[Movement, Moved]:
    """Return how services moved in a month, by how; amounts below zero are lost; one query."""
    sql = f"""
        SELECT movement, COUNT(*), SUM(COALESCE(later, 0) - COALESCE(earlier, 0)) FROM ({_moved()}) AS found
        GROUP BY movement
    """
    rows = _query(sql, {"after": month.before, "upto": month.last})
    return {Movement(movement): Moved(count, from_minor(amount)) for movement, count, amount in rows}


@dataclass(frozen=True)
class ServiceRow:
    """A service, and what it brought in a month before and after."""

    service: Service
    earlier: Decimal | None
    later: Decimal | None

    @property
    def difference(self) -> Decimal:
        """By how much it moved."""
        return (self.later or ZERO) - (self.earlier or ZERO)

    def get_absolute_url(self) -> str:
        return self.service.get_absolute_url()

    def __str__(self) -> str:
        return str(self.service)


@dataclass(frozen=True)
class RecurringRows:
    """
    The services that moved in a `month`, in one way or any; without a month those that bring something on the `day`.

    Like a queryset they are put in an order, and cut: nothing is read before that.
    """

    day: date
    month: Month | None = None
    movement: str = ""

    def order_by(self, *_columns: str) -> Self:
        """Return the same rows: they have one order."""
        return replace(self)

    def totals(self) -> tuple[int, Decimal, Decimal]:
        """Return the number of rows, and what they brought before and after; one query."""
        sql, days = self._sql()
        sql = f"SELECT COUNT(*), COALESCE(SUM(earlier), 0), COALESCE(SUM(later), 0) FROM ({sql}) AS found"
        count, earlier, later = _query(sql, days)[0]
        return count, from_minor(earlier), from_minor(later)

    def __getitem__(self, part: slice) -> list[ServiceRow]:
        sql, days = self._sql()
        limits = f"LIMIT {part.stop - part.start} OFFSET {part.start}"
        return self._rows(_query(f"SELECT * FROM ({sql}) AS found ORDER BY id {limits}", days))

    def iterator(self) -> Iterator[ServiceRow]:
        """Yield all rows, some of them in memory."""
        sql, days = self._sql()
        with connection.chunked_cursor() as cursor:
            cursor.execute(
                f"SELECT * FROM ({sql}) AS found ORDER BY id", {k: _as_parameter(v) for k, v in days.items()}
            )
            while found := cursor.fetchmany(CHUNK):
                yield from self._rows(found)

    def _sql(self) -> tuple[str, dict[str, date]]:
        if self.month is None:
            nothing = "CAST(NULL AS bigint) AS earlier"
            return f"SELECT id, {nothing}, monthly AS later FROM ({_monthly('%(day)s')}) AS m", {"day": self.day}
        chosen = f" WHERE movement = '{Movement(self.movement).value}'" if self.movement else ""
        sql = f"SELECT id, earlier, later FROM ({_moved()}) AS m{chosen}"
        return sql, {"after": self.month.before, "upto": self.month.last}

    @staticmethod
    def _rows(found: list[tuple]) -> list[ServiceRow]:
        services = Service.objects.select_related("location__customer", "plan").in_bulk([key for key, *_ in found])
        return [
            ServiceRow(services[key], *(None if each is None else from_minor(each) for each in amounts))
            for key, *amounts in found
        ]
