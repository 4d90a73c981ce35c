"""What the forms of records share."""

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from customerflow.tables import as_text
from customerflow.text import normalise, refuse_unfit


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

    It carries the version of the record that the person saw. Where a colleague has saved meanwhile, nothing is
    overwritten: the form comes back with what was typed, says what is stored now, and saves when sent again.
    """

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    # What is seldom filled in: shown folded, below the rest.
    folded: tuple[str, ...] = ()
    # Who saves; the screen sets it before it saves.
    by = None

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.fields["version"].initial = self.instance.version
        else:
            del self.fields["version"]
        self.label_suffix = ""

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
        Return whether `stored`, the locked row, has changed since the person opened the form, and say so in the form.

        Call it inside the transaction that saves.
        """
        if self.cleaned_data.get("version") == stored.version:
            return False
        differences = [
            _("%(field)s is now “%(value)s”") % {"field": self.fields[name].label, "value": _words(stored, name)}
            for name in self.fields
            if name != "version" and hasattr(stored, name) and _words(stored, name) != _words(self.instance, name)
        ]
        self.add_error(
            None,
            ValidationError(
                _("A colleague changed this record while you were editing it. %(now)s. Save again to replace that."),
                code="stale",
                params={"now": "; ".join(map(str, differences)) or _("What you typed is the same")},
            ),
        )
        self.data = self.data.copy()
        self.data[self.add_prefix("version")] = str(stored.version)
        return True


def _words(record: models.Model, name: str) -> str:
    display = getattr(record, f"get_{name}_display", None)
    return str(display()) if display else as_text(getattr(record, name))
