"""The page of the board."""

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import generic

from customerflow.refusals import acting
from customerflow.screens import Screen
from customerflow.tables import link
from tickets.board import BOARDS, columns, move_card
from tickets.filters import BoardFilter
from tickets.models import Ticket


class MoveForm(forms.Form):
    """Which card goes where, as it was seen."""

    ticket = forms.IntegerField(min_value=1, max_value=2**63 - 1)
    version = forms.IntegerField(min_value=1, max_value=2**31 - 1)
    status = forms.ChoiceField(label=gettext_lazy("Status"), choices=Ticket.Status.choices)


class TicketBoard(Screen, generic.TemplateView):
    """Tickets in a column for each state; a card is moved to another by mouse, by keys, or by its own form."""

    model = Ticket
    template_name = "tickets/board.html"

    def get_permission_required(self) -> list[str]:
        return ["tickets.change_ticket" if self.request.method == "POST" else "tickets.view_ticket"]

    def get_template_names(self) -> list[str]:
        return [self.template_name]

    def get_context_data(self, **context: object) -> dict[str, object]:
        filters = BoardFilter(self.request.GET, Ticket.objects.all(), request=self.request)
        problems = filters.errors_in_words()
        board = self.request.GET.get("board") or "unfinished"
        found = [] if problems else columns(filters.qs, board, self.request.user, timezone.now())
        rest = filters.without("board")
        return super().get_context_data(
            boards=[(name, each.label) for name, each in BOARDS.items()],
            board=board,
            columns=found,
            filter=filters,
            filter_query=rest.urlencode(),
            problems=problems,
            **context,
        )

    def post(self, request: HttpRequest) -> HttpResponse:
        form = MoveForm(request.POST)
        if form.is_valid():
            self.move(**form.cleaned_data)
        else:
            messages.error(request, _("This card cannot be moved like that. Choose a state beside it."))
        return redirect(request.get_full_path())

    def move(self, *, ticket: int, version: int, status: str) -> None:
        """Move a card; tell what came of it."""
        card = get_object_or_404(Ticket, pk=ticket)
        try:
            with acting():
                moved = move_card(
                    ticket=card,
                    status=Ticket.Status(status),
                    seen=version,
                    at=timezone.now(),
                    by=self.request.user,
                )
        except ValidationError as refusal:
            messages.error(self.request, format_html("{}: {}", link(card), " ".join(refusal.messages)))
        else:
            said = _("now “%(status)s”.") % {"status": moved.get_status_display()}
            messages.success(self.request, format_html("{}: {}", link(moved), said))
