"""What a reminder says to one customer about their invoices: the variables of a text filled in, in their language."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property, lru_cache

from django.conf import settings
from django.utils import translation
from django.utils.translation import get_language

from billing.documents.content import amount_text, day_text
from billing.overdue import days_late
from customerflow.money import ZERO
from customerflow.variables import around, fill, pieces
from customers.models import Customer
from dunning.models import Template
from dunning.models.notice import LONGEST_SAID
from dunning.reminders.words import word
from dunning.variables import INVOICES

# So many invoices are named in an e-mail, and the number of the others.
MOST_LINES = 100


@dataclass(frozen=True, slots=True)
class OpenInvoice:
    """An invoice, as far as a reminder is about it."""

    pk: int
    customer_id: int
    number: str
    issued_on: date
    due_on: date
    open_amount: Decimal


@lru_cache(maxsize=1_000)
def _day_in(_language: str, day: date) -> str:
    return day_text(day)


def day_said(day: date) -> str:
    """Return a day as it stands in letters: a run says few days very often."""
    return _day_in(get_language(), day)


@dataclass(frozen=True)
class About:
    """What the variables of a text stand for: `customer` and their `invoices`, on the day `day`."""

    customer: Customer
    invoices: Sequence[OpenInvoice]
    day: date

    @cached_property
    def total(self) -> Decimal:
        """What is open on the invoices together."""
        return sum((invoice.open_amount for invoice in self.invoices), ZERO)

    @cached_property
    def due_on(self) -> date:
        """The oldest due day."""
        return min(invoice.due_on for invoice in self.invoices)

    def value(self, name: str) -> str:
        """Return what stands for a variable."""
        return VALUES[name](self)

    def lines(self) -> str:
        """Return the invoices, a line for each."""
        lines = [
            word("%(number)s, due on %(day)s: %(amount)s")
            % {"number": each.number, "day": day_said(each.due_on), "amount": amount_text(each.open_amount)}
            for each in self.invoices[:MOST_LINES]
        ]
        if more := len(self.invoices) - len(lines):
            lines.append(word("and %(number)d more") % {"number": more})
        return "\n".join(lines)


VALUES: dict[str, Callable[[About], str]] = {
    "customer": lambda about: about.customer.name,
    "number": lambda about: about.customer.number,
    INVOICES: About.lines,
    "total": lambda about: amount_text(about.total),
    "due_on": lambda about: day_said(about.due_on),
    "days_late": lambda about: str(days_late(about.due_on, about.day)),
    "day": lambda about: day_said(about.day),
    "operator": lambda about: settings.OPERATOR_NAME,
    "contact": lambda about: ", ".join(filter(None, [settings.OPERATOR_PHONE, settings.OPERATOR_EMAIL])),
    "bank": lambda about: ", ".join(settings.OPERATOR_BANK),
}


@dataclass(frozen=True)
class Said:
    """A text with its variables filled in; a letter's, before and behind the table of invoices."""

    language: str
    subject: str
    body: str
    opening: str
    closing: str


def say(template: Template, about: About, *, by_email: bool = True, by_letter: bool = True) -> Said:
    """Return what `template` says about the invoices, as an e-mail and as a letter."""
    with translation.override(template.language):
        # A subject may not have ends of lines.
        subject = " ".join(fill(pieces(template.subject), about.value).split())[:200] or template.name
        body = fill(pieces(template.email_text), about.value) if by_email else ""
        parts = around(template.letter_text, INVOICES) if by_letter else ((), ())
        return Said(
            template.language, subject, body, *(fill(each, about.value).strip()[:LONGEST_SAID] for each in parts)
        )


class Wordings:
    """Which text a customer gets: those of one name, by language; read once."""

    def __init__(self, templates: Iterable[Template]) -> None:
        self.by_name = {(template.name, template.language): template for template in templates}

    def of(self, template: Template, customer: Customer) -> Template:
        """Return `template` in the customer's language, or as it is where there is none in it."""
        return self.by_name.get((template.name, customer.language), template)
