"""Rules, texts, reminders and calls: their pages and the acts on them."""

from django import forms
from django.contrib import messages
from django.core.exceptions import BadRequest, ValidationError
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views import generic

from billing.documents.rendering import render
from billing.documents.views import as_download
from customerflow.acts import ActScreen
from customerflow.crud import DetailScreen
from customerflow.lists import ListScreen
from customerflow.paging import COUNT_LIMIT
from customerflow.refusals import acting
from customerflow.screens import Screen
from dunning.models import CallTask, Notice, Rule, Template
from dunning.reminders.calls import finish_call
from dunning.reminders.forms import CallDoneForm, PreviewForm, SwitchOnForm
from dunning.reminders.letters import content_of, print_instead, print_reminders, with_content
from dunning.reminders.previews import letter_preview, preview_of
from dunning.reminders.rules import switch_off, switch_on
from dunning.reminders.usual import add_usual_rules
from dunning.variables import VARIABLES


class RuleSwitchOn(ActScreen):
    """Letting a rule act."""

    model = Rule
    form_class = SwitchOnForm
    heading = _("Switch this rule on")
    explanation = _("No invoice is hit whose day for this step lies before that day.")
    button = _("Switch on")
    done = _("Switched on: {}.")

    def get_initial(self) -> dict[str, object]:
        return {"active_from": timezone.localdate()}

    def act(self, *, active_from) -> Rule:
        return switch_on(rule=self.object, active_from=active_from, on=timezone.localdate())


class RuleList(ListScreen):
    """The rules; where there is none yet, the way to the usual ones."""

    def get_context_data(self, **context: object) -> dict[str, object]:
        return super().get_context_data(has_none=not Rule.objects.exists(), **context)


class RuleUsual(Screen, generic.View):
    """Adding the usual rules and texts, switched off."""

    http_method_names = ["post"]
    model = Rule
    permission_required = "dunning.add_rule"

    def post(self, request: HttpRequest) -> HttpResponse:
        try:
            with acting():
                add_usual_rules()
        except ValidationError as refusal:
            messages.error(request, " ".join(refusal.messages))
        return redirect("dunning:rule_list")


class RuleDetail(DetailScreen):
    """A rule, and how far it has come."""

    def get_queryset(self) -> models.QuerySet:
        return Rule.objects.select_related("template", "tax_code")


class RuleSwitchOff(ActScreen):
    """Letting a rule act no more."""

    model = Rule
    form_class = forms.Form
    heading = _("Switch this rule off")
    explanation = _("What it did stays. Switched on again, it leaves out what would have been meanwhile.")
    button = _("Switch off")
    done = _("Switched off: {}.")

    def act(self) -> Rule:
        return switch_off(rule=self.object)


class TemplateDetail(DetailScreen):
    """A text, and what it would say to a customer."""

    def get_context_data(self, **context: object) -> dict[str, object]:
        form = PreviewForm(self.request.GET or None)
        customer = form.cleaned_data["customer"] if form.is_bound and form.is_valid() else None
        said = preview_of(self.object, customer, timezone.localdate()) if customer else None
        return super().get_context_data(form=form, said=said, customer=customer, variables=VARIABLES.items(), **context)


class TemplateLetter(Screen, generic.View):
    """What a text would say to a customer, as a letter."""

    model = Template
    action = "detail"

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        template, form = get_object_or_404(Template, pk=pk), PreviewForm(request.GET)
        if not form.is_valid():
            raise BadRequest
        content = letter_preview(template, form.cleaned_data["customer"], timezone.localdate())
        return as_download(HttpResponse(render(content), content_type="application/pdf"), f"preview-{pk}.pdf")


class NoticeList(ListScreen):
    """Reminders, and the way to print the letters that wait."""

    def get_context_data(self, **context: object) -> dict[str, object]:
        waiting = Notice.objects.to_print().order_by()[: COUNT_LIMIT + 1].count()
        return super().get_context_data(waiting=waiting, **context)


class NoticePrint(Screen, generic.View):
    """Making one file of all letters that wait."""

    http_method_names = ["post"]
    model = Notice
    permission_required = "dunning.change_notice"

    def post(self, request: HttpRequest) -> HttpResponse:
        try:
            with acting():
                job = print_reminders(by=request.user)
        except ValidationError as refusal:
            messages.error(request, " ".join(refusal.messages))
            return redirect("dunning:notice_list")
        return redirect(job)


class NoticeLetter(Screen, generic.View):
    """One reminder as a letter."""

    model = Notice
    action = "detail"

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        notice = get_object_or_404(with_content(Notice.objects.filter(is_letter=True)), pk=pk)
        return as_download(
            HttpResponse(render(content_of(notice)), content_type="application/pdf"), f"reminder-{pk}.pdf"
        )


class NoticePrintInstead(ActScreen):
    """Letting a reminder go as a letter."""

    model = Notice
    permission_required = "dunning.change_notice"
    form_class = forms.Form
    heading = _("Print this reminder")
    explanation = _("It goes with the letters that wait to be printed.")
    button = _("Print as a letter")
    done = _("To be printed: {}.")

    def act(self) -> Notice:
        return print_instead(notice=self.object)


class NoticeDetail(DetailScreen):
    """A reminder: what was said, about which invoices, and how far it is."""

    def get_queryset(self) -> models.QuerySet:
        return Notice.objects.select_related("customer", "rule", "email")

    def get_context_data(self, **context: object) -> dict[str, object]:
        executions = self.object.executions.select_related("invoice").order_by("invoice__due_on", "pk")
        return super().get_context_data(executions=executions, **context)


class CallDetail(DetailScreen):
    """A call: whom, about which invoices, and what came of it."""

    def get_queryset(self) -> models.QuerySet:
        return CallTask.objects.select_related("customer", "rule", "done_by")

    def get_context_data(self, **context: object) -> dict[str, object]:
        executions = self.object.executions.select_related("invoice").order_by("invoice__due_on", "pk")
        return super().get_context_data(executions=executions, **context)


class CallDone(ActScreen):
    """Noting what came of a call."""

    model = CallTask
    form_class = CallDoneForm
    heading = _("Note the result of this call")
    button = _("Save")
    done = _("Noted: {}.")

    def act(self, *, result: str, note: str) -> CallTask:
        return finish_call(call=self.object, result=result, note=note, at=timezone.now(), by=self.request.user)
