"""Incidents in the administration."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from customerflow.administration import ReadOnlyAdmin, RecordAdmin
from incidents.forms import IncidentForm
from incidents.models import Answer, AnsweredTicket, Credit, HitService, Incident, JoinedTicket, ServiceByHand


@admin.register(Incident)
class IncidentAdmin(RecordAdmin):
    """Outages; they end and are answered on their own pages."""

    form = IncidentForm
    facts = ("number", "ended_at", "frozen_at")
    list_display = ("__str__", "began_at", "ended_at")
    sortable_by = ("began_at",)
    search_help_text = _("By number or title.")


@admin.register(ServiceByHand)
class ServiceByHandAdmin(ReadOnlyAdmin):
    """Services that were named by hand."""

    list_display = ("__str__", "incident", "is_spared", "by")
    list_select_related = ("service", "incident", "by")
    fields = ("incident", "service", "is_spared", "by")


@admin.register(HitService)
class HitServiceAdmin(ReadOnlyAdmin):
    """Services that incidents hit, as they were written down."""

    list_display = ("__str__", "incident")
    list_select_related = ("service", "incident")
    fields = ("incident", "service")
    view_on_site = False


@admin.register(JoinedTicket)
class JoinedTicketAdmin(ReadOnlyAdmin):
    """Tickets of incidents."""

    list_display = ("__str__", "incident", "at", "by")
    list_select_related = ("ticket", "incident", "by")
    fields = ("incident", "ticket", "at", "by")


@admin.register(Answer)
class AnswerAdmin(ReadOnlyAdmin):
    """What was said on many tickets at once."""

    list_display = ("__str__", "incident", "at", "by")
    list_select_related = ("incident", "by")
    fields = ("incident", "kind", "body", "is_sent", "is_resolving", "at", "by")


@admin.register(AnsweredTicket)
class AnsweredTicketAdmin(ReadOnlyAdmin):
    """What became of each ticket."""

    list_display = ("__str__", "answer", "reason")
    list_select_related = ("ticket", "answer")
    fields = ("answer", "ticket", "message", "reason")


@admin.register(Credit)
class CreditAdmin(ReadOnlyAdmin):
    """What is given back for outages; it is changed on its own pages."""

    list_display = ("__str__", "incident", "customer", "state", "credit_note")
    list_select_related = ("service", "incident", "customer", "credit_note")
    fields = (
        "incident",
        "service",
        "customer",
        "state",
        "minutes",
        "computed",
        "amount",
        "reason",
        "problem",
        "credit_note",
        "by",
    )
