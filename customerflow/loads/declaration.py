"""
What an app says about a kind of record so that files of it can be loaded and exported.

    @register
    class LocationLoad(Declaration):
        model, kind = Location, "locations"
        keys = (("id",), ("customer_id", "label", "address"))
        columns = (
            record_id(),
            Reference("Customer", "customer_id", CUSTOMER),
            Column("Address", "address", text(300, required=True), aliases=("Street",)),
            ...
        )

An app's `loads.py` is imported at the start. Columns that are derived from others (`KeyField`) are computed by the
model's own functions and need no word here; what they are derived from must be required columns.

SQL in a declaration sees the row of the file as `new`, the record that it is about as `old`, and how they match as `m`.
A value that the file does not give is NULL: a new record gets the field's default, one that is there keeps what it has.
In braces it may name what `conditions.Words` knows: `{today}`, or `{customer_id.status}` of what the row refers to.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType, SimpleNamespace
from typing import TYPE_CHECKING

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Expression
from django.utils.functional import Promise

from customerflow.loads.cleaning import Cleaner, record_number, text
from customerflow.loads.rules import Rule

if TYPE_CHECKING:
    from customerflow.loads.applying import Application
    from customerflow.loads.staging import Stage, Stages

KINDS: dict[str, type["Declaration"]] = {}


@dataclass(frozen=True)
class Column:
    """
    A column of a file: its heading (and other accepted ones), the model's field, and how a cell is cleaned.

    A required one must be in the file. With a `db_type` it is no field of the model, but staged for what the
    declaration itself makes of it. One that is not exported is only understood; `is_new_only` is written to new records
    and not compared with those that are there.
    """

    heading: str
    field: str
    clean: Cleaner
    aliases: tuple[str, ...] = ()
    is_required: bool = True
    db_type: str = ""
    is_exported: bool = True
    is_new_only: bool = False
    # Where the value stands when it is exported, as a queryset says it; by default in the field.
    path: str | Expression = ""


@dataclass(frozen=True)
class Way:
    """
    One way to name a record in a cell, such as its number.

    `key` makes of the text what is compared, or None where this is no such name. `condition` is SQL that compares it,
    `said.key`, with the record, `old`; `{origin}` in it is the system that the load's documents come from. `relation`
    is SQL of what to look in instead of the records' own table; such names are not looked for among what is loaded
    with the row.
    """

    condition: str
    key: Callable[[str], str | int | None] = str
    relation: str = ""


@dataclass(frozen=True)
class Referent:
    """
    How records are named in the files of others: in which ways, the first that finds something counts.

    `kind` is that of a declaration; of records that are not loaded there is the `model` alone. `called` says in words
    how to name them, such as "number, e-mail or name". `label` is SQL over the record, `old`, that tells people which
    it is. `relation` makes of the records' table, quoted, what the names are looked for in, with more columns; `within`
    is the column that says to what a record belongs. Columns of both are staged under the same names.
    """

    kind: str
    ways: tuple[Way, ...]
    called: str | Promise
    label: str
    relation: str = "%s"
    within: str = ""
    model: type[models.Model] | None = None

    @property
    def records_model(self) -> type[models.Model]:
        """The model of the records."""
        return self.model or KINDS[self.kind].model

    @property
    def plural(self) -> str:
        """What people call the records."""
        return str(self.records_model._meta.verbose_name_plural)

    def relation_in(self, connection: BaseDatabaseWrapper) -> str:
        """Return the SQL of what the names are looked for in."""
        return self.relation % connection.ops.quote_name(self.records_model._meta.db_table)


NAME = text(300)
# The same, where a row cannot do without.
NEEDED = text(300, required=True)


@dataclass(frozen=True)
class Reference(Column):
    """
    A column that names another record; `field` is the name of the stored key, such as "customer_id".

    `within` is a column resolved before, to which the other record must belong; where that is empty, it becomes what
    the other record belongs to. Where that `is_only_one`, an empty cell stands for the only one there is. A locked one
    stays as it is until the row is written, see `Rule.is_last`.
    """

    clean: Cleaner = NAME
    referent: Referent = None
    within: str = ""
    is_only_one: bool = False
    is_locked: bool = False

    @property
    def said(self) -> str:
        """The staged column that holds the text of the cell."""
        return f"{self.field}_said"


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
    reason: str | Promise


@dataclass(frozen=True)
class Balance:
    """
    Of documents: the fields of their amount and of what of it is settled; the rest is open.

    `is_paid` tells what customers paid from what they were charged. `counts` is SQL that tells which records, `record`,
    are in force.
    """

    amount: str
    settled: str
    is_paid: bool = False
    counts: str = "1 = 1"


class Declaration:
    """How one kind of record is loaded. Subclasses set the attributes; they are never instantiated."""

    model: type[models.Model]
    # The name that is kept with every load, the same in all languages.
    kind: str
    # How a row finds its record: the staged columns of the first of these that are all given.
    keys: tuple[tuple[str, ...], ...]
    columns: tuple[Column, ...]
    # What is staged besides, with its type: no file says it, `prepare` fills it.
    staged: Mapping[str, str] = MappingProxyType({})
    rules: tuple[Rule, ...] = ()
    former_keys: FormerKeys | None = None
    # SQL that tells people which record a row, `new`, is about; by default its first key.
    title: str = ""
    # Kinds that come before this one in a load, besides those that it refers to.
    after: tuple[str, ...] = ()
    # Why a record that is there is never changed, for documents.
    fixed: str | Promise = ""
    # Fields that follow from others when a record is written: SQL over the row, and the record if there is one.
    made: Mapping[str, str] = MappingProxyType({})
    # The field with the moment at which a record was replaced: where a row changes one, a new one takes its place.
    ended_by: str = ""
    # Of documents: the field with their day, and how much of them is settled; see `Balance`.
    dated_by: str = ""
    balance: Balance | None = None
    # Whether `finish` asks for the keys of new records; see `Application.written`.
    needs_keys: bool = False

    @classmethod
    def check_row(cls, row: SimpleNamespace) -> None:
        """Raise `ValidationError`, keyed by heading, for cleaned values that do not go together."""

    @classmethod
    def prepare(cls, stage: "Stage", stages: "Stages") -> None:
        """Fill staged columns that follow from others, once it is known what the rows refer to."""

    @classmethod
    def made_in(cls, stage: "Stage") -> Mapping[str, str]:
        """Return `made`, in the SQL of the database."""
        return cls.made

    @classmethod
    def check_together(cls, stage: "Stage", stages: "Stages") -> None:
        """Refuse rows of `stage`, or of others, by what all files of the load say together."""

    @classmethod
    def finish(cls, application: "Application") -> None:
        """Write what follows from the rows, when all files of the load are written."""

    @classmethod
    def records(cls) -> models.QuerySet:
        """Return the records that are exported."""
        return cls.model._base_manager.order_by("pk")

    @classmethod
    def exported(cls) -> list[Column]:
        """Return the columns that are exported."""
        return [column for column in cls.columns if column.is_exported]

    @classmethod
    def plural(cls) -> str:
        """Return what people call the records, such as "customers"."""
        return str(cls.model._meta.verbose_name_plural)

    @classmethod
    def column(cls, field: str) -> Column:
        """Return the column of the staged field `field`."""
        return next(column for column in cls.columns if column.field == field)

    @classmethod
    def references(cls) -> list[Reference]:
        """Return the columns that name other records, in the order in which they are resolved."""
        return [column for column in cls.columns if isinstance(column, Reference)]

    @classmethod
    def field(cls, name: str) -> models.Field:
        """Return the model's field whose stored name is `name`."""
        return next(field for field in cls.model._meta.local_concrete_fields if field.attname == name)

    @classmethod
    def is_of_model(cls, name: str) -> bool:
        """Return whether `name` is the stored name of one of the model's fields."""
        return any(field.attname == name for field in cls.model._meta.local_concrete_fields)

    @classmethod
    def refers_to(cls) -> set[str]:
        """Return the kinds of the records that rows refer to."""
        return {reference.referent.kind for reference in cls.references()} - {""}


def register(declaration: type[Declaration]) -> type[Declaration]:
    """Make a kind known; two of the same name are refused."""
    if declaration.kind in KINDS:
        raise ValueError(f"There are two declarations of {declaration.kind!r}.")
    KINDS[declaration.kind] = declaration
    return declaration


def record_id() -> Column:
    """Return the column of our own number of a record, such as 12 or #12: given, the record must be there."""
    return Column("CustomerFlow ID", "id", record_number, aliases=("Our ID",), is_required=False)
