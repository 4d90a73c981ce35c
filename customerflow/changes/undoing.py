"""
Undo: what a change set did is taken back as a whole.

A record that was changed since by somebody else is left alone unless that is forced; one that something newer points
at stays in any case. Undoing is on record like any other act, and can be undone.
"""

from collections.abc import Callable, Collection
from contextlib import nullcontext

from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.utils.translation import gettext as _

from customerflow.changes.documents import NAMED, are_drafts, are_of_a_load, what_stays
from customerflow.changes.images import model_of
from customerflow.changes.models import Change, ChangeCount, ChangeSet
from customerflow.changes.outcome import Forcing, Key, Undone
from customerflow.changes.recording import open_parent, recording
from customerflow.changes.reversing import CHUNK, Reverser
from customerflow.changes.rights import right_to_undo
from customerflow.changes.wholesale import Wholesale, wholesale_of

# What is done after every undo, in its transaction, with the key of the change set that the undo is. An app that keeps
# what follows from its records adds a function when it is ready.
AFTER_UNDO: list[Callable[[int], object]] = []


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
        instead = _counter_document(model)
        if instead and not _may_go_back(change_set, model):
            return _("This cannot be undone here. %(instead)s") % {"instead": instead}
        if reason := _why_it_stays(change_set, model):
            return reason
    return ""


def _why_it_stays(change_set: ChangeSet, model: type[models.Model]) -> str:
    """Return why what came by a change set stays, where its model says so by `why_closed`; empty where it may go."""
    why_closed = getattr(model, "why_closed", None)
    if why_closed is None:
        return ""
    came = _changes(change_set).filter(kind=model._meta.label_lower, action=Change.Action.CREATE)
    return why_closed(came.order_by().values("record_id"))


def _may_go_back(change_set: ChangeSet, model: type[models.Model]) -> bool:
    """Return whether what was done to documents of this kind may be undone all the same."""
    changes = _changes(change_set)
    return _only_moves(change_set, model) or are_of_a_load(changes, model) or are_drafts(changes, model)


def _counter_document(model: type[models.Model]) -> str:
    """Return by what records of this kind are taken back in place of undo; empty for what undo may touch."""
    # The rows of a relation between many are taken back as the record that has it.
    return getattr(model._meta.auto_created or model, "counter_document", "")


def _changes(change_set: ChangeSet) -> models.QuerySet:
    return Change.objects.filter(change_set__in=_parts(change_set))


def _only_moves(change_set: ChangeSet, model: type[models.Model]) -> bool:
    """Return whether of the records of this kind only such columns were changed as undo may touch."""
    undoable = frozenset(getattr(model, "undoable_columns", ()))
    changes = _changes(change_set).filter(kind=model._meta.label_lower)
    return bool(undoable) and all(
        change.action == Change.Action.CHANGE and change.new.keys() <= undoable
        for change in changes.iterator(chunk_size=CHUNK)
    )


def plan_undo(change_set: ChangeSet, *, forced: Collection[Key] = (), force_all: bool = False) -> Undone:
    """Return what undoing a change set would do: nothing is changed."""
    plan = Undone(refusal=refusal(change_set))
    if plan.refusal:
        return plan
    try:
        if not change_set.batches.exists():
            try_one(change_set, plan, forced=forced, force_all=force_all)
            return plan
        with transaction.atomic():
            _undo_batches(change_set, plan, None, forced, force_all)
            transaction.set_rollback(True)
    except ValidationError as refused:
        return Undone(refusal=" ".join(refused.messages))
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
    undone = Undone(refusal=refusal(change_set))
    if undone.refusal:
        raise ValidationError(undone.refusal, code="undo")
    try:
        if change_set.batches.exists():
            with transaction.atomic():
                _undo_batches(change_set, undone, by, forced, force_all)
        else:
            undone.change_set = undo_one(change_set, undone, by=by, forced=forced, force_all=force_all)
    except IntegrityError as error:
        message = _("A colleague has just changed something that this depends on. Look again, then try again.")
        raise ValidationError(message, code="meanwhile") from error
    return undone


def _undo_batches(
    change_set: ChangeSet, undone: Undone, by: AbstractBaseUser | None, forced: Collection[Key], force_all: bool
) -> None:
    """Undo the batches of a long job, from the last to the first."""
    parent = open_parent(name_of_undo(change_set), by=by, undoes=change_set)
    for batch in change_set.batches.order_by("-pk"):
        undo_one(batch, undone, by=by, forced=forced, force_all=force_all, parent=parent)
    if parent.batches.exists():
        undone.change_set = parent
    else:
        parent.delete()


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
    wholesale: Wholesale | None = None,
) -> ChangeSet | None:
    """
    Undo one change set that has no batches, adding to `undone`; return the change set that this makes.

    `wholesale` is what was computed for it beforehand, outside of the transaction.
    """
    forcing = _forcing(change_set, forced, force_all)
    with (
        nullcontext(wholesale) if wholesale else wholesale_of(change_set) as wholesale,
        recording(name_of_undo(change_set), by=by, undoes=change_set, parent=parent) as record,
    ):
        wholesale.lock()
        wholesale.sort(record.change_set_id)
        undone.include(wholesale.put_back())
        undone.include(_walk(wholesale, record.change_set_id, forcing))
        for follow in AFTER_UNDO:
            follow(record.change_set_id)
    return record.change_set


def try_one(
    change_set: ChangeSet,
    undone: Undone,
    *,
    forced: Collection[Key] = (),
    force_all: bool = False,
    tell: Callable[[int], object] = lambda _number: None,
) -> None:
    """
    Add to `undone` what undoing one change set that has no batches would do; nothing is changed.

    What statements would put back is counted. The rest is walked through and that taken back; the statements are run
    before only where the rest depends on them, so that nobody has to wait for what is not done. `tell` is called with
    the number of records that are computed so far.
    """
    forcing = _forcing(change_set, forced, force_all)
    with wholesale_of(change_set, tell=tell) as wholesale:
        wholesale.sort()
        if not wholesale.rest.exists():
            undone.include(wholesale.counted())
            return
        with transaction.atomic():
            with recording(name_of_undo(change_set)) as record:
                undone.include(wholesale.counted() if wholesale.is_rest_apart else wholesale.put_back())
                undone.include(_walk(wholesale, record.change_set_id, forcing))
            transaction.set_rollback(True)


def _forcing(change_set: ChangeSet, forced: Collection[Key], force_all: bool) -> Forcing:
    """Return what is forced; documents of a load never are."""
    kinds = {kind for kind, _action in _counts(change_set)}
    whole = {
        kind for kind in kinds if _counter_document(model := model_of(kind)) and not _only_moves(change_set, model)
    }
    return Forcing(frozenset(forced), force_all, frozenset(whole))


def _walk(wholesale: Wholesale, own: int, forcing: Forcing) -> Undone:
    """
    Walk through what statements did not put back, and return what became of it.

    Raises `ValidationError` where documents that come back all or none would not.
    """
    refused: dict[Key, str] = {}
    while True:
        reverser = Reverser(wholesale.change_set, wholesale.rest, own, forcing, refused)
        done, staying = Undone(), []
        with transaction.atomic():
            for reversal in reverser.run():
                done.add(reversal)
                if reversal.kind in forcing.never and not reversal.is_put_back and len(staying) < NAMED:
                    staying.append(reversal)
            is_again = bool(reverser.broken.keys() - refused.keys())
            transaction.set_rollback(is_again)
        if staying:
            raise ValidationError(what_stays(staying), code="documents")
        if not is_again:
            return done
        refused |= reverser.broken
