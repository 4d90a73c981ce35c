"""Giving many records the same values of some fields, by the rules of their own form."""

from copy import deepcopy
from functools import cached_property, lru_cache

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import CheckConstraint, Q
from django.http import QueryDict
from django.utils.text import capfirst, format_lazy
from django.utils.translation import gettext_lazy as _

from customerflow.bulk.acts import BulkAct, Facts
from customerflow.forms import NormalisedTextMixin, RecordForm, in_words
from customerflow.money import MoneyFormField
from customerflow.text import KeyField

EMPTY = "empty_"
KEEP = ("", _("Keep as it is"))


class FieldsForm(NormalisedTextMixin, forms.Form):
    """
    New values of some fields: what is left blank keeps what it has, and a tick empties it.

    `cleaned_data` holds only the fields that change.
    """

    record_model: type[models.Model]
    hint = _("What is left blank stays as it is.")

    def clean(self) -> dict[str, object]:
        cleaned = super().clean()
        if self.errors:
            return cleaned
        values = {name: value for name, value in cleaned.items() if not self._is_kept(name, value)}
        for name, value in values.items():
            self._check(name, value)
        for name in [name.removeprefix(EMPTY) for name in self.fields if name.startswith(EMPTY) and cleaned[name]]:
            if name in values:
                self.add_error(name, _("Give a value or empty it, not both."))
            values[name] = self.fields[f"{EMPTY}{name}"].empty
        if not values:
            raise ValidationError(_("Nothing is to change: give at least one field a value."))
        return values

    def _check(self, name: str, value: object) -> None:
        """Say at once what the field refuses of every record."""
        field = self.record_model._meta.get_field(name)
        if not field.is_relation:
            try:
                field.clean(value, None)
            except ValidationError as error:
                self.add_error(name, error)

    def _is_kept(self, name: str, value: object) -> bool:
        return name.startswith(EMPTY) or value is None or value == ""


class EmptyField(forms.BooleanField):
    """The tick that empties a field; `empty` is what the field holds then."""

    def __init__(self, field: models.Field) -> None:
        self.empty = None if field.null else field.get_default() if field.has_default() else ""
        super().__init__(label=format_lazy(_("Empty “{field}”"), field=field.verbose_name), required=False)


class ChangeFields(BulkAct):
    """
    Giving records the same values of some fields.

    A subclass names the records' own form and which of its fields make sense for many; or fixed `values`, and then
    nothing is asked.
    """

    record_form: type[RecordForm] = RecordForm
    fields: tuple[str, ...] = ()
    values: dict[str, object] = {}

    @classmethod
    def heading_for(cls, model: type[models.Model]) -> str:
        return str(cls.heading or _("Change %(kinds)s") % {"kinds": model._meta.verbose_name_plural})

    def form(self, typed: QueryDict | None = None) -> forms.Form:
        if self.values:
            return forms.Form(typed)
        return fields_form(self.record_form, self.fields)(typed, label_suffix="")

    def records(self, values: dict[str, object]) -> models.QuerySet:
        relations = [name for name in self.wanted(values) if self.model._meta.get_field(name).is_relation]
        records = super().records(values)
        return records.select_related(*relations) if relations else records

    def wanted(self, values: dict[str, object]) -> dict[str, object]:
        """Return the new values by field."""
        return {**values, **self.values}

    def label(self, name: str) -> str:
        """Return a field's name for a person."""
        return capfirst(str(self.model._meta.get_field(name).verbose_name))

    @cached_property
    def prose(self) -> frozenset[str]:
        """The fields of several lines."""
        names = (*self.fields, *self.values)
        return frozenset(
            self.label(name) for name in names if isinstance(self.model._meta.get_field(name), models.TextField)
        )

    def facts(self, record: models.Model, values: dict[str, object]) -> Facts:
        return {self.label(name): in_words(record, name) for name in self.wanted(values)}

    def carry_out(self, record: models.Model, values: dict[str, object]) -> Facts | None:
        changed = {name: value for name, value in self.wanted(values).items() if getattr(record, name) != value}
        if not changed:
            return None
        self.refuse(record, changed)
        for name, value in changed.items():
            setattr(record, name, value)
        self.validate(record, frozenset(changed))
        record.version += 1
        record.save(update_fields=[*changed, *_moved_keys(record), "version", "updated_at"])
        return self.facts(record, values)

    def refuse(self, record: models.Model, changed: dict[str, object]) -> None:
        """Raise `ValidationError` where a record, as it still is, may not be given these values."""

    def validate(self, record: models.Model, changed: frozenset[str]) -> None:
        """
        Check a record as its form does, as far as its changed fields are concerned; raises `ValidationError`.

        `full_clean` would ask the database for each constraint of the table. Those that depend on nothing else than the
        new values hold for all records or for none: they are asked for once.
        """
        kept = {field.name for field in self.model._meta.fields} - changed
        record.clean_fields(exclude=kept)
        record.clean()
        for constraint, is_of_values_alone in constraints_on(self.model, changed):
            if not is_of_values_alone or (constraint.name, changed) not in self._met:
                constraint.validate(self.model, record)
                self._met.add((constraint.name, changed))

    @cached_property
    def _met(self) -> set[tuple[str, frozenset[str]]]:
        return set()


def _moved_keys(record: models.Model) -> list[str]:
    """Return the derived columns that are not what they should be any more."""
    return [
        field.name
        for field in record._meta.local_concrete_fields
        if isinstance(field, KeyField) and field.derive(record)[: field.max_length] != getattr(record, field.attname)
    ]


@lru_cache
def constraints_on(model: type[models.Model], changed: frozenset[str]) -> list[tuple[CheckConstraint, bool]]:
    """Return the checks of a table that mention a changed field, each with whether it mentions no other."""
    mentioned = [
        (constraint, Q(constraint.condition).referenced_base_fields)
        for constraint in model._meta.constraints
        if isinstance(constraint, CheckConstraint)
    ]
    return [(constraint, names <= changed) for constraint, names in mentioned if names & changed]


@lru_cache
def fields_form(record_form: type[RecordForm], names: tuple[str, ...]) -> type[FieldsForm]:
    """Return the form that asks for new values of some fields, as the record's own form asks for them."""
    model = record_form._meta.model
    parts: dict[str, object] = {"record_model": model}
    for name in names:
        field = model._meta.get_field(name)
        parts[name] = optional(record_form.base_fields[name])
        if field.blank and not isinstance(field, models.BooleanField):
            parts[f"{EMPTY}{name}"] = EmptyField(field)
        if hasattr(record_form, f"clean_{name}"):
            parts[f"clean_{name}"] = getattr(record_form, f"clean_{name}")
    return type(f"Bulk{record_form.__name__}", (FieldsForm,), parts)


def optional(field: forms.Field) -> forms.Field:
    """Return a form's field as one that may be left blank, which means: as it is."""
    if isinstance(field, forms.BooleanField):
        choices = [KEEP, ("yes", _("Yes")), ("no", _("No"))]
        return forms.TypedChoiceField(
            label=field.label, choices=choices, required=False, coerce=lambda answer: answer == "yes", empty_value=None
        )
    field = deepcopy(field)
    field.required, field.initial = False, None
    if isinstance(field, MoneyFormField):
        field.empty = None
    if isinstance(field, forms.ModelChoiceField):
        field.empty_label = KEEP[1]
    elif isinstance(field, forms.ChoiceField):
        field.choices = [KEEP, *((value, label) for value, label in field.choices if value not in ("", None))]
    return field
