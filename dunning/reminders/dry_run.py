"""
Whom a rule would hit today, and would have hit on days gone by: what is looked at before it is switched on.

For a past day what counts is what was open at the end of it, so that an invoice that was paid since is in it.
"""

from copy import copy
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.db.models import Case, Count, DateField, F, OuterRef, Q, QuerySet, Subquery, Sum, Value, When
from django.db.models.functions import Coalesce

from billing.balances import OPEN_AMOUNT
from billing.models import Allocation, Invoice
from customerflow.money import MoneyField, zero
from customers.models import Customer
from dunning.models import Rule
from dunning.promises import without_promised
from dunning.reminders.due import at_step, due_for

DAYS = 30
NOTHING = zero()


@dataclass(frozen=True)
class Reach:
    """How many invoices of how many customers a rule hits, and what is open on them."""

    invoices: int
    customers: int
    amount: Decimal


def hits_today(rule: Rule, today: date) -> QuerySet[Invoice]:
    """
    Return what `rule` would do something with today: one that is switched off, if it were switched on today.

    Each has `open_then`. What a promise holds off is not in it, nor who is not to be reminded; nor, of a late fee, an
    invoice that has one.
    """
    acting = copy(rule)
    acting.active_from = min(rule.active_from, today) if rule.active_from else today
    found = without_promised(due_for(acting, today), today)
    if rule.action == Rule.Action.LATE_FEE:
        found = found.filter(late_fee=None)
    return _wanted(rule, found).annotate(open_then=OPEN_AMOUNT, rule_days=Value(rule.days))


def _wanted(rule: Rule, invoices: QuerySet[Invoice]) -> QuerySet[Invoice]:
    """Return `invoices` without those of customers who are not to be reminded; a late fee is charged all the same."""
    if rule.action == Rule.Action.LATE_FEE:
        return invoices
    return invoices.exclude(customer__channel=Customer.Channel.NONE)


def hits_of_past(rule: Rule, today: date) -> QuerySet[Invoice]:
    """
    Return the invoices that came to the step of `rule` on the `DAYS` days before today, and were open on that day.

    Each has `open_then`, what was open of it at the end of that day. Who is not to be reminded, as of now, is left out.
    """
    days = [today - timedelta(days=count) for count in range(1, DAYS + 1)]
    shift = timedelta(days=rule.days)
    # A sum of a column and a number of days is something else on each database.
    steps = [When(due_on=day - shift, then=Value(day)) for day in days]
    issued = Invoice.objects.exclude(status=Invoice.Status.DRAFT)
    found = _wanted(rule, at_step(rule, issued, days[-1], days[0]))
    found = found.alias(step_on=Case(*steps, output_field=DateField()))
    in_force = Q(released_on=None) | Q(released_on__gt=OuterRef("step_on"))
    settled = Allocation.objects.filter(in_force, invoice=OuterRef("pk"), posted_on__lte=OuterRef("step_on")).order_by()
    settled = settled.values("invoice").values(sum=Sum("amount"))
    open_then = F("total") - Coalesce(Subquery(settled, output_field=MoneyField()), NOTHING)
    standing = Q(voided_on=None) | Q(voided_on__gt=F("step_on"))
    found = found.filter(standing).annotate(open_then=open_then, rule_days=Value(rule.days))
    return found.filter(open_then__gte=rule.least_open) if rule.least_open else found.filter(open_then__gt=NOTHING)


def reach_of(hits: QuerySet[Invoice]) -> Reach:
    """Return how far `hits` go; one query."""
    amount = Coalesce(Sum("open_then"), NOTHING)
    counts = hits.order_by().aggregate(invoices=Count("pk"), customers=Count("customer", distinct=True), amount=amount)
    return Reach(**counts)
