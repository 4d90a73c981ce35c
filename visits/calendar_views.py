"""The private link to one's visits: its page, and the calendar that it opens."""

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views import generic
from django.views.decorators.http import require_safe

from customerflow.refusals import acting
from customerflow.screens import Screen
from visits.calendar_feed import DAYS_AHEAD, DAYS_BACK, feed_of
from visits.calendar_links import make_link, technician_of, withdraw_link
from visits.models import CalendarLink, Visit


class CalendarPage(Screen, generic.TemplateView):
    """One's own link: made or made anew, when it is shown once, and withdrawn."""

    model = Visit
    permission_required = "visits.view_visit"

    def get_template_names(self) -> list[str]:
        return ["visits/calendar.html"]

    def get_context_data(self, **context: object) -> dict[str, object]:
        link = CalendarLink.objects.filter(user=self.request.user, token_hash__isnull=False).first()
        return super().get_context_data(link=link, days_back=DAYS_BACK, days_ahead=DAYS_AHEAD, **context)

    def post(self, request: HttpRequest) -> HttpResponse:
        """Make a link, and show it this one time, or withdraw the one that there is."""
        asked = request.POST.get("act")
        if asked == "make":
            with acting():
                token = make_link(user=request.user, at=timezone.now())
            address = request.build_absolute_uri(reverse("visits:calendar_feed", args=[token]))
            return self.render_to_response(self.get_context_data(address=address))
        if asked != "withdraw":
            raise BadRequest
        with acting():
            was_there = withdraw_link(user=request.user)
        if was_there:
            messages.success(request, _("The link was withdrawn: whoever has it sees nothing any more."))
        else:
            messages.info(request, _("There is no link."))
        return redirect("visits:calendar")


@login_not_required
@require_safe
def calendar_feed(request: HttpRequest, token: str) -> HttpResponse:
    """
    Answer with the calendar that a link opens; whoever asks is not logged in, and is given no cookie.

    For all that opens nothing, whatever the reason, the answer is the same.
    """
    technician = technician_of(token)
    if technician is None:
        return HttpResponse("There is no such calendar.\n", status=404, content_type="text/plain")

    def address_of(visit: Visit) -> str:
        return request.build_absolute_uri(visit.get_absolute_url())

    calendar = feed_of(technician, on=timezone.localdate(), address_of=address_of)
    response = HttpResponse(calendar, content_type="text/calendar; charset=utf-8")
    response["Cache-Control"] = "private"
    response["Content-Disposition"] = 'inline; filename="visits.ics"'
    return response
