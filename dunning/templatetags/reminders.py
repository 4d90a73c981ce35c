"""What the pages of customers and invoices show of reminders."""

from django import template
from django.db.models import Exists
from django.utils import timezone

from billing.models import Charge, Invoice
from customers.models import Customer
from dunning.models import Rule
from dunning.reminders.next_steps import next_steps
from dunning.reminders.tables import became_of, call_state, execution_state, way_of

register = template.Library()
# So many reminders, and so many invoices with what comes next, are shown.
SHOWN = 10


@register.inclusion_tag("dunning/_invoice_reminders.html", takes_context=True)
def invoice_reminders(context: template.Context, invoice: Invoice) -> dict[str, object]:
    """Draw what became of the steps of an invoice, its late fee, and what comes next."""
    executions = invoice.executions.select_related("rule", "notice", "call").order_by("day", "pk")
    today, step = timezone.localdate(), None
    if invoice.open_amount:
        step = next_steps(invoice.customer, [invoice], today)[invoice.pk]
    return {
        "executions": [(each, execution_state(each.state)) for each in executions],
        "fee": Charge.objects.filter(late_fee_of=invoice).first(),
        "next_step": step,
        "perms": context["perms"],
    }


@register.inclusion_tag("dunning/_customer_reminders.html", takes_context=True)
def customer_reminders(context: template.Context, customer: Customer) -> dict[str, object]:
    """Draw the last reminders and calls of a customer, and what comes next for what is open."""
    today = timezone.localdate()
    calls = customer.calls.filter(done_at=None)
    kinds = (customer.invoices.open(), customer.notices.all(), calls, Rule.objects.active())
    # Most customers owe nothing: one question finds that out.
    found = Customer.objects.filter(pk=customer.pk).values_list(*map(Exists, kinds)).get()
    is_open, has_notices, has_calls, has_rules = found
    notices = customer.notices.select_related("rule", "email")[:SHOWN] if has_notices else []
    invoices = list(customer.invoices.open().order_by("due_on", "pk")[:SHOWN]) if is_open and has_rules else []
    steps = next_steps(customer, invoices, today) if invoices else {}
    return {
        "customer": customer,
        "is_shown": has_notices or has_calls or invoices,
        "notices": [(notice, way_of(notice), became_of(notice)) for notice in notices],
        "calls": [(call, call_state(call)) for call in calls.select_related("rule")[:SHOWN]] if has_calls else [],
        "steps": [(invoice, steps[invoice.pk]) for invoice in invoices],
    }
