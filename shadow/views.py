"""The pages of shadow billing: begin, look at what differs and why, accept, go live."""

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _t
from django.utils.translation import ngettext
from django.views.generic.detail import SingleObjectMixin
from django.views.generic.edit import CreateView, FormView

from billing.engine.explaining import why
from billing.models import Invoice
from billing.taxes import Rates
from customerflow.crud import DetailScreen
from customerflow.jobs.running import run_now
from customerflow.lists import ListScreen
from customerflow.refusals import acting, show_refusal
from customerflow.screens import Screen
from shadow.facts import billed_here
from shadow.forms import AcceptForm, BecauseForm, ShadowRunForm
from shadow.models import ShadowItem, ShadowRun
from shadow.running import accept, figures_of, go_live, open_shadow, origins, why_not_live
from shadow.tasks import job_for, last_job_of

State = ShadowRun.State


class ShadowRunList(ListScreen):
    """The comparisons, and whether there is anything to compare with."""

    def get_context_data(self, **context: object) -> dict[str, object]:
        return super().get_context_data(has_origins=bool(origins()), **context)


class ShadowRunCreate(Screen, CreateView):
    """Saying what is compared, and beginning."""

    action = "create"
    model = ShadowRun
    form_class = ShadowRunForm

    def get_template_names(self) -> list[str]:
        return ["shadow/shadowrun_form.html"]

    def get_initial(self) -> dict[str, object]:
        return {"first_day": timezone.localdate().replace(day=1)}

    def get_context_data(self, **context: object) -> dict[str, object]:
        return super().get_context_data(has_origins=bool(origins()), **context)

    def form_valid(self, form: ShadowRunForm) -> HttpResponse:
        try:
            run = open_shadow(run=form.instance, by=self.request.user)
        except ValidationError as refusal:
            show_refusal(form, refusal)
            return self.form_invalid(form)
        run_now(job_for(run))
        return redirect(run)


class ShadowRunDetail(DetailScreen):
    """A comparison: how far it is, what differs, and what is in the way of going live."""

    def get_queryset(self) -> QuerySet:
        return ShadowRun.objects.select_related("started_by")

    def get_context_data(self, **context: object) -> dict[str, object]:
        run = self.object
        items = f"{reverse('shadow:shadowitem_list')}?run={run.pk}"
        is_working = run.state in ShadowRun.WORKING
        job = last_job_of(run)
        return super().get_context_data(
            figures=figures_of(run),
            items_url=items,
            job=job,
            is_working=is_working,
            is_left=is_working and not (job and job.is_active),
            why_not_live=[] if is_working else why_not_live(run),
            **context,
        )


class OfRun(Screen, SingleObjectMixin, FormView):
    """An act on a comparison, sent by a form. A refusal stands on it; where it asks nothing, on the run's page."""

    action = "update"
    model = ShadowRun
    form_class = forms.Form

    def dispatch(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        self.object = None
        return super().dispatch(request, *args, **kwargs)

    def get(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        self.object = self.get_object()
        return redirect(self.object) if self.form_class is forms.Form else super().get(request, *args, **kwargs)

    def post(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        self.object = self.get_object()
        return super().post(request, *args, **kwargs)

    def form_valid(self, form: forms.Form) -> HttpResponse:
        try:
            with acting():
                said = self.act(**form.cleaned_data)
        except ValidationError as refusal:
            if self.form_class is not forms.Form:
                show_refusal(form, refusal)
                return self.form_invalid(form)
            for message in refusal.messages:
                messages.error(self.request, message)
            return redirect(self.object)
        if said:
            messages.success(self.request, said)
        self.work()
        return redirect(self.object)

    def act(self, **values: object) -> str:
        """Do it, and return what is said of it."""
        raise NotImplementedError

    def work(self) -> None:
        """Begin what is to be done in the background."""
        self.object.refresh_from_db()
        job = last_job_of(self.object)
        if self.object.state in ShadowRun.WORKING and (job is None or not job.is_active):
            run_now(job_for(self.object))


class ShadowRunAgain(OfRun):
    """Comparing again, or going on with what was broken off."""

    def act(self) -> str:
        if self.object.state not in ShadowRun.WORKING:
            open_shadow(run=self.object, by=self.request.user)
        return ""


class ShadowRunGoLive(OfRun):
    """Going live: who does it sets the start of billing."""

    def get_permission_required(self) -> list[str]:
        return [*super().get_permission_required(), "billing.add_billingstart"]

    def act(self) -> str:
        go_live(run=self.object)
        return ""


class ShadowRunAccept(OfRun):
    """Accepting many differences at once."""

    form_class = AcceptForm

    def get_template_names(self) -> list[str]:
        return ["shadow/shadowrun_accept.html"]

    def act(self, *, outcomes: list[str], most: object, because: str) -> str:
        number = accept(
            run=self.object, because=because, at=timezone.now(), by=self.request.user, outcomes=outcomes, most=most
        )
        return ngettext("%(number)d customer accepted.", "%(number)d customers accepted.", number) % {"number": number}


class ShadowItemDetail(OfRun):
    """One customer on both sides, line by line, with the form that accepts the difference."""

    model = ShadowItem
    form_class = BecauseForm
    permission_required = "shadow.view_shadowitem"

    def get_template_names(self) -> list[str]:
        return ["shadow/shadowitem_detail.html"]

    def get_queryset(self) -> QuerySet:
        return ShadowItem.objects.select_related("run", "customer", "accepted_by")

    def get_context_data(self, **context: object) -> dict[str, object]:
        item, run = self.object, self.object.run
        invoices = Invoice.objects.filter(
            customer=item.customer,
            origin=run.origin,
            status=Invoice.Status.ISSUED,
            issued_on__range=(run.issued_from, run.issued_to),
        )
        (here,) = billed_here(run, [item.customer], Rates.on(run.first_day))
        lines = [(line, why(line.inputs)) for line in here.bill.lines] if here.bill else []
        may_accept = item.is_in_the_way and run.state == State.DONE
        return super().get_context_data(
            run=run,
            invoices=invoices.prefetch_related("lines").order_by("issued_on", "pk"),
            here=here,
            lines=lines,
            may_accept=may_accept and self.request.user.has_perm("shadow.change_shadowrun"),
            **context,
        )

    def post(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        if not request.user.has_perm("shadow.change_shadowrun"):
            return self.handle_no_permission()
        return super().post(request, *args, **kwargs)

    def act(self, *, because: str) -> str:
        item = self.object
        accept(run=item.run, because=because, at=timezone.now(), by=self.request.user, customer=item.customer)
        return _t("Accepted: %(customer)s.") % {"customer": item.customer}

    def work(self) -> None:
        """Nothing follows it."""
