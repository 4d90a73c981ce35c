"""
The daily step: services come back where nothing is left, and go off where the rules say so.

It decides by the state of the day alone. So a day that was missed is missed: the next one does what is then to be done,
once. It may be broken off anywhere and begun again, and two may do it at the same time.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date

from django.db.models import Exists, OuterRef, QuerySet, Sum
from django.utils.translation import gettext as _

from billing.balances import OPEN_AMOUNT
from billing.models import Invoice
from dunning.promises import without_promised
from suspensions.cases import least_of
from suspensions.models import Policy, Suspension
from suspensions.models.policy import current_policy
from suspensions.quiet_days import why_quiet
from suspensions.returning import end_what_is_on, return_settled
from suspensions.suspending import suspend_due

BATCH = 1_000


@dataclass(frozen=True)
class Acted:
    """What the daily step did: how many came back, how many went off, and why none did where it is a quiet day."""

    returned: int = 0
    suspended: int = 0
    quiet: str = ""
    is_on: bool = True

    @property
    def in_words(self) -> str:
        """How many went off, or why none did."""
        if not self.is_on:
            return _("none, the rules are switched off")
        return _("none on this day, %(name)s") % {"name": self.quiet} if self.quiet else str(self.suspended)


def act_on(*, on: date) -> Acted:
    """Bring back and suspend whom the rules name on the day `on`, `BATCH` customers in one transaction."""
    policy = current_policy()
    while end_what_is_on(on=on):
        continue
    returned = 0
    for customers in _batches(lambda: _suspended(on)):
        returned += return_settled(customers=customers, on=on, policy=policy)
    if not policy.is_on:
        return Acted(returned, is_on=False)
    if quiet := why_quiet(policy, on):
        return Acted(returned, quiet=quiet)
    suspended = 0
    for customers in _batches(lambda: late_customers(policy, on)):
        suspended += suspend_due(customers=customers, on=on, policy=policy)
    return Acted(returned, suspended)


def late_customers(policy: Policy, on: date) -> QuerySet:
    """Return the customers, as rows of their key and amount, who owe enough by the rules on the day `on`."""
    invoices = without_promised(Invoice.objects.overdue(on - policy.grace), on).order_by()
    is_suspended = Exists(Suspension.objects.open().filter(customer=OuterRef("customer")))
    sums = invoices.filter(~is_suspended).values_list("customer").annotate(amount=Sum(OPEN_AMOUNT))
    return sums.filter(amount__gte=least_of(policy))


def _suspended(on: date) -> QuerySet:
    return Suspension.objects.open().filter(began_on__lte=on).order_by().values_list("customer").distinct()


def _batches(rows: Callable[[], QuerySet]) -> Iterator[list[int]]:
    """Yield the customers of `rows` by key, so many at a time, each read when the one before is done."""
    after = 0
    while keys := [row[0] for row in rows().filter(customer__gt=after).order_by("customer")[:BATCH]]:
        yield keys
        after = keys[-1]
