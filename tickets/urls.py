"""The addresses of this app."""

from django.urls import path

from customerflow.bulk.lists import BulkList
from customerflow.crud import crud
from tickets import views
from tickets.filters import TicketFilter, TicketTypeFilter
from tickets.forms import TicketForm, TicketTypeForm
from tickets.models import Ticket, TicketType
from tickets.tables import TicketTable, TicketTypeTable

app_name = "tickets"
urlpatterns = [
    *crud(TicketType, table=TicketTypeTable, filterset=TicketTypeFilter, form=TicketTypeForm, list_view=BulkList),
    *crud(
        Ticket,
        table=TicketTable,
        filterset=TicketFilter,
        form=TicketForm,
        list_view=BulkList,
        create_view=views.TicketCreate,
        detail_view=views.TicketDetail,
        delete_view=None,
    ),
    path("tickets/<int:pk>/reply/", views.TicketReply.as_view(), name="ticket_reply"),
    path("tickets/<int:pk>/note/", views.TicketNote.as_view(), name="ticket_note"),
    path("attachments/<int:pk>/", views.AttachmentDownload.as_view(), name="attachment"),
    path("tickets/<int:pk>/status/", views.TicketStatus.as_view(), name="ticket_status"),
    path("tickets/<int:pk>/assign/", views.TicketAssign.as_view(), name="ticket_assign"),
]
