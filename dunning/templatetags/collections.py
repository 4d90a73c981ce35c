"""What other apps' pages show of collections."""

from django import template
from django.db.models import Exists
from django.utils import timezone
from django.utils.safestring import SafeString

from customers.models import Customer
from dunning.models import CallTask, Promise
from dunning.worklist import calls_about_debts, next_actions_of
from dunning.worklist_table import action_cell, promise_state

register = template.Library()
# So many contacts are shown.
SHOWN = 5


@register.simple_tag
def state_of_promise(promise: Promise) -> SafeString:
    """Return how a promise stands as a word with a shape."""
    return promise_state(promise)


@register.inclusion_tag("dunning/_collections.html", takes_context=True)
def collections_panel(context: template.Context, customer: Customer) -> dict[str, object]:
    """Draw what is done about what a customer is late with; nothing where there is nothing to do, and never was."""
    today = timezone.localdate()
    # Most customers pay: one question finds that out.
    promises, contacts = customer.promises.with_state(today), customer.attempts.select_related("made_by")
    owners = customer.assignments.current().select_related("owner")
    planned = (customer.next_actions.live(), calls_about_debts().filter(customer=customer))
    kinds = (customer.invoices.overdue(today), customer.promises.all(), contacts, owners, *planned)
    found = Customer.objects.filter(pk=customer.pk).values_list(*map(Exists, kinds)).get()
    is_late, has_promises, has_contacts, has_owner, *has_actions = found
    action = next_actions_of([customer.pk]).get(customer.pk) if any(has_actions) else None
    return {
        "is_shown": any(found),
        "is_late": is_late,
        "customer": customer,
        "owner": owners.first().owner if has_owner else None,
        "next_action": action,
        "is_asked_for": isinstance(action, CallTask),
        "action": action and action_cell(action, today),
        "promises": list(promises[:SHOWN]) if has_promises else [],
        "contacts": list(contacts[:SHOWN]) if has_contacts else [],
        "perms": context["perms"],
    }
