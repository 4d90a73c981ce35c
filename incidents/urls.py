"""The addresses of this app."""

from django.urls import path

from customerflow.bulk.lists import BulkList
from customerflow.crud import crud
from incidents import answer_views, credit_views, views
from incidents.filters import CandidateFilter, CreditFilter, HitFilter, IncidentFilter, JoinedFilter
from incidents.forms import IncidentForm
from incidents.models import Credit, Incident, JoinedTicket
from incidents.tables import CreditTable, HitTable, IncidentTable, JoinedTable
from tickets.tables import TicketTable

READ_ONLY = {"create_view": None, "update_view": None, "delete_view": None, "lookup_view": None}

app_name = "incidents"
urlpatterns = [
    *crud(
        Incident,
        table=IncidentTable,
        filterset=IncidentFilter,
        form=IncidentForm,
        create_view=views.IncidentCreate,
        detail_view=views.IncidentDetail,
    ),
    *crud(JoinedTicket, table=JoinedTable, filterset=JoinedFilter, form=None, detail_view=None, **READ_ONLY),
    *crud(
        Credit,
        table=CreditTable,
        filterset=CreditFilter,
        form=None,
        list_view=BulkList,
        detail_view=None,
        **READ_ONLY,
    ),
    path("incidents/<int:pk>/credits/propose/", credit_views.ProposeCredits.as_view(), name="credits_propose"),
    path("incidents/<int:pk>/credits/post/", credit_views.PostCredits.as_view(), name="credits_post"),
    path("incidents/<int:pk>/credits/discard/", credit_views.DiscardCredits.as_view(), name="credits_discard"),
    path("incidents/<int:pk>/end/", views.IncidentEnd.as_view(), name="incident_end"),
    path("incidents/<int:pk>/reopen/", views.IncidentReopen.as_view(), name="incident_reopen"),
    path("incidents/<int:pk>/service/", views.IncidentService.as_view(), name="incident_service"),
    path("incidents/<int:pk>/answer/", answer_views.IncidentAnswer.as_view(), name="incident_answer"),
    path("answers-to-all/<int:pk>/", answer_views.AnswerDetail.as_view(), name="answer_detail"),
    path("answers-to-all/<int:pk>/go-on/", answer_views.AnswerGoOn.as_view(), name="answer_go_on"),
    path(
        "services-hit/",
        views.ServicesHit.as_view(table_class=HitTable, filterset_class=HitFilter),
        name="services",
    ),
    path(
        "tickets-that-may-be-hit/",
        views.Candidates.as_view(table_class=TicketTable, filterset_class=CandidateFilter),
        name="candidates",
    ),
    path("tickets/<int:pk>/join/", views.TicketJoin.as_view(), name="ticket_join"),
    path("tickets/<int:pk>/leave/", views.TicketLeave.as_view(), name="ticket_leave"),
]
