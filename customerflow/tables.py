"""
What a list shows: its columns, each with the text of a cell and, where an index serves it, the column to sort by.

Cells are made in Python and the rows joined once: 50 rows take 1 ms, where django-tables2 takes 19 (docs/decisions.md).
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from operator import attrgetter

from django.db import models
from django.db.models import Choices
from django.utils import timezone
from django.utils.html import conditional_escape, escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from customerflow.money import format_money


def as_text(value: object) -> str:
    """Return a value for a person: unambiguous days and moments, money with its decimals."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return format_money(value)
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, datetime):
        return timezone.localtime(value).strftime("%Y-%m-%d %H:%M")
    if isinstance(value, date):
        return value.isoformat()
    return str(value)


def link(record: models.Model, text: object = None) -> SafeString:
    """Return a link to the page of `record`."""
    return anchor(record.get_absolute_url(), str(record) if text is None else text)


def anchor(address: str, text: object) -> SafeString:
    """Return a link to an address; `format_html` would take four times as long, and a list has a hundred."""
    return SafeString(f'<a href="{escape(address)}">{escape(text)}</a>')


def state(text: object, shape: str) -> SafeString:
    """Return a state as a word with a shape: `shape` is active, warn, bad, new or off."""
    return SafeString(f'<span class="state state-{shape}">{escape(text)}</span>')


def states(choices: type[Choices], shapes: dict[str, str]) -> Callable[[str], SafeString]:
    """Return the function that gives a choice's word with its shape, made once for each language."""

    @lru_cache
    def in_language(value: str, _language: str) -> SafeString:
        return state(choices(value).label, shapes.get(value, "off"))

    return lambda value: in_language(value, get_language())


@dataclass(frozen=True)
class Column:
    """
    One column of a list.

    `value` gives a record's value, for exports and, unless `cell` makes its own HTML, for the page; without it the
    attribute `name` is taken, dots leading through relations. `sort` is the database column that orders by this one:
    indexed, never null.
    """

    name: str
    label: str
    value: Callable[[models.Model], object] | None = None
    cell: Callable[[models.Model], str] | None = None
    sort: str = ""
    css: str = ""

    @property
    def opening(self) -> SafeString:
        """Return how each cell of the column begins; on a phone, its label stands before its content."""
        if self.css:
            return format_html('<td class="{}" data-label="{}">', self.css, self.label)
        return format_html('<td data-label="{}">', self.label)

    def value_of(self, record: models.Model) -> object:
        """Return the plain value of a record in this column."""
        return self.value(record) if self.value else attrgetter(self.name)(record)

    def html_of(self, record: models.Model) -> str:
        """Return the escaped content of a record's cell."""
        return conditional_escape(self.cell(record) if self.cell else as_text(self.value_of(record)))


class Table:
    """
    The columns of a model's list, the relations they need, and the column it is first sorted by.

    The first column leads to the record unless it makes its own cell.
    """

    columns: tuple[Column, ...] = ()
    select_related: tuple[str, ...] = ()
    order = ""
    # Whether each row begins with a box to choose it by, for the form with the id `bulk`.
    is_selectable = False

    def __init__(self, records: Iterable[models.Model]) -> None:
        self.records = list(records)

    @classmethod
    def prepare(cls, queryset: models.QuerySet) -> models.QuerySet:
        """Return `queryset` with everything that the cells read, so that no cell makes a query."""
        return queryset.select_related(*cls.select_related) if cls.select_related else queryset

    @classmethod
    def column(cls, name: str) -> Column | None:
        """Return the sortable column called `name`."""
        return next((column for column in cls.columns if column.name == name and column.sort), None)

    def body(self) -> SafeString:
        """Return the rows of the table."""
        openings = [column.opening for column in self.columns]
        return mark_safe("".join(self._row(record, openings) for record in self.records))  # noqa: S308

    def _box(self, record: models.Model) -> str:
        """Return the cell with the box that chooses a row; nothing where rows are not chosen."""
        if not self.is_selectable:
            return ""
        label = escape(_("Choose %(record)s") % {"record": record})
        box = f'type="checkbox" name="chosen" value="{record.pk}" form="bulk" aria-label="{label}"'
        return f'<td class="row-choice"><input class="form-check-input" {box}></td>'

    def _row(self, record: models.Model, openings: list[SafeString]) -> str:
        url = escape(record.get_absolute_url())
        cells = [column.html_of(record) for column in self.columns]
        if not self.columns[0].cell:
            cells[0] = f'<a href="{url}">{cells[0] or "—"}</a>'
        row = "".join(map("{}{}</td>".format, openings, cells))
        return f'<tr data-href="{url}">{self._box(record)}{row}</tr>'

    @classmethod
    def export(cls, records: Iterable[models.Model]) -> Iterator[list[object]]:
        """Yield the header and then a row for each record, with plain values."""
        yield [str(column.label) for column in cls.columns]
        for record in records:
            yield [column.value_of(record) for column in cls.columns]
