"""The page that shows what undoing would put back, and does it."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import OperationalError, models, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views import generic
from django.views.generic.detail import SingleObjectMixin

from customerflow.changes.models import ChangeSet
from customerflow.changes.outcome import Key, Reversal, Undone
from customerflow.changes.requests import LONGEST_REASON, reason_of
from customerflow.changes.undoing import (
    may_force,
    may_undo,
    plan_undo,
    refusal,
    size_of,
    undo,
)
from customerflow.history.describing import with_marks
from customerflow.history.kinds import sets_seen_by
from customerflow.history.tasks import AT_ONCE, BatchesUndo, WholeUndo, open_undo
from customerflow.history.words import InWords, in_words
from customerflow.jobs.models import Job
from customerflow.jobs.running import enqueue, enqueue_check
from customerflow.screens import Screen, linked

# So many records are named that will be put back; the rest are counted.
NAMED = 50
LONGEST_KEY = 18


class ChangeSetUndo(Screen, SingleObjectMixin, generic.TemplateView):
    """
    What undoing would put back, and what it would leave alone.

    Opened, it tries the undo in a transaction that is rolled back; sent, it does it.
    """

    action = "detail"
    model = ChangeSet

    def get_template_names(self) -> list[str]:
        return ["history/changeset_undo.html"]

    def get_queryset(self) -> models.QuerySet:
        return with_marks(sets_seen_by(self.request.user)).select_related("by")

    def dispatch(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        if not self.has_permission():
            return self.handle_no_permission()
        self.object = self.get_object()
        if not may_undo(request.user, self.object):
            raise PermissionDenied(_("You may not undo this: it needs the rights to do the opposite by hand."))
        return super().dispatch(request, *args, **kwargs)

    def get(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        return self.show_large() if self.is_large() else self.show()

    def is_large(self) -> bool:
        """Return whether trying it would take longer than a page may."""
        return size_of(self.object) > AT_ONCE

    def show_large(self) -> HttpResponse:
        """Return the page that offers to try it in the background; what can be said at once, it says."""
        context = {"size": size_of(self.object), "plan": Undone(refusal=refusal(self.object)), "is_large": True}
        return self.render_to_response(self.get_context_data(longest_reason=LONGEST_REASON, **context))

    def try_in_background(self) -> HttpResponse:
        """Let a worker try it, and show how far that is; it is confirmed there."""
        with transaction.atomic():
            job = open_undo(self.object, why=reason_of(self.request))
            enqueue_check(job)
        return redirect(job)

    def post(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        if self.is_large():
            return self.show_large() if refusal(self.object) else self.try_in_background()
        try:
            is_allowed = may_force(request.user, self.object)
            force_all = is_allowed and "force_all" in request.POST
            done = undo(self.object, by=request.user, forced=self.forced() if is_allowed else (), force_all=force_all)
        except ValidationError as problem:
            return self.show(problems=problem.messages)
        except OperationalError:
            return self.busy()
        if done.change_set is None:
            return self.show(problems=[_("Nothing was put back.")])
        return self.say_done(done)

    def forced(self) -> list[Key]:
        """Return the records that are to be put back although they were changed since; what names none is left out."""
        keys = []
        for text in self.request.POST.getlist("force"):
            kind, _colon, key = text.rpartition(":")
            if key.isascii() and key.isdigit() and len(key) <= LONGEST_KEY:
                keys.append((kind, int(key)))
        return keys

    def show(self, problems: list[str] | None = None) -> HttpResponse:
        """Return the page with what undoing would do now."""
        try:
            plan = plan_undo(self.object)
        except OperationalError:
            return self.busy()
        left_alone = [each for each in plan.in_order if not each.is_put_back]
        put_back = [each for each in plan.in_order if each.is_put_back][:NAMED]
        is_allowed = may_force(self.request.user, self.object)
        return self.render_to_response(
            self.get_context_data(
                plan=plan,
                problems=problems or [],
                left_alone=self.told(left_alone),
                may_force=is_allowed,
                can_be_forced=is_allowed and any(each.can_be_forced for each in left_alone),
                put_back=self.told(put_back),
                more=plan.put_back - len(put_back),
                more_left=plan.left_alone - len(left_alone),
                longest_reason=LONGEST_REASON,
                why=self.request.POST.get("why", ""),
            )
        )

    def told(self, reversals: list[Reversal]) -> list[tuple[InWords, list[tuple[object, InWords]]]]:
        """Return reversals in words, each with the changes since: change and words."""
        since = [change for reversal in reversals for change in reversal.since]
        words = iter(in_words([*reversals, *since], self.request.user))
        told = [next(words) for _each in reversals]
        return [(each, [(change, next(words)) for change in each.source.since]) for each in told]

    def busy(self) -> HttpResponse:
        """Return the page that asks to try again: somebody else's work holds the database."""
        return self.render_to_response(self.get_context_data(is_busy=True), status=503)

    def say_done(self, done: Undone) -> HttpResponseRedirect:
        """Say what was put back, and go to the change that this made."""
        said = format_html("{} ", _("Undone: {}."))
        counts = ngettext("%(number)s record was put back.", "%(number)s records were put back.", done.put_back)
        said += counts % {"number": done.put_back}
        if done.left_alone:
            left = ngettext("%(number)s was left alone.", "%(number)s were left alone.", done.left_alone)
            said += " " + left % {"number": done.left_alone}
        messages.success(self.request, linked(said, self.object, done.change_set, self.request.user))
        return redirect(done.change_set)


class UndoConfirm(Screen, generic.View):
    """Letting a worker undo what it has tried, and the person has seen."""

    http_method_names = ["post"]
    action = "detail"
    model = ChangeSet

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        job = get_object_or_404(Job, pk=pk, kind__in=[WholeUndo.kind, BatchesUndo.kind])
        change_set = ChangeSet.objects.filter(pk=job.payload["change_set"]).first()
        if not job.is_controlled_by(request.user) or (change_set and not may_undo(request.user, change_set)):
            raise PermissionDenied(_("You may not undo this: it needs the rights to do the opposite by hand."))
        try:
            with transaction.atomic():
                job.lock()
                if job.state != Job.State.CHECKED:
                    raise ValidationError(_("It has been started already."))
                is_allowed = change_set is not None and may_force(request.user, change_set)
                job.payload["force_all"] = is_allowed and "force_all" in request.POST
                job.save(update_fields=["payload"])
                enqueue(job)
        except ValidationError as problem:
            messages.error(request, " ".join(problem.messages))
        return redirect(job)
