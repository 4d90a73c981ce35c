"""
What an app says about a kind of record so that files of it can be loaded and exported.

    class CustomerLoad(Declaration):
        model, kind, key = Customer, "customers", "number"
        columns = (Column("ID", "number", text(32, required=True)), ...)

Columns that are derived from others (`KeyField`) are computed by the model's own functions and need no word here; what
they are derived from must be required columns.
"""

from dataclasses import dataclass

from django.db import models

from customerflow.loads.cleaning import Cleaner
from customerflow.records import Record


@dataclass(frozen=True)
class Column:
    """A column of a file: its heading (and other accepted ones), the model's field, and how a cell is cleaned."""

    heading: str
    field: str
    clean: Cleaner
    aliases: tuple[str, ...] = ()
    is_required: bool = True


@dataclass(frozen=True)
class ChangeRule:
    """
    A change of a record that is refused.

    `condition` is SQL over the row of the file, `new`, and the record, `old`. `unless` names a confirmation with which
    the change is allowed.
    """

    heading: str
    condition: str
    reason: str
    unless: str = ""


@dataclass(frozen=True)
class FormerKeys:
    """
    Where the keys are kept that records had once, such as those merged into another.

    A row with one of them is refused. `key` and `record` are fields of `model`; `named` is SQL over the record, `old`,
    that says which it is. In `reason` it takes the place of the sign #.
    """

    model: type[models.Model]
    key: str
    record: str
    named: str
    reason: str


class Declaration:
    """How one kind of record is loaded. Subclasses set the attributes; they are never instantiated."""

    model: type[Record]
    # The name that is kept with every load, the same in all languages.
    kind: str
    # The field by which a row of a file finds its record; unique, and the first of the columns.
    key: str
    columns: tuple[Column, ...]
    change_rules: tuple[ChangeRule, ...] = ()
    former_keys: FormerKeys | None = None

    @classmethod
    def plural(cls) -> str:
        """Return what people call the records, such as "customers"."""
        return str(cls.model._meta.verbose_name_plural)

    @classmethod
    def key_column(cls) -> Column:
        """Return the column that holds the key."""
        return next(column for column in cls.columns if column.field == cls.key)

    @classmethod
    def field(cls, name: str) -> models.Field:
        """Return the model's field `name`."""
        return cls.model._meta.get_field(name)
