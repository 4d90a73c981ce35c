"""The pages on which all tickets of an incident are answered: the text, a preview of it, and what came of it."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.generic.edit import FormView

from customerflow.crud import DetailScreen
from customerflow.refusals import acting, show_refusal
from customerflow.screens import Screen
from incidents.answer_texts import previewed
from incidents.answering import answer_all, answer_later, check_answer, left_of, to_be_answered
from incidents.forms import AnswerForm
from incidents.hits import counted
from incidents.models import Answer, Incident

# So many tickets show how the text stands on them.
PREVIEWED = 3
SHOWN = 50


class IncidentAnswer(Screen, FormView):
    """Writing a text for all tickets, reading it on some of them, and saying it."""

    model = Incident
    permission_required = "tickets.change_ticket"
    form_class = AnswerForm

    def dispatch(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        if self.has_permission():
            self.object = get_object_or_404(Incident, pk=self.kwargs["pk"])
        return super().dispatch(request, *args, **kwargs)

    def get_template_names(self) -> list[str]:
        return ["incidents/answer_form.html"]

    def get_initial(self) -> dict[str, object]:
        return {"body": self.object.text}

    def get_context_data(self, **context: object) -> dict[str, object]:
        count = counted(to_be_answered(self.object))
        return super().get_context_data(**{"object": self.object, "count": count, "previews": None, **context})

    def form_valid(self, form: AnswerForm) -> HttpResponse:
        """Show how it stands on some tickets; or say it, where the person has seen that."""
        said = form.cleaned_data
        try:
            if "say" in self.request.POST:
                return self.say_it(said)
            body = check_answer(kind=said["kind"], body=said["body"], is_sent=said["is_sent"])
        except ValidationError as refusal:
            show_refusal(form, refusal)
            return self.form_invalid(form)
        some = to_be_answered(self.object)[:PREVIEWED]
        previews = [(ticket, previewed(body, self.object, ticket, self.request.user)) for ticket in some]
        return self.render_to_response(self.get_context_data(form=form, previews=previews))

    def say_it(self, said: dict[str, object]) -> HttpResponse:
        """Begin, and do at once what a few seconds are enough for."""
        with acting():
            answer, job = answer_all(incident=self.object, at=timezone.now(), by=self.request.user, **said)
        if job is None:
            messages.info(self.request, _("This was sent already: it is said once."))
        return redirect(answer)


class AnswerDetail(DetailScreen):
    """What was said on all tickets of an incident, on how many, and where not."""

    model = Answer

    def get_queryset(self) -> models.QuerySet:
        return Answer.objects.select_related("incident", "by")

    def get_context_data(self, **context: object) -> dict[str, object]:
        answer = self.object
        left_out = answer.tickets.exclude(reason="").select_related("ticket")
        return super().get_context_data(
            answered=answer.tickets.exclude(message=None).count(),
            left=counted(left_of(answer)),
            left_out=left_out[:SHOWN],
            left_out_count=left_out.count(),
            **context,
        )


class AnswerGoOn(Screen, FormView):
    """Going on with what is left, where its job was stopped or has failed; nothing is said twice."""

    model = Answer
    permission_required = "tickets.change_ticket"

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        return redirect(get_object_or_404(Answer, pk=pk))

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        answer = get_object_or_404(Answer.objects.select_related("incident", "by"), pk=pk)
        if left_of(answer).exists():
            with acting():
                answer_later(answer)
        return redirect(answer)
