"""What the forms of records share."""

import json
from copy import copy

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from customerflow.tables import as_text
from customerflow.text import normalise, refuse_unfit


class DayInput(forms.DateInput):
    """The browser's own date picker."""

    input_type = "date"

    def __init__(self, attrs=None) -> None:
        super().__init__(attrs, format="%Y-%m-%d")


class NormalisedTextMixin:
    """A form whose texts are brought into one Unicode form and refused with control characters."""

    def _clean_fields(self) -> None:
        super()._clean_fields()
        for name, value in list(self.cleaned_data.items()):
            if isinstance(value, str):
                self.cleaned_data[name] = normalise(value)
                try:
                    refuse_unfit(value, several_lines=isinstance(self.fields[name].widget, forms.Textarea))
                except ValidationError as error:
                    self.add_error(name, error)


class RecordForm(NormalisedTextMixin, forms.ModelForm):
    """
    A form of a record.

    It carries the version of the record that the person saw, and the values. Where a colleague has saved meanwhile,
    what each of the two changed is kept. Where both changed one field, nothing is overwritten: the form comes back with
    what was typed, says what is stored now, and saves when sent again.
    """

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    seen = forms.CharField(widget=forms.HiddenInput, required=False)

    # What is seldom filled in: shown folded, below the rest.
    folded: tuple[str, ...] = ()
    # Who saves; the screen sets it before it saves.
    by = None

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.label_suffix = ""
        if not self.instance.pk:
            del self.fields["version"], self.fields["seen"]
            return
        # Asked for when the form is drawn: only then has a subclass left out the fields that it does not offer.
        opened = copy(self.instance)
        self.fields["version"].initial = opened.version
        self.fields["seen"].initial = lambda: self._as_seen(opened)

    def first_fields(self) -> list[forms.BoundField]:
        """Return the fields that are always in sight."""
        return [field for field in self.visible_fields() if field.name not in self.folded]

    def folded_fields(self) -> list[forms.BoundField]:
        """Return the fields that open on demand."""
        return [field for field in self.visible_fields() if field.name in self.folded]

    def is_unfolded(self) -> bool:
        """Return whether a folded field needs to be seen: it is wrong."""
        return any(field.errors for field in self.folded_fields())

    def refuse_stale(self, stored: models.Model) -> bool:
        """
        Return whether the person and a colleague changed the same field of `stored`, the locked row, and say so.

        What only the colleague changed keeps the colleague's value. Call it inside the transaction that saves.
        """
        if self.cleaned_data.get("version") == stored.version:
            return False
        seen, conflicts = self._seen(), []
        for name in self._record_fields():
            now, typed = in_words(stored, name), in_words(self.instance, name)
            if typed == seen.get(name):
                self._take_over(name, stored)
            elif now not in (seen.get(name), typed):
                conflicts.append(_("%(field)s is now “%(now)s”.") % {"field": self.fields[name].label, "now": now})
        if not conflicts:
            return False
        message = _("A colleague changed this record while you were editing it. %(now)s Save again to replace that.")
        self.add_error(None, ValidationError(message, code="stale", params={"now": " ".join(map(str, conflicts))}))
        self._send_again("version", str(stored.version))
        self._send_again("seen", self._as_seen(stored))
        return True

    def _record_fields(self) -> list[str]:
        return [name for name in self.fields if name not in ("version", "seen")]

    def _as_seen(self, record: models.Model) -> str:
        return json.dumps({name: in_words(record, name) for name in self._record_fields()})

    def _seen(self) -> dict[str, object]:
        try:
            seen = json.loads(self.cleaned_data.get("seen") or "{}")
        except (ValueError, RecursionError):
            return {}
        return seen if isinstance(seen, dict) else {}

    def _take_over(self, name: str, stored: models.Model) -> None:
        setattr(self.instance, name, getattr(stored, name))
        value = self.fields[name].prepare_value(stored._meta.get_field(name).value_from_object(stored))
        self._send_again(name, "on" if value is True else "" if value in (None, False) else str(value))

    def _send_again(self, name: str, value: str) -> None:
        """Let the form come back with another value than was sent; an empty box is one that was not ticked."""
        self.data = self.data.copy()
        self.data[self.add_prefix(name)] = value
        if not value and isinstance(self.fields[name].widget, forms.CheckboxInput):
            del self.data[self.add_prefix(name)]


def in_words(record: models.Model, name: str) -> str:
    """Return a field of a record for a person."""
    display = getattr(record, f"get_{name}_display", None)
    return str(display()) if display else as_text(getattr(record, name))
