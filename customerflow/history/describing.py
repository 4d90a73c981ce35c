"""Change sets as a list shows them: what each did in words, in a fixed number of queries."""

from collections.abc import Iterable

from django.contrib.auth.models import AbstractBaseUser
from django.db import models
from django.db.models import Case, Exists, OuterRef, Subquery, Sum, When

from customerflow.changes.images import is_erased, model_of
from customerflow.changes.models import Change, ChangeCount, ChangeSet
from customerflow.changes.undoing import refusal
from customerflow.history.kinds import changes_seen_by, counted, is_taken_back_otherwise, may, offers_undo, undoable
from customerflow.history.words import in_words


def undone_by(reference: str) -> Subquery:
    """Return the key of the newest change set that undid the one at `reference`, for an annotation."""
    return Subquery(ChangeSet.objects.filter(undoes=OuterRef(reference)).order_by("-pk").values("pk")[:1])


def with_marks(sets: models.QuerySet) -> models.QuerySet:
    """Return change sets that know what undid them."""
    return sets.annotate(undone_by_id=undone_by("pk"))


def to_tell(changes: models.QuerySet, user: AbstractBaseUser) -> models.QuerySet:
    """Return changes with their act, what undid it, and whether `user` may be offered to undo it, in one query."""
    done = ChangeCount.objects.filter(change_set=OuterRef("change_set"))
    own, others = (~Exists(done.exclude(undoable(user, is_own=is_own))) for is_own in (True, False))
    # No join: a list counts its rows with all joins.
    is_own = Exists(ChangeSet.objects.filter(pk=OuterRef("change_set"), by=user))
    return changes.select_related("change_set__by").annotate(
        undone_by_id=undone_by("change_set"),
        may_undo=Case(When(is_own, then=own), default=others, output_field=models.BooleanField()),
    )


def describe(sets: Iterable[ChangeSet], user: AbstractBaseUser) -> list[ChangeSet]:
    """
    Give change sets what the list shows of them, and return them.

    That is `what` (how many records of each kind that the person may see), `only_change` (in words, of a set with one
    change) and `offers_undo`.
    """
    sets = list(sets)
    done: dict[int, list[tuple[str, str, int]]] = {}
    for top, kind, action, number in _counts([each.pk for each in sets]):
        done.setdefault(top, []).append((kind, action, number))
    for each in sets:
        counts = done.get(each.pk, [])
        seen = [count for count in counts if may(user, "view", count[0])]
        each.what = [counted(*count) for count in sorted(seen, key=lambda count: -count[2])]
        each.is_single = len(counts) == len(seen) == 1 and seen[0][2] == 1
        is_open = bool(counts) and not each.undone_by_id
        each.offers_undo = is_open and offers_undo(user, each, [count[:2] for count in counts])
        if each.offers_undo and any(is_taken_back_otherwise(model_of(kind)) for kind, _action, _number in counts):
            each.offers_undo = not refusal(each)
    single = [each.pk for each in sets if each.is_single]
    told = in_words(changes_seen_by(user).filter(change_set__in=single), user, is_brief=True) if single else []
    by_set = {each.source.change_set_id: each for each in told}
    for each in sets:
        each.only_change = by_set.get(each.pk)
        each.offers_undo = each.offers_undo and not (each.only_change and lost(each.only_change.source))
    return sets


def lost(change: Change) -> bool:
    """Return whether what a change could be undone to was erased."""
    return is_erased(change.before) or is_erased(change.after)


def tell(changes: Iterable[Change], user: AbstractBaseUser, *, loaded: Iterable[models.Model] = ()) -> list[Change]:
    """
    Give changes that are `to_tell` what they did in brief words, and return them.

    That is `told`, and `act`, the name of the act where it says more.
    """
    changes = list(changes)
    for change, told in zip(changes, in_words(changes, user, is_brief=True, loaded=loaded), strict=True):
        change.told = told
        act = change.change_set.act
        change.act = "" if act == f"{told.kind} {change.get_action_display()}" else act
        change.may_undo = change.may_undo and not lost(change)
    return changes


def _counts(keys: list[int]) -> list[tuple[int, str, str, int]]:
    """Return the set, the kind, the action and the number of records of each; of a long job, of all its batches."""
    own = ChangeCount.objects.filter(change_set__in=keys).values_list("change_set", "kind", "action", "number")
    # A condition that asks for both at once would be looked for in the whole table.
    of_batches = ChangeCount.objects.filter(change_set__parent__in=keys).order_by()
    of_batches = of_batches.values_list("change_set__parent", "kind", "action").annotate(Sum("number"))
    return sorted([*own, *of_batches], key=lambda count: count[1:3])
