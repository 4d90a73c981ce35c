"""
The figures of the help desk, by SQL: each query reads what happened in the days that are asked about, and no more.

It reads the rounds of tickets and the steps taken in them, which are kept with every act. What is split, and what is
cut by time, is the same rows: so every split adds up to the total.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import connection

from reports.support.periods import Period
from reports.support.splits import TICKET, WAYS, Part, Split
from tickets.models import TicketRound, TicketStep

ROUNDS, STEPS = TicketRound._meta.db_table, TicketStep._meta.db_table
# Who did what is counted: of what is unfinished, who is to do it.
BEGAN_BY, FINISHED_BY, TAKEN_BY, ASSIGNEE = "f.began_by_id", "f.finished_by_id", "f.done_by_id", "t.assignee_id"

HAPPENED = """
    WITH periods (place, since, until) AS (VALUES {periods})
    SELECT p.place, f.{what}, {key}, COUNT(*) FROM periods AS p
    JOIN {rounds} AS f ON f.{moment} >= p.since AND f.{moment} < p.until{joins} WHERE {part} GROUP BY 1, 2, 3
"""
UNFINISHED = """
    SELECT {key}, COUNT(*) FROM {rounds} AS f{joins} WHERE f.finished_at IS NULL AND f.began_at < %s AND {part}
    GROUP BY 1 UNION ALL
    SELECT {key}, COUNT(*) FROM {rounds} AS f{joins} WHERE f.finished_at >= %s AND f.began_at < %s AND {part}
    GROUP BY 1
"""
# Of n times in order, the median is the first that at least n/2 do not pass; so with nine of ten.
TAKEN = """
    WITH periods (place, since, until) AS (VALUES {periods})
    SELECT place, split, COUNT(*), SUM(CASE WHEN is_in_target IS NULL THEN 0 ELSE 1 END),
        SUM(CASE WHEN is_in_target THEN 1 ELSE 0 END),
        MIN(CASE WHEN 2 * nth >= number THEN seconds END), MIN(CASE WHEN 10 * nth >= 9 * number THEN seconds END)
    FROM (
        SELECT p.place, {key} AS split, f.seconds, f.is_in_target,
            ROW_NUMBER() OVER (PARTITION BY p.place, {key} ORDER BY f.seconds) AS nth,
            COUNT(*) OVER (PARTITION BY p.place, {key}) AS number
        FROM periods AS p JOIN {steps} AS f ON f.kind = %s AND f.done_at >= p.since AND f.done_at < p.until{joins}
        WHERE {part}
    ) AS found GROUP BY place, split
"""

Key = int | str | None


@dataclass(frozen=True)
class Asked:
    """What a report is asked for: some `periods` without gaps, perhaps split, perhaps only one part of the tickets."""

    periods: list[Period]
    split: Split | None = None
    part: Part | None = None

    @property
    def whole(self) -> Period:
        """All of its days."""
        return Period(self.periods[0].first, self.periods[-1].last)

    @property
    def cuts(self) -> list[Period]:
        """What it is cut into: what is split is not cut by time too."""
        return self.periods if self.is_by_time else [self.whole]

    @property
    def is_by_time(self) -> bool:
        """Whether its lines are periods."""
        return self.split is None


class Times(NamedTuple):
    """How often a step was taken, how often there was a target, and it was kept; and how long it took."""

    count: int = 0
    with_target: int = 0
    in_target: int = 0
    median: timedelta | None = None
    ninety: timedelta | None = None


class _Query:
    """What a query about some rows is made of: how they are split, and which they are."""

    def __init__(self, asked: Asked, agent: str) -> None:
        split, part = asked.split, asked.part
        ways = [WAYS[each] for each in (split, part and part.split) if each]
        # The longest joins have the others in them.
        joins = max((way.joins for way in ways), key=len, default="") or (TICKET if agent == ASSIGNEE else "")
        condition, self.params = part.sql(agent) if part else ("1 = 1", [])
        key = (WAYS[split].key or agent) if split else "0"
        self.parts = {"joins": joins, "part": condition, "key": key, "rounds": ROUNDS, "steps": STEPS}

    def run(self, sql: str, params: list, **parts: str) -> list[tuple]:
        """Return the rows of a query."""
        with connection.cursor() as cursor:
            cursor.execute(sql.format(**self.parts, **parts), params)
            return cursor.fetchall()


def happened(asked: Asked) -> Counter[tuple[int, str, Key]]:
    """Return how many rounds began and ended, and how: by the place of the period, how, and key; two queries."""
    found: Counter[tuple[int, str, Key]] = Counter()
    for what, moment, agent in (("began", "began_at", BEGAN_BY), ("ended", "finished_at", FINISHED_BY)):
        query = _Query(asked, agent)
        params = [*moments_of(asked.cuts), *query.params]
        rows = query.run(HAPPENED, params, periods=values_of(asked.cuts), what=what, moment=moment)
        found.update({(place, how, key): count for place, how, key, count in rows})
    return found


def unfinished(asked: Asked) -> Counter[Key]:
    """Return how many tickets were unfinished at the end of the last day, by key; one query."""
    query, until = _Query(asked, ASSIGNEE), _moment(asked.whole.until)
    found: Counter[Key] = Counter()
    for key, count in query.run(UNFINISHED, [until, *query.params, until, until, *query.params]):
        found[key] += count
    return found


def times(kind: str, asked: Asked) -> dict[tuple[int, Key], Times]:
    """Return how steps of a kind were taken, by the place of the period and key; one query."""
    query = _Query(asked, TAKEN_BY)
    params = [*moments_of(asked.cuts), kind, *query.params]
    return {
        (place, key): Times(*counts, timedelta(seconds=median), timedelta(seconds=ninety))
        for place, key, *counts, median, ninety in query.run(TAKEN, params, periods=values_of(asked.cuts))
    }


def values_of(periods: list[Period]) -> str:
    """Return the rows of `periods` in SQL, for the parameters that `moments_of` returns."""
    moment = "%s" if connection.vendor == "sqlite" else "CAST(%s AS timestamptz)"
    return ", ".join(f"({place}, {moment}, {moment})" for place in range(len(periods)))


def moments_of(periods: list[Period]) -> list[object]:
    """Return when periods begin and end, as the database takes it in SQL."""
    return [_moment(moment) for period in periods for moment in (period.since, period.until)]


def _moment(moment: datetime) -> object:
    return connection.ops.adapt_datetimefield_value(moment)
