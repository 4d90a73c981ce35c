"""When customers were reminded of what is late, and last spoken to."""

from collections.abc import Collection
from datetime import date, timedelta

from django.db.models import Exists, F, Max, Min, OuterRef, Q, QuerySet

from billing.models import Email, Invoice
from customerflow.keys import among
from customers.models import Customer
from dunning.models import ContactAttempt, Execution, Notice
from suspensions.models import Policy

# A letter that waits to be printed, or an e-mail that was not sent, has reminded nobody.
WENT_OUT = Q(notice__printed_at__isnull=False) | Q(notice__email__state=Email.State.SENT)


def reminders(on: date) -> QuerySet[Execution]:
    """Return the reminders that went out by the day `on`, each after its invoice was due."""
    done = Execution.objects.filter(WENT_OUT, state=Execution.State.DONE, day__lte=on)
    return done.filter(day__gt=F("invoice__due_on")).order_by()


def first_reminders(invoices: Collection[int], on: date) -> dict[int, date]:
    """Return for each customer the day of the first reminder of any of `invoices`, given by key, by the day `on`."""
    about = reminders(on).filter(invoice__in=among(invoices))
    return dict(about.values_list("invoice__customer").annotate(Min("day")))


def reminded_long_enough(customers: QuerySet[Customer], policy: Policy, on: date) -> QuerySet[Customer]:
    """Return those of `customers` who may be suspended on the day `on` by when they were reminded of what is late."""
    if policy.days_after_reminder is None:
        return customers
    about = reminders(on - timedelta(days=policy.days_after_reminder))
    late = Invoice.objects.overdue(on).filter(customer=OuterRef(OuterRef("pk"))).order_by().values("pk")
    return customers.filter(Exists(about.filter(invoice__in=late)))


def last_contacts(customers: Collection[int]) -> dict[int, date]:
    """Return the day on which each of `customers`, given by key, was last spoken or written to about what is late."""
    spoken = ContactAttempt.objects.filter(customer__in=among(customers)).order_by()
    written = Notice.objects.filter(customer__in=among(customers)).order_by()
    days = dict(spoken.values_list("customer").annotate(Max("made_on")))
    for customer, day in written.values_list("customer").annotate(Max("day")):
        days[customer] = max(day, days.get(customer, day))
    return days
