"""
What customers cost in support: the time that was spent on their tickets, beside what was invoiced in the same days.

Minutes are those that staff wrote beside what they said, and those that technicians were on site, by the day of the
visit. What was invoiced is that of the revenue report.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple, Self

from django.conf import settings
from django.db import connection
from django.db.models import Case, F, IntegerField, QuerySet, Sum, When
from django.db.models.functions import Cast

from billing.journal.sides import KINDS_OF_A_PLAN, REVENUE, SIDES
from customerflow.money import ZERO, MoneyField, round_money
from customers.models import Customer
from reports.report import Share
from reports.support.counting import Asked, Key, moments_of, values_of
from reports.support.periods import Period
from reports.support.splits import TICKET, WAYS, Part, Split
from tickets.models import Message, TicketRound
from visits.models import Visit

CHUNK = 2_000
MINUTE = timedelta(minutes=1)
REVENUE_SIDES = [side for side in SIDES if side.spread and REVENUE in side.spread.roots]
# By what else than time that is known which was invoiced.
INVOICED_BY = {
    Split.PLAN: Case(When(kind__in=KINDS_OF_A_PLAN, then=F("plan_id")), output_field=IntegerField()),
    Split.AREA: F("service__location__area_id"),
}
# What was said, which tickets were opened, and who was there: each a row of which the columns are added up.
ROWS = """
    WITH periods (place, since, until) AS (VALUES {periods}), days (place, first, last) AS (VALUES {days})
    SELECT p.place, {said_by} AS split, t.customer_id, 0 AS tickets, 1 AS messages, COALESCE(f.minutes, 0) AS minutes
    FROM periods AS p JOIN {messages} AS f ON f.created_at >= p.since AND f.created_at < p.until{joins} WHERE {said}
    UNION ALL SELECT p.place, {opened_by}, t.customer_id, 1, 0, 0
    FROM periods AS p JOIN {rounds} AS f ON f.began_at >= p.since AND f.began_at < p.until{joins}
    WHERE f.began = 'opened' AND {opened}
    UNION ALL SELECT p.place, {went_by}, t.customer_id, 0, 0, {on_site} / 60
    FROM days AS p JOIN {visits} AS f ON f.day >= p.first AND f.day <= p.last{joins}
    WHERE f.status IN ('done', 'failed') AND f.left_at > f.arrived_at AND {went}
"""
# In whole seconds.
ON_SITE = {
    "sqlite": "CAST(ROUND((JULIANDAY(f.left_at) - JULIANDAY(f.arrived_at)) * 86400) AS integer)",
    "postgresql": "CAST(ROUND(EXTRACT(EPOCH FROM f.left_at - f.arrived_at)) AS bigint)",
}
SUMS = "SUM(tickets) AS tickets, SUM(messages) AS messages, SUM(minutes) AS minutes"


class Spent(NamedTuple):
    """How many tickets were opened, how much was said, and how many minutes were spent."""

    tickets: int = 0
    messages: int = 0
    minutes: int = 0

    @property
    def time(self) -> timedelta:
        """The time that was spent."""
        return self.minutes * MINUTE


def is_known() -> bool:
    """Say whether it is known what an hour costs."""
    return settings.SUPPORT_HOURLY_COST is not None


def cost_of(minutes: int) -> Decimal:
    """Return what so many minutes cost; it is rounded once, here."""
    return round_money(Decimal(minutes) * settings.SUPPORT_HOURLY_COST / 60)


def _rows(cuts: list[Period], split: Split | None, part: Part | None, customer: int | None = None) -> tuple[str, list]:
    """Return the SQL of what was said, opened and done on site in some periods, perhaps of one customer."""
    ways = [WAYS[each] for each in (split, part and part.split) if each]
    parts = {"joins": max((way.joins for way in ways), key=len, default="") or TICKET, "periods": values_of(cuts)}
    params = [*moments_of(cuts), *(_day(day) for period in cuts for day in (period.first, period.last))]
    for name, agent in (("said", "f.author_id"), ("opened", "f.began_by_id"), ("went", "f.technician_id")):
        condition, values = part.sql(agent) if part else ("1 = 1", [])
        parts[name] = condition if customer is None else f"{condition} AND t.customer_id = %s"
        parts[f"{name}_by"] = (WAYS[split].key or agent) if split else "0"
        params += values if customer is None else [*values, customer]
    day = "%s" if connection.vendor == "sqlite" else "CAST(%s AS date)"
    parts["days"] = ", ".join(f"({place}, {day}, {day})" for place in range(len(cuts)))
    tables = {"messages": Message, "rounds": TicketRound, "visits": Visit}
    named = {name: model._meta.db_table for name, model in tables.items()}
    return ROWS.format(**parts, **named, on_site=ON_SITE[connection.vendor]), params


def _day(day: date) -> object:
    return connection.ops.adapt_datefield_value(day)


def _query(sql: str, params: list) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchall()


def spent(asked: Asked) -> dict[tuple[int, Key], Spent]:
    """Return what was spent, by the place of the period and the key of the split; one query."""
    rows, params = _rows(asked.cuts, asked.split, asked.part)
    found = _query(f"SELECT place, split, {SUMS} FROM ({rows}) AS said GROUP BY place, split", params)
    return {(place, key): Spent(*map(int, sums)) for place, key, *sums in found}


def spent_on(customer: Customer, days: Period) -> Spent:
    """Return what was spent on a customer in some days; one query."""
    rows, params = _rows([days], None, None, customer.pk)
    return Spent(*(int(each or 0) for each in _query(f"SELECT {SUMS} FROM ({rows}) AS said", params)[0]))


def _invoiced(days: Period) -> Iterator[QuerySet]:
    """Yield the lines of documents posted in some days, each with `day`, `owner`, and `net`, what it comes to."""
    for side in REVENUE_SIDES:
        rows = side.within(days.first, days.last)
        if side.spread.origin:
            rows = rows.filter(**{side.spread.origin: ""})
        owner = F(f"{side.document.removesuffix('_id')}__customer_id")
        yield rows.annotate(day=side.day, owner=owner, net=Cast(-side.sign * F(side.amount), MoneyField()))


def invoiced(asked: Asked) -> Counter[tuple[int, Key]]:
    """Return what was invoiced less what was credited, by the place of the period and the key of a split."""
    found: Counter[tuple[int, Key]] = Counter()
    for rows in _invoiced(asked.whole):
        key = INVOICED_BY[asked.split] if asked.split else F("day")
        for each, net in rows.annotate(cut_by=key).values_list("cut_by").annotate(total=Sum("net")):
            found[(0, each) if asked.split else (_place_of(each, asked.periods), 0)] += net
    return found


def _place_of(day: date | str, cuts: list[Period]) -> int:
    """Return the place of the period in which a day is."""
    day = day if isinstance(day, date) else date.fromisoformat(day)
    return bisect_right([each.first for each in cuts], day) - 1


def invoiced_to(customers: list[int], days: Period) -> Counter[int]:
    """Return what was invoiced less what was credited in some days, by the key of the customer; one query."""
    found: Counter[int] = Counter()
    parts = [
        rows.filter(owner__in=customers).values_list("owner").annotate(total=Sum("net")) for rows in _invoiced(days)
    ]
    for customer, net in parts[0].union(*parts[1:], all=True) if customers else ():
        found[customer] += net
    return found


@dataclass(frozen=True)
class CostRow:
    """What was spent on a customer, and what was invoiced."""

    customer: Customer
    spent: Spent
    invoiced: Decimal

    @property
    def cost(self) -> Decimal | None:
        """What the time cost; None where that is not known."""
        return cost_of(self.spent.minutes) if is_known() else None

    @property
    def share(self) -> Decimal | None:
        """The cost in percent of what was invoiced; None where nothing was."""
        return Share(self.cost, self.invoiced).percent if is_known() and self.invoiced > 0 else None

    def get_absolute_url(self) -> str:
        return self.customer.get_absolute_url()

    def __str__(self) -> str:
        return str(self.customer)


@dataclass(frozen=True)
class CostRows:
    """
    The customers for whom something was said or opened from one day to another, with what it cost.

    Like a queryset they are put in an order, `minutes` or `share` with the key of the customer after it, and cut.
    """

    first: date
    last: date
    part: Part | None = None
    order: tuple[str, ...] = ("-minutes",)

    @property
    def days(self) -> Period:
        """Its days."""
        return Period(self.first, self.last)

    def order_by(self, *columns: str) -> Self:
        """Return the same rows in another order."""
        return replace(self, order=columns)

    def totals(self) -> tuple[int, Spent]:
        """Return the number of customers, and what was spent on them; one query."""
        rows, params = self._sql()
        count, *sums = _query(f"SELECT COUNT(*), {SUMS} FROM ({rows}) AS found", params)[0]
        return count, Spent(*(int(each or 0) for each in sums))

    def __getitem__(self, part: slice) -> list[CostRow]:
        sql, params = self._in_order()
        return self._named(_query(f"{sql} LIMIT {part.stop - part.start} OFFSET {part.start}", params))

    def iterator(self) -> Iterator[CostRow]:
        """Yield all rows, some of them in memory."""
        sql, params = self._in_order()
        with connection.chunked_cursor() as cursor:
            cursor.execute(sql, params)
            while found := cursor.fetchmany(CHUNK):
                yield from self._named(found)

    def _sql(self) -> tuple[str, list]:
        rows, params = _rows([self.days], None, self.part)
        return f"SELECT customer_id, {SUMS} FROM ({rows}) AS said GROUP BY customer_id", params

    def _in_order(self) -> tuple[str, list]:
        """Return the SQL of all rows in their order; by their share only of those that were invoiced something."""
        sql, params = self._sql()
        column, direction = self.order[0].removeprefix("-"), " DESC" if self.order[0].startswith("-") else ""
        if column != "share":
            return f"SELECT * FROM ({sql}) AS found ORDER BY {column}{direction}, customer_id{direction}", params
        net, values = self._invoiced_sql()
        # The cost of a minute is the same for all: it does not change the order. Without an invoice there is no share.
        share = "minutes * 1.0 / NULLIF(net, 0)"
        return (
            f"""
            SELECT found.* FROM ({sql}) AS found LEFT JOIN ({net}) AS i ON i.owner = found.customer_id
            ORDER BY CASE WHEN net > 0 THEN 0 ELSE 1 END, {share}{direction}, customer_id{direction}
            """,
            [*params, *values],
        )

    def _invoiced_sql(self) -> tuple[str, list]:
        statements, params = [], []
        for rows in _invoiced(self.days):
            sql, values = rows.values_list("owner", "net").query.sql_with_params()
            statements.append(f"SELECT owner, net FROM ({sql}) AS part_{len(statements)}")
            params += values
        return f"SELECT owner, SUM(net) AS net FROM ({' UNION ALL '.join(statements)}) AS posted GROUP BY owner", params

    def _named(self, found: list[tuple]) -> list[CostRow]:
        keys = [key for key, *_sums in found]
        customers, net = Customer.objects.in_bulk(keys), invoiced_to(keys, self.days)
        return [CostRow(customers[key], Spent(*map(int, sums)), net[key] or ZERO) for key, *sums in found]
