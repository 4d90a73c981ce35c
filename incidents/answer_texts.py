"""What stands in an answer to all tickets: the variables of canned replies, and those of the incident."""

from collections.abc import Callable

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.core.exceptions import ValidationError
from django.db.models import Sum
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customerflow.money import format_money
from customerflow.tables import as_text
from customerflow.variables import fill, pieces
from incidents.models import Credit, Incident
from tickets.canned import VALUES
from tickets.models import Ticket
from tickets.models.canned_reply import VARIABLES as OF_CANNED

VARIABLES = OF_CANNED | {
    "since": gettext_lazy("when the outage began"),
    "until": gettext_lazy("when it ended"),
    "credit": gettext_lazy("what the customer was given back for it, with tax"),
}


def credited(incident: Incident, ticket: Ticket) -> str:
    """Return what the customer of a ticket was given back, with tax; nothing where nothing was."""
    notes = Credit.objects.live().filter(incident=incident, customer=ticket.customer_id).values("credit_note")
    total = ticket.customer.credit_notes.filter(pk__in=notes).aggregate(sum=Sum("total"))["sum"]
    return f"{format_money(total)} {settings.CURRENCY}" if total else ""


OF_INCIDENT: dict[str, Callable[[Incident, Ticket], str]] = {
    "since": lambda incident, ticket: as_text(incident.began_at),
    "until": lambda incident, ticket: as_text(incident.ended_at),
    "credit": credited,
}


def filled_in(text: str, incident: Incident, ticket: Ticket, agent: AbstractUser) -> str:
    """
    Return what `text` says on `ticket`.

    Raises `ValidationError` for a variable that has no value there: nobody reads it over before the customer does.
    """

    def value_of(name: str) -> str:
        value = OF_INCIDENT[name](incident, ticket) if name in OF_INCIDENT else VALUES[name](ticket, agent)
        if not value:
            raise ValidationError(_("There is nothing to be written for {%(name)s} on it.") % {"name": name})
        return value

    return fill(pieces(text), value_of)


def previewed(text: str, incident: Incident, ticket: Ticket, agent: AbstractUser) -> str:
    """Return what `text` says on `ticket`, or why it says nothing there."""
    try:
        return filled_in(text, incident, ticket, agent)
    except ValidationError as refusal:
        return _("Left out: %(reason)s") % {"reason": " ".join(refusal.messages)}
