"""The pages of billing runs: preview, confirm, what came of it; and what the next bill of a customer would be."""

from datetime import date, timedelta

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.views.generic.edit import FormView

from billing.engine.cycles import billing_day_from
from billing.models import BillingRun, BillingRunItem, BillingStart
from billing.runs.figures import figures_of
from billing.runs.running import billing_start, bills_of, open_run, start_billing
from billing.tasks import job_for, last_job_of
from billing.taxes import Rates
from customerflow.crud import DetailScreen
from customerflow.forms import DayInput
from customerflow.jobs.running import run_now
from customerflow.lists import ListScreen
from customerflow.refusals import acting, show_refusal
from customerflow.screens import Screen
from customers.models import Customer

State = BillingRun.State
FARTHEST = timedelta(days=2 * 366)


class DayForm(forms.Form):
    """A day, not so far ahead that what is due up to it takes minutes to compute."""

    day = forms.DateField(label=_("Day"), widget=DayInput)

    def clean_day(self) -> date:
        day = self.cleaned_data["day"]
        if day > timezone.localdate() + FARTHEST:
            raise ValidationError(_("Choose a day within two years from today."))
        return day


class AsIfForm(DayForm):
    """The day that today is taken to be."""

    day = forms.DateField(label=_("As if today were"), widget=DayInput)


class RunList(ListScreen):
    """The runs, and whether billing has a start."""

    def get_context_data(self, **context: object) -> dict[str, object]:
        return super().get_context_data(start=BillingStart.objects.first(), **context)


class RunCreate(Screen, FormView):
    """Choosing the day up to which is billed, and previewing it."""

    action = "create"
    model = BillingRun
    form_class = DayForm
    template_name = "billing/billingrun_form.html"

    def get_initial(self) -> dict[str, object]:
        return {"day": timezone.localdate()}

    def get_template_names(self) -> list[str]:
        return [self.template_name]

    def get_context_data(self, **context: object) -> dict[str, object]:
        return super().get_context_data(start=BillingStart.objects.first(), **context)

    def form_valid(self, form: DayForm) -> HttpResponse:
        return start_run(self.request, form, plan=True) or self.form_invalid(form)


def start_run(request: HttpRequest, form: forms.Form, *, plan: bool) -> HttpResponse | None:
    """Open the run of the form's day and begin to work on it; None where it is refused, and the form says why."""
    try:
        run, _goes_on = open_run(day=form.cleaned_data["day"], plan=plan, on=timezone.localdate(), by=request.user)
    except ValidationError as refusal:
        show_refusal(form, refusal)
        return None
    job = last_job_of(run)
    if job is None or not job.is_active:
        run_now(job_for(run))
    return redirect(run)


class RunDetail(DetailScreen):
    """A run: how far it is, what it comes to, and what to do next."""

    def get_queryset(self):
        return BillingRun.objects.select_related("started_by")

    def get_context_data(self, **context: object) -> dict[str, object]:
        run, today = self.object, timezone.localdate()
        figures, job = figures_of(run), last_job_of(run)
        of_run = f"{reverse('billing:billingrunitem_list')}?run={run.pk}"
        return super().get_context_data(
            figures=figures,
            differences=[
                (kind.label, figures.differences[kind.value], f"{of_run}&difference={kind.value}")
                for kind in BillingRunItem.Difference
                if kind.value in figures.differences
            ],
            items_url=of_run,
            job=job,
            is_working=run.state in (State.PLANNING, State.RUNNING),
            is_left=run.state == State.RUNNING and not (job and job.is_active),
            is_future=run.day > today,
            is_nothing=not (figures.charged or figures.credited or figures.parked),
            **context,
        )


class RunBill(Screen, FormView):
    """Issuing what was previewed; or, of a run that is done, what was entered or put right since."""

    action = "update"
    model = BillingRun
    form_class = forms.Form

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        return redirect(get_object_or_404(BillingRun, pk=pk))

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        run = get_object_or_404(BillingRun, pk=pk)
        if run.state == State.PLANNING:
            messages.error(request, _t("The preview has not ended yet: nothing is issued before you have seen it."))
            return redirect(run)
        form = DayForm({"day": run.day})
        form.full_clean()
        answer = start_run(request, form, plan=False)
        if answer is None:
            for error in [error for errors in form.errors.values() for error in errors]:
                messages.error(request, error)
        return answer or redirect(run)


class StartOfBilling(Screen, FormView):
    """Saying from which day on customers are billed here."""

    action = "create"
    model = BillingStart
    form_class = DayForm

    def get_template_names(self) -> list[str]:
        return ["billing/billingstart_form.html"]

    def get_initial(self) -> dict[str, object]:
        start = BillingStart.objects.first()
        return {"day": start.day if start else timezone.localdate().replace(day=1)}

    def form_valid(self, form: DayForm) -> HttpResponse:
        try:
            with acting():
                start_billing(day=form.cleaned_data["day"])
        except ValidationError as refusal:
            show_refusal(form, refusal)
            return self.form_invalid(form)
        messages.success(self.request, _t("Customers are billed here from %(day)s on.") % form.cleaned_data)
        return redirect("billing:billingrun_create")


class NextBill(DetailScreen):
    """What would be billed to a customer if today were their next billing day, or another; nothing is written."""

    model = Customer
    permission_required = "billing.view_invoice"

    def get_template_names(self) -> list[str]:
        return ["billing/next_bill.html"]

    def get_context_data(self, **context: object) -> dict[str, object]:
        coming = billing_day_from(timezone.localdate(), self.object.billing_day)
        form = AsIfForm(self.request.GET or {"day": coming})
        bill, problem = None, ""
        if form.is_valid():
            try:
                bill, problem = next_bill(self.object, form.cleaned_data["day"])
            except ValidationError as refusal:
                problem = " ".join(refusal.messages)
        return super().get_context_data(form=form, bill=bill, problem=problem, **context)


def next_bill(customer: Customer, day):
    """Return what would be billed to `customer` up to the day `day`, and why nothing can be; nothing is written."""
    rates = Rates.on(day)
    bills, parked = bills_of([customer], start=billing_start(), day=day, looked_through={customer.pk}, rates=rates)
    return (bills[0] if bills else None), parked.get(customer, "")
