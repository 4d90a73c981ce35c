"""
Which documents may be undone: those of another system, which came by a load, with that load, and drafts; all, or none.

Documents of our own are never undone: they are taken back by another document. A model of documents says so by
`counter_document`, and that those of other systems may be undone by `undone_whole = True`. Its `origin_column` is the
one that names the system, and is empty for ours; a kind without one is `part_of` another, and is of the same origin.
Where there are drafts, they have the `draft_value` in the `draft_column`.
"""

from collections.abc import Iterable

from django.db import models
from django.utils.translation import gettext as _

from customerflow.changes.images import model_of
from customerflow.changes.marks import CHANGES, in_image
from customerflow.changes.models import Change
from customerflow.changes.outcome import Reversal
from customerflow.changes.scratch import query

# So many of the documents that stand in the way are named.
NAMED = 5


def are_of_a_load(changes: models.QuerySet, kind: type[models.Model]) -> bool:
    """
    Return whether what changes did to documents of a kind belongs to a load of documents of another system.

    It does where each of those is of another system, and some came or went by the same act: what staff do to such a
    document later is no load.
    """
    if not getattr(kind, "undone_whole", False):
        return False
    whole = _with_origin(kind)
    came = changes.filter(kind=whole._meta.label_lower).exclude(action=Change.Action.CHANGE)
    return came.exists() and _all_are(changes, kind, whole.origin_column, "<> ''")


def are_drafts(changes: models.QuerySet, kind: type[models.Model]) -> bool:
    """Return whether all documents of a kind to which changes were made are drafts, and were when they were made."""
    if not getattr(kind, "undone_whole", False):
        return False
    whole = _with_origin(kind)
    column, draft = getattr(whole, "draft_column", ""), getattr(whole, "draft_value", "")
    return bool(column) and _all_are(changes, kind, column, f"= '{draft}'", but_none=f"<> '{draft}'")


def _with_origin(model: type[models.Model]) -> type[models.Model]:
    """Return the model that has the origin of records of this one: itself, or what they are a part of."""
    if hasattr(model, "origin_column"):
        return model
    return _with_origin(model._meta.get_field(model.part_of).related_model)


def _all_are(
    changes: models.QuerySet, kind: type[models.Model], column: str, value: str, *, but_none: str = ""
) -> bool:
    """
    Return whether in all documents of a kind that changes are of, a column has such a value, now or in their acts.

    `but_none` is what it may not be, now or in those acts.
    """
    sets = ", ".join(map(str, changes.order_by().values_list("change_set", flat=True).distinct()))
    wrong = f"NOT ({_has(kind, sets, column, value)})"
    if but_none:
        wrong += f" OR {_has(kind, sets, column, but_none)}"
    others = f"""
        SELECT 1 FROM {CHANGES} AS c WHERE c.change_set_id IN ({sets}) AND c.kind || '' = '{kind._meta.label_lower}'
        AND ({wrong}) LIMIT 1
    """
    return not query(others)


def _has(model: type[models.Model], sets: str, column: str, value: str) -> str:
    """Return the condition that the document of a change `c` has such a value, now or in what the change sets did."""
    if hasattr(model, "origin_column"):
        return _whole_has(model, "c.record_id", sets, column, value)
    link = model._meta.get_field(model.part_of)
    stored = f'(SELECT s."{link.column}" FROM "{model._meta.db_table}" AS s WHERE s.id = c.record_id)'
    key = f"COALESCE({in_image('c.after', link)}, {in_image('c.before', link)}, {stored})"
    return _whole_has(link.related_model, key, sets, column, value)


def _whole_has(model: type[models.Model], key: str, sets: str, column: str, value: str) -> str:
    field = model._meta.get_field(column)
    images = " OR ".join(f"{in_image(f'w.{image}', field)} {value}" for image in ("before", "after"))
    return f"""
        EXISTS (SELECT 1 FROM "{model._meta.db_table}" AS d WHERE d.id = {key} AND d."{field.column}" {value})
        OR EXISTS (
            SELECT 1 FROM {CHANGES} AS w WHERE w.kind = '{model._meta.label_lower}' AND w.record_id = {key}
            AND w.change_set_id IN ({sets}) AND ({images})
        )
    """


def what_stays(left: Iterable[Reversal]) -> str:
    """Return in words why none of the documents is taken back: which would stay, and who touched them."""
    named = []
    for reversal in left:
        model = model_of(reversal.kind)
        record = model._base_manager.filter(pk=reversal.record_id).first()
        name = f"{model._meta.verbose_name} {record or f'#{reversal.record_id}'}"
        since = "; ".join(f"{change.change_set.act or change.change_set} ({_who(change)})" for change in reversal.since)
        named.append(f"{name}: {reversal.reason}{f' {since}.' if since else ''}")
    message = _("Documents are taken back all or none, and some would stay. %(documents)s")
    return message % {"documents": " ".join(named)}


def _who(change: Change) -> str:
    return str(change.change_set.by or change.change_set.get_through_display())
