"""What other apps' pages show of reports."""

from django import template
from django.utils import timezone

from customers.models import Customer
from reports.months import DAY, USUAL, months_before
from reports.report import Share
from reports.support.cost import cost_of, invoiced_to, is_known, spent_on
from reports.support.periods import Period
from tickets.sla.telling import in_hours

register = template.Library()


@register.inclusion_tag("reports/_support.html", takes_context=True)
def support_line(context: template.Context, customer: Customer) -> dict[str, object]:
    """Say in one line what the last twelve months of support were; what they cost, to those who see the ledger."""
    today = timezone.localdate()
    days = Period(_year_before(today) + DAY, today)
    spent = spent_on(customer, days)
    drawn = {"spent": spent, "time": in_hours(spent.time) if spent.minutes else ""}
    if spent.minutes and is_known() and context["perms"]["billing"]["view_ledgeraccount"]:
        cost = cost_of(spent.minutes)
        invoiced = invoiced_to([customer.pk], days)[customer.pk]
        drawn |= {"cost": cost, "share": Share(cost, max(invoiced, 0)).percent}
    return drawn


def _year_before(day):
    """Return the same day twelve months ago, or the last one of that month."""
    first = months_before(day, USUAL)
    return min(first.replace(day=1) + (day.day - 1) * DAY, months_before(day, USUAL - 1) - DAY)
