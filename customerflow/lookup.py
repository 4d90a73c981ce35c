"""
Choosing a record by its number, with type-ahead, however many there are.

Without JavaScript the field takes the number; with it, a list of matches opens under what is typed.
"""

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.http import HttpRequest, JsonResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

MAX_RESULTS = 10
HELP = _('Number<span class="needs-script">, or type to search</span>.')


def reference_field(model: type[models.Model]) -> str | None:
    """Return the field that people name a record of `model` by: its number, else its key; None where nobody does."""
    return getattr(model, "reference_field", "pk")


def reference(record: models.Model) -> str:
    """Return what people name `record` by."""
    return str(getattr(record, reference_field(type(record))))


def result(record: models.Model) -> dict[str, str]:
    """Return a match as the type-ahead shows it."""
    return {
        "value": reference(record),
        "label": str(record),
        "detail": getattr(record, "lookup_detail", ""),
    }


class LookupInput(forms.TextInput):
    """A text input that our script turns into a type-ahead."""

    template_name = "crud/lookup.html"

    def __init__(self, queryset_of, url_name: str, attrs=None) -> None:
        self.queryset_of, self.url_name = queryset_of, url_name
        super().__init__({"autocomplete": "off", "spellcheck": "false", **(attrs or {})})

    def get_context(self, name, value, attrs):
        context = super().get_context(name, value, attrs)
        widget = context["widget"]
        widget["hint"] = f"{widget['attrs'].get('id', name)}_chosen"
        widget["attrs"] |= {"data-lookup": reverse(self.url_name), "data-lookup-hint": widget["hint"]}
        widget["chosen"] = self._chosen(value)
        return context

    def _chosen(self, value: object) -> models.Model | None:
        return find(self.queryset_of(), str(value)) if value else None


def find(queryset: models.QuerySet, text: str) -> models.Model | None:
    """Return the record that people name by `text`, or None."""
    field = reference_field(queryset.model)
    if field is None:
        return None
    if field == "pk" and not (text.isascii() and text.isdigit() and len(text) <= 18):
        return None
    if "\x00" in text:
        return None
    named = list(queryset.filter(**{field: text})[:2])
    if len(named) == 2:
        # Documents of several systems can have one number: ours is meant; between two others nobody guesses.
        return queryset.filter(**{field: text, queryset.model.origin_column: ""}).first()
    return named[0] if named else _find_by_former(queryset, text)


def _find_by_former(queryset: models.QuerySet, text: str) -> models.Model | None:
    """Return the record that people once named by `text`: one that another was merged into, for instance."""
    field = getattr(queryset.model, "former_reference_field", "")
    return queryset.filter(**{field: text}).first() if field else None


class LookupField(forms.Field):
    """A form field that holds a record, written as its number."""

    def __init__(self, model: type[models.Model], **kwargs) -> None:
        self.model = model
        opts = model._meta
        kwargs.setdefault("label", opts.verbose_name.capitalize())
        kwargs.setdefault("help_text", HELP)
        widget = LookupInput(self.get_queryset, f"{opts.app_label}:{opts.model_name}_lookup")
        super().__init__(widget=widget, **kwargs)

    def get_queryset(self) -> models.QuerySet:
        """Return the records to choose from."""
        return self.model._default_manager.all()

    def prepare_value(self, value):
        if isinstance(value, models.Model):
            return reference(value)
        if isinstance(value, int) and reference_field(self.model) != "pk":
            record = self.get_queryset().filter(pk=value).first()
            return reference(record) if record else value
        return value

    def to_python(self, value):
        if value in self.empty_values:
            return None
        if isinstance(value, self.model):
            return value
        text = str(value).strip().removeprefix("#").strip()
        record = find(self.get_queryset(), text)
        if record is None:
            raise ValidationError(self._unknown(text), code="unknown")
        return record

    def has_changed(self, initial, data) -> bool:
        return str(self.prepare_value(initial) or "") != str(data or "")

    def _unknown(self, text: str) -> str:
        message = _("There is no %(kind)s with the number “%(text)s”.") % {
            "kind": self.model._meta.verbose_name,
            "text": text[:50],
        }
        alike = [f"{reference(record)} ({record})" for record in self.get_queryset().search(text)[:3]]
        return message + (" " + _("Did you mean %(alike)s?") % {"alike": ", ".join(alike)} if alike else "")


def lookup_results(request: HttpRequest, queryset: models.QuerySet) -> JsonResponse:
    """Return the first matches for `?q=`; the record with exactly that number comes first."""
    text = request.GET.get("q", "").strip().removeprefix("#")[:100]
    if not text or "\x00" in text:
        return JsonResponse({"results": []})
    exact = find(queryset, text)
    found = [exact] if exact else []
    found += [record for record in queryset.search(text)[:MAX_RESULTS] if record != exact]
    results = [result(record) for record in found[:MAX_RESULTS]]
    if exact and getattr(exact, "former_reference_field", "") and reference(exact) != text:
        results[0]["detail"] = _("formerly %(number)s") % {"number": text}
    return JsonResponse({"results": results})
