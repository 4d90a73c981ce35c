"""What the lists of loads and of what was found in their files show, and how they are filtered."""

import django_filters
from django.db import models
from django.db.models import Exists, OuterRef
from django.urls import NoReverseMatch
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customerflow.changes.models import ChangeSet
from customerflow.filters import ListFilter
from customerflow.jobs.tables import JOB_SHAPES
from customerflow.loads.declaration import KINDS, Declaration
from customerflow.loads.models import Finding, Load
from customerflow.tables import Column, Table, anchor, state

Outcome = Finding.Outcome


def kind_of(kind: str) -> str:
    """Return a kind of record for a person."""
    return capfirst(KINDS[kind].plural()) if kind in KINDS else kind


def kinds_of(load: Load) -> str:
    """Return the kinds of record in a load, for a person."""
    return ", ".join(dict.fromkeys(kind_of(file.kind) for file in load.files.all()))


def with_state(loads: models.QuerySet) -> models.QuerySet:
    """Return loads with what `load_state` asks for."""
    undone = ChangeSet.objects.filter(undoes=OuterRef("change_set"))
    return loads.select_related("loaded_by", "job").annotate(is_undone=Exists(undone))


def state_of(load: Load) -> tuple[str, str]:
    """Return how far a load is, in words, and the shape of that."""
    if load.is_loaded:
        return (_("Undone"), "off") if load.is_undone else (_("Loaded"), "active")
    if load.job is None:
        return _("Draft"), "off"
    return load.job.get_state_display(), JOB_SHAPES[load.job.state]


def load_state(load: Load) -> SafeString:
    """Return how far a load is, as a word with a shape."""
    return state(*state_of(load))


class LoadTable(Table):
    """The list of loads."""

    columns = (
        Column("pk", gettext_lazy("Number"), sort="pk"),
        Column("name", gettext_lazy("File")),
        Column("kinds", gettext_lazy("Records"), value=kinds_of),
        Column(
            "state",
            gettext_lazy("State"),
            value=lambda load: load_state(load).split(">")[1].split("<")[0],
            cell=load_state,
        ),
        Column("loaded_at", gettext_lazy("Loaded at"), css="num"),
        Column("loaded_by", gettext_lazy("By"), value=lambda load: load.loaded_by or _("Command line")),
        Column("created", gettext_lazy("Created"), css="num"),
        Column("changed", gettext_lazy("Changed"), css="num"),
        Column("unchanged", gettext_lazy("Unchanged"), css="num"),
        Column("refused", gettext_lazy("Refused"), css="num"),
    )
    order = "-pk"

    @classmethod
    def prepare(cls, queryset: models.QuerySet) -> models.QuerySet:
        return with_state(queryset).prefetch_related("files")


class LoadFilter(ListFilter):
    """Loads by the name of a file, or the system they come from."""


class FindingTable(Table):
    """What was found in the rows of a file; each leads to its record, where there is one."""

    order = "line"
    declaration: type[Declaration] | None = None

    def _row(self, record: Finding, openings: list[SafeString]) -> str:
        cells = [column.html_of(record) for column in self.columns]
        if address := self.address_of(record):
            cells[1] = anchor(address, record.key or "—")
        return f"<tr>{''.join(map('{}{}</td>'.format, openings, cells))}</tr>"

    def address_of(self, finding: Finding) -> str:
        """Return the address of the record that a finding is about; nothing where it has no page."""
        if finding.target is None or self.declaration is None:
            return ""
        try:
            return self.declaration.model(pk=finding.target).get_absolute_url()
        except (AttributeError, NoReverseMatch):
            return ""


LINE = Column("line", gettext_lazy("Line"), sort="row_number", css="num")
KEY = Column("key", gettext_lazy("Record"))
COLUMNS = {
    Outcome.CREATED: (LINE, KEY),
    Outcome.UNCHANGED: (LINE, KEY),
    Outcome.CHANGED: (
        LINE,
        KEY,
        Column("column", gettext_lazy("Column")),
        Column("old", gettext_lazy("Before"), cell=lambda finding: finding.old or "—"),
        Column("new", gettext_lazy("Then"), cell=lambda finding: finding.new or "—"),
    ),
    Outcome.REFUSED: (
        LINE,
        KEY,
        Column("column", gettext_lazy("Column")),
        Column("new", gettext_lazy("Value")),
        Column("reason", gettext_lazy("Reason")),
    ),
}


def finding_table(outcome: str, declaration: type[Declaration] | None) -> type[FindingTable]:
    """Return the list of the findings of one outcome in a file of one kind."""
    return type("Findings", (FindingTable,), {"columns": COLUMNS[outcome], "declaration": declaration})


class FindingFilter(ListFilter):
    """Findings by a text in what names their record."""

    def search(self, queryset: models.QuerySet, _name: str, text: str) -> models.QuerySet:
        return queryset.filter(key__icontains=text)


def finding_filter(outcome: str, declaration: type[Declaration] | None) -> type[ListFilter]:
    """Return how the findings of one outcome are filtered: those of values also by column."""
    if outcome not in (Outcome.CHANGED, Outcome.REFUSED) or declaration is None:
        return FindingFilter
    choices = [(column.heading, column.heading) for column in declaration.columns]
    column = django_filters.ChoiceFilter(label=gettext_lazy("Column"), choices=choices, method=_of_column)
    return type("ColumnFilter", (FindingFilter,), {"column": column})


def _of_column(queryset: models.QuerySet, _name: str, heading: str) -> models.QuerySet:
    # The index holds only findings about a column, and is used only where that is said.
    return queryset.filter(column=heading).exclude(column="")
