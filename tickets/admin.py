"""Tickets in the administration."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from customerflow.administration import ReadOnlyAdmin, RecordAdmin
from customerflow.bulk.administration import BulkAdmin
from tickets.forms import AssignmentRuleForm, CannedReplyForm, ClosingRuleForm, TicketForm, TicketTypeForm
from tickets.models import (
    AssignmentRule,
    Attachment,
    Calendar,
    CannedReply,
    ClosingRule,
    IncomingMail,
    Message,
    SlaPolicy,
    StaffNotice,
    Tag,
    Ticket,
    TicketEmail,
    TicketEvent,
    TicketLink,
    TicketMerge,
    TicketType,
)
from tickets.sla.forms import CalendarForm, SlaPolicyForm


@admin.register(TicketType)
class TicketTypeAdmin(BulkAdmin):
    """Kinds of requests."""

    form = TicketTypeForm
    list_display = ("name", "by_code", "default_priority", "group", "is_retired")
    list_select_related = ("group",)
    list_filter = ("is_retired", "default_priority")
    sortable_by = ("by_code",)
    search_help_text = _("By ID or name.")

    @admin.display(description=_("ID"), ordering="code_key")
    def by_code(self, ticket_type: TicketType) -> str:
        """Return the ID; 9 sorts before 10."""
        return ticket_type.code


@admin.register(Ticket)
class TicketAdmin(BulkAdmin):
    """Requests of customers. They are closed, never removed: what was said stays."""

    form = TicketForm
    facts = ("number", "customer_name", "status", "assignee", "group", "opened_at", "finished_at")
    list_display = ("__str__", "customer", "type", "status", "priority", "assignee", "opened_at")
    list_select_related = ("customer", "type", "assignee")
    list_filter = ("status", "priority", "type", "assignee")
    sortable_by = ("status", "priority")
    search_help_text = _("By number or subject.")
    is_removable = False

    @admin.display(description=_("customer"))
    def customer_name(self, ticket: Ticket) -> str:
        """Return whose ticket it is."""
        return str(ticket.customer)


@admin.register(Message)
class MessageAdmin(ReadOnlyAdmin):
    """What was said, found by the ticket."""

    list_display = ("__str__", "ticket", "author", "created_at")
    fields = ("ticket", "kind", "body", "author", "created_at", "minutes")
    list_select_related = ("ticket", "author")
    ordering = ("-pk",)
    searched_by = "ticket"
    search_help_text = _("By the ticket's number or subject.")
    view_on_site = False


@admin.register(Attachment)
class AttachmentAdmin(ReadOnlyAdmin):
    """Files of messages; they are downloaded on the page of the ticket."""

    list_display = ("__str__", "message", "size", "refused")
    fields = ("message", "name", "content_type", "size", "refused")
    list_select_related = ("message",)
    view_on_site = False


@admin.register(TicketEmail)
class TicketEmailAdmin(ReadOnlyAdmin):
    """E-mails with replies; the page of the ticket sends them again."""

    list_display = ("__str__", "state", "attempts", "made_at", "sent_at")
    fields = ("message", "to", "mail_id", "state", "attempts", "problem", "try_at", "sent_at", "by")
    list_select_related = ("message",)


@admin.register(StaffNotice)
class StaffNoticeAdmin(ReadOnlyAdmin):
    """E-mails to colleagues about tickets: those with the same Message-ID are one."""

    list_display = ("__str__", "ticket", "problem", "made_at", "sent_at")
    fields = ("person", "ticket", "to", "mail_id", "state", "attempts", "problem", "try_at", "sent_at")
    list_select_related = ("person", "ticket")
    view_on_site = False


@admin.register(IncomingMail)
class IncomingMailAdmin(ReadOnlyAdmin):
    """E-mails that came in; they are sorted on their own pages."""

    list_display = ("__str__", "sender", "state", "reason", "received_at")
    fields = ("mail_id", "sender", "sender_name", "subject", "text", "state", "reason", "message", "received_at")
    list_select_related = ("message",)


@admin.register(TicketEvent)
class TicketEventAdmin(ReadOnlyAdmin):
    """What happened, found by the ticket."""

    list_display = ("__str__", "ticket", "by", "at")
    fields = ("ticket", "kind", "before", "after", "by", "at")
    list_select_related = ("ticket", "by")
    ordering = ("-pk",)
    searched_by = "ticket"
    search_help_text = _("By the ticket's number or subject.")
    view_on_site = False


@admin.register(Calendar)
class CalendarAdmin(RecordAdmin):
    """Working hours."""

    form = CalendarForm
    list_display = ("name", "zone", "country")
    sortable_by = ("name",)
    search_help_text = _("By name.")


@admin.register(SlaPolicy)
class SlaPolicyAdmin(RecordAdmin):
    """Targets, and the tickets that they are for."""

    form = SlaPolicyForm
    list_display = ("name", "position", "is_on", "calendar")
    list_select_related = ("calendar",)
    sortable_by = ("name", "position")
    search_help_text = _("By name.")


@admin.register(Tag)
class TagAdmin(ReadOnlyAdmin):
    """Words that tickets are marked with."""

    list_display = ("name",)
    fields = ("name",)
    view_on_site = False


@admin.register(TicketLink)
class TicketLinkAdmin(ReadOnlyAdmin):
    """Which tickets have to do with each other."""

    list_display = ("ticket", "kind", "other")
    fields = ("ticket", "kind", "other")
    list_select_related = ("ticket", "other")
    ordering = ("-pk",)
    view_on_site = False


@admin.register(TicketMerge)
class TicketMergeAdmin(ReadOnlyAdmin):
    """Which tickets were merged into which."""

    list_display = ("merged", "survivor", "at", "by")
    fields = ("merged", "survivor", "status", "at", "by")
    list_select_related = ("merged", "survivor", "by")
    ordering = ("-pk",)
    view_on_site = False


@admin.register(AssignmentRule)
class AssignmentRuleAdmin(RecordAdmin):
    """Who looks after tickets that are opened."""

    form = AssignmentRuleForm
    list_display = ("name", "position", "is_on", "group", "whom", "person")
    list_select_related = ("group", "person")
    sortable_by = ("name", "position")
    search_help_text = _("By name.")


@admin.register(CannedReply)
class CannedReplyAdmin(BulkAdmin):
    """Answers that are given often."""

    form = CannedReplyForm
    list_display = ("name", "type")
    list_select_related = ("type",)
    search_help_text = _("By name.")


@admin.register(ClosingRule)
class ClosingRuleAdmin(BulkAdmin):
    """After how long tickets that wait for the customer are closed."""

    form = ClosingRuleForm
    facts = ("is_on",)
    list_display = ("name", "days", "type", "is_on")
    list_select_related = ("type",)
    search_help_text = _("By name.")
