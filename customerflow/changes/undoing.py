"""
Undo: what a change set did is taken back, change by change, the last one first.

Each step takes a table from the state after a change to the one before it, so nothing on the way breaks a constraint
that held then. A record that was changed since by somebody else is left alone unless that is forced; one that
something newer points at stays in any case. Undoing is on record like any other act, and can be undone.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from itertools import groupby

from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from customerflow.changes.images import derive, is_erased, model_of, value_of, values_of
from customerflow.changes.models import Change, ChangeCount, ChangeSet
from customerflow.changes.recording import open_parent, recording
from customerflow.changes.tracked import has_version, tracked_fields

Key = tuple[str, int]
CHUNK = 500
# So many records are described; the rest are counted.
DESCRIBED = 200
# So many of the changes since are named.
NAMED_SINCE = 5
RIGHTS = {Change.Action.CREATE: "add", Change.Action.CHANGE: "change", Change.Action.DELETE: "delete"}
OPPOSITE = {"add": "delete", "change": "change", "delete": "add"}


@dataclass(frozen=True)
class Reversal:
    """
    What undoing makes of one record.

    `columns` are the attributes that are put back: what each is now, and what it was. `since` are the first changes
    that others made to the record later; `reason` says why it is left alone.
    """

    kind: str
    record_id: int
    action: str
    columns: dict[str, tuple[object, object]] = field(default_factory=dict)
    is_put_back: bool = True
    reason: str = ""
    since: tuple[Change, ...] = ()

    @property
    def can_be_forced(self) -> bool:
        """Whether the record is left alone only because it was changed since."""
        return not self.is_put_back and bool(self.since)


@dataclass
class Undone:
    """What undoing did, or would do. `refusal` says why the change set as a whole cannot be undone."""

    refusal: str = ""
    change_set: ChangeSet | None = None
    put_back: int = 0
    left_alone: int = 0
    reversals: list[Reversal] = field(default_factory=list)

    def add(self, reversal: Reversal) -> None:
        """Count what became of a record, and describe it while there is room; what is left alone comes first."""
        self.put_back += reversal.is_put_back
        self.left_alone += not reversal.is_put_back
        described = sum(known.is_put_back == reversal.is_put_back for known in self.reversals)
        if described < DESCRIBED:
            self.reversals.append(reversal)

    @property
    def in_order(self) -> list[Reversal]:
        """The described records, those that are left alone first."""
        return sorted(self.reversals, key=lambda reversal: reversal.is_put_back)


def may_undo(user: AbstractBaseUser, change_set: ChangeSet) -> bool:
    """
    Return whether `user` has the rights to undo a change set.

    What one did oneself one may take back with the rights that it took; what others did, with the rights to do the
    opposite by hand.
    """
    is_own = change_set.by_id is not None and change_set.by_id == user.pk
    for kind, action in _counts(change_set):
        model = model_of(kind)
        if model is None:
            return False
        owner = whole_of(model)._meta
        right = RIGHTS[action] if is_own else OPPOSITE[RIGHTS[action]]
        if not user.has_perm(f"{owner.app_label}.{right}_{owner.model_name}"):
            return False
    return True


def whole_of(model: type[models.Model]) -> type[models.Model]:
    """Return the kind of record that records of this kind are a part of, or the kind itself."""
    part_of = getattr(model, "part_of", "")
    return whole_of(model._meta.get_field(part_of).related_model) if part_of else model


def _counts(change_set: ChangeSet) -> list[tuple[str, str]]:
    """Return the kinds of records and what was done to them, in the change set and its batches."""
    found = ChangeCount.objects.filter(
        models.Q(change_set=change_set) | models.Q(change_set__in=change_set.batches.values("pk"))
    )
    return list(found.order_by("kind", "action").values_list("kind", "action").distinct())


def refusal(change_set: ChangeSet) -> str:
    """Return why a change set cannot be undone whatever became of its records; empty if it can."""
    kinds = {kind for kind, _action in _counts(change_set)}
    if not kinds:
        return _("There is nothing on record that could be put back.")
    for kind in sorted(kinds):
        model = model_of(kind)
        if model is None:
            return _("The software does not have “%(kind)s” any more.") % {"kind": kind}
        counter_document = getattr(model, "counter_document", "")
        if counter_document and not _only_moves(change_set, kind, getattr(model, "undoable_columns", frozenset())):
            return _("This cannot be undone here. %(instead)s") % {"instead": counter_document}
    return ""


def _only_moves(change_set: ChangeSet, kind: str, undoable: Collection[str]) -> bool:
    """Return whether of the records of this kind only such columns were changed as undo may touch."""
    changes = Change.objects.filter(
        models.Q(change_set=change_set) | models.Q(change_set__in=change_set.batches.values("pk")), kind=kind
    )
    return all(
        change.action == Change.Action.CHANGE and change.new.keys() <= set(undoable)
        for change in changes.iterator(chunk_size=CHUNK)
    )


def plan_undo(change_set: ChangeSet, *, forced: Collection[Key] = (), force_all: bool = False) -> Undone:
    """Return what undoing a change set would do, by doing it and taking that back: nothing is changed."""
    with transaction.atomic():
        try:
            plan = _undo(change_set, None, forced, force_all)
        except ValidationError as refused:
            plan = Undone(refusal=" ".join(refused.messages))
        transaction.set_rollback(True)
    plan.change_set = None
    return plan


def undo(
    change_set: ChangeSet,
    *,
    by: AbstractBaseUser | None = None,
    forced: Collection[Key] = (),
    force_all: bool = False,
) -> Undone:
    """
    Undo a change set in one transaction, and return what became of each record.

    Records that were changed since are left alone, but for those in `forced` (kind and key), or all with `force_all`.
    Raises `ValidationError` where the change set as a whole cannot be undone.
    """
    with transaction.atomic():
        undone = _undo(change_set, by, forced, force_all)
    if undone.refusal:
        raise ValidationError(undone.refusal, code="undo")
    return undone


def _undo(change_set: ChangeSet, by: AbstractBaseUser | None, forced: Collection[Key], force_all: bool) -> Undone:
    undone = Undone(refusal=refusal(change_set))
    if undone.refusal:
        return undone
    batches = list(change_set.batches.order_by("-pk"))
    if not batches:
        undone.change_set = undo_one(change_set, undone, by=by, forced=forced, force_all=force_all)
        return undone
    parent = open_parent(_name_of(change_set), by=by, undoes=change_set)
    for batch in batches:
        undo_one(batch, undone, by=by, forced=forced, force_all=force_all, parent=parent)
    if parent.batches.exists():
        undone.change_set = parent
    else:
        parent.delete()
    return undone


def _name_of(change_set: ChangeSet) -> str:
    return _("Undone: %(act)s") % {"act": change_set.act or f"#{change_set.pk}"}


def undo_one(
    change_set: ChangeSet,
    undone: Undone,
    *,
    by: AbstractBaseUser | None = None,
    forced: Collection[Key] = (),
    force_all: bool = False,
    parent: ChangeSet | None = None,
) -> ChangeSet | None:
    """Undo one change set that has no batches, adding to `undone`; return the change set that this makes."""
    with recording(_name_of(change_set), by=by, undoes=change_set, parent=parent) as record:
        reverser = _Reverser(change_set, record.change_set_id, frozenset(forced), force_all)
        for reversal in reverser.run():
            undone.add(reversal)
    return record.change_set


class _Reverser:
    """The walk back through one change set."""

    def __init__(self, change_set: ChangeSet, own: int, forced: frozenset[Key], force_all: bool) -> None:
        # What these two wrote is no change by others.
        self.ours = [change_set.pk, own]
        self.changes = change_set.changes.order_by("-pk")
        self.forced, self.force_all = forced, force_all
        self.left_alone: set[Key] = set()
        self.now = timezone.now()

    def run(self) -> Iterator[Reversal]:
        """Put back what can be, and yield what became of each record."""
        beyond = None
        while chunk := list((self.changes.filter(pk__lt=beyond) if beyond else self.changes)[:CHUNK]):
            beyond = chunk[-1].pk
            for (kind, action), changes in groupby(chunk, key=lambda change: (change.kind, change.action)):
                for run in _distinct(changes):
                    yield from self._reverse(model_of(kind), action, run)

    def _reverse(self, model: type[models.Model], action: str, changes: list[Change]) -> Iterator[Reversal]:
        """Reverse a run of like changes of different records; raises `ValidationError` where their values are gone."""
        if any(is_erased(change.before) or is_erased(change.after) for change in changes):
            raise ValidationError(_("Personal data in it was erased."), code="erased")
        keys = [change.record_id for change in changes]
        stored = {record.pk: record for record in model._base_manager.select_for_update().filter(pk__in=keys)}
        since = self._since(model, changes, stored)
        reverse = {"create": self._remove, "change": self._put_back, "delete": self._bring_back}[action]
        open_changes = []
        for change in changes:
            key = (change.kind, change.record_id)
            if key in self.left_alone:
                continue
            if since.get(change.record_id) and not (self.force_all or key in self.forced):
                yield self._leave(change, _("It was changed since."), since[change.record_id])
                continue
            open_changes.append(change)
        yield from reverse(model, open_changes, stored)

    def _leave(self, change: Change, reason: str, since: tuple[Change, ...] = ()) -> Reversal:
        self.left_alone.add((change.kind, change.record_id))
        return Reversal(change.kind, change.record_id, change.action, is_put_back=False, reason=reason, since=since)

    def _since(
        self, model: type[models.Model], changes: list[Change], stored: dict[int, models.Model]
    ) -> dict[int, tuple[Change, ...]]:
        """Return for each stored record what others changed of it later, if it is not as the change left it."""
        first = {change.record_id: change.pk for change in changes}
        later = (
            Change.objects.filter(kind=model._meta.label_lower, record_id__in=first, pk__gt=min(first.values()))
            .exclude(change_set__in=self.ours)
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
            if len(known := named.setdefault(change.record_id, [])) < NAMED_SINCE:
                known.append(change)

        def differs(record: models.Model, columns: dict[str, object]) -> bool:
            return any(
                getattr(record, fields[column].attname) != value_of(fields[column], value)
                for column, value in columns.items()
                if column in fields
            )

        return {
            key: tuple(named[key]) for key, columns in then.items() if key in stored and differs(stored[key], columns)
        }

    def _remove(
        self, model: type[models.Model], changes: list[Change], stored: dict[int, models.Model]
    ) -> Iterator[Reversal]:
        """Remove what was created; what is gone already needs nothing."""
        present = [change for change in changes if change.record_id in stored]
        pointed_at = _pointed_at(model, [change.record_id for change in present])
        going = []
        for change in present:
            if newer := pointed_at.get(change.record_id):
                yield self._leave(change, _("Something newer belongs to it: %(records)s.") % {"records": newer})
            else:
                going.append(change.record_id)
                yield Reversal(change.kind, change.record_id, change.action)
        _let_go(model, going)
        rows = model._base_manager.filter(pk__in=going)
        rows._raw_delete(rows.db)

    def _bring_back(
        self, model: type[models.Model], changes: list[Change], stored: dict[int, models.Model]
    ) -> Iterator[Reversal]:
        """Insert what was deleted, with the key it had; what is back already needs nothing."""
        for change in changes:
            if change.record_id in stored:
                continue
            record = model(pk=change.record_id, **values_of(model, change.old))
            if has_version(model):
                record.version = (change.version or 0) + 1
            if why := self._cannot_be(record, values_of(model, change.old)):
                yield self._leave(change, why)
                continue
            if hasattr(record, "updated_at"):
                record.updated_at = self.now
            derive(record)
            try:
                with transaction.atomic():
                    # Raw: created_at is what it was.
                    record.save_base(raw=True, force_insert=True)
            except IntegrityError:
                yield self._leave(change, _taken(record))
                continue
            yield Reversal(change.kind, change.record_id, change.action)

    def _put_back(
        self, model: type[models.Model], changes: list[Change], stored: dict[int, models.Model]
    ) -> Iterator[Reversal]:
        """Give changed columns the values they had."""
        for change in changes:
            record = stored.get(change.record_id)
            if record is None:
                yield self._leave(change, _("It was removed since."))
                continue
            was = values_of(model, change.old)
            columns = {name: (getattr(record, name), value) for name, value in was.items()}
            if all(now == then for now, then in columns.values()):
                continue
            for name, value in was.items():
                setattr(record, name, value)
            if why := self._cannot_be(record, was):
                yield self._leave(change, why)
                continue
            try:
                with transaction.atomic():
                    self._write(record, was)
            except IntegrityError:
                yield self._leave(change, _taken(record))
                continue
            yield Reversal(change.kind, change.record_id, change.action, columns)

    def _write(self, record: models.Model, columns: Collection[str]) -> None:
        values = {name: getattr(record, name) for name in columns}
        values |= {field.attname: getattr(record, field.attname) for field in derive(record)}
        if has_version(type(record)):
            record.version += 1
            values["version"] = record.version
        if hasattr(record, "updated_at"):
            values["updated_at"] = self.now
        type(record)._base_manager.filter(pk=record.pk).update(**values)

    @staticmethod
    def _cannot_be(record: models.Model, columns: Collection[str]) -> str:
        """Return why a record cannot have these columns: what one of them points at is gone."""
        for each in record._meta.local_concrete_fields:
            key = getattr(record, each.attname) if each.is_relation and each.attname in columns else None
            if key is not None and not each.related_model._base_manager.filter(pk=key).exists():
                return _("Its %(field)s was removed.") % {"field": each.verbose_name}
        return ""


def _distinct(changes: Iterator[Change]) -> Iterator[list[Change]]:
    """Yield the changes in runs in which no record occurs twice."""
    run: dict[int, Change] = {}
    for change in changes:
        if change.record_id in run:
            yield list(run.values())
            run = {}
        run[change.record_id] = change
    if run:
        yield list(run.values())


def _pointed_at(model: type[models.Model], keys: list[int]) -> dict[int, str]:
    """Return in words what points at each of the records, of those at which something does."""
    found: dict[int, str] = {}
    for relation in _relations_to(model, is_on_record=True):
        pointing = relation.related_model._base_manager.filter(**{f"{relation.field.name}__in": keys})
        for key in pointing.order_by().values_list(relation.field.attname, flat=True).distinct():
            found.setdefault(key, str(relation.related_model._meta.verbose_name_plural))
    return found


def _let_go(model: type[models.Model], keys: list[int]) -> None:
    """Do to what is derived from the records, and is not on record itself, what their removal does to it."""
    for relation in _relations_to(model, is_on_record=False):
        pointing = relation.related_model._base_manager.filter(**{f"{relation.field.name}__in": keys})
        if relation.on_delete is models.CASCADE:
            pointing.delete()
        else:
            pointing.update(**{relation.field.name: None})


def _relations_to(model: type[models.Model], *, is_on_record: bool) -> list[models.ForeignObjectRel]:
    return [
        each
        for each in model._meta.get_fields(include_hidden=True)
        if (each.one_to_many or each.one_to_one)
        and each.auto_created
        and getattr(each.related_model, "is_on_record", True) == is_on_record
    ]


def _taken(record: models.Model) -> str:
    """Return that another record has what this one needs for itself, naming it where it can be seen."""
    for each in record._meta.local_concrete_fields:
        value = getattr(record, each.attname)
        if each.unique and value is not None:
            others = type(record)._base_manager.filter(**{each.attname: value}).exclude(pk=record.pk)
            if other := others.first():
                return _("%(other)s has this %(field)s now.") % {"other": other, "field": each.verbose_name}
    return _("Another record stands in its way.")
