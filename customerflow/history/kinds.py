"""The kinds of records that changes are of: their names, and whose eyes they are for."""

from collections.abc import Iterable

from django.contrib.auth.models import AbstractBaseUser
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from customerflow.changes.images import model_of
from customerflow.changes.models import Change, ChangeCount, ChangeSet
from customerflow.changes.rights import RIGHTS, right_to_undo
from customerflow.changes.tracked import tracked_models

# So many counts are few.
FEW = 10_000


def owner_of(model: type[models.Model]) -> type[models.Model]:
    """Return the kind whose rights hold for `model`: its own, or that of the records which a bare relation joins."""
    return model._meta.auto_created or model


def may(user: AbstractBaseUser, right: str, kind: str) -> bool:
    """Return whether a person may `view`, `add`, `change` or `delete` records of a kind; unknown ones are refused."""
    model = model_of(kind)
    opts = owner_of(model)._meta if model else None
    return user.has_perm(f"{opts.app_label}.{right}_{opts.model_name}") if opts else user.is_superuser


def seen_kinds(user: AbstractBaseUser) -> list[str]:
    """Return the kinds whose changes a person may see."""
    kinds = [model._meta.label_lower for model in tracked_models()]
    return [kind for kind in kinds if may(user, "view", kind)]


def sets_seen_by(user: AbstractBaseUser) -> models.QuerySet:
    """Return the change sets in which, or in whose batches, a person may see a change."""
    if user.is_superuser:
        return ChangeSet.objects.all()
    kinds = seen_kinds(user)
    return ChangeSet.objects.filter(touching(kind__in=kinds))


def touching(**counted: object) -> Q:
    """Return the condition that a change set, or a batch of it, has a count for which `counted` holds."""
    counts = ChangeCount.objects.filter(**counted)
    if counts.order_by()[: FEW + 1].count() <= FEW:
        # They are found by their index; to look at each change set for one would take a walk through all.
        found = counts.order_by()
        parents = found.filter(change_set__parent__isnull=False).values_list("change_set__parent")
        return Q(pk__in=found.values_list("change_set").union(parents))
    own = counts.filter(change_set=OuterRef("pk"))
    of_batches = counts.filter(change_set__parent=OuterRef("pk"))
    return Q(Exists(own)) | Q(Exists(of_batches))


def changes_seen_by(user: AbstractBaseUser) -> models.QuerySet:
    """Return the changes that a person may see."""
    return Change.objects.all() if user.is_superuser else Change.objects.filter(kind__in=seen_kinds(user))


def name_of_kind(kind: str, number: int = 1) -> str:
    """Return what one record of a kind is called, or several; of a kind that the software has no more, its code."""
    model = model_of(kind)
    if model is None:
        return kind
    return str(model._meta.verbose_name if number == 1 else model._meta.verbose_name_plural)


def is_taken_back_otherwise(model: type[models.Model]) -> bool:
    """Return whether what was done to records of this kind is taken back by a document of its own."""
    return bool(getattr(model._meta.auto_created or model, "counter_document", ""))


def may_be_a_move(model: type[models.Model], action: str) -> bool:
    """Return whether all that was done to such records may be that they got another owner, which can be undone."""
    return action == Change.Action.CHANGE and bool(getattr(model, "undoable_columns", ()))


def _may_undo(user: AbstractBaseUser, kind: str, action: str, *, is_own: bool) -> bool:
    """Return whether a person may undo what was done to a kind of record: their own by the right that it took."""
    model = model_of(kind)
    if model is None or (is_taken_back_otherwise(model) and not may_be_a_move(model, action)):
        return False
    return user.has_perm(right_to_undo(model, action, is_own=is_own))


def offers_undo(user: AbstractBaseUser, change_set: ChangeSet, done: Iterable[tuple[str, str]]) -> bool:
    """
    Return whether to offer a person the way to undo what was `done` (kinds and actions), without asking the database.

    The page it leads to decides.
    """
    is_own = change_set.by_id is not None and change_set.by_id == user.pk
    return all(_may_undo(user, kind, action, is_own=is_own) for kind, action in done)


def undoable(user: AbstractBaseUser, *, is_own: bool) -> Q:
    """Return the condition that a count is of what `offers_undo` would offer to undo."""
    kinds = [model._meta.label_lower for model in tracked_models()]
    allowed = Q(pk__in=())
    for action in RIGHTS:
        offered = [kind for kind in kinds if _may_undo(user, kind, action, is_own=is_own)]
        allowed |= Q(action=str(action), kind__in=offered)
    return allowed


def counted(kind: str, action: str, number: int) -> str:
    """Return how many records of a kind an act touched, such as "2 services added"."""
    said = number_format(number, force_grouping=True)
    names = {"number": said, "records": name_of_kind(kind, number), "done": Change.Action(action).label}
    return _("%(number)s %(records)s %(done)s") % names
