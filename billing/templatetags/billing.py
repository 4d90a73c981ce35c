"""What other apps' pages show of billing."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django import template
from django.db.models import Min, Sum
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from billing import tables
from billing.balances import OPEN_AMOUNT, Balance, balance_of
from billing.engine import explaining
from billing.models import BillingRun, CreditNoteLine, Invoice, InvoiceLine, Payment
from billing.runs import tables as run_tables
from customerflow.money import zero
from customerflow.paging import COUNT_LIMIT
from customerflow.panels import panel
from customers.models import Customer

register = template.Library()


@dataclass(frozen=True)
class Standing:
    """How a customer stands on the day `on`; `overdue` is open on invoices whose due day was before it."""

    balance: Balance
    overdue: Decimal
    oldest_due_on: date | None
    on: date


def standing_of(context: template.Context, customer: Customer) -> Standing:
    """Return how `customer` stands today; worked out once for a page that shows it in several places."""
    known = context.render_context.setdefault("standings", {})
    if customer.pk not in known:
        today = timezone.localdate()
        balance = balance_of(customer, today)
        late = customer.invoices.overdue(today) if balance.due_now else Invoice.objects.none()
        found = late.aggregate(overdue=Coalesce(Sum(OPEN_AMOUNT), zero()), oldest_due_on=Min("due_on"))
        known[customer.pk] = Standing(balance, **found, on=today)
    return known[customer.pk]


@register.simple_tag(takes_context=True)
def standing(context: template.Context, customer: Customer) -> SafeString:
    """Say how a customer stands today, such as "owes 59.99, 12 days late"."""
    found = standing_of(context, customer)
    return tables.customer_standing(found.balance, found.overdue, found.oldest_due_on, found.on)


@register.simple_tag
def invoice_state(invoice: Invoice) -> SafeString:
    """Return how an invoice stands today as a word with a shape."""
    return tables.invoice_state(invoice)


@register.simple_tag
def run_state(run: BillingRun) -> SafeString:
    """Return how far a billing run is as a word with a shape."""
    return run_tables.run_state(run)


@register.filter
def why(line: InvoiceLine | CreditNoteLine) -> str:
    """Return why a line has its amount, in a sentence; nothing for one that somebody wrote by hand."""
    return explaining.why(line.inputs) if line.inputs else ""


@register.simple_tag
def payment_state(payment: Payment) -> SafeString:
    """Return what became of a payment as a word with a shape."""
    return tables.payment_state(payment)


@register.inclusion_tag("billing/_balance.html", takes_context=True)
def balance_panel(context: template.Context, customer: Customer) -> dict[str, object]:
    """Draw a customer's balance in its parts, and their last payment."""
    return {
        "perms": context["perms"],
        "currency": context["currency"],
        "customer": customer,
        "standing": standing_of(context, customer),
        "last_payment": customer.payments.standing().first(),
    }


@register.inclusion_tag("crud/_panel.html", takes_context=True)
def invoice_panel(context: template.Context, customer: Customer) -> dict[str, object]:
    """Draw a customer's newest invoices, drafts among them."""
    drawn = panel(tables.InvoicesOfOneTable, customer.invoices.all(), customer=customer.number)
    if context["perms"]["billing"]["add_invoice"]:
        drawn |= {"create_url": reverse("billing:draft_create", args=[customer.pk]), "create_label": _("New invoice")}
    return drawn


@register.simple_tag
def drafts_waiting() -> int:
    """Return how many drafts of invoices wait to be issued; at most one more than `COUNT_LIMIT`."""
    return Invoice.objects.drafts().order_by()[: COUNT_LIMIT + 1].count()


@register.inclusion_tag("crud/_panel.html", takes_context=True)
def payment_panel(context: template.Context, customer: Customer) -> dict[str, object]:
    """Draw a customer's newest payments."""
    drawn = panel(tables.PaymentsOfOneTable, customer.payments.all(), customer=customer.number)
    if context["perms"]["billing"]["add_payment"]:
        query = urlencode({"customer": customer.number})
        drawn |= {"create_url": f"{reverse('billing:payment_create')}?{query}", "create_label": _("Take payment")}
    return drawn
