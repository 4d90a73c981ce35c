"""The acts on pauses, from the page of their service."""

from django import forms
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from customerflow.acts import ActScreen
from customers.models import Pause, Service
from customers.pause_forms import PauseEndForm, PauseForm
from customers.pauses import end_pause, pause_service, remove_pause


class ServicePause(ActScreen):
    """Turning a service off for some days."""

    model = Service
    permission_required = "customers.add_pause"
    form_class = PauseForm
    heading = _("Pause this service")
    explanation = _("What was invoiced stays as it was: the next invoice makes up for days that are not charged.")
    button = _("Pause the service")
    done = _("Paused: {}.")

    def get_initial(self) -> dict[str, object]:
        return {"first_day": timezone.localdate()}

    def act(self, **values: object) -> None:
        pause_service(service=self.object, on=timezone.localdate(), **values)


class PauseScreen(ActScreen):
    """An act on a pause of the service that the address names."""

    model = Service

    @property
    def pause(self) -> Pause:
        """The pause that the address names."""
        return get_object_or_404(Pause, pk=self.kwargs["pause"], service=self.object)

    @property
    def explanation(self) -> str:
        """Which pause it is."""
        return str(self.pause)


class PauseEnd(PauseScreen):
    """Saying how long a service is off."""

    permission_required = "customers.change_pause"
    form_class = PauseEndForm
    heading = _("End this pause")
    button = _("End the pause")
    done = _("The pause of {} was given its last day.")

    def get_initial(self) -> dict[str, object]:
        pause = self.pause
        return {"last_day": pause.last_day or max(pause.first_day, timezone.localdate())}

    def act(self, *, last_day) -> None:
        end_pause(pause=self.pause, last_day=last_day)


class PauseRemove(PauseScreen):
    """Taking a pause back that was never meant."""

    permission_required = "customers.delete_pause"
    form_class = forms.Form
    heading = _("Remove this pause")
    button = _("Remove the pause")
    done = _("The pause of {} was removed. Its days are charged.")

    def act(self) -> None:
        remove_pause(pause=self.pause)
