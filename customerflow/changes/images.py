"""What the triggers wrote down, as the values of a model's fields again."""

from datetime import UTC
from decimal import Decimal

from django.apps import apps
from django.db import connection, models
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from customerflow.changes.tracked import tracked_fields
from customerflow.text import KeyField

# What stands in an image for a value that was erased: no column holds an object. No text in JSON looks like it either,
# since there the quotes inside of a text are escaped.
ERASED = {"erased": True}
ERASED_JSON = '{"erased":true}'


class Erased(str):
    """What a person reads in place of a value that was erased; no value of any field."""

    def __format__(self, _specification: str) -> str:
        return str(self)


def model_of(kind: str) -> type[models.Model] | None:
    """Return the model called `kind`, such as "customers.customer"; None if the software has it no more."""
    try:
        return apps.get_model(kind)
    except (LookupError, ValueError):
        return None


def values_of(model: type[models.Model], image: dict[str, object]) -> dict[str, object]:
    """Return the values of an image by attribute; columns that the model has no more are left out."""
    fields = {field.column: field for field in tracked_fields(model)}
    return {
        fields[column].attname: value_of(fields[column], stored) for column, stored in image.items() if column in fields
    }


def value_of(field: models.Field, stored: object) -> object:
    """Return the value of a field from what either database stores for it."""
    if stored is None:
        return None
    if stored == ERASED:
        return Erased(_("erased"))
    if isinstance(field, models.ForeignKey):
        return value_of(field.target_field, stored)
    if isinstance(field, models.JSONField) and not isinstance(stored, str):
        # PostgreSQL writes JSON into an image as what it is, SQLite as text.
        return stored
    if hasattr(field, "from_db_value"):
        return field.from_db_value(stored, None, connection)
    if isinstance(field, models.DateTimeField):
        moment = parse_datetime(str(stored))
        # SQLite knows no time zones: what it holds is UTC.
        return timezone.make_aware(moment, UTC) if timezone.is_naive(moment) else moment.astimezone(UTC)
    if isinstance(field, models.BooleanField):
        return bool(stored)
    if isinstance(field, models.DecimalField):
        return Decimal(str(stored)).quantize(Decimal(1).scaleb(-field.decimal_places))
    return field.to_python(stored)


def is_erased(image: str | None) -> bool:
    """Return whether a value in an image, as it is stored, was erased."""
    return image is not None and ERASED_JSON in image


def derive(record: models.Model) -> list[KeyField]:
    """Make what is derived from a record's columns again; return the fields that hold it."""
    keys = [field for field in record._meta.local_concrete_fields if isinstance(field, KeyField)]
    for field in keys:
        field.pre_save(record, add=False)
    return keys
