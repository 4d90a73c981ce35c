"""The addresses of this app."""

from django.urls import path

from customerflow.bulk.lists import BulkList
from customerflow.crud import crud
from tickets import (
    assignment_views,
    board_views,
    canned_views,
    closing_views,
    merge_views,
    planning_views,
    queue_views,
    views,
)
from tickets.filters import (
    AssignmentRuleFilter,
    CalendarFilter,
    CannedReplyFilter,
    ClosingRuleFilter,
    MailFilter,
    SlaPolicyFilter,
    TicketFilter,
    TicketTypeFilter,
)
from tickets.forms import AssignmentRuleForm, CannedReplyForm, ClosingRuleForm, TicketForm, TicketTypeForm
from tickets.mail import views as mail
from tickets.models import (
    AssignmentRule,
    Calendar,
    CannedReply,
    ClosingRule,
    IncomingMail,
    SlaPolicy,
    Ticket,
    TicketType,
)
from tickets.sla import views as sla
from tickets.sla.forms import CalendarForm, SlaPolicyForm
from tickets.tables import (
    AssignmentRuleTable,
    CalendarTable,
    CannedReplyTable,
    ClosingRuleTable,
    MailTable,
    SlaPolicyTable,
    TicketTable,
    TicketTypeTable,
)

app_name = "tickets"
urlpatterns = [
    *crud(TicketType, table=TicketTypeTable, filterset=TicketTypeFilter, form=TicketTypeForm, list_view=BulkList),
    *crud(
        Ticket,
        table=TicketTable,
        filterset=TicketFilter,
        form=TicketForm,
        list_view=queue_views.TicketList,
        create_view=views.TicketCreate,
        detail_view=views.TicketDetail,
        delete_view=None,
    ),
    *crud(
        SlaPolicy,
        table=SlaPolicyTable,
        filterset=SlaPolicyFilter,
        form=SlaPolicyForm,
        list_view=sla.SlaPolicyList,
        detail_view=sla.SlaPolicyDetail,
        delete_view=sla.MeasuringDelete,
        lookup_view=None,
    ),
    *crud(
        Calendar,
        table=CalendarTable,
        filterset=CalendarFilter,
        form=CalendarForm,
        detail_view=sla.CalendarDetail,
        delete_view=sla.MeasuringDelete,
        lookup_view=None,
    ),
    path("sla-policies/usual/", sla.SlaPolicyUsual.as_view(), name="slapolicy_usual"),
    *crud(
        CannedReply,
        table=CannedReplyTable,
        filterset=CannedReplyFilter,
        form=CannedReplyForm,
        detail_view=canned_views.CannedReplyDetail,
        lookup_view=None,
    ),
    *crud(
        AssignmentRule,
        table=AssignmentRuleTable,
        filterset=AssignmentRuleFilter,
        form=AssignmentRuleForm,
        detail_view=assignment_views.AssignmentRuleDetail,
        lookup_view=None,
    ),
    *crud(
        ClosingRule,
        table=ClosingRuleTable,
        filterset=ClosingRuleFilter,
        form=ClosingRuleForm,
        detail_view=closing_views.ClosingRuleDetail,
        lookup_view=None,
    ),
    path("closing-rules/<int:pk>/on/", closing_views.ClosingRuleOn.as_view(), name="closingrule_on"),
    path("closing-rules/<int:pk>/off/", closing_views.ClosingRuleOff.as_view(), name="closingrule_off"),
    path("tickets/<int:pk>/presence/", views.TicketPresent.as_view(), name="ticket_presence"),
    path("tickets/<int:pk>/canned/", canned_views.TicketCanned.as_view(), name="ticket_canned"),
    path("tickets/board/", board_views.TicketBoard.as_view(), name="board"),
    path("tickets/next/", queue_views.NextTicket.as_view(), name="next"),
    path("tickets/counters/", queue_views.Counters.as_view(), name="counters"),
    *crud(
        IncomingMail,
        table=MailTable,
        filterset=MailFilter,
        form=None,
        detail_view=mail.MailDetail,
        create_view=None,
        update_view=None,
        delete_view=None,
        lookup_view=None,
    ),
    path("incoming-e-mails/<int:pk>/sort/", mail.MailSort.as_view(), name="mail_sort"),
    path("incoming-e-mails/<int:pk>/dismiss/", mail.MailDismiss.as_view(), name="mail_dismiss"),
    path("e-mails-of-tickets/<int:pk>/again/", mail.EmailAgain.as_view(), name="email_again"),
    path("tickets/<int:pk>/reply/", views.TicketReply.as_view(), name="ticket_reply"),
    path("tickets/<int:pk>/note/", views.TicketNote.as_view(), name="ticket_note"),
    path("attachments/<int:pk>/", views.AttachmentDownload.as_view(), name="attachment"),
    path("tickets/<int:pk>/status/", views.TicketStatus.as_view(), name="ticket_status"),
    path("tickets/<int:pk>/assign/", views.TicketAssign.as_view(), name="ticket_assign"),
    path("tickets/<int:pk>/group/", assignment_views.TicketGroup.as_view(), name="ticket_group"),
    path("tickets/<int:pk>/plan/", planning_views.TicketPlan.as_view(), name="ticket_plan"),
    path("tickets/<int:pk>/follow/", planning_views.TicketFollow.as_view(), name="ticket_follow"),
    path("tickets/<int:pk>/link/", planning_views.TicketLinkAct.as_view(), name="ticket_link"),
    path("tickets/<int:pk>/unlink/", planning_views.TicketUnlink.as_view(), name="ticket_unlink"),
    path("tickets/<int:pk>/merge/", merge_views.TicketMergeScreen.as_view(), name="ticket_merge"),
    path("tickets/<int:pk>/unmerge/", merge_views.TicketUnmerge.as_view(), name="ticket_unmerge"),
    path("tickets/<int:pk>/messages/<int:message>/split/", merge_views.MessageSplit.as_view(), name="message_split"),
]
