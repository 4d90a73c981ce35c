"""Which rights undoing takes."""

from django.db import models

from customerflow.changes.models import Change

RIGHTS = {Change.Action.CREATE: "add", Change.Action.CHANGE: "change", Change.Action.DELETE: "delete"}
OPPOSITE = {"add": "delete", "change": "change", "delete": "add"}


def right_to_undo(model: type[models.Model], action: str, *, is_own: bool) -> str:
    """
    Return the permission to undo what was done to such a record.

    A part of a record is added and removed by who may do that with the whole, and changed by a right of its own where
    there is one. What has no right to be removed says by `right_to_remove` which one it takes, and a part that is only
    written along with its whole, by `right_to_write`.
    """
    if written := getattr(model, "right_to_write", ""):
        return f"{whole_of(model)._meta.app_label}.{written}_{whole_of(model)._meta.model_name}"
    is_by_itself = action == Change.Action.CHANGE and "change" in model._meta.default_permissions
    owner = (model if is_by_itself else whole_of(model))._meta
    right = RIGHTS[action] if is_own else OPPOSITE[RIGHTS[action]]
    if right == "delete":
        right = getattr(whole_of(model), "right_to_remove", right)
    return f"{owner.app_label}.{right}_{owner.model_name}"


def whole_of(model: type[models.Model]) -> type[models.Model]:
    """Return the kind of record that records of this kind are a part of, or the kind itself."""
    part_of = getattr(model, "part_of", "")
    return whole_of(model._meta.get_field(part_of).related_model) if part_of else model
