"""That everything is billed that was due when the billing ran last."""

from collections.abc import Iterator
from datetime import date

from django.utils.translation import gettext_lazy as _

from billing.books.check import Check, Violation
from billing.models import BillingRun, BillingRunItem
from billing.runs.candidates import candidates, stretches_of_customers, touched_since
from billing.runs.running import billing_start, bills_of
from billing.taxes import Rates
from customerflow.changes.models import ChangeSet
from customerflow.keys import among
from customerflow.money import to_minor
from customers.models import Customer


def unbilled(on: date) -> Iterator[Violation]:
    """
    Yield the customers of whom something is not billed that the last finished run should have billed, and how much.

    Those are left out whom it parked, and of whom something was recorded since: the next run bills that.
    """
    run = BillingRun.objects.filter(state=BillingRun.State.DONE, day__lte=on).order_by("-day").first()
    if run is None:
        return
    start, rates = billing_start(), Rates.on(on)
    since = _first_set_after(run)
    parked = run.items.filter(attempt=run.attempt, outcome=BillingRunItem.Outcome.PARKED)
    for within in stretches_of_customers(0):
        due, _touched = candidates(*within, start=start, on=run.day, since=None)
        left_out = touched_since(within, since)
        left_out.update(parked.filter(customer__in=due).values_list("customer", flat=True))
        keys = [key for key in due if key not in left_out]
        customers = Customer.objects.filter(pk__in=among(keys)).order_by("pk")
        bills, _reasons = bills_of(customers, start=start, day=run.day, looked_through=set(keys), rates=rates)
        for bill in bills:
            yield bill.customer.pk, to_minor(bill.total), None


def _first_set_after(run: BillingRun) -> int:
    sets = ChangeSet.objects.filter(at__gte=run.started_at).order_by("at", "pk")
    newest = ChangeSet.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    return sets.values_list("pk", flat=True).first() or newest + 1


CHECKS = (
    Check(
        name="everything_due_is_billed",
        rule=_("What was due when the billing ran last is billed."),
        remedy=_("Bill again: the run of that day makes what is missing."),
        kind="customers.customer",
        told=_("%(first)s is not billed."),
        is_money=True,
        find=unbilled,
    ),
)
