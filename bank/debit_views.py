"""The pages of direct debits: mandates and collections."""

from datetime import timedelta

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Count, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views import generic
from django.views.generic.edit import FormView

from bank.debits.collections import cancel_collection, confirm_collection, draw_up_collection
from bank.debits.creditor import is_collecting
from bank.debits.mandates import restore_mandate, revoke_mandate
from bank.debits.pain008 import file_of
from bank.forms import CollectionForm, ReasonForm
from bank.models import Collection, CollectionItem, Mandate
from bank.tables import DebitsOfOneTable, DebitTable
from bank.tasks import job_to_collect
from customerflow.acts import ActScreen
from customerflow.crud import DetailScreen
from customerflow.jobs.running import run_now
from customerflow.panels import panel
from customerflow.refusals import acting, show_refusal
from customerflow.screens import Screen

State = Collection.State
# Banks want a collection some days before its day.
LEAD = timedelta(days=3)


class MandateDetail(DetailScreen):
    """A mandate, and what was collected by it."""

    def get_queryset(self) -> models.QuerySet:
        return Mandate.objects.select_related("customer")

    def get_context_data(self, **context: object) -> dict[str, object]:
        debits = panel(DebitsOfOneTable, self.object.items.order_by("-pk"), customer=self.object.customer.number)
        return super().get_context_data(debits=debits, **context)


class MandateRevoke(ActScreen):
    """Ending a mandate, as the customer asked."""

    model = Mandate
    form_class = ReasonForm
    heading = _("Revoke this mandate")
    explanation = _("Nothing is collected by it any more. What is in a file at the bank already is still collected.")
    button = _("Revoke the mandate")
    done = _("Revoked: {}.")

    def act(self, *, reason: str) -> Mandate:
        return revoke_mandate(mandate=self.object, reason=reason, on=timezone.localdate())


class MandateRestore(ActScreen):
    """Collecting by a mandate again that was set aside."""

    model = Mandate
    form_class = forms.Form
    heading = _("Take this mandate up again")
    explanation = _("It was set aside because the bank said that there is none.")
    button = _("Take it up again")
    done = _("Active again: {}.")

    def act(self) -> Mandate:
        return restore_mandate(mandate=self.object)


class CollectionCreate(Screen, FormView):
    """Choosing the day and what is collected, and looking at it."""

    action = "create"
    model = Collection
    form_class = CollectionForm
    template_name_suffix = "_form"

    def get_initial(self) -> dict[str, object]:
        day = timezone.localdate() + LEAD
        return {"collect_on": day, "due_up_to": day}

    def get_context_data(self, **context: object) -> dict[str, object]:
        return super().get_context_data(is_collecting=is_collecting(), **context)

    def form_valid(self, form: CollectionForm) -> HttpResponse:
        try:
            with acting():
                drawn = draw_up_collection(**form.cleaned_data, on=timezone.localdate(), by=self.request.user)
        except ValidationError as refusal:
            show_refusal(form, refusal)
            return self.form_invalid(form)
        return redirect(drawn)


class CollectionDetail(DetailScreen):
    """A collection: what it comes to, and what to do next."""

    def get_queryset(self) -> models.QuerySet:
        return Collection.objects.select_related("made_by", "credited_by")

    def get_context_data(self, **context: object) -> dict[str, object]:
        items = self.object.items.all()
        counted = {
            row["state"]: row for row in items.order_by().values("state").annotate(count=Count("pk"), sum=Sum("amount"))
        }
        return super().get_context_data(
            figures=[(state, counted[state.value]) for state in CollectionItem.State if state.value in counted],
            debits=panel(DebitTable, items, collection=self.object.reference),
            has_come=self.object.collect_on <= timezone.localdate(),
            **context,
        )


class CollectionAct(Screen, generic.View):
    """An act on a collection, asked for by a button on its page; a refusal is shown there."""

    action = "update"
    model = Collection
    http_method_names = ["post"]
    said = ""

    def act(self, collection: Collection) -> None:
        """Do it. Raises `ValidationError`."""
        raise NotImplementedError

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        collection = get_object_or_404(Collection, pk=pk)
        try:
            with acting() as recording:
                self.act(collection)
        except ValidationError as refusal:
            messages.error(request, " ".join(refusal.messages))
        else:
            self.say(str(self.said), collection, recording.change_set)
        return redirect(collection)


class CollectionConfirm(CollectionAct):
    """Making a file of what was looked at."""

    said = _("Confirmed: {}. Take the file to your bank.")

    def act(self, collection: Collection) -> None:
        file_of(confirm_collection(collection=collection, on=timezone.localdate()))


class CollectionCancel(CollectionAct):
    """Collecting nothing of it."""

    said = _("Cancelled: {}.")

    def act(self, collection: Collection) -> None:
        cancel_collection(collection=collection)


class CollectionCollect(Screen, generic.View):
    """Recording the payments when the day has come."""

    action = "update"
    model = Collection
    http_method_names = ["post"]

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        collection = get_object_or_404(Collection, pk=pk)
        if collection.state != State.CONFIRMED or collection.collect_on > timezone.localdate():
            messages.error(request, _("The collection day is still to come, or it was collected."))
            return redirect(collection)
        job = job_to_collect(collection)
        run_now(job)
        job.refresh_from_db()
        return redirect(job if job.is_active or job.problem else collection)


class CollectionFile(Screen, generic.View):
    """The file for the bank."""

    action = "update"
    model = Collection

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        collection = get_object_or_404(Collection, pk=pk)
        if collection.state not in (State.CONFIRMED, State.COLLECTED):
            messages.error(request, _("There is a file once the collection is confirmed."))
            return redirect(collection)
        try:
            content = file_of(collection)
        except ValidationError as refusal:
            messages.error(request, " ".join(refusal.messages))
            return redirect(collection)
        name = f"{collection.reference}.xml"
        return HttpResponse(
            content, content_type="application/xml", headers={"Content-Disposition": f'attachment; filename="{name}"'}
        )
