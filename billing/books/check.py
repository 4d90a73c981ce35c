"""
The check of the books: what must hold on them, asked of the database, which is to have no answer.

A check is one query for what breaks its rule. Each app names its own in its `books_checks.py`, which is imported at
the start; what joins several apps is checked by `customerflow.hub`. The constraints of the tables hold most of it
already: this is the second line, for what came past them.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import connection
from django.utils.functional import Promise

from customerflow.money import format_money, from_minor

# So many records of each check are named; all are counted.
SHOWN = 100
# So many are fetched at a time.
CHUNK = 2_000
# No day is later, in a query that needs one where there is none.
END = date.max

Violation = tuple[int | None, object, object]


@dataclass(frozen=True)
class Check:
    """
    One rule of the books.

    `rule` is what must hold, `remedy` what to do where it does not. `sql` returns what breaks it: the key of a record
    of the model `kind` (NULL: of none), and two values that `told` says in words, which are amounts where `is_money`.
    It may use `%(on)s`, the day of the check, and `%(end)s`, the last of all days, so a percent sign is doubled. By
    database, where they need different words; one that is missing has nothing to check. `find` is for what no query
    finds.
    """

    name: str
    rule: str | Promise
    remedy: str | Promise
    kind: str = ""
    told: str | Promise = "%(first)s"
    is_money: bool = False
    sql: str | Mapping[str, str] = ""
    find: Callable[[date], Iterable[Violation]] | None = None

    @property
    def query(self) -> str:
        """The query for this database; empty where there is none."""
        return self.sql if isinstance(self.sql, str) else self.sql.get(connection.vendor, "")

    @property
    def is_needed(self) -> bool:
        """Whether this database does not see to it by itself."""
        return bool(self.find or self.query)

    def violations(self, on: date) -> Iterator[Violation]:
        """Yield what breaks the rule on the day `on`; only what is asked for is in memory."""
        if self.find:
            yield from self.find(on)
            return
        with connection.chunked_cursor() as cursor:
            cursor.execute(self.query, {"on": str(on), "end": str(END)})
            while rows := cursor.fetchmany(CHUNK):
                yield from rows

    def says(self, first: object, second: object) -> str:
        """Return in words what is wrong with a record."""
        if self.is_money:
            first, second = (format_money(from_minor(value)) for value in (first or 0, second or 0))
        return str(self.told) % {"first": first, "second": second}


CHECKS: dict[str, Check] = {}


def register(*checks: Check) -> None:
    """Make checks known; two of the same name are refused."""
    for check in checks:
        if check.name in CHECKS:
            raise ValueError(f"There are two checks of the books called {check.name!r}.")
        CHECKS[check.name] = check


def needed_checks() -> list[Check]:
    """Return the checks that this database needs."""
    return [check for check in CHECKS.values() if check.is_needed]


def check_books(*, on: date) -> Iterator[dict[str, object]]:
    """
    Do all checks that are needed as of the day `on`, and yield what each found, fit to be kept as JSON.

    Nothing is written. Each check sees the books as they are at one moment.
    """
    for check in needed_checks():
        count, records = 0, []
        for violation in check.violations(on):
            count += 1
            if count <= SHOWN:
                records.append([_plain(value) for value in violation])
        yield {"check": check.name, "count": count, "records": records}


def _plain(value: object) -> object:
    """Return a value of a query as JSON has it; sums are whole numbers."""
    if isinstance(value, Decimal):
        return int(value)
    return value if value is None or isinstance(value, int | str) else str(value)
