"""
Doing customers together, and each by itself where that fails: one bad record must not keep the others waiting.

Whoever is left is parked with the reason, as in a billing run, and tried again by the next daily step.
"""

from collections.abc import Callable, Sequence
from datetime import date, datetime

from django.db import DatabaseError, transaction
from django.utils import timezone

from billing.runs.running import BAD_RECORD, in_words
from suspensions.models import ParkedCustomer

Act = Callable[[Sequence[int]], int]


def do_or_park(act: Act, customers: Sequence[int], *, step: str, on: date) -> int:
    """
    Let `act` do `customers`, given by key, in one transaction, and return for how many it did something.

    Where that fails they are done in halves, down to the one who is parked.
    """
    try:
        with transaction.atomic():
            return act(customers)
    except (DatabaseError, *BAD_RECORD) as error:
        if len(customers) == 1:
            park(customers[0], step=step, on=on, reason=in_words(error))
            return 0
    middle = len(customers) // 2
    return sum(do_or_park(act, half, step=step, on=on) for half in (customers[:middle], customers[middle:]))


def park(customer: int, *, step: str, on: date, reason: str) -> None:
    """Keep why `step` of the day `on` could not be taken for a customer, in place of what was kept before."""
    with transaction.atomic():
        ParkedCustomer.objects.filter(customer=customer, step=step).delete()
        ParkedCustomer.objects.create(customer_id=customer, step=step, day=on, reason=reason, parked_at=timezone.now())


def forget_parked(step: str, *, before: datetime) -> None:
    """Forget who was parked before the moment at which `step` began to be taken again for everybody."""
    ParkedCustomer.objects.filter(step=step, parked_at__lt=before).delete()
