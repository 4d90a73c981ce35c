"""The forms of a load in the browser."""

from collections.abc import Iterable

from django import forms
from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.template.defaultfilters import filesizeformat
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from customerflow.forms import FilesField, NormalisedTextMixin
from customerflow.loads.cleaning import system_name
from customerflow.loads.commands import IDENTITY
from customerflow.loads.declaration import KINDS, Declaration
from customerflow.loads.making import kinds_for, profiles_for
from customerflow.loads.models import Load, OnExisting
from customerflow.loads.profiles import Profile

# How a choice of a profile begins, that none of a kind does.
PROFILE = "profile:"
ENDINGS = ".csv,.tsv,.txt,.xlsx,.json,.jsonl,.ndjson,.gz,.zip"


class FilesForm(forms.Form):
    """Files, and what is in them; those of a profile are all of a new load."""

    what = forms.ChoiceField(label=_("What is in the file"))
    # What is empty is refused with its name, by whoever stores it.
    files = FilesField(
        accept=ENDINGS,
        allow_empty_file=True,
        label=_("Files"),
        help_text=_("CSV, XLSX or JSON, also packed (gzip, ZIP); %(limit)s at once.")
        % {"limit": filesizeformat(settings.UPLOAD_LIMIT)},
    )

    def __init__(self, *args, user: AbstractBaseUser, is_new: bool = True, **kwargs) -> None:
        super().__init__(*args, label_suffix="", **kwargs)
        self.kinds = {declaration.kind: declaration for declaration in kinds_for(user)}
        self.profiles = {f"{PROFILE}{name}": profile for name, profile in profiles_for(user) if is_new}
        kinds = sorted((capfirst(declaration.plural()), kind) for kind, declaration in self.kinds.items())
        profiles = [(name, profile.about or profile.name) for name, profile in self.profiles.items()]
        self.fields["what"].choices = [
            ("", _("Choose")),
            (_("Records of one kind"), [(kind, label) for label, kind in kinds]),
            *([(_("Files of another system"), profiles)] if profiles else []),
        ]

    def clean_what(self) -> type[Declaration] | Profile:
        what = self.cleaned_data["what"]
        return self.kinds.get(what) or self.profiles[what]


class PolicyForm(NormalisedTextMixin, forms.ModelForm):
    """What becomes of rows that are refused, of records that are there, and of what looks like a mistake."""

    is_identity_confirmed = forms.BooleanField(
        label=_("A number may pass to another person: name, e-mail and phone may all differ from the record"),
        required=False,
    )

    class Meta:
        model = Load
        fields = ("skip_refused", "on_existing", "origin")
        labels = {
            "skip_refused": _("Refused rows"),
            "on_existing": _("Records that are there already"),
            "origin": _("System that the documents come from"),
        }
        help_texts = {"origin": _("Invoices and payments keep the numbers that they have there.")}
        widgets = {
            "skip_refused": forms.RadioSelect(
                choices=[
                    (False, _("Refuse everything as long as there are any")),
                    (True, _("Leave them out, load the rest")),
                ]
            ),
            "on_existing": forms.RadioSelect(choices=OnExisting.choices),
        }

    def __init__(self, *args, kinds: Iterable[str], **kwargs) -> None:
        super().__init__(*args, label_suffix="", **kwargs)
        declarations = [KINDS[kind] for kind in kinds]
        self.fields["is_identity_confirmed"].initial = IDENTITY in self.instance.confirmed
        if not any(rule.unless == IDENTITY for declaration in declarations for rule in declaration.rules):
            del self.fields["is_identity_confirmed"]
        if not any(declaration.fixed for declaration in declarations):
            del self.fields["origin"]

    def clean_origin(self) -> str:
        """Return the name of a system, as a load takes it."""
        return system_name(self.cleaned_data["origin"])

    def policy(self) -> dict[str, object]:
        """Return the fields of the load as they are to be."""
        values = {name: self.cleaned_data[name] for name in self.Meta.fields if name in self.cleaned_data}
        others = [each for each in self.instance.confirmed if each != IDENTITY]
        return values | {
            "confirmed": [*others, *([IDENTITY] if self.cleaned_data.get("is_identity_confirmed") else [])]
        }
