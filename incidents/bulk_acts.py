"""What is done at once to many tickets that are about an incident, and to many credits for it."""

from decimal import Decimal

from django.db import models
from django.utils.translation import gettext_lazy as _

from customerflow.bulk.acts import BulkAct, register
from customerflow.money import format_money
from incidents.forms import AmountForm, JoinForm
from incidents.joining import join_tickets
from incidents.models import Credit, Incident, JoinedTicket
from incidents.proposing import change_credit, leave_out
from tickets.models import Ticket


class JoinTickets(BulkAct):
    """Joining tickets to an incident."""

    heading = _("Join to an incident")
    form_class = JoinForm

    def state(self, ticket: Ticket) -> str:
        joined = JoinedTicket.objects.filter(ticket=ticket).select_related("incident").first()
        return str(joined.incident) if joined else str(_("no incident"))

    def act(self, ticket: Ticket, *, incident: Incident) -> str | None:
        joined = join_tickets(incident=incident, tickets=[ticket], at=self.at, by=self.by)
        return str(incident) if joined else None


class LeaveOut(BulkAct):
    """Giving nothing for some services."""

    heading = _("Leave out")
    explanation = _("These services are given nothing for this incident.")
    is_left_out = True

    def records(self, values: dict[str, object]) -> models.QuerySet:
        return Credit.objects.select_related("incident", "service", "credit_note")

    def state(self, credit: Credit) -> str:
        return str(credit.state_in_words)

    def act(self, credit: Credit) -> str | None:
        if (credit.state == Credit.State.LEFT_OUT) is self.is_left_out:
            return None
        return self.state(leave_out(credit=credit, is_left_out=self.is_left_out, by=self.by))


class TakeIn(LeaveOut):
    """Giving what was proposed after all."""

    heading = _("Give after all")
    explanation = _("What is proposed for these services is given.")
    is_left_out = False


class ChangeAmounts(LeaveOut):
    """Giving another amount than was worked out."""

    heading = _("Change the amount")
    explanation = _("Each of these services is given this amount, before tax.")
    form_class = AmountForm

    def state(self, credit: Credit) -> str:
        return format_money(credit.amount)

    def act(self, credit: Credit, *, amount: Decimal, reason: str) -> str | None:
        return self.state(change_credit(credit=credit, amount=amount, reason=reason, by=self.by))


register(Ticket, JoinTickets)
register(Credit, LeaveOut, TakeIn, ChangeAmounts)
