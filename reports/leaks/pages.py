"""The pages of leaks: how many of each kind, which, and what is meant so."""

import django_filters
from django import forms
from django.contrib import messages
from django.contrib.auth.mixins import PermissionRequiredMixin
from django.core.exceptions import ValidationError
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.views.generic import FormView, TemplateView

from billing.allocations import LONGEST_REASON
from customerflow.csv_export import csv_response
from customerflow.filters import ListFilter
from customerflow.forms import DayInput, NormalisedTextMixin
from customerflow.jobs.models import Job
from customerflow.lists import ListScreen
from customerflow.paging import COUNT_LIMIT
from customerflow.refusals import acting, show_refusal
from customerflow.tables import Column, Table, anchor, link
from customers.models import Customer
from reports.leaks.accepting import accept_leak, take_back
from reports.leaks.finding import KIND, begin_finding
from reports.leaks.registry import LEAKS, Leak

SEE, ACCEPT = "reports.view_foundleak", "reports.change_acceptedleak"


class LeaksPage(PermissionRequiredMixin, TemplateView):
    """All kinds of leaks, each with how many there are."""

    permission_required = SEE
    raise_exception = True
    template_name = "reports/leaks.html"

    def get_context_data(self, **context: object) -> dict[str, object]:
        today = timezone.localdate()
        counted = [(leak, leak.found(today).order_by()[: COUNT_LIMIT + 1].count()) for leak in LEAKS.values()]
        cards = [(leak, min(count, COUNT_LIMIT), count > COUNT_LIMIT) for leak, count in counted]
        last = Job.objects.filter(kind=KIND).order_by("-pk").first()
        return super().get_context_data(cards=cards, last=last, **context)

    def post(self, request: HttpRequest) -> HttpResponse:
        """Let a worker look for leaks, and go to its job."""
        job = begin_finding(on=timezone.localdate(), by=request.user)
        return redirect(job if job.is_visible_to(request.user) else request.path)


class LeakFilter(ListFilter):
    """The records with a leak, by customer, and those of which it is meant so."""

    accepted = django_filters.ChoiceFilter(
        label=_("Accepted"), choices=[("true", _("Yes"))], empty_label=_("No"), method="is_meant"
    )

    def search(self, queryset: models.QuerySet, _name: str, text: str) -> models.QuerySet:
        """Return the records of the customers whom `text` finds."""
        found = Customer.objects.search(text).order_by().values("pk")
        return queryset.filter(leak_customer__in=found) if text.strip() else queryset

    def is_meant(self, queryset: models.QuerySet, _name: str, value: str) -> models.QuerySet:
        """Return them all: the page has chosen already."""
        return queryset


class LeakMixin(PermissionRequiredMixin):
    """A page about one kind of leak, which the address names."""

    raise_exception = True

    @cached_property
    def leak(self) -> Leak:
        """The kind of leak; raises `Http404` for a name that none has."""
        if self.kwargs["leak"] not in LEAKS:
            raise Http404
        return LEAKS[self.kwargs["leak"]]


def table_of(leak: Leak, *, may_mend: bool, may_accept: bool, accepted: bool) -> type[Table]:
    """Return the table of the records with a leak, with the acts that the person may do."""

    def acts(record: models.Model) -> SafeString:
        mend = format_html('<a class="btn btn-sm btn-primary" href="{}">{}</a> ', leak.remedy(record), leak.button)
        name, words = ("leak_take_back", _t("Take back")) if accepted else ("leak_accept", _t("Accept"))
        meant = format_html(
            '<a class="btn btn-sm" href="{}">{}</a>', reverse(f"reports:{name}", args=[leak.name, record.pk]), words
        )
        said = format_html('<span class="visually-hidden">{}</span>', record)
        return format_html("{}{}{}", mend if may_mend else "", meant if may_accept else "", said)

    customer = Column("customer", _("Customer"), leak.customer_of, lambda record: link(leak.customer_of(record)))
    columns = (
        Column("pk", capfirst(leak.model._meta.verbose_name), value=str, cell=link, sort="pk"),
        *([customer] if leak.owner else []),
        Column("says", _("What is wrong"), value=leak.says),
    )
    offered = (Column("acts", _("Next step"), value=lambda record: "", cell=acts, css="row-actions"),)
    return type("LeakTable", (Table,), {"columns": columns + offered * (may_mend or may_accept), "order": "pk"})


class LeakList(LeakMixin, ListScreen):
    """The records with one kind of leak, and the way to mend each."""

    permission_required = SEE
    filterset_class = LeakFilter
    accepted = False

    def get_permission_required(self) -> list[str]:
        return [SEE]

    def get(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        self.model, self.accepted = self.leak.model, request.GET.get("accepted") == "true"
        may_mend, may_accept = map(request.user.has_perm, (self.leak.right, ACCEPT))
        self.table_class = table_of(self.leak, may_mend=may_mend, may_accept=may_accept, accepted=self.accepted)
        return super().get(request, *args, **kwargs)

    def get_queryset(self) -> models.QuerySet:
        return self.leak.found(timezone.localdate(), accepted=self.accepted)

    def get_template_names(self) -> list[str]:
        return ["reports/leak_list.html"]

    def export(self, rows: models.QuerySet) -> HttpResponse:
        table = table_of(self.leak, may_mend=False, may_accept=False, accepted=self.accepted)
        return csv_response(table.export(rows.iterator(chunk_size=2_000)), f"{self.leak.name}.csv")

    def get_context_data(self, **context: object) -> dict[str, object]:
        return super().get_context_data(leak=self.leak, **context) | {"create_url": None}


class AcceptForm(NormalisedTextMixin, forms.Form):
    """Why something that looks like a leak is meant so, and until when."""

    reason = forms.CharField(label=_("Reason"), max_length=LONGEST_REASON)
    until = forms.DateField(
        label=_("Until"), required=False, widget=DayInput, help_text=_("The last day. Empty: for good.")
    )


class MeantPage(LeakMixin, FormView):
    """An act about whether the leak of one record is meant so."""

    permission_required = ACCEPT
    template_name = "reports/leak_act.html"
    heading = button = done = ""

    @cached_property
    def record(self) -> models.Model:
        """The record; raises `Http404` where it has not this leak."""
        found = self.leak.rows(timezone.localdate()).filter(pk=self.kwargs["key"]).first()
        if found is None:
            raise Http404
        return found

    def get_context_data(self, **context: object) -> dict[str, object]:
        said = {"leak": self.leak, "record": self.record, "heading": self.heading, "button": self.button}
        return super().get_context_data(**said, **context)

    def act(self, **values: object) -> None:
        """Do it, with the cleaned values of the form."""
        raise NotImplementedError

    def form_valid(self, form: forms.Form) -> HttpResponse:
        try:
            with acting():
                self.act(leak=self.leak, key=self.record.pk, on=timezone.localdate(), **form.cleaned_data)
        except ValidationError as refusal:
            show_refusal(form, refusal)
            return self.form_invalid(form)
        messages.success(self.request, format_html(self.done, anchor(self.record.get_absolute_url(), self.record)))
        return redirect("reports:leak_list", leak=self.leak.name)


class LeakAccept(MeantPage):
    """Saying that it is meant so."""

    form_class = AcceptForm
    heading, button, done = _("It is meant so"), _("Accept"), _("Accepted: {}.")

    def act(self, **values: object) -> None:
        accept_leak(by=self.request.user, **values)


class LeakTakeBack(MeantPage):
    """Saying that it is not meant so after all."""

    form_class = forms.Form
    heading, button, done = _("It is not meant so after all"), _("Take back"), _("On the list again: {}.")

    def act(self, **values: object) -> None:
        take_back(by=self.request.user, **values)
