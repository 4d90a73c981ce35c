"""Changes in words: which record, which of its fields, from what to what."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.formats import number_format
from django.utils.text import capfirst

from customerflow.changes.images import model_of, value_of
from customerflow.changes.models import Change
from customerflow.changes.outcome import Reversal
from customerflow.changes.tracked import tracked_fields
from customerflow.history.kinds import name_of_kind
from customerflow.history.names import Key, Names, Value
from customerflow.money import MoneyField, format_money
from customerflow.tables import as_text


@dataclass(frozen=True)
class Column:
    """A field of a record, what it was and what it became."""

    label: str
    old: Value
    new: Value


@dataclass(frozen=True)
class InWords:
    """What became of one record; `source` is the change, or the reversal of one, that it tells."""

    source: Change | Reversal
    kind: str
    record: Value
    columns: list[Column]

    @property
    def is_about(self) -> str:
        """The record as other pages name it: "customers.customer:7"."""
        return f"{self.source.kind}:{self.source.record_id}"


@dataclass(frozen=True)
class _Cell:
    """A field before and after; `field` is None where the software has it no more."""

    name: str
    field: models.Field | None
    old: object
    new: object

    def references(self) -> list[Key]:
        """Return the records that the values point at."""
        if self.field is None or not self.field.is_relation:
            return []
        kind = self.field.related_model._meta.label_lower
        return [(kind, key) for key in (self.old, self.new) if isinstance(key, int)]

    def in_words(self, names: Names) -> Column:
        """Return it as a person reads it."""
        label = capfirst(str(self.field.verbose_name)) if self.field else self.name
        return Column(label, _value(self.field, self.old, names), _value(self.field, self.new, names))


def in_words(
    told: Iterable[Change | Reversal],
    user: AbstractBaseUser,
    *,
    is_brief: bool = False,
    loaded: Iterable[models.Model] = (),
) -> list[InWords]:
    """
    Return changes, or reversals of them, in words, in the same order; in brief, of what was added or removed the name.

    However many there are, it takes one query for each kind of record that they are about or point at, and one for the
    records that are gone; none for what is `loaded`.
    """
    rows = [(each, [] if is_brief and each.action != Change.Action.CHANGE else _cells(each)) for each in told]
    keys = {(each.kind, each.record_id) for each, _unused in rows}
    keys |= {key for _unused, cells in rows for cell in cells for key in cell.references()}
    names = Names(keys, user, loaded)
    return [
        InWords(
            each,
            capfirst(name_of_kind(each.kind)),
            names.of(each.kind, each.record_id),
            [cell.in_words(names) for cell in cells],
        )
        for each, cells in rows
    ]


def _cells(told: Change | Reversal) -> list[_Cell]:
    """Return the fields of a change; of a record that was created or deleted, those that hold something."""
    model = model_of(told.kind)
    fields = tracked_fields(model) if model else []
    if isinstance(told, Reversal):
        by_name = {field.attname: field for field in fields}
        return [_Cell(name, by_name.get(name), *values) for name, values in told.columns.items()]
    by_column = {field.column: field for field in fields}
    order = {column: place for place, column in enumerate(by_column)}
    cells = [
        _Cell(column, field := by_column.get(column), _read(field, old), _read(field, new))
        for column, old, new in sorted(told.pairs(), key=lambda pair: order.get(pair[0], len(order)))
    ]
    if told.action == Change.Action.CHANGE:
        return cells
    return [cell for cell in cells if cell.old not in (None, "") or cell.new not in (None, "")]


def _read(field: models.Field | None, stored: object) -> object:
    """Return a stored value as the field holds it; as it is where the field has changed its type since."""
    try:
        return value_of(field, stored) if field else stored
    except (ValidationError, ArithmeticError, TypeError, ValueError):
        return stored


def _value(field: models.Field | None, value: object, names: Names) -> Value:
    if value is None or value == "":
        return Value()
    if field is not None and field.is_relation and isinstance(value, int):
        return names.of(field.related_model._meta.label_lower, value)
    return Value(text_of(field, value))


def text_of(field: models.Field | None, value: object) -> str:
    """Return a value of a field for a person: choices by their label, money with its currency."""
    if field is not None and field.choices:
        return str(dict(field.flatchoices).get(value, value))
    if isinstance(value, Decimal):
        is_money = isinstance(field, MoneyField)
        return f"{format_money(value)} {settings.CURRENCY}" if is_money else number_format(value)
    return as_text(value)
