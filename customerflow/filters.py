"""Filters of lists: GET forms that mean what they say, and never "all rows" by accident."""

import django_filters
from django.core.exceptions import ValidationError
from django.db import models
from django.forms import TextInput
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from customerflow.paging import SIZES
from customerflow.tables import Table, as_text

# What an address may carry beside the filters themselves.
LIST_PARAMETERS = frozenset({"sort", "after", "before", "last", "size", "export"})


class YesNoFilter(django_filters.ChoiceFilter):
    """The rows of which something is so, or is not."""

    def __init__(self, **options: object) -> None:
        super().__init__(choices=[("true", _("Yes")), ("false", _("No"))], **options)

    def filter(self, queryset: models.QuerySet, value: str) -> models.QuerySet:
        return super().filter(queryset, value == "true" if value else value)


class ListFilter(django_filters.FilterSet):
    """A list's filters; every one searches."""

    q = django_filters.CharFilter(
        label=_("Search"), method="search", widget=TextInput(attrs={"type": "search", "autocomplete": "off"})
    )

    def search(self, queryset, _name: str, text: str):
        """Return the rows in which every word of `text` occurs."""
        return queryset.search(text)

    def unknown(self) -> list[str]:
        """Return the parameters of the address that are neither a filter nor about the list itself."""
        known = LIST_PARAMETERS | set(self.form.fields)
        return sorted(set(self.data) - known)

    def errors_in_words(self) -> list[str]:
        """Return what is wrong with the address, one sentence each."""
        problems = [
            _("“%(name)s” is not a filter of this list. There are: %(filters)s.")
            % {"name": name, "filters": ", ".join(self.form.fields)}
            for name in self.unknown()
        ]
        for name, errors in self.form.errors.items():
            label = self.form.fields[name].label if name in self.form.fields else name
            problems += [f"{label}: {error}" for error in errors]
        return problems

    def active(self) -> list[tuple[str, str, str]]:
        """Return label, value in words and the address without it, for each filter that is set."""
        chips = []
        for name, field in self.form.fields.items():
            value = self.data.get(name, "")
            if value == "" or name in self.form.errors:
                continue
            chips.append((field.label, self.in_words(name, value), f"?{self.without(name).urlencode()}"))
        return chips

    def in_words(self, name: str, value: str) -> str:
        """Return the value of a filter as a person reads it."""
        cleaned = self.form.cleaned_data.get(name)
        if isinstance(cleaned, models.Model):
            return as_text(cleaned)
        return dict(getattr(self.form.fields[name], "choices", ())).get(value, value)

    def without(self, *names: str) -> QueryDict:
        """Return the parameters of the address without those named and without a place in the list."""
        rest = self.data.copy()
        for name in (*names, "after", "before", "last", "export"):
            rest.pop(name, None)
        return rest


def sorting(table: type[Table], text: str) -> tuple[str, bool]:
    """
    Return the column name and whether it descends, from a text such as "name" or "-name"; empty means the table's own.

    Raises `ValidationError` for a column that rows cannot be sorted by.
    """
    wanted = text or table.order
    name = wanted.removeprefix("-")
    if not table.column(name):
        names = ", ".join(column.name for column in table.columns if column.sort)
        raise ValidationError(
            _("This list cannot be sorted by “%(name)s”. It can by: %(names)s."), params={"name": name, "names": names}
        )
    return name, wanted.startswith("-")


def page_size(text: str) -> int:
    """Return the rows on a page; raises `ValidationError` unless it is one of `SIZES`."""
    sizes = {str(size): size for size in SIZES}
    if text and text not in sizes:
        raise ValidationError(_("A page has %(sizes)s rows."), params={"sizes": ", ".join(sizes)})
    return sizes.get(text, 50)
