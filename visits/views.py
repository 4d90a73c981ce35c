"""The pages of visits, for who plans them."""

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import models
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from customerflow.acts import ActScreen
from customerflow.bulk.lists import BulkList
from customerflow.changes.models import ChangeSet
from customerflow.crud import CreateScreen, DeleteScreen, DetailScreen, UpdateScreen
from customerflow.tables import link
from visits.going import move_on
from visits.models import Visit
from visits.planning import overlapping
from visits.technicians import may_go


class VisitList(BulkList):
    """Visits, to be given and moved many at once."""


class VisitDetail(DetailScreen):
    """A visit: where and when, whose it is, what is to be done, and what came of it."""

    def get_queryset(self) -> models.QuerySet:
        related = Visit.objects.select_related("ticket__customer", "technician", "location")
        return related.prefetch_related("items__done_by")

    def get_context_data(self, **context: object) -> dict[str, object]:
        visit = self.object
        return super().get_context_data(overlaps=overlapping(visit), may_go=may_go(self.request.user, visit), **context)


def warn_of_overlaps(request: HttpRequest, visit: Visit) -> None:
    """Say with which other visits of the technician a visit overlaps; it is planned all the same."""
    for other in overlapping(visit):
        text = _t("It overlaps with another visit of %(technician)s: {}.") % {"technician": visit.technician}
        messages.warning(request, format_html(text, link(other)))


class OverlapsSaid:
    """A form of a visit that says what it overlaps with, once it is saved."""

    def say(self, text: str, record: models.Model | str, change_set: ChangeSet | None = None) -> None:
        """Tell the person what was done, and what to look at."""
        super().say(text, record, change_set)
        warn_of_overlaps(self.request, record)


class VisitCreate(OverlapsSaid, CreateScreen):
    """Planning a visit."""


class VisitUpdate(OverlapsSaid, UpdateScreen):
    """Moving a visit to another day, window or technician."""

    def get_queryset(self) -> models.QuerySet:
        return Visit.objects.select_related("ticket__customer", "technician", "location")


class VisitDelete(DeleteScreen):
    """Removing a visit that was planned by mistake; one that was made stays."""

    def get_queryset(self) -> models.QuerySet:
        return Visit.objects.select_related("ticket")

    def remove(self, record: Visit) -> None:
        """Remove it; raises `ValidationError` for one that somebody went on."""
        if record.arrived_at or record.status in Visit.MADE:
            raise ValidationError(_t("Somebody was there: it stays on record."))
        super().remove(record)


class VisitAct(ActScreen):
    """An act on a visit that asks nothing but to be confirmed."""

    model = Visit
    form_class = forms.Form
    status = Visit.Status.PLANNED

    def get_queryset(self) -> models.QuerySet:
        return Visit.objects.select_related("ticket")

    def act(self) -> Visit:
        return move_on(visit=self.object, status=self.status, at=timezone.now(), by=self.request.user)


class VisitCancel(VisitAct):
    """Saying that nobody goes."""

    status = Visit.Status.CANCELLED
    heading = _("Cancel the visit")
    explanation = _("It stays on the ticket and in calendars, as cancelled. It can be taken up again.")
    button = _("Cancel the visit")
    done = _("Cancelled: {}.")


class VisitTakeUp(VisitAct):
    """Planning a cancelled visit again, or calling back somebody who is on the way."""

    heading = _("Plan the visit again")
    explanation = _("It is as planned as it was before, on its day.")
    button = _("Plan it again")
    done = _("Planned again: {}.")
