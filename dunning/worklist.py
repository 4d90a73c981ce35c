"""
The worklist of collections: whoever is late, the most money that is late the longest first.

The weight of a customer is what is late times the days by which it is, added up over the invoices: 100.00 that is late
by 30 days weighs 3,000. Who settles all that is late leaves the list by that.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.contrib.auth.models import AbstractUser
from django.db.models import Aggregate, DateField, Exists, F, IntegerField, OuterRef, Q, QuerySet, Sum, Value
from django.db.models.expressions import Func

from billing.ageing import Bucket
from billing.balances import OPEN_AMOUNT
from billing.models import Invoice
from billing.overdue import LateCustomer, LateCustomers
from customerflow.keys import among
from dunning.models import Assignment, CallTask, ContactAttempt, NextAction, Promise
from dunning.models.collecting import owes_by_its_day


class DaysUntil(Func):
    """The number of days from the day in a column until a day."""

    output_field = IntegerField()

    def __init__(self, column: str, on: date) -> None:
        super().__init__(Value(on, output_field=DateField()), F(column))

    def as_postgresql(self, compiler, connection, **context: object):
        return self.as_sql(compiler, connection, template="(%(expressions)s)", arg_joiner=" - ", **context)

    def as_sqlite(self, compiler, connection, **context: object):
        template = "CAST(julianday(%(expressions)s) AS INTEGER)"
        return self.as_sql(compiler, connection, template=template, arg_joiner=") - julianday(", **context)


@dataclass(frozen=True)
class WorkRow(LateCustomer):
    """A late customer as collections see them; `weight` is money times days."""

    weight: Decimal
    owner: AbstractUser | None = None
    next_action: NextAction | CallTask | None = None
    last_contact: ContactAttempt | None = None
    promise: Promise | None = None

    @property
    def pk(self) -> int:
        """The key of the customer, by which the row is chosen."""
        return self.customer.pk


@dataclass(frozen=True)
class Worklist(LateCustomers):
    """
    The rows of the worklist on the day `on`, today: late customers for whose invoices all `conditions` hold.

    With a `bucket`, only what is late by so many days counts, in every column.
    """

    order: tuple[str, ...] = ("-weight", "-pk")
    bucket: Bucket | None = None
    conditions: tuple[Q | Exists, ...] = ()

    def _invoices(self) -> QuerySet[Invoice]:
        invoices = super()._invoices().filter(*self.conditions)
        first, last = self.bucket.due_days(self.on) if self.bucket else (None, None)
        invoices = invoices.filter(due_on__gte=first) if first else invoices
        return invoices.filter(due_on__lte=last) if last else invoices

    def _summed(self) -> dict[str, Aggregate]:
        return super()._summed() | {"weight": Sum(OPEN_AMOUNT * DaysUntil("due_on", self.on))}

    def _rows(self, found: Iterable[tuple]) -> list[WorkRow]:
        found = list(found)
        late = super()._rows([sums for *sums, _weight in found])
        states = states_of([row.customer.pk for row in late], self.on)
        weights = [weight for *_sums, weight in found]
        return [
            WorkRow(
                **vars(row), weight=weight, **{name: by_customer.get(row.customer.pk) for name, by_customer in states}
            )
            for row, weight in zip(late, weights, strict=True)
        ]


def states_of(keys: Iterable[int], on: date) -> list[tuple[str, dict[int, object]]]:
    """Return what is done about the customers with these keys: owner, next action, last contact, promise; by key."""
    of_them = {"customer__in": among(keys)}
    assignments = Assignment.objects.current().filter(**of_them).select_related("owner")
    contacts = ContactAttempt.objects.newest().filter(**of_them).select_related("made_by")
    promises = Promise.objects.newest().filter(**of_them).with_state(on)
    return [
        ("owner", {each.customer_id: each.owner for each in assignments}),
        ("next_action", next_actions_of(keys)),
        ("last_contact", {each.customer_id: each for each in contacts}),
        ("promise", {each.customer_id: each for each in promises}),
    ]


def next_actions_of(keys: Iterable[int]) -> dict[int, NextAction | CallTask]:
    """Return what is to be done first about the customers with these keys, planned or asked for by a rule; by key."""
    of_them = {"customer__in": among(keys)}
    planned = NextAction.objects.live().filter(**of_them).order_by("-due_on", "-pk")
    calls = calls_about_debts().filter(**of_them).select_related("rule").order_by("-due_on", "-pk")
    both = sorted([*planned, *calls], key=lambda action: action.due_on, reverse=True)
    return {action.customer_id: action for action in both}


def calls_about_debts() -> QuerySet[CallTask]:
    """Return the calls to be made of which the customer owes something that was due by their day."""
    return CallTask.objects.filter(owes_by_its_day(), done_at=None)


# --- Conditions on the invoices of a customer ------------------------------------------------------------------------

OF_CUSTOMER = {"customer": OuterRef("customer")}


def owned_by(user: AbstractUser) -> Exists:
    """Return the condition that `user` looks after the customer."""
    return Exists(Assignment.objects.current().filter(**OF_CUSTOMER, owner=user))


def without_owner() -> Q:
    """Return the condition that nobody looks after the customer."""
    return ~Exists(Assignment.objects.filter(**OF_CUSTOMER, ended_on=None))


def with_action_due(on: date) -> Q:
    """Return the condition that something is to be done by the day `on`."""
    planned, calls = NextAction.objects.live().due(on), calls_about_debts().filter(due_on__lte=on)
    return Q(Exists(planned.filter(**OF_CUSTOMER))) | Q(Exists(calls.filter(**OF_CUSTOMER)))


def without_action() -> Q:
    """Return the condition that nothing is planned."""
    planned, calls = NextAction.objects.live(), calls_about_debts()
    return ~Exists(planned.filter(**OF_CUSTOMER)) & ~Exists(calls.filter(**OF_CUSTOMER))


def with_promise(state: str, on: date) -> Exists:
    """Return the condition that the customer's newest promise is open, or broken, on the day `on`."""
    newest = Promise.objects.newest().filter(**OF_CUSTOMER)
    return Exists(newest.broken(on) if state == Promise.State.BROKEN else newest.open(on))
