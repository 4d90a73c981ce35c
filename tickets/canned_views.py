"""Canned replies: their pages, and taking one into an answer."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect

from customerflow.crud import DetailScreen
from tickets.canned import filled_in
from tickets.forms import ReplyForm
from tickets.models import CannedReply, Ticket
from tickets.models.canned_reply import VARIABLES
from tickets.views import TicketDetail


class CannedReplyDetail(DetailScreen):
    """A canned reply, and what may stand in it."""

    def get_context_data(self, **context: object) -> dict[str, object]:
        return super().get_context_data(variables=VARIABLES.items(), **context)


class TicketCanned(TicketDetail):
    """The page of a ticket with a canned reply below what was typed, to be read over; nothing is sent."""

    action = "update"

    def get(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        return redirect(get_object_or_404(Ticket, pk=self.kwargs["pk"]))

    def post(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        self.object = self.get_object()
        chosen = request.POST.get("canned", "")
        offered = CannedReply.objects.for_type(self.object.type_id)
        canned = get_object_or_404(offered, pk=chosen if chosen.isascii() and chosen.isdigit() else 0)
        typed = request.POST.get("body", "").strip()
        body = "\n\n".join(filter(None, [typed, filled_in(canned.text, self.object, request.user)]))
        typed_too = {name: request.POST[name] for name in ("to", "minutes") if name in request.POST}
        form = ReplyForm(ticket=self.object, initial={"body": body, **typed_too}, auto_id="reply-%s")
        return self.render_to_response(self.get_context_data(reply_form=form))
