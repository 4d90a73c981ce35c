"""The variables of reminder texts: words in braces, such as `{customer}`, of which there is a closed set."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customerflow.variables import check_variables, help_on, pieces

VARIABLES = {
    "customer": gettext_lazy("the customer's name"),
    "number": gettext_lazy("the customer number"),
    "invoices": gettext_lazy("the invoices, each with its due day and what is open"),
    "total": gettext_lazy("what is open on them together, with the currency"),
    "due_on": gettext_lazy("the oldest due day among them"),
    "days_late": gettext_lazy("by how many days that is past"),
    "day": gettext_lazy("the day of the reminder"),
    "operator": gettext_lazy("our name"),
    "contact": gettext_lazy("our phone and e-mail address"),
    "bank": gettext_lazy("our bank account"),
}
INVOICES = "invoices"


def help_text() -> str:
    """Return in words, made when it is shown, which variables there are."""
    return help_on(VARIABLES)


def check_text(text: str) -> None:
    """Raise `ValidationError` for a variable that there is none of, and for a brace without its other."""
    check_variables(text, VARIABLES)


def check_subject(text: str) -> None:
    """Raise `ValidationError` as `check_text` does, and for a name: a subject stays when a customer is erased."""
    check_text(text)
    if any(name in ("customer", INVOICES) for _literal, name in pieces(text)):
        raise ValidationError(_("A subject names neither the customer nor the invoices."), code="subject")
