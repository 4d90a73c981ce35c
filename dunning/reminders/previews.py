"""What a text would say to a customer on a day: about what is open then, or about an example where nothing is."""

from datetime import date, timedelta
from decimal import Decimal

from billing.balances import OPEN_AMOUNT
from billing.snapshots import snapshot_of
from customers.models import Customer
from dunning.models import Template
from dunning.reminders.letters import content_about
from dunning.reminders.texts import About, OpenInvoice, Said, say

# So many of the customer's invoices are shown.
MOST = 20


def about(customer: Customer, on: date) -> About:
    """Return the customer's open invoices, the oldest due first; an example where there is none."""
    found = customer.invoices.open().order_by("due_on", "pk")
    columns = ("pk", "customer", "number", "issued_on", "due_on", "still_open")
    rows = found.annotate(still_open=OPEN_AMOUNT).values_list(*columns)[:MOST]
    invoices = [OpenInvoice(*row) for row in rows]
    due_on = on - timedelta(days=7)
    example = OpenInvoice(0, customer.pk, "2026-000001", due_on - timedelta(days=14), due_on, Decimal("59.99"))
    return About(customer, invoices or [example], on)


def preview_of(template: Template, customer: Customer, on: date) -> Said:
    """Return what `template` would say to `customer` on the day `on`."""
    return say(template, about(customer, on))


def letter_preview(template: Template, customer: Customer, on: date) -> dict[str, object]:
    """Return what would stand in the letter."""
    facts = about(customer, on)
    said = say(template, facts)
    return content_about(facts, said, **snapshot_of(customer))
