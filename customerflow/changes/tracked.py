"""Which records are on record, and which of their columns."""

from collections.abc import Collection

from django.apps import apps
from django.db import models

from customerflow.text import KeyField

OURS = (
    "customerflow.",
    "customers",
    "billing",
    "dunning",
    "suspensions",
    "bank",
    "reports",
    "shadow",
    "tickets",
    "visits",
    "incidents",
)
# They say nothing about what was done.
BOOKKEEPING = frozenset({"version", "updated_at"})


def tracked_models() -> list[type[models.Model]]:
    """Return every model of ours, relations between many included, but for those that say `is_on_record = False`."""
    return [
        model
        for config in apps.get_app_configs()
        if config.name.startswith(OURS)
        for model in config.get_models(include_auto_created=True)
        if getattr(model, "is_on_record", True)
    ]


def is_tracked(model: type[models.Model]) -> bool:
    """Return whether changes of this kind of record are on record."""
    return model in tracked_models()


def shown_with(record: models.Model, most: int) -> list[tuple[str, int]]:
    """
    Return kind and key of records whose changes are told on the page of `record`, as they have none of their own.

    Their model says so: `shown_with` names the foreign keys to such records. One query, of `most` records at most.
    """
    asked = [
        relation.related_model._default_manager.filter(**{relation.field.name: record})
        .order_by()
        .values_list(models.Value(relation.related_model._meta.label_lower), "pk")
        for relation in record._meta.related_objects
        if relation.field.name in getattr(relation.related_model, "shown_with", ())
    ]
    return list(asked[0].union(*asked[1:], all=True)[:most]) if asked else []


def tracked_fields(model: type[models.Model]) -> list[models.Field]:
    """Return the fields whose values are kept: what is derived from them is made again when a record comes back."""
    left_out = BOOKKEEPING | set(getattr(model, "unrecorded_fields", ()))
    return [
        field
        for field in model._meta.local_concrete_fields
        if not (field.primary_key or field.generated or isinstance(field, KeyField) or field.name in left_out)
    ]


def has_version(model: type[models.Model]) -> bool:
    """Return whether records of this kind count their versions."""
    return any(field.name == "version" for field in model._meta.local_concrete_fields)


def is_ruled(model: type[models.Model], columns: Collection[str]) -> bool:
    """Return whether a model has rules of its own about any of these columns."""
    about = getattr(model, "rules_are_about", frozenset())
    return has_rules(model) and (not about or not about.isdisjoint(columns))


def has_rules(model: type[models.Model]) -> bool:
    """Return whether a model has rules of its own, that the database does not know."""
    return model.clean is not models.Model.clean


def link_to_whole(model: type[models.Model]) -> models.ForeignKey | None:
    """Return the field by which records are a part of another, with which they go and come back."""
    if not getattr(model, "part_of", "") or getattr(model, "comes_back_alone", False):
        return None
    return model._meta.get_field(model.part_of)
