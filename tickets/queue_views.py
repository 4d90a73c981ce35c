"""Working through a queue: from one ticket to the next, by a key."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views import generic

from customerflow.bulk.lists import BulkList
from customerflow.screens import Screen
from tickets.models import Ticket
from tickets.queues import QUEUES, counts, in_queue, in_words
from tickets.tables import QueueTable

# Where the session says which queue is worked through, and which of its tickets were looked at.
WORK = "queue"
MOST_SEEN = 500


class TicketList(BulkList):
    """Tickets; in a queue the first is the one that is due first, and it can be worked through."""

    def get(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        if request.GET.get("queue"):
            self.table_class = QueueTable
        return super().get(request, *args, **kwargs)

    def get_context_data(self, **context: object) -> dict[str, object]:
        queue = self.request.GET.get("queue")
        return super().get_context_data(queue=queue if queue in QUEUES else None, **context)


class Counters(Screen, generic.View):
    """How many tickets are in the queues of the person who looks, for the navigation."""

    model = Ticket
    permission_required = "tickets.view_ticket"

    def get(self, request: HttpRequest) -> HttpResponse:
        counted = counts(request.user, timezone.now())
        counters = [(name, in_words(count)) for name, count in counted.items()]
        return render(request, "tickets/_counters.html", {"counters": counters})


class NextTicket(Screen, generic.View):
    """
    The next ticket of the queue that is worked through: the first that was not looked at yet.

    With `queue` it begins; with `after` the ticket with that key was looked at. Raises `Http404` for an unknown queue.
    """

    model = Ticket
    permission_required = "tickets.view_ticket"

    def get(self, request: HttpRequest) -> HttpResponse:
        work = self.work()
        waiting = in_queue(Ticket.objects.all(), work["name"], request.user, timezone.now())
        following = waiting.exclude(pk__in=work["seen"]).order_by("due_at", "pk").first()
        if following is not None:
            request.session[WORK] = work
            return redirect(following)
        request.session.pop(WORK, None)
        messages.info(request, _("That was the last ticket of this queue."))
        return redirect(f"{reverse('tickets:ticket_list')}?{urlencode({'queue': work['name']})}")

    def work(self) -> dict[str, object]:
        """Return which queue is worked through, and the keys of those that were looked at."""
        asked = self.request.GET
        begun = self.request.session.get(WORK, {"name": "mine", "seen": []})
        work = {"name": asked["queue"], "seen": []} if asked.get("queue") else dict(begun)
        if work["name"] not in QUEUES:
            raise Http404
        after = asked.get("after", "")
        if after.isascii() and after.isdigit() and len(after) <= 18:
            work["seen"] = [*work["seen"], int(after)][-MOST_SEEN:]
        return work


def worked_through(request: HttpRequest) -> str:
    """Return the name of the queue that is worked through, for a person; nothing where none is."""
    work = request.session.get(WORK)
    return str(QUEUES[work["name"]].label) if work and work["name"] in QUEUES else ""
