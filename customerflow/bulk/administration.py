"""The administration's lists of records: the same acts, on the same pages, as in the lists of the product."""

from collections.abc import Callable

from django.contrib import messages
from django.contrib.admin.options import IS_POPUP_VAR
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from customerflow.administration import RecordAdmin
from customerflow.bulk.acts import BulkAct, acts_for
from customerflow.bulk.views import begin


class BulkAdmin(RecordAdmin):
    """The pages of records whose lists offer the acts that are registered for them."""

    def get_actions(self, request: HttpRequest) -> dict:
        if IS_POPUP_VAR in request.GET:
            return {}
        acts = acts_for(self.model, request.user)
        return {act.__name__: (starting(act), act.__name__, act.heading_for(self.model)) for act in acts}


def starting(act: type[BulkAct]) -> Callable[..., HttpResponse]:
    """Return an act as an action of the administration's lists."""

    def action(model_admin: BulkAdmin, request: HttpRequest, rows: models.QuerySet) -> HttpResponse:
        here = request.get_full_path()
        job = begin(act, rows, by=request.user, back=here)
        if job:
            return redirect(job)
        messages.warning(request, _("No row was chosen."))
        return redirect(here)

    return action
