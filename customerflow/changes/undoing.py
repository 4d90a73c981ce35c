"""
Undo: what a change set did is taken back as a whole.

A record that was changed since by somebody else is left alone unless that is forced; one that something newer points
at stays in any case. Undoing is on record like any other act, and can be undone.
"""

from collections.abc import Collection
from dataclasses import dataclass, field

from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.utils.translation import gettext as _

from customerflow.changes.images import model_of
from customerflow.changes.models import Change, ChangeCount, ChangeSet
from customerflow.changes.recording import open_parent, recording
from customerflow.changes.reversing import CHUNK, Key, Reversal, Reverser

# So many records are described; the rest are counted.
DESCRIBED = 200
RIGHTS = {Change.Action.CREATE: "add", Change.Action.CHANGE: "change", Change.Action.DELETE: "delete"}
OPPOSITE = {"add": "delete", "change": "change", "delete": "add"}


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
        if (self.put_back if reversal.is_put_back else self.left_alone) <= DESCRIBED:
            self.reversals.append(reversal)

    def include(self, part: "Undone") -> None:
        """Add what became of a part."""
        for reversal in part.reversals:
            self.add(reversal)
        named = sum(reversal.is_put_back for reversal in part.reversals)
        self.put_back += part.put_back - named
        self.left_alone += part.left_alone - (len(part.reversals) - named)

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
    return _has_rights(user, change_set, is_own=change_set.by_id is not None and change_set.by_id == user.pk)


def may_force(user: AbstractBaseUser, change_set: ChangeSet) -> bool:
    """Return whether `user` may put back records that others changed since: their work goes, whoever's act it was."""
    return _has_rights(user, change_set, is_own=False)


def _has_rights(user: AbstractBaseUser, change_set: ChangeSet, *, is_own: bool) -> bool:
    for kind, action in _counts(change_set):
        model = model_of(kind)
        if model is None or not user.has_perm(right_to_undo(model, action, is_own=is_own)):
            return False
    return True


def right_to_undo(model: type[models.Model], action: str, *, is_own: bool) -> str:
    """
    Return the permission to undo what was done to such a record.

    A part of a record is added and removed by who may do that with the whole, and changed by a right of its own where
    there is one.
    """
    is_by_itself = action == Change.Action.CHANGE and "change" in model._meta.default_permissions
    owner = (model if is_by_itself else whole_of(model))._meta
    right = RIGHTS[action] if is_own else OPPOSITE[RIGHTS[action]]
    return f"{owner.app_label}.{right}_{owner.model_name}"


def whole_of(model: type[models.Model]) -> type[models.Model]:
    """Return the kind of record that records of this kind are a part of, or the kind itself."""
    part_of = getattr(model, "part_of", "")
    return whole_of(model._meta.get_field(part_of).related_model) if part_of else model


def _counts(change_set: ChangeSet) -> list[tuple[str, str]]:
    """Return the kinds of records and what was done to them, in the change set and its batches."""
    found = ChangeCount.objects.filter(change_set__in=_parts(change_set))
    return list(found.order_by("kind", "action").values_list("kind", "action").distinct())


def size_of(change_set: ChangeSet) -> int:
    """Return how many records a change set and its batches touched, each as often as it was."""
    found = ChangeCount.objects.filter(change_set__in=_parts(change_set))
    return found.aggregate(models.Sum("number"))["number__sum"] or 0


def _parts(change_set: ChangeSet) -> models.QuerySet:
    """Return the keys of a change set and its batches; asked for one or the other, databases read all changes."""
    return ChangeSet.objects.filter(models.Q(pk=change_set.pk) | models.Q(parent=change_set.pk)).order_by().values("pk")


def refusal(change_set: ChangeSet) -> str:
    """Return why a change set cannot be undone whatever became of its records; empty if it can."""
    kinds = {kind for kind, _action in _counts(change_set)}
    if not kinds:
        return _("There is nothing on record that could be put back.")
    for kind in sorted(kinds):
        model = model_of(kind)
        if model is None:
            return _("The software does not have “%(kind)s” any more.") % {"kind": kind}
        # The rows of a relation between many are taken back as the record that has it.
        counter_document = getattr(model._meta.auto_created or model, "counter_document", "")
        if counter_document and not _only_moves(change_set, kind, getattr(model, "undoable_columns", frozenset())):
            return _("This cannot be undone here. %(instead)s") % {"instead": counter_document}
    return ""


def _only_moves(change_set: ChangeSet, kind: str, undoable: Collection[str]) -> bool:
    """Return whether of the records of this kind only such columns were changed as undo may touch."""
    changes = Change.objects.filter(change_set__in=_parts(change_set), kind=kind)
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
    try:
        with transaction.atomic():
            undone = _undo(change_set, by, forced, force_all)
    except IntegrityError as error:
        message = _("A colleague has just changed something that this depends on. Look again, then try again.")
        raise ValidationError(message, code="meanwhile") from error
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
    parent = open_parent(name_of_undo(change_set), by=by, undoes=change_set)
    for batch in batches:
        undo_one(batch, undone, by=by, forced=forced, force_all=force_all, parent=parent)
    if parent.batches.exists():
        undone.change_set = parent
    else:
        parent.delete()
    return undone


def name_of_undo(change_set: ChangeSet) -> str:
    """Return what the history calls the undoing of a change set; of an undo, the doing again of what that undid."""
    first, is_undo = change_set, True
    while first.undoes is not None:
        first, is_undo = first.undoes, not is_undo
    name = _("Undone: %(act)s") if is_undo else _("Done again: %(act)s")
    return name % {"act": first.act or f"#{first.pk}"}


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
    refused: dict[Key, str] = {}
    with recording(name_of_undo(change_set), by=by, undoes=change_set, parent=parent) as record:
        while True:
            reverser = Reverser(change_set, record.change_set_id, frozenset(forced), force_all, refused)
            attempt = Undone()
            with transaction.atomic():
                for reversal in reverser.run():
                    attempt.add(reversal)
                is_again = bool(reverser.broken.keys() - refused.keys())
                transaction.set_rollback(is_again)
            if not is_again:
                break
            refused |= reverser.broken
    undone.include(attempt)
    return record.change_set
