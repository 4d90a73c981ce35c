"""
The kinds of leaks. Each is a query for the records from which money is lost, and the way to the remedy.

Each app names its own in its `leak_kinds.py`, which is imported at the start; what joins several apps is named by
`customerflow.hub`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from operator import attrgetter

from django.db import models
from django.db.models import Exists, F, OuterRef
from django.utils.functional import Promise

from customers.models import Customer
from reports.models import AcceptedLeak, FoundLeak


@dataclass(frozen=True)
class Leak:
    """
    One kind of leak.

    `title` names it, `why` says what is lost and how it is decided. `rows` returns the records that have it on a day;
    `owner` is the way from one to its customer, with dots (empty: it is the customer), `says` tells of one what is
    wrong. `remedy` returns the address at which one is mended, `button` says what is done there, and `right` is what
    that needs. `related` are the relations that `says` and `remedy` read.
    """

    name: str
    title: str | Promise
    why: str | Promise
    model: type[models.Model]
    rows: Callable[[date], models.QuerySet]
    owner: str
    says: Callable[[models.Model], str]
    button: str | Promise
    remedy: Callable[[models.Model], str]
    right: str
    related: tuple[str, ...] = ()

    def customer_of(self, record: models.Model) -> Customer:
        """Return whose `record` is."""
        return attrgetter(self.owner)(record) if self.owner else record

    def found(self, on: date, *, accepted: bool = False) -> models.QuerySet:
        """
        Return the records that were found to have the leak, and have it still on the day `on`.

        Those that are meant so are left out, or with `accepted` they are the ones. Each has `leak_customer`, the key of
        its customer.
        """
        keys = FoundLeak.objects.filter(leak=self.name).values("record_id")
        meant = Exists(AcceptedLeak.objects.filter(leak=self.name, record_id=OuterRef("pk")).holding(on))
        path = self.owner.replace(".", "__") or "pk"
        relations = {*self.related, *([self.owner.replace(".", "__")] if self.owner else [])}
        rows = self.rows(on).filter(meant if accepted else ~meant, pk__in=keys).annotate(leak_customer=F(path))
        return rows.select_related(*sorted(relations)) if relations else rows


LEAKS: dict[str, Leak] = {}


def register(*leaks: Leak) -> None:
    """Make kinds of leaks known; two of the same name are refused."""
    for leak in leaks:
        if leak.name in LEAKS:
            raise ValueError(f"There are two kinds of leaks called {leak.name!r}.")
        LEAKS[leak.name] = leak
