"""The pages of the reports on the help desk, and of the rows behind their figures."""

from datetime import date, timedelta

import django_filters
from django import forms
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

from customerflow.filters import ListFilter
from customerflow.forms import DayInput
from customerflow.lists import ListScreen
from customerflow.tables import Column, Table, link, state
from reports.months import MOST, USUAL, months_before
from reports.support.cost_report import COST_REPORT
from reports.support.counting import Asked
from reports.support.figures import (
    EVENTS,
    HAPPENED,
    IN_TARGET,
    SUPPORT_REPORTS,
    TAKEN,
    TOO_LATE,
    UNFINISHED,
    WITH_TARGET,
    SupportReport,
)
from reports.support.periods import Step, periods
from reports.support.rows import rounds_that, steps_that
from reports.support.splits import Part, Split, names_of, part_of
from reports.views import EARLIEST, NothingSearched, ReportPage
from tickets.models import Ticket, TicketRound, TicketStep
from tickets.sla.telling import in_hours

ALL_REPORTS = (*SUPPORT_REPORTS, COST_REPORT)
# So many lines a report by time has at most.
MOST_LINES = {Step.DAY: 100, Step.WEEK: 160, Step.MONTH: MOST}
LATEST = date(2999, 12, 31)


class SupportForm(forms.Form):
    """The days of a report, both included: the last twelve months, unless others are asked for; and what is shown."""

    first = forms.DateField(label=_("From"), required=False, widget=DayInput)
    last = forms.DateField(label=_("To"), required=False, widget=DayInput)
    step = forms.ChoiceField(label=_("By"), required=False, choices=Step.choices)
    split = forms.ChoiceField(label=_("Split by"), required=False, choices=[("", _("Time")), *Split.choices])
    of = forms.ChoiceField(required=False, widget=forms.HiddenInput, choices=[("", ""), *Split.choices])
    value = forms.CharField(required=False, max_length=30, widget=forms.HiddenInput)

    def __init__(self, data: object, *, today: date) -> None:
        super().__init__(data)
        self.today = today

    def clean(self) -> dict[str, object]:
        asked = self.cleaned_data
        last = min(asked.get("last") or self.today, self.today)
        first = asked.get("first") or months_before(last, USUAL - 1)
        step = asked.get("step") or usual_step(first, last)
        if not self.errors and first > last:
            self.add_error("last", _("The last day is before the first, or the first is to come."))
        elif not self.errors and first < max(EARLIEST, months_before(last, MOST - 1)):
            self.add_error("first", _("A report has %(most)d months at most.") % {"most": MOST})
        elif not self.errors and not asked["split"] and len(periods(first, last, step)) > MOST_LINES[Step(step)]:
            self.add_error("step", _("These would be more than %d lines.") % MOST_LINES[Step(step)])
        if asked.get("of") and part_of(asked["of"], asked.get("value", "")) is None:
            self.add_error(None, _("There are no such tickets."))
        return {**asked, "first": first, "last": last, "step": step}

    @property
    def part(self) -> Part | None:
        """The part of the tickets that is asked about; None for all."""
        return part_of(self.cleaned_data["of"], self.cleaned_data["value"]) if self.cleaned_data["of"] else None

    @property
    def asked(self) -> Asked:
        """What the report is to be worked out for."""
        given = self.cleaned_data
        cut = periods(given["first"], given["last"], given["step"] if not given["split"] else Step.MONTH)
        return Asked(cut, Split(given["split"]) if given["split"] else None, self.part)


def usual_step(first: date, last: date) -> str:
    """Return by what so many days are cut, unless something else is asked for."""
    days = (last - first).days + 1
    return (Step.DAY if days <= 31 else Step.WEEK if days <= 100 else Step.MONTH).value


class SupportPage(ReportPage):
    """A report on the help desk: its chart, and the table behind it, each figure with the way to its rows."""

    report: SupportReport = ALL_REPORTS[0]

    def get_permission_required(self) -> tuple[str]:
        return (self.report.right,)

    @property
    def reports(self) -> list[SupportReport]:
        """The reports that the person may see."""
        return [each for each in ALL_REPORTS if self.request.user.has_perm(each.right)]

    def get(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        form = SupportForm(request.GET, today=timezone.localdate())
        if not form.is_valid():
            return self.render_to_response(self.get_context_data(form=form))
        figures = self.report.figures(form.asked)
        if kind := request.GET.get("export"):
            return self.file(figures, kind)
        shown = SupportForm(form.cleaned_data, today=form.today)
        return self.render_to_response(self.shown(figures, form=shown))

    def asked(self, form: forms.Form) -> str:
        return urlencode({name: value for name, value in form.cleaned_data.items() if value != ""})

    def get_context_data(self, **context: object) -> dict[str, object]:
        part = context["form"].part if context["form"].is_valid() else None
        chosen = f"{part.split.label}: {names_of(part.split, [part.key])[part.key]}" if part else ""
        return super().get_context_data(chosen=chosen, **context)


class PartFilter(NothingSearched):
    """The days of an address, and one part of the tickets."""

    first = django_filters.DateFilter(label=_("From"), widget=DayInput, method="nothing")
    last = django_filters.DateFilter(label=_("To"), widget=DayInput, method="nothing")
    of = django_filters.ChoiceFilter(
        label=_("Split by"), choices=Split.choices, method="nothing", widget=forms.HiddenInput
    )
    value = django_filters.CharFilter(label=_("Which"), method="nothing", max_length=30, widget=forms.HiddenInput)

    def nothing(self, queryset: models.QuerySet, _name: str, _value: object) -> models.QuerySet:
        """Return the same rows: days and part are asked about together."""
        return queryset

    def days(self) -> tuple[date, date]:
        """Return the days that are asked about: the last twelve months, unless others are."""
        asked, today = self.form.cleaned_data, timezone.localdate()
        last = min(asked["last"] or today, LATEST)
        return max(asked["first"] or months_before(last, USUAL - 1), EARLIEST), max(last, EARLIEST)

    def part(self) -> Part | None:
        """Return the part that is asked about; None for all tickets, or where there is no such part."""
        asked = self.form.cleaned_data
        return part_of(asked["of"], asked["value"]) if asked["of"] else None

    def in_words(self, name: str, value: str) -> str:
        part = self.part()
        return names_of(part.split, [part.key])[part.key] if name == "value" and part else super().in_words(name, value)


class RoundFilter(PartFilter):
    """The rounds of tickets that began or ended in some days, by how."""

    what = django_filters.ChoiceFilter(
        label=_("What"),
        choices=[*((how.value, how.label) for how in HAPPENED), (UNFINISHED, _("Unfinished at the end"))],
        empty_label=None,
        method="nothing",
    )

    def filter_queryset(self, queryset: models.QuerySet) -> models.QuerySet:
        return rounds_that(self.form.cleaned_data["what"] or HAPPENED[0].value, *self.days(), self.part())


class StepFilter(PartFilter):
    """The steps that were taken in some days, by kind and how."""

    step = django_filters.ChoiceFilter(label=_("Step"), choices=Ticket.DueStep.choices, method="nothing")
    what = django_filters.ChoiceFilter(
        label=_("What"),
        choices=[
            (TAKEN, _("Taken")),
            (WITH_TARGET, _("With a target")),
            (IN_TARGET, _("Within the target")),
            (TOO_LATE, _("Too late")),
        ],
        empty_label=None,
        method="nothing",
    )

    def filter_queryset(self, queryset: models.QuerySet) -> models.QuerySet:
        asked = self.form.cleaned_data
        return steps_that(asked["step"] or Ticket.DueStep.FIRST, asked["what"], *self.days(), self.part())


TICKET = Column("ticket", _("Ticket"), value=lambda row: str(row.ticket), cell=lambda row: link(row.ticket))
CUSTOMER = Column(
    "customer",
    _("Customer"),
    value=lambda row: str(row.ticket.customer),
    cell=lambda row: link(row.ticket.customer),
)
TYPE = Column("type", _("Type"), value=lambda row: str(row.ticket.type))


class RoundTable(Table):
    """Rounds of tickets: when each began and ended, and by whom."""

    columns = (
        TICKET,
        CUSTOMER,
        TYPE,
        Column("began", _("Began"), value=lambda row: row.get_began_display()),
        Column("began_at", _("Began at"), sort="began_at", css="num"),
        Column("began_by", _("By"), value=lambda row: str(row.began_by or "")),
        Column("finished_at", _("Finished at"), css="num"),
        Column("finished_by", _("By"), value=lambda row: str(row.finished_by or "")),
    )
    select_related = ("ticket__customer", "ticket__type", "began_by", "finished_by")
    order = "began_at"


def in_target(row: TicketStep) -> tuple[str, str]:
    """Return whether a step was taken in time, as a word and its shape."""
    if row.is_in_target is None:
        return "", "off"
    return (_("in time"), "active") if row.is_in_target else (_("taken too late"), "bad")


class StepTable(Table):
    """Steps that were taken: since when they were owed, when and by whom they were taken, and how long it was."""

    columns = (
        TICKET,
        CUSTOMER,
        TYPE,
        Column("since", _("Since"), css="num"),
        Column("done_at", _("Taken at"), sort="done_at", css="num"),
        Column("done_by", _("By"), value=lambda row: str(row.done_by or "")),
        Column("worked", _("Working time"), value=lambda row: in_hours(timedelta(seconds=row.seconds)), css="num"),
        Column("target", _("Target"), value=lambda row: _target(row), css="num"),
        Column(
            "state",
            _("State"),
            value=lambda row: str(in_target(row)[0]),
            cell=lambda row: state(*in_target(row)) if in_target(row)[0] else "",
        ),
    )
    select_related = ("ticket__customer", "ticket__type", "done_by")
    order = "done_at"


def _target(row: TicketStep) -> str:
    return "" if row.target_minutes is None else in_hours(timedelta(minutes=row.target_minutes))


class SupportRows(ListScreen):
    """The rows behind a figure of the help desk."""

    permission_required = EVENTS
    heading = ""
    filterset_class: type[ListFilter] = RoundFilter

    def get_template_names(self) -> list[str]:
        return ["reports/rows.html"]

    def get_context_data(self, **context: object) -> dict[str, object]:
        return super().get_context_data(heading=self.heading, **context) | {"create_url": None}


class RoundList(SupportRows):
    """The tickets that were opened, solved or unfinished."""

    model, table_class, heading = TicketRound, RoundTable, _("Tickets behind the report")


class StepList(SupportRows):
    """The answers and solutions behind a figure."""

    model, table_class, filterset_class = TicketStep, StepTable, StepFilter
    heading = _("Steps behind the report")
