"""Lists whose rows can be chosen, for the acts that are registered for their kind of record."""

import re

from django.contrib import messages
from django.core.exceptions import BadRequest, PermissionDenied
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from customerflow.bulk.acts import BulkAct, act_named, acts_for
from customerflow.bulk.views import begin
from customerflow.lists import ListScreen
from customerflow.paging import SIZES

KEY = re.compile(r"[0-9]{1,18}")


class BulkList(ListScreen):
    """A list; its rows, or all that match its filter, are chosen for an act by sending it back to its own address."""

    def get_context_data(self, **context: object) -> dict[str, object]:
        context = super().get_context_data(**context)
        acts = [(act.__name__, act.heading_for(self.model)) for act in acts_for(self.model, self.request.user)]
        context["table"].is_selectable = bool(acts)
        return {**context, "acts": acts}

    def post(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        """Make a draft of an act on what was chosen, and go to it; back to the list where nothing was."""
        act, here = self.act(), request.get_full_path()
        rows = self.chosen()
        job = rows is not None and begin(act, rows, by=request.user, back=here)
        if job:
            return redirect(job)
        messages.warning(request, _("No row was chosen."))
        return redirect(here)

    def act(self) -> type[BulkAct]:
        """Return the act that was asked for; raises `BadRequest` and `PermissionDenied`."""
        act = act_named(self.model, self.request.POST.get("act", ""))
        if act is None:
            raise BadRequest
        if not act.is_permitted(self.model, self.request.user):
            raise PermissionDenied
        return act

    def chosen(self) -> models.QuerySet | None:
        """
        Return the rows that were ticked, or all that match the address's filter; None for an address that is wrong.

        What was ticked is meant even if it has ceased to match.
        """
        if not self.request.POST.get("all"):
            keys = filter(KEY.fullmatch, self.request.POST.getlist("chosen"))
            return self.get_queryset().filter(pk__in=list(keys)[: max(SIZES)])
        filterset = self.filterset_class(self.request.GET, self.get_queryset(), request=self.request)
        return None if filterset.errors_in_words() else filterset.qs
