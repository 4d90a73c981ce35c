"""What the lists of billing runs and of their customers show."""

import django_filters
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from billing.models import BillingRun, BillingRunItem
from customerflow.filters import ListFilter, YesNoFilter
from customerflow.money import format_money
from customerflow.tables import Column, Table, anchor, link, state
from customers.filters import CustomerNumberFilter

SHAPES = {"planning": "new", "planned": "new", "running": "new", "done": "active"}
OUTCOMES = {"planned": "new", "invoiced": "active", "credited": "active", "nothing": "off", "parked": "bad"}


def run_state(run: BillingRun) -> SafeString:
    """Return how far a run is as a word with a shape."""
    return state(run.get_state_display(), SHAPES[run.state])


def item_outcome(item: BillingRunItem) -> SafeString:
    """Return what became of a customer in a run as a word with a shape."""
    return state(item.get_outcome_display(), OUTCOMES[item.outcome])


def documents(item: BillingRunItem) -> SafeString | str:
    """Return the way to what was issued, or why nothing could be."""
    return link(item.invoice) if item.invoice else link(item.credit_note) if item.credit_note else item.reason


def item_total(item: BillingRunItem) -> SafeString | str:
    """Return what is charged with tax; of what is only planned, with the way to its lines."""
    total = format_money(item.total)
    if item.outcome != BillingRunItem.Outcome.PLANNED:
        return total
    return anchor(f"{reverse('billing:next_bill', args=[item.customer_id])}?day={item.run.day.isoformat()}", total)


class BillingRunTable(Table):
    """The list of billing runs."""

    columns = (
        Column("day", _("Day"), value=str, cell=link, sort="day"),
        Column("state", _("State"), value=BillingRun.get_state_display, cell=run_state),
        Column("attempt", _("Attempt"), css="num"),
        Column("started_at", _("Started"), value=lambda run: f"{run.started_at:%Y-%m-%d %H:%M}", css="num"),
        Column("started_by", _("Started by"), value=lambda run: str(run.started_by or _("Command line"))),
    )
    select_related = ("started_by",)
    order = "-day"


class BillingRunFilter(ListFilter):
    """Billing runs by their state."""

    state = django_filters.ChoiceFilter(label=_("State"), choices=BillingRun.State.choices)


class BillingRunItemTable(Table):
    """What a run plans, or did, customer by customer."""

    columns = (
        Column(
            "customer",
            _("Customer"),
            value=lambda item: str(item.customer),
            cell=lambda item: link(item.customer),
            sort="pk",
        ),
        Column("outcome", _("Outcome"), value=BillingRunItem.get_outcome_display, cell=item_outcome),
        Column("difference", _("Compared with the last"), value=BillingRunItem.get_difference_display),
        Column("before", _("Last invoice"), css="num"),
        Column("total", _("Total"), cell=item_total, css="num"),
        Column(
            "document",
            _("Document"),
            value=lambda item: str(item.invoice or item.credit_note or item.reason),
            cell=documents,
        ),
    )
    select_related = ("run", "customer", "invoice", "credit_note")
    order = "customer"


class BillingRunItemFilter(ListFilter):
    """Customers of billing runs, by the run, what became of them, and in what their bill is another."""

    run = django_filters.ModelChoiceFilter(label=_("Run of the day"), queryset=BillingRun.objects.order_by("-day"))
    customer = CustomerNumberFilter()
    outcome = django_filters.ChoiceFilter(label=_("Outcome"), choices=BillingRunItem.Outcome.choices)
    difference = django_filters.ChoiceFilter(
        label=_("Compared with the last"), choices=BillingRunItem.Difference.choices
    )
    has_changed = YesNoFilter(label=_("Changed since the preview"))
