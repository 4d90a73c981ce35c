"""What pages show of the bank: states, reasons, and the mandates and direct debits of a customer."""

from collections.abc import Iterator

from django import template
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from bank.files.csv_statement import FIELDS
from bank.forms import JOIN
from bank.models import Collection, CsvProfile, Mandate, StatementLine
from bank.reasons import in_words
from bank.tables import COLLECTION_STATE, LEVEL, MANDATE_STATE, DebitsOfOneTable, MandatesOfOneTable
from bank.tables import line_state as state_of
from customerflow.panels import panel
from customers.models import Customer

register = template.Library()


@register.simple_tag
def line_state(line: StatementLine) -> SafeString:
    """Return what became of a line as a word with a shape."""
    return state_of(line)


@register.simple_tag
def line_level(line: StatementLine) -> SafeString:
    """Return how sure it is whose a line is."""
    return LEVEL(line.level)


@register.simple_tag
def mandate_state(mandate: Mandate) -> SafeString:
    """Return whether a mandate may be used."""
    return MANDATE_STATE(mandate.state)


@register.simple_tag
def collection_state(collection: Collection) -> SafeString:
    """Return how far a collection is."""
    return COLLECTION_STATE(collection.state)


@register.simple_tag
def reason_in_words(code: str) -> str:
    """Return what the code of a return says."""
    return in_words(code)


@register.filter
def columns_in_words(profile: CsvProfile) -> Iterator[tuple[str, str]]:
    """Yield the fields of a profile with their headings."""
    for name, label in FIELDS.items():
        if heading := profile.columns.get(name):
            yield label, heading if isinstance(heading, str) else JOIN.join(heading)


@register.inclusion_tag("crud/_panel.html", takes_context=True)
def mandate_panel(context: template.Context, customer: Customer) -> dict[str, object]:
    """Draw a customer's mandates."""
    drawn = panel(MandatesOfOneTable, customer.mandates.all(), customer=customer.number)
    if context["perms"]["bank"]["add_mandate"]:
        address = f"{reverse('bank:mandate_create')}?customer={customer.number}"
        drawn |= {"create_url": address, "create_label": _("Add a mandate")}
    return drawn


@register.inclusion_tag("crud/_panel.html")
def debit_panel(customer: Customer) -> dict[str, object]:
    """Draw a customer's newest direct debits, with why the bank returned one."""
    return panel(DebitsOfOneTable, customer.direct_debits.order_by("-pk"), customer=customer.number)
