"""The pages of closed periods: closing the books up to a day, and reopening them."""

from datetime import date, timedelta

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.generic.edit import FormView

from billing.forms import ReasonForm
from billing.models import PeriodClosing
from billing.periods.closing import close_period, reopen_period
from billing.periods.work import seal_soon
from customerflow.acts import ActScreen
from customerflow.crud import DetailScreen
from customerflow.filters import ListFilter
from customerflow.forms import DayInput
from customerflow.lists import ListScreen
from customerflow.refusals import acting, show_refusal
from customerflow.screens import Screen
from customerflow.tables import Column, Table, state


def period_standing(closing: PeriodClosing) -> str:
    """Return in a word whether a period is closed."""
    return _("Reopened") if closing.is_reopened else _("Closed")


class PeriodTable(Table):
    """The list of closed periods, those that were reopened too."""

    columns = (
        Column("period", _("Period"), value=str),
        Column("last_day", _("Closed up to"), sort="last_day", css="num"),
        Column("closed_on", _("Closed on"), css="num"),
        Column("postings", _("Postings"), css="num"),
        Column("debit", _("Debit"), css="num"),
        Column(
            "standing",
            _("State"),
            value=period_standing,
            cell=lambda closing: state(period_standing(closing), "off" if closing.is_reopened else "active"),
        ),
    )
    order = "-last_day"


class PeriodFilter(ListFilter):
    """All of them: there are few."""

    q = None


class PeriodDetail(DetailScreen):
    """A closed period, and what its journal is like."""

    def get_queryset(self) -> models.QuerySet:
        return PeriodClosing.objects.select_related("closed_by", "reopened_by")

    def get_context_data(self, **context: object) -> dict[str, object]:
        is_last = PeriodClosing.objects.closed_to() == self.object.last_day and not self.object.is_reopened
        return super().get_context_data(is_last=is_last, **context)


class PeriodList(ListScreen):
    """The closed periods."""

    def get_context_data(self, **context: object) -> dict[str, object]:
        may_close = self.request.user.has_perm("billing.add_periodclosing")
        address = reverse("billing:period_close") if may_close else None
        return super().get_context_data(**context) | {"create_url": address}


class CloseForm(forms.Form):
    """Up to which day."""

    last_day = forms.DateField(
        label=_("Close the books up to"), widget=DayInput, help_text=_("This day is closed too, and all before it.")
    )


class PeriodClose(Screen, FormView):
    """Closing the books up to a day: of the last month, unless another day is named."""

    model = PeriodClosing
    action = "create"
    form_class = CloseForm
    template_name = "billing/period_close.html"

    def get_template_names(self) -> list[str]:
        return [self.template_name]

    def get_initial(self) -> dict[str, date]:
        return {"last_day": timezone.localdate().replace(day=1) - timedelta(days=1)}

    def get_context_data(self, **context: object) -> dict[str, object]:
        return super().get_context_data(closed_to=PeriodClosing.objects.closed_to(), **context)

    def form_valid(self, form: CloseForm) -> HttpResponse:
        try:
            with acting() as recording:
                closing = close_period(**form.cleaned_data, on=timezone.localdate(), by=self.request.user)
        except ValidationError as refusal:
            show_refusal(form, refusal)
            return self.form_invalid(form)
        seal_soon(closing, self.request.user)
        self.say(_("Closed: {}."), closing, recording.change_set)
        return redirect(closing)


class PeriodReopen(ActScreen):
    """Opening a closed period again."""

    model = PeriodClosing
    form_class = ReasonForm
    heading = _("Reopen this period")
    explanation = _("Its journal may change again. That it was closed, and why it was reopened, stays on record.")
    button = _("Reopen the period")
    done = _("Reopened: {}.")

    def act(self, *, reason: str) -> PeriodClosing:
        return reopen_period(closing=self.object, reason=reason, on=timezone.localdate(), by=self.request.user)
