"""What others did, since a change, to the records that it was about."""

from django.db import models

from customerflow.changes.images import model_of, value_of
from customerflow.changes.models import Change
from customerflow.changes.tracked import tracked_fields

CHUNK = 500
# So many of the changes since are named.
NAMED = 5


def changed_since(
    changes: list[Change], stored: dict[int, models.Model], ours: list[int]
) -> dict[int, tuple[Change, ...]]:
    """
    Return what others changed later of each of the records `stored`, by key, of those not as `changes` left them.

    `changes` are of one kind, one of each record; what the change sets `ours` did is no change by others.
    """
    model = model_of(changes[0].kind)
    first = {change.record_id: change.pk for change in changes}
    later = (
        Change.objects.filter(kind=changes[0].kind, record_id__in=first, pk__gt=min(first.values()))
        .exclude(change_set__in=ours)
        .select_related("change_set__by")
        .order_by("pk")
    )
    fields = {field.column: field for field in tracked_fields(model)}
    then: dict[int, dict[str, object]] = {}
    named: dict[int, list[Change]] = {}
    for change in later.iterator(chunk_size=CHUNK):
        if change.pk < first[change.record_id]:
            continue
        then[change.record_id] = change.old | then.get(change.record_id, {})
        if len(known := named.setdefault(change.record_id, [])) < NAMED:
            known.append(change)

    def differs(record: models.Model, columns: dict[str, object]) -> bool:
        return any(
            getattr(record, fields[column].attname) != value_of(fields[column], value)
            for column, value in columns.items()
            if column in fields
        )

    return {key: tuple(named[key]) for key, columns in then.items() if key in stored and differs(stored[key], columns)}
