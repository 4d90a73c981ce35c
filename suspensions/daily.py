"""
The daily step: services come back where nothing is left, and go off where the rules say so.

It decides by the state of the day alone. So a day that was missed is missed: the next one does what is then to be done,
once. It may be broken off anywhere and begun again, and two may do it at the same time. A customer with whom it fails
is parked, and holds up nobody else.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date

from django.db.models import Exists, OuterRef, QuerySet, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from billing.balances import OPEN_AMOUNT
from billing.models import Invoice
from customerflow.keys import among
from customers.models import Customer
from dunning.promises import without_promised
from suspensions.cases import least_of
from suspensions.joining import join_new_services
from suspensions.models import ParkedCustomer, Policy, Suspension
from suspensions.models.policy import current_policy
from suspensions.parking import Act, do_or_park, forget_parked
from suspensions.quiet_days import why_quiet
from suspensions.returning import end_what_is_on, return_settled
from suspensions.suspending import suspend_due

BATCH = 1_000
MOST_NAMED = 10
Step = ParkedCustomer.Step


@dataclass(frozen=True)
class Acted:
    """
    What the daily step did: how many came back, how many went off, and why none did where it is a quiet day.

    `parked` is how many customers are left as they were because of an error, and `first_parked` are some of them.
    """

    returned: int = 0
    suspended: int = 0
    quiet: str = ""
    is_on: bool = True
    parked: int = 0
    first_parked: list[ParkedCustomer] = field(default_factory=list)

    @property
    def in_words(self) -> str:
        """How many went off, or why none did."""
        if not self.is_on:
            return _("none, the rules are switched off")
        return _("none on this day, %(name)s") % {"name": self.quiet} if self.quiet else str(self.suspended)


def act_on(*, on: date) -> Acted:
    """Bring back and suspend whom the rules name on the day `on`, `BATCH` customers in one transaction."""
    policy = current_policy()
    quiet = why_quiet(policy, on)
    returned = _do_all(
        Step.RETURN, lambda: _suspended(on), lambda keys: _see_to_suspended(keys, on=on, policy=policy), on
    )
    suspended = 0
    if policy.is_on and not quiet:
        suspended = _do_all(
            Step.SUSPEND,
            lambda: late_customers(policy, on),
            lambda keys: suspend_due(customers=keys, on=on, policy=policy),
            on,
        )
    parked = ParkedCustomer.objects.select_related("customer").order_by("pk")
    return Acted(returned, suspended, quiet, policy.is_on, parked.count(), list(parked[:MOST_NAMED]))


def _do_all(step: str, rows: Callable[[], QuerySet], act: Act, on: date) -> int:
    """Let `act` do the customers of `rows`, and return of how many it did something; who is left is parked."""
    begun = timezone.now()
    done = sum(do_or_park(act, customers, step=step, on=on) for customers in _batches(rows))
    forget_parked(step, before=begun)
    return done


def _see_to_suspended(customers: Sequence[int], *, on: date, policy: Policy) -> int:
    """Let the suspensions of `customers`, given by key, be as things are on the day `on`; return how many came back."""
    rows = Customer.objects.select_for_update(no_key=True).filter(pk__in=among(customers))
    join_new_services(customers=list(rows.order_by("pk")), on=on, policy=policy)
    end_what_is_on(customers=customers, on=on)
    return return_settled(customers=customers, on=on, policy=policy)


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
