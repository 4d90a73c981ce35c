"""The pages of calendars and policies."""

from datetime import timedelta

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views import generic

from customerflow.crud import DeleteScreen, DetailScreen
from customerflow.lists import ListScreen
from customerflow.paging import COUNT_LIMIT
from customerflow.refusals import acting
from customerflow.screens import Screen
from tickets.models import SlaPolicy, Ticket
from tickets.sla.measuring import measure_anew
from tickets.sla.telling import in_hours
from tickets.sla.usual import add_usual_policies
from tickets.tables import QueueTable

YEAR = timedelta(days=365)
SHOWN = 20


class MeasuringDelete(DeleteScreen):
    """Removing what tickets are measured by: they are measured anew."""

    def remove(self, record: models.Model) -> None:
        super().remove(record)
        measure_anew(self.request.user)


class CalendarDetail(DetailScreen):
    """A calendar: its week, the days off of the next year, and who uses it."""

    def get_context_data(self, **context: object) -> dict[str, object]:
        today = timezone.localdate()
        return super().get_context_data(
            days_off=self.object.next_days_off(today, today + YEAR), policies=self.object.policies.all(), **context
        )


class SlaPolicyList(ListScreen):
    """The policies; where there is none yet, the way to the usual ones."""

    def get_context_data(self, **context: object) -> dict[str, object]:
        return super().get_context_data(has_none=not SlaPolicy.objects.exists(), **context)


class SlaPolicyUsual(Screen, generic.View):
    """Adding the usual policies and their calendars, not in force."""

    http_method_names = ["post"]
    model = SlaPolicy
    permission_required = "tickets.add_slapolicy"

    def post(self, request: HttpRequest) -> HttpResponse:
        try:
            with acting():
                add_usual_policies()
        except ValidationError as refusal:
            messages.error(request, " ".join(refusal.messages))
        return redirect("tickets:slapolicy_list")


class SlaPolicyDetail(DetailScreen):
    """A policy, and the unfinished tickets that it is for, or would be if it were in force."""

    def get_queryset(self) -> models.QuerySet:
        return SlaPolicy.objects.select_related("calendar").prefetch_related("types", "plans")

    def get_context_data(self, **context: object) -> dict[str, object]:
        rows = matching(self.object)
        return super().get_context_data(
            targets=[
                (Ticket.DueStep(kind.value).label, in_hours(within))
                for kind, within in self.object.targets.within.items()
            ],
            warning=in_hours(self.object.targets.warning),
            count=min(rows.order_by().values("pk")[: COUNT_LIMIT + 1].count(), COUNT_LIMIT),
            limit=COUNT_LIMIT,
            table=QueueTable(QueueTable.prepare(rows.order_by("due_at", "pk"))[:SHOWN]),
            **context,
        )


def matching(policy: SlaPolicy) -> models.QuerySet:
    """Return the unfinished tickets that `policy` is for: those that no policy before it is for."""
    rows = Ticket.objects.unfinished().filter(policy.condition)
    for earlier in SlaPolicy.objects.in_force():
        if (earlier.position, earlier.pk) < (policy.position, policy.pk):
            rows = rows.exclude(pk__in=Ticket.objects.unfinished().filter(earlier.condition).values("pk"))
    return rows
