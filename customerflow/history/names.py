"""The names of records, also of those that are gone, however many at once."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.contrib.auth.models import AbstractBaseUser
from django.db import connection, models
from django.db.models import Q
from django.db.models.constants import LOOKUP_SEP

from customerflow.changes.images import model_of, values_of
from customerflow.changes.models import Change
from customerflow.history.kinds import may

Key = tuple[str, int]


@dataclass(frozen=True)
class Value:
    """What a person reads: a text, the address of the record it names, and whether that record is gone."""

    text: str = ""
    url: str = ""
    is_removed: bool = False


class Names:
    """
    What records are called: of each that is there its name and address, of each that is gone its last name.

    It takes one query for each kind among `keys`, and one for all that are gone; none for records that are `loaded`
    with what their names are made of.
    """

    def __init__(self, keys: Iterable[Key], user: AbstractBaseUser, loaded: Iterable[models.Model] = ()) -> None:
        self.user = user
        self._known: dict[Key, Value] = {}
        for record in loaded:
            self._learn(record)
        wanted: dict[str, set[int]] = {}
        for kind, key in set(keys) - self._known.keys():
            wanted.setdefault(kind, set()).add(key)
        for kind, ids in wanted.items():
            if model := model_of(kind):
                self._look_up(model, ids)
        gone = {kind: {key for key in ids if (kind, key) not in self._known} for kind, ids in wanted.items()}
        if any(gone.values()):
            self._look_back(gone)

    def of(self, kind: str, key: int) -> Value:
        """Return what the record is called."""
        return self._known.get((kind, key)) or Value(f"#{key}", is_removed=True)

    def _look_up(self, model: type[models.Model], ids: set[int]) -> None:
        # What a name or an address is made of.
        parents = [field.name for field in model._meta.fields if field.is_relation and not field.null]
        for record in model._base_manager.filter(pk__in=ids).select_related(*parents, *_way_to_the_whole(model)):
            self._learn(record)

    def _learn(self, record: models.Model) -> None:
        kind = record._meta.label_lower
        name = f"#{record.pk}" if record._meta.auto_created else str(record)
        self._known[kind, record.pk] = Value(name, page_of(record) if may(self.user, "view", kind) else "")

    def _look_back(self, gone: dict[str, set[int]]) -> None:
        asked = Q()
        for kind, ids in gone.items():
            # Django leaves out what asks for nothing.
            asked |= Q(kind=kind, record_id__in=ids)
        # The last time counts, of a record that came back in between.
        for change in Change.objects.filter(asked, action=Change.Action.DELETE).order_by("pk"):
            self._known[change.kind, change.record_id] = Value(_last_name(change), is_removed=True)


def page_of(record: models.Model) -> str:
    """Return the address of a record's page, or of the page of the record that it is a part of; empty without one."""
    if hasattr(record, "get_absolute_url"):
        return record.get_absolute_url()
    part_of = getattr(record, "part_of", "")
    return page_of(getattr(record, part_of)) if part_of else ""


def _way_to_the_whole(model: type[models.Model]) -> list[str]:
    """Return the lookup of the record that a record is a part of, over all between; none where it is a part of none."""
    names = []
    while name := getattr(model, "part_of", ""):
        names.append(name)
        model = model._meta.get_field(name).related_model
    return [LOOKUP_SEP.join(names)] if names else []


class _NeedsMoreError(Exception):
    """A name is made of other records too."""


def _refuse_queries(*_args: object) -> None:
    raise _NeedsMoreError


def _last_name(change: Change) -> str:
    """Return what a record was called that was deleted; where its name says other records' too, its key."""
    model = model_of(change.kind)
    if model is None or model._meta.auto_created:
        return f"#{change.record_id}"
    try:
        record = model(pk=change.record_id, **values_of(model, change.old))
        with connection.execute_wrapper(_refuse_queries):
            return str(record)
    except (_NeedsMoreError, ArithmeticError, AttributeError, TypeError, ValueError):
        # Written by another version of the software, whose records had other columns.
        return f"#{change.record_id}"
