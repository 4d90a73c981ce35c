"""A page for one act on one record: what it is about, a short form, and what was done."""

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import ProtectedError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.views.generic.detail import SingleObjectMixin
from django.views.generic.edit import FormView

from customerflow.conflicts import SeenScreen
from customerflow.crud import counted
from customerflow.refusals import acting, show_refusal
from customerflow.screens import Screen


class ActScreen(SeenScreen, Screen, SingleObjectMixin, FormView):
    """
    An act on a record, confirmed by a form.

    It is done to the record that the person saw: where that was changed meanwhile, the page comes back with what was
    typed and what is different, and does it when it is sent again.

    A subclass names the `form_class`, the `heading`, the `button` and the `done` text ("Closed: {}."), and says in
    `act` what happens. A `ValidationError` of the act is shown at the field it names, with all that was typed.
    """

    action = "update"
    template_name_suffix = "_act"
    heading = ""
    explanation = ""
    button = ""
    done = ""

    def get(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        self.object = self.get_object()
        return super().get(request, *args, **kwargs)

    def post(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        self.object = self.get_object()
        return super().post(request, *args, **kwargs)

    def get_template_names(self) -> list[str]:
        return ["crud/object_act.html"]

    def get_context_data(self, **context: object) -> dict[str, object]:
        return super().get_context_data(
            heading=self.heading, explanation=self.explanation, button=capfirst(str(self.button)), **context
        )

    def act(self, **values: object) -> models.Model | None:
        """Do it, with the cleaned values of the form; return the record to go to, or None for this one."""
        raise NotImplementedError

    def form_valid(self, form) -> HttpResponse:
        if self.is_stale():
            form.add_error(None, self.stale_text)
            return self.form_invalid(form)
        try:
            with acting() as recording:
                record = self.act(**form.cleaned_data) or self.object
                self.refuse_stale(recording)
        except ValidationError as refusal:
            self.look_again()
            show_refusal(form, refusal)
            return self.form_invalid(form)
        except ProtectedError as error:
            in_use = _("Still in use by %(records)s.") % {"records": ", ".join(counted(list(error.protected_objects)))}
            form.add_error(None, in_use)
            return self.form_invalid(form)
        self.say(str(self.done), record, recording.change_set)
        return redirect(record.get_absolute_url())
