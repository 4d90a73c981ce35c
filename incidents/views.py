"""The pages of incidents, and the acts on them."""

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from customerflow.acts import ActScreen
from customerflow.bulk.lists import BulkList
from customerflow.crud import CreateScreen, DetailScreen
from customerflow.lists import ListScreen
from customerflow.paging import COUNT_LIMIT
from customerflow.panels import panel
from customerflow.refusals import acting
from customers.models import Service
from incidents.covering import services_of_ticket
from incidents.credit_figures import figures_of
from incidents.forms import EndForm, IncidentForm, JoinForm, ServiceForm
from incidents.hits import counted, services_hit
from incidents.joining import join_tickets, leave_incident, may_be_about
from incidents.models import Credit, Incident
from incidents.outages import end_incident, name_service, reopen_incident
from incidents.tables import HitTable, JoinedTable
from incidents.timeline import timeline
from tickets.models import Ticket

# So many areas of a customer are proposed for an incident that is opened for a ticket.
MOST_AREAS = 10
# So many tickets are joined by one click.
MOST_JOINED = 500
SHOWN = 10


class IncidentDetail(DetailScreen):
    """An incident: what it hit, its tickets, what was said and given back, and what can be done next."""

    def get_queryset(self) -> models.QuerySet:
        return Incident.objects.prefetch_related("areas", "plans")

    def get_context_data(self, **context: object) -> dict[str, object]:
        incident, now = self.object, timezone.now()
        hit = services_hit(incident, at=now)
        count = counted(hit)
        of_it = f"?incident={incident.number}"
        figures = figures_of(incident)
        return super().get_context_data(
            hits=HitTable(HitTable.prepare(hit.order_by("pk"))[:SHOWN]),
            hit_count=min(count, COUNT_LIMIT),
            is_hit_capped=count > COUNT_LIMIT,
            hits_url=reverse("incidents:services") + of_it,
            by_hand=incident.by_hand.select_related("service")[:SHOWN],
            joined=panel(JoinedTable, incident.joined.order_by("-pk"), incident=incident.number),
            candidates=counted(may_be_about(incident, now)),
            candidates_url=reverse("incidents:candidates") + of_it,
            figures=figures,
            may_be_posted=any(figure.state == Credit.State.PROPOSED for figure in figures),
            may_be_discarded=any(figure.state in Credit.OPEN for figure in figures),
            timeline=timeline(incident),
            **context,
        )


class IncidentCreate(CreateScreen):
    """Opening an incident, which begins now unless somebody says otherwise; one for a ticket is joined by it."""

    @cached_property
    def ticket(self) -> Ticket | None:
        """The ticket from whose page it is opened: the address may name it, for those who may join it."""
        number = self.request.GET.get("ticket", "")
        may_join = number and "\x00" not in number and self.request.user.has_perm("tickets.change_ticket")
        return Ticket.objects.filter(number=number).first() if may_join else None

    def get_initial(self) -> dict[str, object]:
        now = timezone.localtime().replace(second=0, microsecond=0)
        if not self.ticket:
            return {"began_at": now, **super().get_initial()}
        since = timezone.localtime(self.ticket.opened_at).replace(second=0, microsecond=0)
        areas = services_of_ticket(self.ticket).exclude(location__area=None).order_by().values("location__area")
        return {"began_at": since, "areas": [row["location__area"] for row in areas.distinct()[:MOST_AREAS]]}

    def accept(self, form: IncidentForm) -> bool:
        is_accepted = super().accept(form)
        if is_accepted and self.ticket:
            now, by = timezone.now(), self.request.user
            join_tickets(incident=self.object, tickets=[self.ticket], at=now, by=by)
        return is_accepted


class IncidentAct(ActScreen):
    """An act on an incident."""

    model = Incident


class IncidentEnd(IncidentAct):
    """Ending an incident."""

    form_class = EndForm
    heading = _("End this incident")
    explanation = _("Which services it hit is written down then: later moves change nothing.")
    button = _("End it")
    done = _("Over: {}.")

    def get_initial(self) -> dict[str, object]:
        return {"ended_at": timezone.localtime().replace(second=0, microsecond=0)}

    def act(self, **values: object) -> Incident:
        return end_incident(incident=self.object, at=timezone.now(), by=self.request.user, **values)


class IncidentReopen(IncidentAct):
    """Letting an incident go on."""

    form_class = forms.Form
    heading = _("Open this incident again")
    explanation = _("It goes on as if it had not ended.")
    button = _("Open again")
    done = _("Goes on: {}.")

    def act(self) -> Incident:
        return reopen_incident(incident=self.object)


class IncidentService(IncidentAct):
    """Adding a service by hand, or taking one out."""

    form_class = ServiceForm
    heading = _("Name a service")
    explanation = _("It is hit, or is not, whatever its area and plan say.")
    button = _("Save")
    done = _("Saved: {}.")

    def act(self, **values: object) -> None:
        name_service(incident=self.object, at=timezone.now(), by=self.request.user, **values)


class ServicesHit(ListScreen):
    """The services that an incident hits."""

    model = Service


class Candidates(BulkList):
    """Tickets that may be about an incident: some or all are joined to it by one click."""

    model = Ticket

    @cached_property
    def incident(self) -> Incident:
        """The incident that the address names."""
        return get_object_or_404(Incident, number=self.request.GET.get("incident", ""))

    def get_template_names(self) -> list[str]:
        return ["incidents/candidates.html"]

    def get_context_data(self, **context: object) -> dict[str, object]:
        context = super().get_context_data(**context)
        may_join = self.request.user.has_perm("tickets.change_ticket")
        acts = [("join", _t("Join to this incident"))] if may_join else []
        context["table"].is_selectable = bool(acts)
        incident = None if context["problems"] else self.filterset.chosen
        return {**context, "acts": acts, "create_url": None, "incident": incident}

    def post(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        """Join what was chosen; a form that was sent without a choice joins nothing."""
        if not request.user.has_perm("tickets.change_ticket"):
            raise PermissionDenied
        rows = self.chosen()
        tickets = list(rows[:MOST_JOINED]) if rows is not None else []
        try:
            with acting():
                joined = join_tickets(incident=self.incident, tickets=tickets, at=timezone.now(), by=request.user)
        except ValidationError as refusal:
            messages.error(request, " ".join(refusal.messages))
            return redirect(request.get_full_path())
        said = ngettext("%(count)d ticket joined.", "%(count)d tickets joined.", len(joined))
        (messages.success if joined else messages.warning)(request, said % {"count": len(joined)})
        return redirect(self.incident)


class TicketJoin(ActScreen):
    """Joining a ticket to an incident."""

    model = Ticket
    form_class = JoinForm
    heading = _("Join to an incident")
    explanation = _("It is answered with the others.")
    button = _("Join")
    done = _("Joined: {}.")

    def get_template_names(self) -> list[str]:
        return ["incidents/join.html"]

    def get_initial(self) -> dict[str, object]:
        return {"incident": self.request.GET.get("incident", "")}

    def act(self, *, incident: Incident) -> None:
        join_tickets(incident=incident, tickets=[self.object], at=timezone.now(), by=self.request.user)


class TicketLeave(ActScreen):
    """Taking a ticket out of its incident."""

    model = Ticket
    form_class = forms.Form
    heading = _("Take it out of the incident")
    explanation = _("What was said on it stays.")
    button = _("Take out")
    done = _("By itself again: {}.")

    def act(self) -> None:
        leave_incident(ticket=self.object, at=timezone.now(), by=self.request.user)
