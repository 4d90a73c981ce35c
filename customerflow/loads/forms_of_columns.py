"""The forms of what a file looks like: how it is read, and which of its columns is what."""

from collections.abc import Iterator

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customerflow.forms import NormalisedTextMixin
from customerflow.loads.declaration import Declaration
from customerflow.loads.headings import accepted, plain
from customerflow.loads.looking import ENCODINGS, WIDE_ENCODINGS, Look
from customerflow.loads.mapping import Mapping, Origin
from customerflow.loads.sources import Shape

AS_FOUND = ("", gettext_lazy("Found by looking"))
DELIMITERS = {
    ",": gettext_lazy("Comma"),
    ";": gettext_lazy("Semicolon"),
    "\t": gettext_lazy("Tab"),
    "|": gettext_lazy("Vertical bar"),
}
ORDERS = (
    ("", gettext_lazy("As they say it: 2026-03-31")),
    ("dmy", gettext_lazy("Day first: 31.3.2026")),
    ("mdy", gettext_lazy("Month first: 3/31/2026")),
    ("ymd", gettext_lazy("Year first: 2026/3/31")),
)


class ShapeForm(NormalisedTextMixin, forms.Form):
    """How a file is read; asked is only what there is in a file of its format."""

    encoding = forms.ChoiceField(label=gettext_lazy("Encoding"))
    delimiter = forms.ChoiceField(
        label=gettext_lazy("Between the columns"), choices=[AS_FOUND, *DELIMITERS.items()], required=False
    )
    sheet = forms.ChoiceField(label=gettext_lazy("Sheet"), required=False)
    header_line = forms.IntegerField(
        label=gettext_lazy("Line of the headings"), min_value=1, max_value=1_000, required=False
    )
    date_order = forms.ChoiceField(label=gettext_lazy("Dates"), choices=ORDERS, required=False)

    def __init__(self, *args, seen: Look, **kwargs) -> None:
        super().__init__(*args, label_suffix="", **kwargs)
        self.seen = seen
        shape = seen.shape
        texts = {candidate.encoding: candidate.text for candidate in seen.candidates}
        names = dict.fromkeys([shape.encoding, *texts, *ENCODINGS, *WIDE_ENCODINGS])
        self.fields["encoding"].choices = [
            (name, f"{name}: {texts[name]}" if name in texts else name) for name in names if name
        ]
        self.fields["sheet"].choices = [AS_FOUND, *((sheet, sheet) for sheet in seen.sheets)]
        unasked = {"csv": {"sheet"}, "xlsx": {"encoding", "delimiter"}, "json": {"sheet", "delimiter", "header_line"}}
        for name in unasked.get(shape.format, set()):
            del self.fields[name]

    def shape(self) -> Shape:
        """Return how the file is to be read."""
        asked = {name: value for name, value in self.cleaned_data.items() if value and name != "date_order"}
        return Shape(**{"format": self.seen.shape.format, **asked})


class ColumnsForm(NormalisedTextMixin, forms.Form):
    """
    Which column of a file is which field, one choice for each; and values for fields that the file does not have.

    A needed field that has neither is an error, unless a person says that the rest is to be empty. What is said of a
    field besides, such as several columns joined, stays as long as no column is chosen for it.
    """

    is_rest_empty = forms.BooleanField(
        label=gettext_lazy("Leave needed fields empty that have neither a column nor a value"), required=False
    )

    def __init__(self, *args, headings: list[str], declaration: type[Declaration], mapping: Mapping, **kwargs) -> None:
        super().__init__(*args, label_suffix="", **kwargs)
        self.headings, self.declaration = headings, declaration
        known = accepted(declaration.columns)
        self.origins = {
            known[plain(name)].heading: origin for name, origin in mapping.columns.items() if plain(name) in known
        }
        self.special = {name: origin for name, origin in self.origins.items() if not _is_plain(origin)}
        self.fields["is_rest_empty"].initial = Origin(value="") in self.origins.values()
        chosen = self._chosen(mapping)
        fields = [
            (column.heading, f"{column.heading} *" if column.is_required else column.heading)
            for column in declaration.columns
        ]
        for place, heading in enumerate(headings):
            self.fields[f"column_{place}"] = forms.ChoiceField(
                label=heading or _("Column %(number)d") % {"number": place + 1},
                choices=[("", _("Not wanted")), *fields],
                initial=chosen.get(place, ""),
                required=False,
            )
        for number, column in enumerate(declaration.columns):
            origin = self.origins.get(column.heading, Origin())
            self.fields[f"value_{number}"] = forms.CharField(
                label=column.heading,
                initial="" if origin.headings else origin.value,
                required=False,
                max_length=300,
            )

    def _chosen(self, mapping: Mapping) -> dict[int, str]:
        """Return the fields that columns of the file are, by place: as the mapping says, else by heading."""
        said = {
            plain(origin.headings[0]): name
            for name, origin in self.origins.items()
            if origin.headings and _is_plain(origin)
        }
        used = {plain(heading) for origin in self.origins.values() for heading in origin.headings}
        known = accepted(column for column in self.declaration.columns if column.heading not in self.origins)
        unwanted = {plain(heading) for heading in mapping.ignore} | used
        chosen: dict[int, str] = {}
        for place, heading in enumerate(map(plain, self.headings)):
            by_heading = known[heading].heading if heading in known and heading not in unwanted else ""
            name = said.get(heading) or by_heading
            if name and name not in chosen.values():
                chosen[place] = name
        return chosen

    def columns(self) -> Iterator[forms.BoundField]:
        """Yield the choices, one for each column of the file."""
        return (self[f"column_{place}"] for place in range(len(self.headings)))

    def values(self) -> Iterator[forms.BoundField]:
        """Yield the values of the fields that no column of the file is."""
        shown = {self[f"column_{place}"].value() for place in range(len(self.headings))}
        for number, column in enumerate(self.declaration.columns):
            if column.heading not in shown and column.heading not in self.special:
                yield self[f"value_{number}"]

    def specials(self) -> list[tuple[str, str]]:
        """Return the fields that a profile makes of the file in its own way, each with the columns that it takes."""
        shown = {self[f"column_{place}"].value() for place in range(len(self.headings))}
        return [(name, ", ".join(origin.headings)) for name, origin in self.special.items() if name not in shown]

    def clean(self) -> dict[str, object]:
        chosen = [self.cleaned_data.get(f"column_{place}", "") for place in range(len(self.headings))]
        for place, name in enumerate(chosen):
            if name and name in chosen[:place]:
                self.add_error(f"column_{place}", _("%(name)s is another column already.") % {"name": name})
            elif name and plain(self.headings[place]) in map(plain, self.headings[:place]):
                self.add_error(f"column_{place}", _("Another column has the same heading, and is found by it."))
        given = {*filter(None, chosen), *self._constants(), *self.special}
        missing = [
            column.heading for column in self.declaration.columns if column.is_required and column.heading not in given
        ]
        if missing and not self.cleaned_data.get("is_rest_empty"):
            text = _("No column is %(names)s yet: choose which one it is, or give a value for all rows.")
            raise ValidationError(text, params={"names": ", ".join(missing)})
        return self.cleaned_data

    def _constants(self) -> dict[str, Origin]:
        return {
            column.heading: Origin(value=value)
            for number, column in enumerate(self.declaration.columns)
            if (value := self.cleaned_data.get(f"value_{number}"))
        }

    def mapping(self, *, date_order: str, is_distinct: bool = False) -> Mapping:
        """Return what was chosen."""
        chosen = {
            self.cleaned_data[f"column_{place}"]: Origin((heading,))
            for place, heading in enumerate(self.headings)
            if self.cleaned_data[f"column_{place}"]
        }
        special = {name: origin for name, origin in self.special.items() if name not in chosen}
        given = {**self._constants(), **special, **chosen}
        if self.cleaned_data["is_rest_empty"]:
            needed = (column.heading for column in self.declaration.columns if column.is_required)
            given |= {name: Origin(value="") for name in needed if name not in given}
        used = {heading for origin in (*chosen.values(), *special.values()) for heading in origin.headings}
        ignored = tuple(heading for heading in self.headings if heading not in used)
        return Mapping(given, ignored, date_order, is_distinct)


class ProfileForm(NormalisedTextMixin, forms.Form):
    """The name under which what was chosen is kept, for the next file of these headings."""

    profile_name = forms.CharField(
        label=gettext_lazy("Keep this as a profile called"),
        help_text=gettext_lazy("Optional. The next file with the same headings is then read in the same way."),
        required=False,
        max_length=100,
    )

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, label_suffix="", **kwargs)


def _is_plain(origin: Origin) -> bool:
    """Return whether an origin is one column of the file as it is, or one value for all rows."""
    return origin in (Origin(origin.headings[:1]), Origin(value=origin.value))
