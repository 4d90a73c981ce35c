"""The day sheet of a technician: made for a phone, and whole without JavaScript."""

from datetime import date, timedelta

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import AbstractUser
from django.core.exceptions import BadRequest, PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views import generic

from customerflow.refusals import acting, show_refusal
from customerflow.screens import Screen
from visits.forms import FinishForm, MoveOnForm, SheetForm, TickForm
from visits.going import finish, move_on, tick
from visits.models import Visit, VisitItem
from visits.sheet import MOST_VISITS, as_shown, visits_of_day
from visits.technicians import GO, may_go


def sheet_address(on: date, technician: AbstractUser) -> str:
    """Return the address of a day sheet."""
    return f"{reverse('visits:day')}?{urlencode({'on': on.isoformat(), 'technician': technician.username})}"


def refuse(visit: Visit, form: forms.Form) -> None:
    """Let the card of `visit` show a form that was refused, or what was typed, where it has the form no more."""
    if not isinstance(form, FinishForm):
        visit.refused_form = form
    elif visit.may_go and visit.is_ahead:
        visit.finish_form = form
    else:
        visit.refused_form, visit.typed = form, form["result"].value()


class DaySheet(Screen, generic.TemplateView):
    """
    What somebody has on a day, and what can be done about each visit.

    The forms of a visit come back to the same address, with the act that they ask for; what is sent again, because no
    answer came, is done once and says so.
    """

    model = Visit
    permission_required = "visits.view_visit"
    body_limit = settings.ATTACHMENT_LIMIT + settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    body_permission = "visits.view_visit"

    def get_template_names(self) -> list[str]:
        return ["visits/day.html"]

    def get_context_data(self, *, refused: tuple[Visit, forms.Form] | None = None, **context: object) -> dict:
        user, today = self.request.user, timezone.localdate()
        form = SheetForm(self.request.GET or None, initial={"on": today})
        asked = form.cleaned_data if form.is_valid() else {}
        on, technician = asked.get("on") or today, asked.get("technician") or user
        visits = list(visits_of_day(technician, on))
        is_cut = len(visits) == MOST_VISITS
        if refused and all(visit.pk != refused[0].pk for visit in visits):
            # Cancelled or given away since the sheet was opened: why nothing was done is said all the same.
            visits = [*as_shown(Visit.objects.filter(pk=refused[0].pk)), *visits]
        for visit in visits:
            visit.may_go = may_go(user, visit)
            visit.finish_form = FinishForm(auto_id=f"visit-{visit.pk}-%s")
            if refused and refused[0].pk == visit.pk:
                refuse(visit, refused[1])
        return super().get_context_data(
            form=form,
            visits=visits,
            is_cut=is_cut,
            on=on,
            today=today,
            technician=technician,
            previous_url=sheet_address(on - timedelta(days=1), technician),
            next_url=sheet_address(on + timedelta(days=1), technician),
            **context,
        )

    def post(self, request: HttpRequest) -> HttpResponse:
        """Do what the form of a visit asks for, and come back to the visit."""
        key = request.POST.get("visit", "")
        key = int(key) if key.isascii() and key.isdigit() and len(key) <= 18 else 0
        visit = get_object_or_404(Visit.objects.select_related("ticket"), pk=key)
        is_allowed = may_go(request.user, visit)
        if not (is_allowed or request.user.has_perm(GO)):
            raise PermissionDenied
        form = self.form_of(visit)
        if not is_allowed:
            form.add_error(None, _("This visit is not yours, or not any more. Ask whoever plans the visits."))
            return self.render_to_response(self.get_context_data(refused=(visit, form)), status=403)
        if form.is_valid():
            try:
                with acting():
                    done = self.act(visit, form)
            except ValidationError as refusal:
                show_refusal(form, refusal)
            else:
                messages.success(request, f"{visit.when}: {done}")
                return redirect(f"{request.get_full_path()}#visit-{visit.pk}")
        return self.render_to_response(self.get_context_data(refused=(visit, form)))

    def form_of(self, visit: Visit) -> forms.Form:
        """Return the form that was sent; raises `BadRequest` for none that there is."""
        sent, files = self.request.POST, self.request.FILES
        match sent.get("act"):
            case "move":
                return MoveOnForm(sent)
            case "tick":
                return TickForm(sent, visit=visit)
            case "finish":
                return FinishForm(sent, files, auto_id=f"visit-{visit.pk}-%s")
        raise BadRequest

    def act(self, visit: Visit, form: forms.Form) -> str:
        """Do what a valid form asks for; return in words what was done."""
        values, who = form.cleaned_data, {"at": timezone.now(), "by": self.request.user}
        if isinstance(form, MoveOnForm):
            return self.moved_on(move_on(visit=visit, status=Visit.Status(values["status"]), **who))
        if isinstance(form, TickForm):
            return self.ticked(*tick(**values, **who))
        status = Visit.Status(values.pop("status"))
        return self.finished(*finish(visit=visit, status=status, **values, **who))

    def moved_on(self, visit: Visit) -> str:
        """Say that somebody is on the way, or there, and since when."""
        on_site = visit.status == Visit.Status.ON_SITE
        at = timezone.localtime(visit.arrived_at if on_site else visit.set_out_at)
        text = _("arrived at %(time)s.") if on_site else _("on the way since %(time)s.")
        return text % {"time": f"{at:%H:%M}"}

    def ticked(self, item: VisitItem, is_changed: bool) -> str:
        """Say how something of the checklist stands."""
        if item.done_at is None:
            return _("not done: %(item)s") % {"item": item}
        text = _("done: %(item)s") if is_changed else _("done already: %(item)s")
        return text % {"item": item}

    def finished(self, visit: Visit, is_new: bool) -> str:
        """Say how the visit ended."""
        said = {"state": visit.get_status_display()}
        if is_new:
            return _("%(state)s. The result is a note on the ticket.") % said
        return _("%(state)s already; nothing was changed.") % said
