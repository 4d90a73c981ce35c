"""What the database holds, to be compared with what it held before."""

from django.db import models

from customerflow.changes.tracked import BOOKKEEPING, tracked_models


def stored_tables() -> dict[str, list[tuple]]:
    """Return every row of every kind that is on record, with all columns but those that undo does not put back."""
    return {model._meta.label: _rows(model) for model in tracked_models()}


def _rows(model: type[models.Model]) -> list[tuple]:
    columns = [field.attname for field in model._meta.local_concrete_fields if field.name not in BOOKKEEPING]
    return list(model._base_manager.order_by("pk").values_list(*columns))
