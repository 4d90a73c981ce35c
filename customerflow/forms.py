"""What the forms of records share."""

from copy import copy

from django import forms
from django.core import signing
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.db import models
from django.utils.text import Truncator
from django.utils.translation import gettext as _

from customerflow.conflicts import Difference, Meanwhile, in_words, meanwhile, version_of
from customerflow.text import normalise, refuse_unfit

# What the person saw in a field, where the form does not say.
UNSEEN = object()
# So much of a colleague's text stands at a field; the table has all of it.
LONGEST_SHOWN = 100


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


class FilesInput(forms.FileInput):
    """The browser's own choice of one or several files."""

    allow_multiple_selected = True

    def value_from_datadict(self, data, files, name):
        return files.getlist(name)


class FilesField(forms.FileField):
    """One or several files, or none where it is not required; `accept` are the endings that the browser offers."""

    def __init__(self, *args, accept: str, **kwargs) -> None:
        super().__init__(*args, widget=FilesInput(attrs={"accept": accept}), **kwargs)

    def clean(self, data: list[UploadedFile], initial: object = None) -> list[UploadedFile]:
        if not data:
            super().clean(None, initial)
            return []
        return [super(FilesField, self).clean(file, initial) for file in data]


class CarriedField(forms.Field):
    """What a form carries to the person and back: read where it is needed, whatever comes back."""

    widget = forms.HiddenInput

    def __init__(self) -> None:
        super().__init__(required=False)

    def clean(self, value: object) -> None:
        """Take anything."""


class RecordForm(NormalisedTextMixin, forms.ModelForm):
    """
    A form of a record.

    It carries the version of the record that the person saw, and the values. Where a colleague has saved meanwhile,
    what each of the two changed is kept. Where both changed one field, nothing is overwritten: the form comes back with
    what was typed, shows what is stored now beside it, and saves what the person chooses when it is sent again.
    """

    version = CarriedField()
    seen = CarriedField()

    # What is seldom filled in: shown folded, below the rest.
    folded: tuple[str, ...] = ()
    # Who saves; the screen sets it before it saves.
    by = None
    # What colleagues changed, where the form was found to be out of date.
    meanwhile: Meanwhile | None = None

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
        """Return whether a folded field needs to be seen: it is wrong, or a colleague changed it."""
        differences = self.meanwhile.differences if self.meanwhile else []
        changed = {each.name for each in differences}
        return any(field.errors or field.name in changed for field in self.folded_fields())

    def full_clean(self) -> None:
        """Check what was sent; where the person chose a colleague's value, that is what was sent."""
        if self.is_bound and "seen" in self.fields:
            seen = self._seen()
            for name in self._record_fields():
                if name in seen and self.data.get(self.add_prefix(f"keep-{name}")) == "theirs":
                    opened = copy(self.instance)
                    setattr(opened, self._column(name).attname, seen[name])
                    self._show(name, opened)
        super().full_clean()

    def refuse_stale(self, stored: models.Model) -> bool:
        """
        Return whether the person and a colleague changed the same field of `stored`, the locked row, and say so.

        What only the colleague changed keeps the colleague's value. Raises `ValidationError` where what the two changed
        does not go together. Call it inside the transaction that saves.
        """
        self._take_over_the_rest(stored)
        version = version_of(self.data.get(self.add_prefix("version")))
        if version == stored.version:
            return False
        seen = self._seen()
        changed = [self._difference(name, seen, stored) for name in self._record_fields()]
        changed = [difference for difference in changed if difference]
        self.meanwhile = meanwhile(stored, version)
        besides = [each for each in self.meanwhile.differences if each.name not in self.fields]
        self.meanwhile.differences = [*changed, *besides]
        for difference in changed:
            if difference.typed is None:
                column = self._column(difference.name)
                setattr(self.instance, column.attname, column.value_from_object(stored))
                self._show(difference.name, stored)
        self._send_again("version", str(stored.version))
        self._send_again("seen", self._as_seen(stored))
        if self.meanwhile.has_conflicts:
            self._say_conflicts()
            return True
        self.instance.full_clean(exclude=self._get_validation_exclusions())
        return False

    def _take_over_the_rest(self, stored: models.Model) -> None:
        """Let what the form does not hold be as it is stored: saving writes it too, and it was read before the lock."""
        held = {self._column(name).attname for name in self._record_fields()}
        for field in stored._meta.local_concrete_fields:
            if field.attname not in held and not field.generated:
                setattr(self.instance, field.attname, getattr(stored, field.attname))

    def merged_text(self) -> str:
        """Return what the person is told whose form was saved together with a colleague's changes; else nothing."""
        differences = self.meanwhile.differences if self.meanwhile else []
        fields = ", ".join(each.label for each in differences if each.typed is None)
        return (
            _("A colleague changed this meanwhile, and that is kept too: %(fields)s.") % {"fields": fields}
            if fields
            else ""
        )

    def _say_conflicts(self) -> None:
        message = _(
            "A colleague changed this record while you were editing it. Choose what is to be saved, and save again."
        )
        self.add_error(None, ValidationError(message, code="stale"))
        for each in self.meanwhile.differences:
            if each.is_conflict:
                now = Truncator(each.stored).chars(LONGEST_SHOWN)
                text = _("A colleague saved “%(now)s” here.") if now else _("A colleague emptied this.")
                self.add_error(each.name, ValidationError(text, code="stale", params={"now": now}))

    def _difference(self, name: str, seen: dict[str, object], stored: models.Model) -> Difference | None:
        """Return what a colleague changed in a field; None where nobody did."""
        column = self._column(name)
        now, typed = column.value_from_object(stored), column.value_from_object(self.instance)
        # A form that does not say what the person saw overwrites nothing.
        was = seen.get(name, now if is_same(typed, now) else UNSEEN)
        if is_same(was, now):
            return None
        opened = copy(stored)
        if was is not UNSEEN:
            setattr(opened, column.attname, was)
        return Difference(
            name,
            str(self.fields[name].label),
            "" if was is UNSEEN else in_words(opened, name),
            in_words(stored, name),
            None if is_same(typed, was) else in_words(self.instance, name),
            is_conflict=not is_same(typed, was) and not is_same(typed, now),
        )

    def _record_fields(self) -> list[str]:
        columns = {field.name for field in self.instance._meta.concrete_fields}
        return [name for name in self.fields if name in columns and name != "version"]

    def _column(self, name: str) -> models.Field:
        return self.instance._meta.get_field(name)

    def _as_seen(self, record: models.Model) -> str:
        """Return the values of a record for the way to the person and back; signed, so that they are what was shown."""
        values = {}
        for name in self._record_fields():
            column = self._column(name)
            is_empty = column.value_from_object(record) is None
            values[name] = None if is_empty else column.value_to_string(record)
        return signing.dumps(values, salt=self._salt(), compress=True)

    def _seen(self) -> dict[str, object]:
        """Return the values that the person saw, by field; none where the form does not say."""
        sent = self.data.get(self.add_prefix("seen")) or ""
        try:
            texts = signing.loads(str(sent), salt=self._salt())
        except signing.BadSignature:
            return {}
        known = [name for name in self._record_fields() if name in texts]
        return {name: None if texts[name] is None else self._column(name).to_python(texts[name]) for name in known}

    def _salt(self) -> str:
        return f"customerflow.seen.{self.instance._meta.label_lower}.{self.instance.pk}"

    def _show(self, name: str, record: models.Model) -> None:
        """Let a field come back with the value of `record`."""
        value = self.fields[name].prepare_value(self._column(name).value_from_object(record))
        # Not `in (None, False)`: 0 is a value.
        self._send_again(name, "on" if value is True else "" if value is None or value is False else str(value))

    def _send_again(self, name: str, value: str) -> None:
        """Let the form come back with another value than was sent; an empty box is one that was not ticked."""
        self.data = self.data.copy()
        self.data[self.add_prefix(name)] = value
        if not value and isinstance(self.fields[name].widget, forms.CheckboxInput):
            del self.data[self.add_prefix(name)]


def is_same(one: object, other: object) -> bool:
    """Return whether two values of a field are one; a browser sends texts with other line ends than were stored."""
    if isinstance(one, str) and isinstance(other, str):
        return one.strip().splitlines() == other.strip().splitlines()
    return one == other
