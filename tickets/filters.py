"""How the lists of this app are filtered."""

import django_filters
from django.contrib.auth import get_user_model
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from customerflow.filters import ListFilter, YesNoFilter
from customers.filters import CustomerNumberFilter
from tickets.board import BOARDS
from tickets.models import IncomingMail, Priority, Ticket, TicketType
from tickets.queues import QUEUES, in_queue


class TicketTypeFilter(ListFilter):
    """Ticket types by text and whether they are offered."""

    is_retired = YesNoFilter(label=_("Retired"))


class TicketFilter(ListFilter):
    """Tickets by text, queue, customer, status, type, priority, assignee and tag."""

    queue = django_filters.ChoiceFilter(
        label=_("Queue"),
        choices=[(name, queue.label) for name, queue in QUEUES.items()],
        empty_label=_("All"),
        method="in_queue",
    )
    customer = CustomerNumberFilter()
    status = django_filters.ChoiceFilter(label=_("Status"), choices=Ticket.Status.choices)
    type = django_filters.ModelChoiceFilter(
        label=_("Type"), queryset=lambda request: TicketType.objects.all(), to_field_name="code"
    )
    priority = django_filters.ChoiceFilter(label=_("Priority"), choices=Priority.choices)
    assignee = django_filters.ModelChoiceFilter(
        label=_("Assignee"),
        queryset=lambda request: get_user_model().objects.order_by("username"),
        to_field_name="username",
    )

    tag = django_filters.CharFilter(label=_("Tag"), method="tagged")

    def in_queue(self, queryset, _name: str, queue: str):
        """Return the tickets of a queue of the person who looks."""
        return in_queue(queryset, queue, self.request.user, timezone.now())

    def tagged(self, queryset, _name: str, tag: str):
        """Return the tickets that are marked with a tag, however it is written."""
        return queryset.filter(tags__name=" ".join(tag.casefold().split()))


class BoardFilter(ListFilter):
    """Tickets on a board by text, type, priority and tag."""

    board = django_filters.ChoiceFilter(
        choices=[(name, board.label) for name, board in BOARDS.items()], method="on_board"
    )
    type = TicketFilter.base_filters["type"]
    priority = TicketFilter.base_filters["priority"]
    tag = TicketFilter.base_filters["tag"]

    def on_board(self, queryset, _name: str, board: str):
        """Return all: each column chooses what it shows."""
        return queryset

    tagged = TicketFilter.tagged


class SlaPolicyFilter(ListFilter):
    """Policies by name."""


class CalendarFilter(ListFilter):
    """Calendars by name."""


class MailFilter(ListFilter):
    """E-mails that came in, by what became of them and from whom they are."""

    state = django_filters.ChoiceFilter(label=_("State"), choices=IncomingMail.State.choices)
    sender = django_filters.CharFilter(label=_("From"), lookup_expr="iexact")


class AssignmentRuleFilter(ListFilter):
    """Assignment rules by name."""


class CannedReplyFilter(ListFilter):
    """Canned replies by name."""


class ClosingRuleFilter(ListFilter):
    """Closing rules by name."""
