"""Rules, texts, reminders and calls: their pages and the acts on them."""

from django import forms
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from customerflow.acts import ActScreen
from customerflow.crud import DetailScreen
from dunning.models import CallTask, Notice, Rule
from dunning.reminders.calls import finish_call
from dunning.reminders.forms import CallDoneForm, SwitchOnForm
from dunning.reminders.rules import switch_off, switch_on


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
