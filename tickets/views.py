"""The page of a ticket, and the acts on it."""

from uuid import UUID

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.html import format_html
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views import generic

from customerflow.crud import CreateScreen, DetailScreen
from customerflow.refusals import acting
from customerflow.screens import Screen
from customerflow.tables import link
from tickets.attachments import SentFile
from tickets.beside import equipment_beside, links_beside, services_beside
from tickets.desk import assign, change_status, reply
from tickets.forms import AssignForm, GroupForm, HandOverForm, MessageForm, ReplyForm, StatusForm
from tickets.mail.sending import why_not_sent
from tickets.merging import conversation_of
from tickets.models import Attachment, CannedReply, Message, Tag, Ticket, TicketMerge
from tickets.planning_forms import LinkForm, PlanForm
from tickets.presence import seen
from tickets.queue_views import worked_through
from tickets.sla.telling import told

# So many canned replies are offered on a ticket.
MOST_CANNED = 200


class TicketDetail(DetailScreen):
    """A ticket: what was said, whose it is, how it stands, and what can be done next."""

    model = Ticket
    template_name_suffix = "_detail"

    def get_queryset(self) -> models.QuerySet:
        about = ("location", "service__location", "equipment")
        return Ticket.objects.select_related("customer", "type", "assignee", "group", *about)

    def get(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        """Show the ticket; one that was merged leads to the one that goes on."""
        if merge := TicketMerge.objects.filter(merged=self.kwargs["pk"]).select_related("merged", "survivor").first():
            messages.info(request, _("#%(number)s was merged into this ticket.") % {"number": merge.merged.number})
            return redirect(merge.survivor)
        return super().get(request, *args, **kwargs)

    def get_context_data(self, **context: object) -> dict[str, object]:
        ticket = self.object
        tags, watchers = list(ticket.tags.all()), list(ticket.watchers.all())
        forms_of_page = {
            "reply_form": ReplyForm(ticket=ticket, auto_id="reply-%s"),
            "note_form": MessageForm(auto_id="note-%s"),
            "status_form": StatusForm(),
            "assign_form": AssignForm(initial={"assignee": ticket.assignee_id}),
            "group_form": GroupForm(initial={"group": ticket.group_id}),
            "plan_form": PlanForm(initial=planned(ticket, tags), auto_id="plan-%s"),
            "link_form": LinkForm(auto_id="link-%s"),
        }
        events = list(ticket.events.select_related("by"))
        said = {
            "conversation": conversation_of(ticket)
            .select_related("author", "ticket", "email", "mail")
            .prefetch_related("attachments"),
            "events": events,
            "clock": told(ticket, events, timezone.now()),
            "worked_through": worked_through(self.request),
            "why_not_sent": why_not_sent(),
            "services": services_beside(ticket),
            "equipment": equipment_beside(ticket),
            "canned_replies": CannedReply.objects.for_type(ticket.type_id)[:MOST_CANNED],
            "links": links_beside(ticket),
            "merges": ticket.merges.select_related("merged"),
            "tags": tags,
            "watchers": watchers,
            "is_followed": self.request.user in watchers,
        }
        return super().get_context_data(**{**forms_of_page, **said, **context})


def planned(ticket: Ticket, tags: list[Tag]) -> dict[str, object]:
    """Return what the form of the plan holds at first."""
    names = ", ".join(tag.name for tag in tags)
    return {"snoozed_until": ticket.snoozed_until, "due_on": ticket.due_on, "tags": names}


class TicketCreate(CreateScreen):
    """Opening a ticket, with files."""

    model = Ticket
    body_limit = settings.ATTACHMENT_LIMIT + settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    body_permission = "tickets.add_ticket"


class AttachmentDownload(Screen, generic.View):
    """A file of a message, to be saved: what it holds is somebody else's, and never runs in the product."""

    model = Attachment
    permission_required = "tickets.view_attachment"

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        attachment = get_object_or_404(Attachment.objects.select_related("message__ticket").exclude(file=""), pk=pk)
        try:
            content = attachment.content()
        except OSError:
            messages.error(request, _("The file %s is missing: restore it from a backup.") % attachment)
            return redirect(attachment.message.ticket)
        response = HttpResponse(content, content_type=attachment.content_type)
        response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=attachment.name)
        response["Content-Security-Policy"] = "default-src 'none'; sandbox"
        response["Cache-Control"] = "private, no-store"
        return response


class TicketPresent(Screen, generic.View):
    """Saying that one has the page of a ticket open; who else has is the answer."""

    model = Ticket
    permission_required = "tickets.view_ticket"

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        return redirect(get_object_or_404(Ticket, pk=pk))

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        ticket = get_object_or_404(Ticket, pk=pk)
        others = seen(ticket=ticket, user=request.user, is_typing="typing" in request.POST, at=timezone.now())
        return render(request, "tickets/_presence.html", {"others": others})


class TicketAct(TicketDetail):
    """
    An act on a ticket, sent from its page; where it is refused, the page comes back with what was typed.

    A subclass names its form, the name the page knows the form by, and what happens.
    """

    action = "update"
    form_class: type[forms.Form] = None
    form_name = ""
    # What kind of news the words of `act` are.
    level = messages.SUCCESS

    def get(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        """Lead whoever comes by address, as after a log-in, to the ticket's page."""
        return redirect(self.get_object())

    def post(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        self.object = self.get_object()
        auto_id = f"{self.form_name.removesuffix('_form')}-%s"
        form = self.form_class(request.POST, request.FILES, auto_id=auto_id, **self.form_options())
        if form.is_valid():
            try:
                with acting():
                    done = self.act(**form.cleaned_data)
            except ValidationError as error:
                form.add_error(None, ValidationError(error.messages))
            else:
                messages.add_message(request, self.level, format_html("{}: {}", link(self.object), done))
                return redirect(self.object)
        return self.render_to_response(self.get_context_data(**{self.form_name: form}))

    def form_options(self) -> dict[str, object]:
        """Return what the form is made with besides what was sent."""
        return {}

    def act(self, **values: object) -> str:
        """Do it, with the cleaned values of the form; return in words what was done."""
        raise NotImplementedError


class MessageAct(TicketAct):
    """Something said on a ticket, with files; they are read only of those who may."""

    body_limit = settings.ATTACHMENT_LIMIT + settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    body_permission = "tickets.change_ticket"


class TicketReply(MessageAct):
    """Answering the customer."""

    form_class, form_name = ReplyForm, "reply_form"

    def form_options(self) -> dict[str, object]:
        return {"ticket": self.object}

    def act(self, *, body: str, files: list[SentFile], key: UUID | None, minutes: int | None, to: str = "") -> str:
        message = reply(
            ticket=self.object,
            kind=Message.Kind.PUBLIC,
            body=body,
            files=files,
            to=to,
            key=str(key or ""),
            minutes=minutes,
            by=self.request.user,
            at=timezone.now(),
        )
        said = {"status": message.ticket.get_status_display(), "to": to}
        if to:
            return _("replied, by e-mail to %(to)s; the ticket is “%(status)s”.") % said
        return _("replied; the ticket is “%(status)s”.") % said


class TicketNote(MessageAct):
    """Noting something that only staff see."""

    form_class, form_name = MessageForm, "note_form"

    def act(self, *, body: str, files: list[SentFile], key: UUID | None, minutes: int | None) -> str:
        reply(
            ticket=self.object,
            kind=Message.Kind.INTERNAL,
            body=body,
            files=files,
            key=str(key or ""),
            minutes=minutes,
            by=self.request.user,
            at=timezone.now(),
        )
        return _("noted. Only staff can see it.")


class TicketStatus(TicketAct):
    """Moving a ticket to another state."""

    form_class, form_name = StatusForm, "status_form"

    def act(self, *, status: str) -> str:
        ticket = change_status(
            ticket=self.object, status=Ticket.Status(status), at=timezone.now(), by=self.request.user
        )
        return _("now “%(status)s”.") % {"status": ticket.get_status_display()}


class TicketAssign(TicketAct):
    """Giving a ticket to a colleague, to oneself, or to nobody."""

    form_class, form_name = HandOverForm, "assign_form"

    def act(self, *, assignee, **seen: object) -> str:
        by = self.request.user
        if not assign(tickets=[self.object], assignee=assignee, at=timezone.now(), by=by, **seen):
            self.level = messages.INFO
            return _("assigned to %(name)s already.") % {"name": assignee} if assignee else _("nobody's already.")
        return _("assigned to %(name)s.") % {"name": assignee} if assignee else _("assigned to nobody.")
