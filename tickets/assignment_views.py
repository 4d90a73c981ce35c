"""Assignment rules with a dry run of each, and giving a ticket to a group."""

from django.contrib.auth.models import Group
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext as _

from customerflow.crud import DetailScreen
from tickets.assigning import give_to_group
from tickets.choosing import MOST_TRIED, TRIED_BACK, tried
from tickets.forms import GroupForm
from tickets.models import AssignmentRule, Ticket
from tickets.models.assignment_rule import CONDITIONS
from tickets.tables import GivenTable
from tickets.views import TicketAct

SHOWN = 50


class AssignmentRuleDetail(DetailScreen):
    """A rule, and a dry run of it: which of the last tickets it would have given to whom."""

    def get_queryset(self) -> models.QuerySet:
        return AssignmentRule.objects.select_related("group", "person").prefetch_related(*CONDITIONS)

    def get_context_data(self, **context: object) -> dict[str, object]:
        given = tried(self.object, timezone.now())
        to_whom = dict(given[:SHOWN])
        rows = list(GivenTable.prepare(Ticket.objects.filter(pk__in=to_whom)).order_by("-pk"))
        for ticket in rows:
            ticket.given_to = to_whom[ticket.pk]
        return super().get_context_data(
            count=len(given), most=MOST_TRIED, days=TRIED_BACK.days, table=GivenTable(rows), **context
        )


class TicketGroup(TicketAct):
    """Giving a ticket to a group, or to none."""

    form_class, form_name = GroupForm, "group_form"

    def act(self, *, group: Group | None) -> str:
        if not give_to_group(tickets=[self.object], group=group, at=timezone.now(), by=self.request.user):
            return _("so already.")
        return _("given to %(name)s.") % {"name": group} if group else _("given to no group.")
