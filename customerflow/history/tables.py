"""How the record of changes is listed."""

from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as now_
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from customerflow.changes.models import ChangeSet
from customerflow.history.names import Value
from customerflow.history.words import Column as ChangedColumn
from customerflow.screens import undo_address
from customerflow.tables import Column, Table, anchor

# So many kinds are named of an act that touched many.
MOST_KINDS = 4


def named(value: Value) -> SafeString:
    """Return a record's name, with a link where it has a page, and what became of it where it is gone."""
    if value.is_removed:
        return format_html('<bdi>{}</bdi> <span class="muted">({})</span>', value.text, now_("removed"))
    name = anchor(value.url, value.text) if value.url else format_html("{}", value.text)
    return format_html("<bdi>{}</bdi>", name)


def who(change_set: ChangeSet) -> str:
    """Return who acted; nobody in particular where a command or the database did."""
    return str(change_set.by) if change_set.by_id else "—"


def what(change_set: ChangeSet) -> SafeString:
    """Return what was changed: the record, where it was one, else how many of each kind."""
    if told := change_set.only_change:
        return format_html("<span>{} {} {}</span>", told.kind, named(told.record), told.source.get_action_display())
    named_kinds, more = change_set.what[:MOST_KINDS], len(change_set.what) - MOST_KINDS
    if more > 0:
        named_kinds.append(ngettext("%(number)s more kind", "%(number)s more kinds", more) % {"number": more})
    return format_html_join(", ", "{}", ((text,) for text in named_kinds))


def marks(change_set: ChangeSet) -> SafeString:
    """Return whether it was undone, whether it undid another, and the way to undo it."""
    shown = []
    if change_set.undone_by_id:
        shown.append(state_of_undone(change_set.undone_by_id))
    if change_set.undoes_id:
        address = reverse("changes:changeset_detail", args=[change_set.undoes_id])
        shown.append(anchor(address, now_("Undoes #%(number)s") % {"number": change_set.undoes_id}))
    if change_set.offers_undo:
        shown.append(format_html('<a href="{}">{}</a>', undo_address(change_set), now_("Undo")))
    return format_html_join(" · ", "{}", ((each,) for each in shown))


def state_of_undone(number: int) -> SafeString:
    """Return that something was undone, with a link to what did it."""
    address = reverse("changes:changeset_detail", args=[number])
    return format_html('<span class="state state-off"><a href="{}">{}</a></span>', address, now_("Undone"))


class ChangeSetTable(Table):
    """What was done, as the list shows it; the rows are `described`."""

    columns = (
        Column("at", _("When"), sort="pk", css="when"),
        Column("by", _("Who"), value=who),
        Column("through", _("Through"), value=lambda row: row.get_through_display()),
        Column("act", _("Act")),
        Column("what", _("What"), value=lambda row: ", ".join(row.what), cell=what),
        Column("why", _("Reason")),
        Column("marks", _("State"), value=lambda row: row.undone_by_id or "", cell=marks, css="row-actions"),
    )
    select_related = ("by",)
    order = "-at"


class ChangeTable(Table):
    """The changes of one record: what its history is exported as, and sorted by."""

    columns = (
        Column("at", _("When"), value=lambda row: row.change_set.at, sort="pk"),
        Column("by", _("Who"), value=lambda row: who(row.change_set)),
        Column("through", _("Through"), value=lambda row: row.change_set.get_through_display()),
        Column("act", _("Act"), value=lambda row: row.change_set.act),
        Column("action", _("What"), value=lambda row: row.get_action_display()),
        Column("fields", _("Fields"), value=lambda row: "\n".join(map(in_a_line, row.told.columns))),
        Column("why", _("Reason"), value=lambda row: row.change_set.why),
    )
    select_related = ("change_set__by",)
    order = "-at"


def in_a_line(column: ChangedColumn) -> str:
    """Return what became of a field, on one line."""
    return f"{column.label}: {column.old.text or '—'} → {column.new.text or '—'}"
