"""Rows on their way back: written as they were, and what stands in the way of that."""

from collections.abc import Iterable, Iterator
from itertools import islice

from django.db import connection, models
from django.db.models.expressions import RawSQL
from django.utils.translation import gettext as _

from customerflow.changes.models import Change
from customerflow.changes.tracked import tracked_fields


def store(records: list[models.Model], fields: list[models.Field], *, is_new: bool) -> None:
    """
    Write the fields of records of one kind as they are.

    Not by `save()` or `bulk_create()`, which would set `created_at` to now; and in one call however many there are.
    """
    if not records:
        return
    meta, quote = records[0]._meta, connection.ops.quote_name
    rows = [
        [field.get_db_prep_save(getattr(record, field.attname), connection) for field in fields] for record in records
    ]
    names = [quote(field.column) for field in fields]
    if is_new:
        places = ", ".join(["%s"] * len(names))
        sql = f"INSERT INTO {quote(meta.db_table)} ({', '.join(names)}) VALUES ({places})"
    else:
        assignments = ", ".join(f"{name} = %s" for name in names)
        sql = f"UPDATE {quote(meta.db_table)} SET {assignments} WHERE {quote(meta.pk.column)} = %s"
        rows = [[*row, record.pk] for row, record in zip(rows, records, strict=True)]
    with connection.cursor() as cursor:
        cursor.executemany(sql, rows)


def without_target(records: list[models.Model], fields: list[models.Field]) -> dict[int, str]:
    """Return why records cannot be as they were: what one of their fields points at is gone."""
    refused: dict[int, str] = {}
    for each in fields:
        if not each.is_relation:
            continue
        wanted = {getattr(record, each.attname) for record in records} - {None}
        # Locked, so that it stays until this is done.
        targets = each.related_model._base_manager.select_for_update(no_key=True).filter(pk__in=wanted)
        found = set(targets.order_by("pk").values_list("pk", flat=True))
        for record in records:
            if getattr(record, each.attname) in wanted - found:
                refused[record.pk] = _("Its %(field)s was removed.") % {"field": each.verbose_name}
    return refused


def newer_at_moved(model: type[models.Model], changes: list[Change], ours: list[int]) -> dict[Change, str]:
    """
    Return in words what was added since to records that go back to where they were; it would go with them.

    `ours` are the change sets whose changes do not count.
    """
    links = {field.column for field in tracked_fields(model) if field.is_relation}
    moved = {change.record_id: change for change in changes if links & change.old.keys()}
    found: dict[Change, str] = {}
    for relation in relations_to(model, is_on_record=True) if moved else ():
        kind = relation.related_model._meta.label_lower
        pointing = relation.related_model._base_manager.filter(**{f"{relation.field.name}__in": moved})
        since = _comings_and_goings(kind, pointing, min(change.pk for change in moved.values()), ours)
        for record in pointing.filter(pk__in=since):
            change = moved[getattr(record, relation.field.attname)]
            first = next((action for pk, action in since[record.pk] if pk > change.pk), None)
            # What was removed since and came back was there before.
            if first == Change.Action.CREATE:
                found.setdefault(change, f"{relation.related_model._meta.verbose_name} {record}")
    return found


def _comings_and_goings(
    kind: str, records: models.QuerySet, after: int, ours: list[int]
) -> dict[int, list[tuple[int, str]]]:
    """Return when records were created and removed by others after the change `after`, in that order."""
    changes = Change.objects.filter(
        kind=kind,
        action__in=[Change.Action.CREATE, Change.Action.DELETE],
        record_id__in=records.order_by().values("pk"),
        pk__gt=after,
    ).exclude(change_set__in=ours)
    found: dict[int, list[tuple[int, str]]] = {}
    for key, pk, action in changes.order_by("pk").values_list("record_id", "pk", "action"):
        found.setdefault(key, []).append((pk, action))
    return found


def pointed_at(model: type[models.Model], keys: list[int]) -> dict[int, str]:
    """Return in words what points at each of the records, of those at which something does."""
    found: dict[int, str] = {}
    for relation in relations_that_hold(model):
        pointing = relation.related_model._base_manager.filter(**{f"{relation.field.name}__in": keys})
        first = pointing.order_by().values(relation.field.attname).annotate(first=models.Min("pk"))
        newest = relation.related_model._base_manager.filter(pk__in=first.values("first"))
        for record in newest:
            name = f"{relation.related_model._meta.verbose_name} {record}"
            found.setdefault(getattr(record, relation.field.attname), name)
    return found


def let_go(model: type[models.Model], keys: list[int] | RawSQL) -> None:
    """Do to what is derived from the records, and is not on record itself, what their removal does to it."""
    for relation in relations_to(model, is_on_record=False):
        if relation.on_delete is models.PROTECT:
            continue
        pointing = relation.related_model._base_manager.filter(**{f"{relation.field.name}__in": keys})
        if relation.on_delete is models.CASCADE:
            pointing.delete()
        else:
            pointing.update(**{relation.field.name: None})


def relations_that_hold(model: type[models.Model]) -> list[models.ForeignObjectRel]:
    """Return the relations by which others keep a record: those on record, and records of their own that say so."""
    own = [each for each in relations_to(model, is_on_record=False) if each.on_delete is models.PROTECT]
    return [*relations_to(model, is_on_record=True), *own]


def relations_to(model: type[models.Model], *, is_on_record: bool) -> list[models.ForeignObjectRel]:
    """Return the relations by which other kinds of record point at this one: those on record, or those that are not."""
    return [
        each
        for each in model._meta.get_fields(include_hidden=True)
        if (each.one_to_many or each.one_to_one)
        and each.auto_created
        and getattr(each.related_model, "is_on_record", True) == is_on_record
    ]


def taken(record: models.Model) -> str:
    """Return that another record has what this one needs for itself, naming it where it can be seen."""
    for each in record._meta.local_concrete_fields:
        value = getattr(record, each.attname)
        if each.unique and value is not None:
            others = type(record)._base_manager.filter(**{each.attname: value}).exclude(pk=record.pk)
            if other := others.first():
                return _("%(other)s has this %(field)s now.") % {"other": other, "field": each.verbose_name}
    return _("Another record stands in its way.")


def batched(values: Iterable[int], size: int) -> Iterator[list[int]]:
    """Yield `values` in lists of at most `size`."""
    values = iter(values)
    while batch := list(islice(values, size)):
        yield batch


def distinct(changes: Iterator[Change]) -> Iterator[list[Change]]:
    """Yield the changes in runs in which no record occurs twice."""
    run: dict[int, Change] = {}
    for change in changes:
        if change.record_id in run:
            yield list(run.values())
            run = {}
        run[change.record_id] = change
    if run:
        yield list(run.values())
