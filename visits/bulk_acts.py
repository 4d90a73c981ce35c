"""What is done to many visits at once, by the acts that planning uses."""

from datetime import date

from django.contrib.auth.models import AbstractUser
from django.utils.translation import gettext_lazy as _

from customerflow.bulk.acts import BulkAct, RemoveRecords, register
from visits.forms import GiveForm, MoveForm
from visits.going import move_on
from visits.models import Checklist, Visit
from visits.planning import give_visit, move_visit


class VisitsAct(BulkAct):
    """An act on visits, which are told by day, technician and state."""

    def records(self, values: dict[str, object]):
        return Visit.objects.select_related("ticket", "technician")


class GiveVisits(VisitsAct):
    """Giving visits to a technician, or to nobody."""

    heading = _("Give to")
    form_class = GiveForm

    def state(self, visit: Visit) -> str:
        return str(visit.technician or _("Nobody yet"))

    def act(self, visit: Visit, *, technician: AbstractUser | None) -> str | None:
        if visit.technician == technician:
            return None
        return self.state(give_visit(visit=visit, technician=technician, at=self.at, by=self.by))


class MoveVisits(VisitsAct):
    """Moving visits to another day, each in its window."""

    heading = _("Move to a day")
    form_class = MoveForm

    def state(self, visit: Visit) -> str:
        return visit.day.isoformat()

    def act(self, visit: Visit, *, day: date) -> str | None:
        if visit.day == day:
            return None
        return self.state(move_visit(visit=visit, day=day, at=self.at, by=self.by))


class CancelVisits(VisitsAct):
    """Saying that nobody goes."""

    heading = _("Cancel")
    is_grave = True

    def state(self, visit: Visit) -> str:
        return visit.get_status_display()

    def act(self, visit: Visit) -> str | None:
        if visit.status == Visit.Status.CANCELLED:
            return None
        return self.state(move_on(visit=visit, status=Visit.Status.CANCELLED, at=self.at, by=self.by))


register(Visit, GiveVisits, MoveVisits, CancelVisits)
register(Checklist, RemoveRecords)
